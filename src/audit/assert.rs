//! For users' own tests.

use serde::Serialize;

use super::{Audit, Leak, Origin, Outcome, Table};
use crate::{
    error::Result,
    key::Keyring,
    policy::CheckedPolicy,
    protect::{Protected, Revealer},
};

/// Panics where protected rows link people to what they came for, with the report of an [`Audit`] as its message; also where a
/// control failed. For users' own tests: `rows` are what a connector gets, `records` what they were made of, in the same
/// order, and `policy` what they were protected under; what it opens is opened with a grant from `keyring`, and attacked as well.
///
/// With too few rows to tell it panics, too, and says how many it would take: some thousand. Of rows that link nothing one run in a
/// hundred panics by chance; what links does so in the next run as well. 2,000 rows take about a minute without optimisation
/// and some seconds with it, which `[profile.dev.package.paravent]` can set for this crate alone.
///
/// # Panics
///
/// Where it links, where the audit is blind, where there are too few rows, and where rows do not open.
///
/// # Examples
///
/// ```no_run
/// use paravent::{Appointment, Date, Keyring, Policy, Protector, Schema, audit};
///
/// # fn test_appointments() -> Vec<Appointment> { Vec::new() }
/// # let text = "";
/// let appointments: Vec<Appointment> = test_appointments();
/// let policy = Policy::from_toml(text, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let keyring = Keyring::generate()?;
/// let protector = Protector::new(&keyring, &checked)?;
/// let rows = appointments.iter().map(|record| protector.protect(record)).collect::<Result<Vec<_>, _>>()?;
/// audit::assert_unlinkable(&keyring, &checked, &rows, &appointments);
/// # Ok::<(), paravent::Error>(())
/// ```
#[track_caller]
pub fn assert_unlinkable<T: Serialize>(
    keyring: &Keyring,
    policy: &CheckedPolicy,
    rows: &[Protected],
    records: &[T],
) {
    let report = match audited(keyring, policy, rows, records) {
        Ok(report) => report,
        Err(error) => refuse(&format!("{error}; {}", error.advice())),
    };
    if report.outcome != Outcome::Unlinkable {
        refuse(&report.to_string());
    }
}

fn audited<T: Serialize>(
    keyring: &Keyring,
    checked: &CheckedPolicy,
    rows: &[Protected],
    records: &[T],
) -> Result<super::Report> {
    let policy = checked.policy();
    let mut leak =
        Leak::protected(policy, rows)?.with_origin(Origin::Rows((0..rows.len()).collect()));
    if !policy.opens().is_empty() {
        let connector = Revealer::new(&keyring.grant(checked)?, policy)?;
        let opened: Vec<serde_json::Value> = rows
            .iter()
            .map(|row| connector.reveal(row))
            .collect::<Result<_>>()?;
        leak = leak.with_opened(opened)?;
    }
    Audit::new(policy.schema())
        .level(0.01)
        .draw(Table::from_records(records)?, vec![leak])
        .run()
}

#[track_caller]
#[expect(clippy::panic, reason = "an assertion")]
fn refuse(why: &str) -> ! {
    panic!("{why}")
}
