//! One policy, one visit sealed under it twice, and who may open it.

use std::sync::LazyLock;

use paravent::{
    Binding, CheckedPolicy, ProtectedRow, Protector, RecordId, Revealer, Schema, SealedRecord,
    SealedRow, SubjectKey, test_kit,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::accepted::accepted;

pub const RECORD_ID: &str = "visit-1";

/// A record with every field of `visit.toml`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Visit {
    pub last_name: String,
    pub first_name: Option<String>,
    pub age: Option<i64>,
    pub insured: Option<bool>,
    pub phone: Option<String>,
    #[serde(default)]
    pub contact: Contact,
    pub start: String,
    pub born: Option<String>,
    pub specialty: String,
    pub notes: Option<Box<RawValue>>,
    pub code: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Contact {
    pub email: Option<String>,
    pub street: Option<String>,
}

impl Visit {
    /// The one that the kit has sealed.
    pub fn sample() -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            last_name: "L’Hôpital-Ây".to_owned(),
            first_name: text("Zoé"),
            age: Some(34),
            insured: Some(true),
            phone: text("06 39 98 12 34"),
            contact: Contact {
                email: text("zoe@example.org"),
                street: None,
            },
            start: "2020-07-21T09:30:00+02:00".to_owned(),
            born: text("1986-02-28"),
            specialty: "Dermatologie".to_owned(),
            notes: RawValue::from_string(r#"{"b": [1, 2.50], "a": ""}"#.to_owned()).ok(),
            code: text("7"),
        }
    }
}

pub struct Kit {
    pub policy: CheckedPolicy,
    pub subject: SubjectKey,
    /// The backend's, then one for each scope alone.
    pub revealers: Vec<Revealer>,
    /// The sample under two nonces, in each profile.
    pub records: [SealedRecord; 2],
    pub rows: [ProtectedRow; 2],
}

pub static KIT: LazyLock<Kit> = LazyLock::new(|| {
    let schema = Schema::from_toml(include_str!("visit.toml")).unwrap();
    let policy = accepted(include_str!("visit-policy.toml"), &schema).unwrap();
    let backend = || Revealer::backend(&test_kit::keyring(), policy.policy()).unwrap();
    let single = schema
        .scopes()
        .map(|scope| backend().only(&[scope]).unwrap());
    let revealers = [backend()].into_iter().chain(single).collect();
    let subject = SubjectKey::from_bytes(&mut [7; 32]);

    let nonces = test_kit::seeded_nonces(1);
    let protector = Protector::new(&test_kit::keyring(), &policy)
        .unwrap()
        .with_nonces(nonces);
    let bound = protector.bind(binding_to(&subject));
    let record = |_| bound.protect(&Visit::sample()).unwrap().sealed().clone();
    let row = |_| bound.protect_row(&Visit::sample()).unwrap();
    Kit {
        records: [(); 2].map(record),
        rows: [(); 2].map(row),
        policy,
        subject,
        revealers,
    }
});

impl Kit {
    pub fn schema(&self) -> &Schema {
        self.policy.policy().schema()
    }

    pub fn backend(&self) -> &Revealer {
        &self.revealers[0]
    }

    pub fn binding(&self) -> Binding<'_> {
        binding_to(&self.subject)
    }

    /// A protector whose every seal has the same nonce, for as many calls as any target makes.
    pub fn protector(&self) -> Protector {
        Protector::new(&test_kit::keyring(), &self.policy)
            .unwrap()
            .with_nonces(test_kit::fixed_nonces(vec![[9; 24]; 4]))
    }

    /// The columns of a row: the row's own, then a cell for each field.
    pub fn columns(&self, row: usize) -> Vec<Vec<u8>> {
        let row = &self.rows[row];
        let cells = row.cells().map(|(_, cell)| cell.as_bytes());
        [row.sealed().as_bytes()]
            .into_iter()
            .chain(cells)
            .map(<[u8]>::to_vec)
            .collect()
    }
}

fn binding_to(subject: &SubjectKey) -> Binding<'_> {
    Binding::record(RecordId::new(RECORD_ID).unwrap()).with_subject(subject)
}

/// The header and the commitments of a row, for some scopes.
pub fn entries_of(row: &SealedRow, revealer: &Revealer) -> Vec<u8> {
    let (header, entries) = row.as_bytes().split_at(32);
    let own = |entry: &&[u8]| {
        let mut scopes = revealer.scopes().iter();
        scopes.any(|scope| scope.number() == entry[0])
    };
    let entries = entries.chunks_exact(17).filter(own).flatten();
    header.iter().chain(entries).copied().collect()
}

/// The groups of a record for some scopes, which are all there.
pub fn groups_of(record: &SealedRecord, revealer: &Revealer) -> SealedRecord {
    let others: Vec<_> = record
        .scopes()
        .filter(|scope| !revealer.scopes().contains(scope))
        .collect();
    record.withhold(&others).unwrap()
}
