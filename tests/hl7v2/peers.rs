//! Messages for other parsers of HL7 v2: `tests/hl7v2/run` gives a folder, and reads them there.

use std::{fs, path::PathBuf};

use paravent::{Binding, Protector, RecordId};
use serde::Serialize;

use crate::{Domain, FEED, MESSAGE, corpus, parts::field};

#[derive(Serialize)]
struct Patient {
    patient_id: String,
}

/// Each message with its protected form and the pseudonym of its patient, computed apart from the adapter.
#[test]
fn have_the_pseudonym_of_the_patient() {
    let domain = Domain::new(FEED);
    let protector = Protector::new(&domain.keyring, &domain.policy).unwrap();
    let bound = protector.bind(Binding::record(RecordId::new("1").unwrap()));
    let folder = std::env::var_os("PARAVENT_HL7V2_PEERS").map(PathBuf::from);
    let mut messages = corpus::messages();
    messages.push(("own.hl7".to_owned(), MESSAGE.as_bytes().to_vec()));
    for (name, message) in messages {
        let patient_id = field(&message, "PID-3.1");
        let row = bound.protect(&Patient { patient_id }).unwrap();
        let pseudonym = row.pseudonym("patient").unwrap().to_string();
        let protected = domain.protect(&message);
        assert_eq!(field(&protected, "PID-3"), pseudonym, "{name}");
        let Some(folder) = &folder else {
            continue;
        };
        for (kind, bytes) in [
            ("input", &message[..]),
            ("protected", &protected),
            ("patient", pseudonym.as_bytes()),
        ] {
            fs::write(folder.join(format!("{name}.{kind}")), bytes).unwrap();
        }
    }
}
