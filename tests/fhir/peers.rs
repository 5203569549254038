//! Files for `tests/fhir/run`, where another implementation of FHIR reads them.

use std::{env, fs, path::Path};

use crate::kit::{CARE, Kit, NOTHING, SHOWING, corpus, own};

/// Where `tests/fhir/run` wants the files.
const FOLDER: &str = "PARAVENT_FHIR_PEERS";

/// Writes each document as it was, protected, and revealed in part.
fn write(folder: &Path) -> usize {
    let policies = [("nothing", NOTHING), ("showing", SHOWING), ("care", CARE)];
    let mut written = 0;
    for (policy_name, policy) in policies {
        let kit = Kit::new(policy);
        for (name, document) in own().into_iter().chain(corpus()) {
            let stem = name.strip_suffix(".json").unwrap();
            let folder = folder.join(policy_name).join(stem);
            fs::create_dir_all(&folder).unwrap();
            let protected = kit.protector.protect(&document).unwrap();
            let mut put = |name: &str, bytes: &[u8]| {
                fs::write(folder.join(format!("{name}.json")), bytes).unwrap();
                written += 1;
            };
            put("original", &document);
            put("protected", &protected);
            for scopes in [
                &["care"][..],
                &["identity", "contact"],
                &["schedule"],
                &["rest"],
            ] {
                let revealed = kit.only(scopes).reveal(&protected).unwrap();
                put(&scopes.join("-"), revealed.as_bytes());
            }
        }
    }
    written
}

#[test]
fn files_for_peers_are_written() {
    let scratch = env::temp_dir().join(format!("paravent-fhir-{}", std::process::id()));
    let folder = env::var_os(FOLDER).map_or_else(|| scratch.clone(), Into::into);
    let written = write(&folder);
    let documents = own().len() + corpus().len();
    if scratch.exists() {
        fs::remove_dir_all(scratch).unwrap();
    }
    assert_eq!(written, 3 * 6 * documents);
}
