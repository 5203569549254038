//! Who opens some scopes gets those parts, in a message that is still one.

use paravent::{Binding, RecordId, Revealer, Scope, hl7v2};
use serde::Deserialize;

use crate::{Domain, FEED, MESSAGE};

fn segment<'a>(message: &'a str, name: &str) -> &'a str {
    message
        .split('\r')
        .find(|segment| segment.starts_with(name))
        .unwrap()
}

#[test]
fn parts_of_the_opened_scopes_come_back() {
    let domain = Domain::new(FEED);
    let protected = domain.protect(MESSAGE.as_bytes());
    for (scopes, back, gone) in [
        (
            vec![Scope::IDENTITY],
            vec!["PID"],
            vec!["SCH", "AIP", "NTE", "DG1"],
        ),
        (vec![Scope::CARE], vec!["DG1", "RGS"], vec!["PID", "NTE"]),
        (
            vec![Scope::CARE, Scope::SCHEDULE],
            vec!["AIP", "AIS", "TQ1", "DG1"],
            vec!["PID", "NTE"],
        ),
    ] {
        let restored = domain.only(&scopes).reveal(&protected).unwrap();
        let text = std::str::from_utf8(restored.as_bytes()).unwrap();
        assert_eq!(restored.is_original(), None);
        for name in back {
            let (is, was) = (segment(text, name), segment(MESSAGE, name));
            match name {
                // Telephone and address are of another scope.
                "PID" => assert!(
                    is.starts_with(
                        "PID|1||4711^^^^PI~1880577123456||MARTIN&de^ZO\u{c9}^^^^^L||19880517|F|||||"
                    ),
                    "{is}"
                ),
                _ => assert_eq!(is, was),
            }
        }
        for name in gone {
            assert_ne!(segment(text, name), segment(MESSAGE, name));
        }
        assert!(text.contains("\rZZZ||") && !text.contains("free text of our own"));
        assert!(text.contains("\rZPV|1|1|p1."));
        // The same opens from what was revealed in part.
        let all = domain.backend.reveal(restored.as_bytes()).unwrap();
        assert_eq!(all.as_bytes(), MESSAGE.as_bytes());
    }
}

/// Names of segments are parts of the scope of what is unlisted: they come back with it, and the rest still opens.
#[test]
fn what_was_revealed_with_the_scope_of_unlisted_segments_opens_again() {
    let domain = Domain::new(FEED);
    let rest = domain.policy.policy().schema().scope("rest").unwrap();
    for own in ["", "ZPV|1|1|of our own\r", "ZPV|1\rZZZ|2\rZAP|3\r"] {
        let message = [MESSAGE, own].concat();
        let protected = domain.protect(message.as_bytes());
        let restored = domain.only(&[rest]).reveal(&protected).unwrap();
        let text = std::str::from_utf8(restored.as_bytes()).unwrap();
        assert!(text.contains(&["\rZAP|free text of our own|and more\r", own].concat()));
        let again = domain.only(&[rest]).reveal(restored.as_bytes()).unwrap();
        assert_eq!(again.as_bytes(), restored.as_bytes());
        let all = domain.backend.reveal(restored.as_bytes()).unwrap();
        assert_eq!(all.as_bytes(), message.as_bytes());
        assert_eq!(all.is_original(), Some(true));
        // Another name than it had is that of another segment.
        let other = text.replacen("\rZAP|free", "\rZIP|free", 1);
        assert!(
            domain
                .backend
                .reveal(other.as_bytes())
                .unwrap_err()
                .is_message()
        );
    }
}

#[test]
fn components_of_several_scopes_come_back_each_on_its_own() {
    let domain = Domain::new(FEED);
    let protected = domain.protect(MESSAGE.as_bytes());
    let field = |scopes: &[Scope]| {
        let restored = domain.only(scopes).reveal(&protected).unwrap();
        let text = String::from_utf8(restored.as_bytes().to_vec()).unwrap();
        segment(&text, "SCH").split('|').nth(11).unwrap().to_owned()
    };
    assert_eq!(field(&[Scope::IDENTITY]), "^^^20261128");
    assert_eq!(field(&[Scope::CARE]), "^^30^20261128");
    assert_eq!(
        field(&[Scope::SCHEDULE]),
        "^^^202611280930+0100^202611281000+0100"
    );
}

#[test]
fn the_fields_of_a_message_are_a_record() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Visit {
        patient_id: String,
        last_name: String,
        first_name: String,
        birth_date: String,
        sex: String,
        phone: String,
        email: String,
        postcode: String,
        appointment_id: String,
        message_id: String,
        start: String,
        end: String,
        status: String,
        practitioner: String,
        practitioner_id: String,
        specialty: String,
        service: String,
        place: String,
        reason: String,
    }
    let domain = Domain::new(FEED);
    let protected = domain.protect(MESSAGE.as_bytes());
    let record = hl7v2::record_of(&protected).unwrap();
    let id = hl7v2::message_id(&protected).unwrap();
    assert_eq!(id.len(), 20);
    let revealer = Revealer::backend(&domain.keyring, domain.policy.policy()).unwrap();
    let bound = revealer.bind(Binding::record(RecordId::new(id).unwrap()));
    let visit: Visit = bound.reveal(&record).unwrap();
    let own = |text: &str| text.to_owned();
    assert_eq!(
        visit,
        Visit {
            patient_id: own("4711"),
            last_name: own("MARTIN"),
            first_name: own("ZO\u{c9}"),
            birth_date: own("1988-05-17"),
            sex: own("F"),
            phone: own("0639981234"),
            email: own("zoe.martin@example.fr"),
            postcode: own("75002"),
            appointment_id: own("B-2"),
            message_id: own("MSG-17"),
            start: own("2026-11-28T09:30:00+01:00"),
            end: own("2026-11-28T10:00:00+01:00"),
            status: own("Booked"),
            practitioner: own("LEFEVRE ANNE"),
            practitioner_id: own("1001"),
            specialty: own("Cardiology"),
            service: own("Electrocardiogram"),
            place: own("CARDIO CENTRE"),
            reason: own("Coronary check"),
        }
    );
}
