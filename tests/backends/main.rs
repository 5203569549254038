//! Whatever code the processor gets for AES, GHASH and SHA-2, the bytes are the same: those of 2,400 records and rows of all
//! lengths have one digest, here and in builds without any instruction for them.
//!
//! `tests/backends/run` makes such a build and compares.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use paravent::{Binding, Protector, RecordId, Revealer, Schema, SubjectKey, test_kit};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use sha2::{Digest, Sha256};

use accepted::accepted;

#[path = "../common/accepted.rs"]
mod accepted;

/// Of all bytes that [`sealed`] makes.
const DIGEST: &str = "d2717a7564f163da6386ffe9497b645c5864d3263bb7a88a33524f495230b604";

type Record = BTreeMap<String, String>;

/// Widths of a field: its cells have 3 to 602 bytes, its groups 16 to 608, on both sides of 160.
const WIDTHS: std::ops::RangeInclusive<usize> = 1..=600;

/// A record and a row for each width and way to bind: bytes of what is sealed, with the pseudonyms; `last` is added to the
/// last value.
fn sealed(last: &str) -> Vec<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(2020);
    let mut bytes = Vec::new();
    for width in WIDTHS {
        for bound in [false, true] {
            let mut text = |longest: usize| -> String {
                let length = random.random_range(1..=longest);
                (0..length)
                    .map(|_| random.random_range('!'..='~'))
                    .collect()
            };
            let mut record = Record::from([("a".into(), text(width)), ("b".into(), text(40))]);
            if (width, bound) == (*WIDTHS.end(), true) {
                record.get_mut("b").unwrap().push_str(last);
            }
            let id = text(1024);
            let mut key = [0; 32];
            random.fill(&mut key);
            seal(width, &record, bound.then_some((id, key)), &mut bytes);
        }
    }
    bytes
}

fn seal(width: usize, record: &Record, bound: Option<(String, [u8; 32])>, bytes: &mut Vec<u8>) {
    let schema = format!(
        "name = \"note\"
         [[field]]\nname = \"a\"\nnumber = 1\nscope = \"care\"\nwidth = {width}\ntype = \"text\"\nclass = \"exact\"
         [[field]]\nname = \"b\"\nnumber = 2\nscope = \"contact\"\nwidth = 41\ntype = \"text\"\nclass = \"exact\"\n"
    );
    let schema = Schema::from_toml(&schema).unwrap();
    let binds = match &bound {
        Some(_) => "record_id = \"bound\"\nsubject_key = \"bound\"\n",
        None => "record_id = \"unbound\"\n",
    };
    let policy = format!(
        "domain = \"width-{width}\"\nschema = \"note\"\n{binds}[pseudonym.both]\nof = [\"a\", \"b\"]\nreason = \"all lengths\"\n"
    );
    let policy = accepted(&policy, &schema).unwrap();
    let keyring = test_kit::keyring();
    let protector = Protector::new(&keyring, &policy)
        .unwrap()
        .with_nonces(test_kit::seeded_nonces(width as u64));
    let (id, key) = bound.unzip();
    let key = key.map(|mut key| SubjectKey::from_bytes(&mut key));
    let binding = match (&id, &key) {
        (Some(id), Some(key)) => Binding::record(RecordId::new(id).unwrap()).with_subject(key),
        _ => Binding::NONE,
    };

    let protected = protector.bind(binding).protect(record).unwrap();
    let row = protector.bind(binding).protect_row(record).unwrap();
    let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
    let revealer = revealer.bind(binding);
    assert_eq!(&revealer.reveal::<Record>(&protected).unwrap(), record);
    let cells: Record = revealer.reveal_row(row.sealed(), row.cells()).unwrap();
    assert_eq!(&cells, record);

    bytes.extend_from_slice(protected.sealed().as_bytes());
    bytes.extend_from_slice(row.sealed().as_bytes());
    for (_, cell) in row.cells() {
        bytes.extend_from_slice(cell.as_bytes());
    }
    let pseudonyms = [protected.pseudonym("both"), row.pseudonym("both")];
    for pseudonym in pseudonyms {
        bytes.extend_from_slice(pseudonym.unwrap().as_bytes());
    }
}

fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

#[test]
fn records_of_all_lengths_have_the_same_bytes_under_every_backend() {
    let bytes = sealed("");
    println!("{} bytes of {}", bytes.len(), digest(&bytes));
    assert_eq!(
        digest(&bytes),
        DIGEST,
        "the format, or one backend, changed"
    );
    // One more character in one record is noticed.
    assert_ne!(digest(&sealed("!")), DIGEST);
}
