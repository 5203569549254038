//! Whose a leaked row is, told by the keyring and without opening it.

#![allow(clippy::unwrap_used, missing_docs)]

use paravent::{
    Appointment, Binding, Date, Domain, Keyring, Policy, Protector, Schema, Scope, SealedRecord,
    SubjectKey,
};

const TODAY: Date = Date::constant(2026, 11, 24);

fn appointment() -> Appointment {
    Appointment {
        last_name: "Lefèvre".to_owned(),
        start: "2020-07-21T09:30:00+02:00".to_owned(),
        specialty: "Dermatologie".to_owned(),
        ..Appointment::default()
    }
}

fn protector(keyring: &Keyring, domain: &str, rest: &str) -> Protector {
    let text =
        format!("domain = \"{domain}\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n{rest}");
    let policy = Policy::from_toml(&text, &Schema::appointment()).unwrap();
    Protector::new(keyring, &policy.check(TODAY).unwrap()).unwrap()
}

fn domains(names: &[&str]) -> Vec<Domain> {
    names
        .iter()
        .map(|name| Domain::new(name).unwrap())
        .collect()
}

/// The domain and epoch that a keyring finds.
fn found(keyring: &Keyring, text: &str, domains: &[Domain]) -> Option<(String, u32)> {
    let found = keyring.attribute(text, None, domains).unwrap();
    found.map(|found| (found.domain.to_string(), found.epoch.number()))
}

#[test]
fn each_row_is_of_the_domain_and_epoch_that_it_was_sealed_for() {
    let mut keyring = Keyring::generate().unwrap();
    let known = domains(&["billing", "archive", "sms"]);
    let mut leaked = Vec::new();
    for epoch in 1..=3 {
        if epoch > 1 {
            keyring
                .start_epoch(paravent::Date::constant(2026, 11, 24))
                .unwrap();
        }
        for domain in ["archive", "billing"] {
            let protector = protector(&keyring, domain, "");
            let record = protector.protect(&appointment()).unwrap();
            let row = protector.protect_row(&appointment()).unwrap();
            leaked.push((domain, epoch, record.sealed().to_string()));
            leaked.push((domain, epoch, row.sealed().to_string()));
        }
    }
    for (domain, epoch, text) in &leaked {
        assert_eq!(
            found(&keyring, text, &known),
            Some(((*domain).to_owned(), *epoch))
        );
        // Where its domain is not among them, it is of none.
        let others: Vec<Domain> = known
            .iter()
            .filter(|known| known.as_str() != *domain)
            .cloned()
            .collect();
        assert_eq!(found(&keyring, text, &others), None);
        assert_eq!(found(&keyring, text, &[]), None);
    }
    let stranger = Keyring::generate().unwrap();
    assert_eq!(found(&stranger, &leaked[0].2, &known), None);
    let later = stranger.attribute(&leaked[11].2, None, &known).unwrap_err();
    assert!(later.is_unknown_epoch(), "{later}");
}

/// A thief changes what was sealed, cuts groups out and keeps the rest.
#[test]
fn what_is_left_of_a_row_is_enough() {
    let keyring = Keyring::generate().unwrap();
    let known = domains(&["archive", "sms"]);
    let row = protector(&keyring, "archive", "")
        .protect(&appointment())
        .unwrap();
    let cut = row
        .sealed()
        .withhold(&[Scope::IDENTITY, Scope::CONTACT, Scope::SCHEDULE])
        .unwrap();
    let mut bytes = cut.as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let changed = SealedRecord::from_bytes(bytes).unwrap();
    assert_eq!(
        found(&keyring, &changed.to_string(), &known),
        Some(("archive".to_owned(), 1))
    );
    // A changed commitment is nobody's.
    let mut bytes = cut.as_bytes().to_vec();
    bytes[32 + 3] ^= 1;
    let forged = SealedRecord::from_bytes(bytes).unwrap();
    assert_eq!(found(&keyring, &forged.to_string(), &known), None);
}

#[test]
fn a_row_of_a_person_takes_the_key_of_that_person() {
    let keyring = Keyring::generate().unwrap();
    let known = domains(&["archive", "sms"]);
    let [own, other] = [1, 2].map(|byte| SubjectKey::from_bytes(&mut [byte; 32]));
    let protector = protector(&keyring, "archive", "subject_key = \"bound\"\n");
    let row = protector
        .bind(Binding::subject(&own))
        .protect(&appointment())
        .unwrap();
    let text = row.sealed().to_string();
    let of = |subject| keyring.attribute(&text, subject, &known);
    let error = of(None).unwrap_err();
    assert!(error.is_misuse(), "{error}");
    assert!(of(Some(&other)).unwrap().is_none());
    assert_eq!(of(Some(&own)).unwrap().unwrap().domain.as_str(), "archive");
    // Of rows that are bound to nobody it is passed over.
    let free = self::protector(&keyring, "sms", "")
        .protect(&appointment())
        .unwrap();
    let found = keyring
        .attribute(&free.sealed().to_string(), Some(&own), &known)
        .unwrap();
    assert_eq!(found.unwrap().domain.as_str(), "sms");
}

#[test]
fn one_of_a_thousand_domains_is_found() {
    let keyring = Keyring::generate().unwrap();
    let names: Vec<String> = (0..1_000)
        .map(|number| format!("practice-{number}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let known = domains(&names);
    for domain in ["practice-0", "practice-517", "practice-999"] {
        let row = protector(&keyring, domain, "")
            .protect(&appointment())
            .unwrap();
        assert_eq!(
            found(&keyring, &row.sealed().to_string(), &known),
            Some((domain.to_owned(), 1))
        );
    }
}

#[test]
fn what_is_no_sealed_row_is_refused() {
    let keyring = Keyring::generate().unwrap();
    let row = protector(&keyring, "archive", "")
        .protect_row(&appointment())
        .unwrap();
    let cell = row.cell("specialty").unwrap().to_string();
    let text = row.sealed().to_string();
    for text in ["", "p1.", "Lefèvre", &cell, &text[..40], "p1.AQEBAAAAAAE"] {
        let error = keyring
            .attribute(text, None, &domains(&["archive"]))
            .unwrap_err();
        assert!(
            error.is_malformed() || error.is_unsupported(),
            "{text}: {error}"
        );
        assert!(!error.to_string().contains("Lefèvre"));
    }
}
