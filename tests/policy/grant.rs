//! What a grant made from a policy opens.

use super::*;

const OPENS: &str = "[open.contact]\nreason = \"x\"\n[open.care]\nreason = \"x\"\n";

fn protect(keyring: &Keyring, policy: &CheckedPolicy) -> Protected {
    Protector::new(keyring, policy)
        .unwrap()
        .protect(&zoe())
        .unwrap()
}

fn reveal(grant: &Grant, policy: &CheckedPolicy, row: &Protected) -> Result<Value, Error> {
    Revealer::new(grant, policy.policy())?.reveal(row)
}

#[test]
fn opens_exactly_the_scopes_of_its_policy_in_every_epoch() {
    let policy = policy("sms", OPENS);
    let mut keyring = Keyring::generate().unwrap();
    let mut rows = vec![protect(&keyring, &policy)];
    for _ in 0..2 {
        keyring
            .start_epoch(paravent::Date::constant(2026, 11, 24))
            .unwrap();
        rows.push(protect(&keyring, &policy));
    }
    let grant = keyring.grant(&policy).unwrap();
    assert_eq!(grant.scopes(), policy.policy().opens());
    assert_eq!(grant.epochs(), keyring.epochs().collect::<Vec<_>>());
    assert_eq!(grant.domain(), policy.policy().domain());
    assert_eq!(grant.policy_digest(), policy.policy().digest());
    let revealer = Revealer::new(&grant, policy.policy()).unwrap();
    assert_eq!(revealer.scopes(), policy.policy().opens());
    for (row, epoch) in rows.iter().zip(1..) {
        assert_eq!(row.sealed().epoch().number(), epoch);
        let revealed: Value = revealer.reveal(row).unwrap();
        assert_eq!(
            revealed,
            json!({
                "phone": "06 39 98 12 34", "email": "zoe@example.org",
                "practitioner": "Dr Lefèvre", "specialty": "Dermatologie",
            })
        );
    }
    for scope in [Scope::IDENTITY, Scope::SCHEDULE, Scope::new(16).unwrap()] {
        let revealer = Revealer::new(&grant, policy.policy()).unwrap();
        let error = revealer.only(&[Scope::CARE, scope]).unwrap_err();
        assert!(error.is_not_opened() && error.is_misuse(), "{error}");
        assert_eq!(error.scope(), Some(scope));
    }
    let care = Revealer::new(&grant, policy.policy())
        .unwrap()
        .only(&[Scope::CARE])
        .unwrap();
    assert_eq!(
        care.reveal::<Value>(&rows[0])
            .unwrap()
            .as_object()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn opens_no_epoch_that_came_after_it() {
    let policy = policy("sms", OPENS);
    let mut keyring = Keyring::generate().unwrap();
    let grant = keyring.grant(&policy).unwrap();
    let before = protect(&keyring, &policy);
    keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    reveal(&grant, &policy, &before).unwrap();
    let error = reveal(&grant, &policy, &protect(&keyring, &policy)).unwrap_err();
    assert!(error.is_unknown_epoch(), "{error}");
    assert_eq!(grant.epochs(), [Epoch::FIRST]);
}

#[test]
fn under_another_policy_or_schema_is_told() {
    let keyring = Keyring::generate().unwrap();
    let own = policy("sms", OPENS);
    let grant = keyring.grant(&own).unwrap();
    let row = protect(&keyring, &own);
    let show = "[show.age]\nas = \"keep\"\nreason = \"x\"\n";
    let pseudonym = "[pseudonym.patient]\nof = [\"phone\"]\nreason = \"x\"\n";
    for (what, other) in [
        ("the domain", policy("mail", OPENS)),
        (
            "what it opens",
            policy("sms", "[open.contact]\nreason = \"x\"\n"),
        ),
        ("what it shows", policy("sms", &format!("{OPENS}{show}"))),
        ("a pseudonym", policy("sms", &format!("{OPENS}{pseudonym}"))),
        (
            "what it binds",
            policy("sms", &format!("record_id = \"bound\"\n{OPENS}")),
        ),
    ] {
        let error = Revealer::new(&grant, other.policy()).unwrap_err();
        assert!(
            error.is_other_policy() && !error.is_other_schema(),
            "{what}: {error}"
        );
    }
    let wider =
        include_str!("../../src/schema/appointment.toml").replace("width = 24", "width = 25");
    let head = "domain = \"sms\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n";
    let wider = Policy::from_toml(
        &(head.to_owned() + OPENS),
        &Schema::from_toml(&wider).unwrap(),
    )
    .unwrap();
    let error = Revealer::new(&grant, &wider).unwrap_err();
    assert!(
        error.is_other_schema() && !error.is_other_policy(),
        "{error}"
    );

    let reworded = policy("sms", &OPENS.replace("\"x\"", "\"as agreed in 2021\""));
    assert_eq!(
        reveal(&grant, &reworded, &row).unwrap(),
        reveal(&grant, &own, &row).unwrap()
    );
}

#[test]
fn of_one_domain_opens_no_row_of_another() {
    let keyring = Keyring::generate().unwrap();
    let [sms, mail] = ["sms", "mail"].map(|domain| policy(domain, OPENS));
    let error = reveal(
        &keyring.grant(&mail).unwrap(),
        &mail,
        &protect(&keyring, &sms),
    )
    .unwrap_err();
    assert!(error.is_wrong_key(), "{error}");
    assert_eq!(error.scope(), Some(Scope::CONTACT));
    // Nor one of another keyring's.
    let other = Keyring::generate().unwrap();
    let error = reveal(&other.grant(&sms).unwrap(), &sms, &protect(&keyring, &sms)).unwrap_err();
    assert!(error.is_wrong_key(), "{error}");
}

#[test]
fn of_a_policy_that_opens_nothing_is_refused() {
    let nothing = policy("archive", "");
    let error = Keyring::generate().unwrap().grant(&nothing).unwrap_err();
    assert!(error.is_definition(), "{error}");
    // The words of the file.
    assert!(error.advice().contains("[open."), "{error}");
}
