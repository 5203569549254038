//! Policies whose every finding is accepted, for tests of what they do.

use paravent::{CheckedPolicy, Date, Policy, Result, Schema};

/// The day of all checks in tests.
pub(crate) const TODAY: Date = Date::constant(2026, 11, 24);

/// The policy, checked, with an acceptance of whatever the check refuses; that does not change its digest.
pub(crate) fn accepted(text: &str, schema: &Schema) -> Result<CheckedPolicy> {
    let accept = |finding: &paravent::Finding| {
        let finding = finding.digest();
        format!(
            "\n[[accept]]\nfinding = \"{finding}\"\nreason = \"a test\"\nowner = \"tests\"\nuntil = \"2026-11-24\"\n"
        )
    };
    let report = Policy::from_toml(text, schema)?.report(TODAY);
    let accepts: String = report.refused().map(accept).collect();
    Policy::from_toml(&(text.to_owned() + &accepts), schema)?.check(TODAY)
}
