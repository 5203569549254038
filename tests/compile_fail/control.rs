//! The names of all cases, used as they may be: compiles, and holds.

use paravent::{
    Appointment, Binding, CheckedPolicy, Date, Domain, Grant, Keyring, Nonces, Passphrase, Policy,
    Protected, Protector, Revealer, Schema, SubjectKey,
};

pub(crate) fn main() -> Result<(), paravent::Error> {
    let policy = Policy::from_toml(
        r#"
        domain = "reminders"
        schema = "appointment"
        record_id = "unbound"
        subject_key = "bound"
        [open.contact]
        reason = "reminders go to the phone"
        [tenancy]
        specialties = 12
        "#,
        &Schema::appointment(),
    )?;
    let checked: CheckedPolicy = policy.check(Date::constant(2026, 11, 24))?;
    let keyring: Keyring = Keyring::generate()?;
    let grant: Grant = keyring.grant(&checked)?;
    let domain: &Domain = grant.domain();
    assert_eq!(domain.as_str(), "reminders");

    let subject_key: SubjectKey = SubjectKey::from_bytes(&mut [7; 32]);
    assert_eq!(subject_key.expose(), &[7; 32]);
    let binding = Binding::subject(&subject_key);
    let record = Appointment {
        phone: Some("06 39 98 12 34".into()),
        start: "2020-07-21T09:30:00+02:00".into(),
        ..Appointment::default()
    };
    let protector: Protector = Protector::new(&keyring, &checked)?.with_nonces(Nonces::system());
    let row: Protected = protector.bind(binding).protect(&record)?;
    let backend: Revealer = Revealer::backend(&keyring, &policy)?;
    assert_eq!(backend.bind(binding).reveal::<Appointment>(&row)?, record);
    let revealer: Revealer = Revealer::new(&grant, &policy)?;
    let opened: serde_json::Value = revealer.bind(binding).reveal(&row)?;
    assert_eq!(opened["phone"], "06 39 98 12 34");

    // What a program that logs its secrets sees.
    let passphrase: Passphrase = Passphrase::new("correct horse")?;
    assert!(!format!("{keyring:?} {grant:?} {subject_key:?} {passphrase:?}").contains("horse"));
    Ok(())
}
