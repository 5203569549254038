//! Values that are wider than their field.

use paravent::{Binding, RecordId, Revealer, hl7v2};
use serde::Deserialize;

use crate::{Domain, MESSAGE, SEALED};

fn with_a_long_name() -> Vec<u8> {
    MESSAGE
        .replace("MARTIN&de", &"MARTIN-".repeat(10))
        .into_bytes()
}

#[test]
fn are_left_to_the_parts_where_the_policy_does_nothing_with_the_field() {
    #[derive(Deserialize)]
    struct Name {
        last_name: Option<String>,
        first_name: Option<String>,
    }
    let domain = Domain::new(SEALED);
    let message = with_a_long_name();
    let protected = domain.protect(&message);
    let revealer = Revealer::backend(&domain.keyring, domain.policy.policy()).unwrap();
    let name: Name = revealer
        .reveal(&hl7v2::record_of(&protected).unwrap())
        .unwrap();
    assert_eq!(name.last_name, None);
    assert_eq!(name.first_name.as_deref(), Some("ZO\u{c9}"));
    assert_eq!(
        domain.backend.reveal(&protected).unwrap().as_bytes(),
        message
    );
}

#[test]
fn are_refused_where_the_policy_makes_something_of_the_field() {
    let text = format!(
        "{SEALED}\n[pseudonym.person]\nof = [\"last_name\", \"birth_date\"]\nnull = \"null\"\nreason = \"a test\"\n"
    );
    let error = Domain::new(&text)
        .protector
        .protect(&with_a_long_name())
        .unwrap_err();
    assert!(error.is_too_wide());
    assert_eq!(error.field(), Some("last_name"));
}

#[test]
fn of_a_bound_policy_are_opened_under_the_id_of_the_message() {
    let domain = Domain::new(&SEALED.replace("unbound", "bound"));
    let protected = domain.protect(MESSAGE.as_bytes());
    let record = hl7v2::record_of(&protected).unwrap();
    let revealer = Revealer::backend(&domain.keyring, domain.policy.policy()).unwrap();
    let open = |id: &[u8]| {
        let bound = revealer.bind(Binding::record(RecordId::new(id).unwrap()));
        bound.reveal::<serde_json::Value>(&record)
    };
    assert!(open(hl7v2::message_id(&protected).unwrap()).is_ok());
    assert!(open(b"MSG-17").unwrap_err().is_tampered());
}
