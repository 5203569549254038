//! Transforms, indexes and queries on records, under policies made by hand.

mod properties;
mod shown;
mod vectors;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::{
    Error, Keyring, Period, Schema, SubjectKey, Transform,
    id::{Epoch, Generation},
    policy::{CheckedPolicy, IndexRule, Policy, Show},
    secret::Secret,
    wire::Pseudonym,
};

/// A field of each kind, all optional.
fn schema() -> Schema {
    let mut text = String::from(
        "name = \"tests\"\n[phone_region]\ncountry_code = \"33\"\ninternational_prefix = \"00\"\ntrunk_prefix = \"0\"\n",
    );
    for (i, (name, width, rest)) in [
        ("name", 48, "type = \"text\"\nclass = \"name\""),
        ("phone", 24, "type = \"text\"\nclass = \"phone\""),
        ("age", 20, "type = \"integer\""),
        ("day", 10, "type = \"date\""),
        ("start", 32, "type = \"date-time\""),
        ("postcode", 5, "type = \"text\"\nclass = \"exact\""),
        ("specialty", 64, "type = \"text\"\nclass = \"text\""),
        ("visit", 24, "type = \"text\"\nclass = \"exact\""),
    ]
    .into_iter()
    .enumerate()
    {
        text += &format!(
            "[[field]]\nname = \"{name}\"\nnumber = {}\nscope = \"identity\"\nwidth = {width}\noptional = true\n{rest}\n",
            i + 1
        );
    }
    Schema::from_toml(&text).unwrap()
}

const HEAD: &str = "domain = \"billing\"\nschema = \"tests\"\nrecord_id = \"unbound\"\n";

fn show(field: &str, transform: Transform) -> Show {
    Show {
        position: schema().position(field).unwrap(),
        transform,
        erasable: false,
    }
}

fn index(name: &str, of: &[&str], bits: u8) -> IndexRule {
    let position = |field: &&str| schema().position(field).unwrap();
    IndexRule {
        name: name.into(),
        of: of.iter().map(position).collect(),
        bits,
        distinct: 1000,
        queried: false,
        null_gives_null: false,
        erasable: false,
    }
}

fn shift(weeks: u16) -> Transform {
    Transform::Shift {
        weeks,
        subject: vec![0, 1],
    }
}

fn bucket(other: Option<&str>) -> Transform {
    let list = |name: &str, values: &[&str]| {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        (name.to_owned(), values)
    };
    Transform::Bucket {
        lists: vec![
            list("surgery", &["Chirurgie"]),
            list("medicine", &["Dermatologie", "Médecine générale"]),
        ],
        other: other.map(str::to_owned),
    }
}

fn policy(rest: &str, shows: Vec<Show>, indexes: Vec<IndexRule>) -> Policy {
    Policy::by_hand(&format!("{HEAD}{rest}"), &schema(), shows, indexes).unwrap()
}

fn secret(byte: u8) -> Secret<32> {
    Secret::fill(|bytes| bytes.fill(byte))
}

/// A keyring whose generations are 1 to `generations`, the last one live.
fn keyring(generations: u32) -> Keyring {
    let generation = |number| Generation::new(number).unwrap();
    let linkage = (1..=generations).map(|number| (generation(number), secret(number as u8)));
    Keyring {
        sealing: BTreeMap::from([(Epoch::FIRST, secret(0xEE))]),
        active: Epoch::FIRST,
        linkage: linkage.collect(),
        generation: generation(generations),
        log: secret(0xDD),
    }
}

/// Whatever the check would say.
fn protector_of(keyring: &Keyring, policy: Policy) -> Protector {
    Protector::new(keyring, &CheckedPolicy::unchecked(policy)).unwrap()
}

fn protector(shows: Vec<Show>, indexes: Vec<IndexRule>) -> Protector {
    protector_of(&keyring(1), policy("", shows, indexes))
}

/// What is shown of one field of a record.
fn shown(record: &Value, field: &str, transform: Transform) -> Result<Value, Error> {
    let row = protector(vec![show(field, transform)], Vec::new()).protect(record)?;
    Ok(serde_json::to_value(&row).unwrap()[field].clone())
}

fn martin() -> Value {
    json!({
        "name": "Martin", "phone": "06 39 98 12 34", "age": 34, "day": "2020-07-21",
        "start": "2020-07-21T23:30:00-02:00", "postcode": "75011", "specialty": "dermatologie", "visit": "rdv-1",
    })
}

/// Every transform, of a field that it fits.
fn every_transform() -> Vec<Show> {
    vec![
        show("name", Transform::Mask { first: 1, last: 2 }),
        #[cfg(feature = "phone")]
        show("phone", Transform::Phone),
        show(
            "age",
            Transform::Bands {
                edges: vec![0, 18, 40, 65],
            },
        ),
        show("day", shift(26)),
        show("start", Transform::Truncate(Period::Week)),
        show("postcode", Transform::Prefix(2)),
        show("specialty", bucket(Some("rest"))),
        #[cfg(feature = "reversible")]
        show("visit", Transform::Reversible),
    ]
}
