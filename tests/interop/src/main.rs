//! The Rust side of the exchange: one request a line on standard input, replies a line each on standard output.

#[path = "../../common/accepted.rs"]
mod accepted;
mod lines;
mod made;

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::io::{self, BufRead, BufWriter, Write};
use std::str::FromStr;

use data_encoding::HEXLOWER;
use paravent::{
    Binding, CheckedPolicy, Class, Date, Error, Grant, Keyring, Passphrase, PhoneRegion, Protected,
    ProtectedRow, Protector, RecordId, Revealer, Schema, SealedCell, SealedRecord, SealedRow,
    SubjectKey,
};
use serde_json::{Value, json};

use crate::accepted::accepted;
use crate::lines::{Bound, Fields, Opening, Request};

type Outcome<T> = Result<T, Box<dyn StdError>>;

/// Of every other grant: both_sides.py has them too.
const OWNER: &str = "Zoé of the statistics office";
const UNTIL: Date = Date::constant(2027, 6, 30);

/// What the requests so far have set up.
#[derive(Default)]
struct Peer {
    schemas: BTreeMap<String, Schema>,
    policies: BTreeMap<String, CheckedPolicy>,
    keyring: Option<Keyring>,
    /// One for each epoch and policy.
    protectors: Vec<(String, Protector)>,
    revealers: BTreeMap<String, Revealer>,
    granted: BTreeMap<String, Revealer>,
}

fn main() -> Outcome<()> {
    let mut peer = Peer::default();
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        for reply in peer.answer(serde_json::from_str(&line?)?)? {
            serde_json::to_writer(&mut out, &reply)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(out.flush()?)
}

impl Peer {
    fn answer(&mut self, request: Request) -> Outcome<Vec<Value>> {
        Ok(vec![match request {
            Request::Setup { schemas, policies } => self.set_up(schemas, policies)?,
            Request::Generate { passphrase, epochs } => self.generate(&passphrase, epochs)?,
            Request::Load {
                keyring,
                passphrase,
            } => match Keyring::from_key_file(&keyring, &Passphrase::new(passphrase)?) {
                Ok(keyring) => self.load(keyring)?,
                Err(error) => refused(&error),
            },
            Request::Grant {
                policy,
                text,
                passphrase,
            } => self.grant(policy, &text, passphrase)?,
            Request::Protect { seed, count } => return self.protect(seed, count),
            Request::Open(opening) => self.open(&opening)?,
            Request::Normalize { class, value } => {
                let class = [
                    Class::Text,
                    Class::Name,
                    Class::Email,
                    Class::Phone,
                    Class::Exact,
                ]
                .into_iter()
                .find(|one| one.name() == class)
                .ok_or("no such class")?;
                match class.normalize(&value, Some(&PhoneRegion::france())) {
                    Ok(text) => json!({ "text": text }),
                    Err(error) => refused(&error),
                }
            }
        }])
    }

    fn set_up(
        &mut self,
        schemas: BTreeMap<String, String>,
        policies: BTreeMap<String, (String, String)>,
    ) -> Outcome<Value> {
        self.schemas = BTreeMap::from([("appointment".to_owned(), Schema::appointment())]);
        for (name, text) in schemas {
            self.schemas.insert(name, Schema::from_toml(&text)?);
        }
        for (name, (schema, text)) in policies {
            self.policies
                .insert(name, accepted(&text, &self.schemas[&schema])?);
        }
        let digests = self.policies.iter().map(|(name, one)| {
            (
                name,
                [one.policy().schema().digest(), one.policy().digest()]
                    .map(|digest| digest.to_string()),
            )
        });
        Ok(json!({ "digests": digests.collect::<BTreeMap<_, _>>() }))
    }

    /// A keyring with protectors from the time of each epoch, and the files of it and of its grants.
    fn generate(&mut self, passphrase: &str, epochs: u32) -> Outcome<Value> {
        let passphrase = Passphrase::new(passphrase)?;
        let mut keyring = Keyring::generate()?;
        let mut protectors = Vec::new();
        for epoch in 1..=epochs {
            if epoch > 1 {
                keyring.start_epoch(paravent::Date::constant(2026, 11, 24))?;
            }
            for (name, policy) in &self.policies {
                protectors.push((name.clone(), Protector::new(&keyring, policy)?));
            }
        }
        let mut grants = BTreeMap::new();
        for (name, policy) in self
            .policies
            .iter()
            .filter(|(_, policy)| !policy.policy().opens().is_empty())
        {
            let grant = keyring.grant(policy)?;
            let grant = match name.len() % 2 {
                0 => grant.with_term(OWNER, UNTIL)?,
                _ => grant,
            };
            grants.insert(name, grant.to_key_file(&passphrase)?);
        }
        let reply = json!({ "keyring": keyring.to_key_file(&passphrase)?, "grants": grants });
        self.load(keyring)?;
        self.protectors = protectors;
        Ok(reply)
    }

    fn load(&mut self, keyring: Keyring) -> Outcome<Value> {
        self.protectors.clear();
        for (name, policy) in &self.policies {
            self.revealers
                .insert(name.clone(), Revealer::backend(&keyring, policy.policy())?);
            self.protectors
                .push((name.clone(), Protector::new(&keyring, policy)?));
        }
        let epochs: Vec<_> = keyring.epochs().map(|epoch| epoch.number()).collect();
        let reply = json!({ "active": keyring.active_epoch().number(), "epochs": epochs });
        self.keyring = Some(keyring);
        Ok(reply)
    }

    fn grant(&mut self, policy: String, text: &str, passphrase: String) -> Outcome<Value> {
        let opened = Grant::from_key_file(text, &Passphrase::new(passphrase)?).and_then(|grant| {
            Ok((
                Revealer::new(&grant, self.policies[&policy].policy())?,
                grant,
            ))
        });
        Ok(match opened {
            Ok((revealer, grant)) => {
                let scopes: Vec<_> = grant.scopes().iter().map(|scope| scope.number()).collect();
                let epochs: Vec<_> = grant.epochs().iter().map(|epoch| epoch.number()).collect();
                self.granted.insert(policy, revealer);
                let term = grant.until().zip(grant.owner());
                json!({ "domain": grant.domain().as_str(), "scopes": scopes, "epochs": epochs, "term": term })
            }
            Err(error) => refused(&error),
        })
    }

    /// Made-up records over all policies and epochs, one in two in the row profile, beside what each was in clear.
    fn protect(&self, seed: u64, count: usize) -> Outcome<Vec<Value>> {
        let mut random = made::Random::new(seed);
        let mut replies = Vec::with_capacity(count);
        for number in 0..count {
            let (name, protector) = &self.protectors[number % self.protectors.len()];
            let policy = protector.policy();
            let fields = made::fields(&mut random, policy.schema().name());
            let bound = Bound {
                record_id: policy
                    .binds_record_id()
                    .then(|| made::record_id(&mut random, number)),
                subject_key: policy
                    .binds_subject_key()
                    .then(|| HEXLOWER.encode(&random.bytes())),
            };
            let (id, subject) = bound.read()?;
            let bound_protector = protector.bind(binding(id.as_ref(), subject.as_ref())?);
            // Not the parity of the number: it would give each policy one profile.
            let mut reply = if random.below(2) == 0 {
                let protected: Protected = bound_protector.protect(&fields)?;
                json!({ "protected": &protected, "sealed": HEXLOWER.encode(protected.sealed().as_bytes()) })
            } else {
                let row: ProtectedRow = bound_protector.protect_row(&fields)?;
                let cells: BTreeMap<_, _> = row
                    .cells()
                    .map(|(name, cell)| (name, HEXLOWER.encode(cell.as_bytes())))
                    .collect();
                json!({ "protected": &row, "sealed": HEXLOWER.encode(row.sealed().as_bytes()), "cells": cells })
            };
            reply["policy"] = json!(name);
            reply["epoch"] = json!(protector.epoch().number());
            reply["bound"] = serde_json::to_value(&bound)?;
            reply["clear"] = fields.to_line()?;
            // A JSON null is a null like any other: left out, not sealed as the text `null`.
            if reply["clear"]["codes"] == "null" {
                reply["clear"]
                    .as_object_mut()
                    .map(|clear| clear.remove("codes"));
            }
            replies.push(reply);
        }
        Ok(replies)
    }

    fn open(&self, opening: &Opening) -> Outcome<Value> {
        let (id, subject) = opening.bound.read()?;
        let revealer = match opening.with.as_str() {
            "grant" => &self.granted[&opening.policy],
            _ => &self.revealers[&opening.policy],
        };
        let fields = match reveal(revealer, opening, binding(id.as_ref(), subject.as_ref())?) {
            Ok(fields) => fields,
            Err(error) => return Ok(refused(&error)),
        };
        let mut reply = json!({ "fields": fields.to_line()? });
        if opening.again {
            let (_, protector) = self
                .protectors
                .iter()
                .find(|(name, _)| *name == opening.policy)
                .ok_or("no such policy")?;
            let again = protector
                .bind(binding(id.as_ref(), subject.as_ref())?)
                .protect(&fields)?;
            let names = protector.policy().pseudonyms();
            let pseudonyms: BTreeMap<_, _> = names
                .map(|name| (name, again.pseudonym(name).map(|one| one.to_string())))
                .collect();
            reply["pseudonyms"] = json!(pseudonyms);
        }
        Ok(reply)
    }
}

fn binding<'a>(id: Option<&'a Vec<u8>>, subject: Option<&'a SubjectKey>) -> Outcome<Binding<'a>> {
    let id = id.map(RecordId::new).transpose()?;
    Ok(match (id, subject) {
        (Some(id), Some(key)) => Binding::record(id).with_subject(key),
        (Some(id), None) => Binding::record(id),
        (None, Some(key)) => Binding::subject(key),
        (None, None) => Binding::NONE,
    })
}

fn reveal(
    revealer: &Revealer,
    opening: &Opening,
    binding: Binding<'_>,
) -> paravent::Result<Fields> {
    let revealer = revealer.bind(binding);
    let Some(cells) = &opening.cells else {
        return revealer.reveal(&read::<SealedRecord>(
            opening,
            &opening.sealed,
            SealedRecord::from_bytes,
        )?);
    };
    let row: SealedRow = read(opening, &opening.sealed, SealedRow::from_bytes)?;
    let mut parsed = Vec::with_capacity(cells.len());
    for (name, cell) in cells {
        parsed.push((
            name.as_str(),
            read::<SealedCell>(opening, cell, SealedCell::from_bytes)?,
        ));
    }
    revealer.reveal_row(&row, parsed.iter().map(|(name, cell)| (*name, cell)))
}

/// A sealed value from its text, or from its bytes in hexadecimal.
fn read<T: FromStr<Err = Error>>(
    opening: &Opening,
    value: &str,
    from_bytes: impl Fn(Vec<u8>) -> paravent::Result<T>,
) -> paravent::Result<T> {
    if opening.text {
        value.parse()
    } else {
        from_bytes(lines::hex(value))
    }
}

/// The group of errors that `error` belongs to, in the words that both sides use.
fn refused(error: &Error) -> Value {
    let kinds = [
        ("record", error.is_record()),
        ("malformed", error.is_malformed()),
        ("unsupported", error.is_unsupported()),
        ("other policy", error.is_other_policy()),
        ("other schema", error.is_other_schema()),
        ("unknown epoch", error.is_unknown_epoch()),
        ("missing scope", error.is_missing_scope()),
        ("wrong key", error.is_wrong_key()),
        ("tampered", error.is_tampered()),
        ("plaintext", error.is_plaintext()),
        ("wrong passphrase", error.is_wrong_passphrase()),
        ("damaged", error.is_damaged()),
        ("newer version", error.is_newer_version()),
        ("misuse", error.is_misuse()),
    ];
    let kind = kinds
        .iter()
        .find(|(_, is)| *is)
        .map_or("another", |(kind, _)| kind);
    json!({ "refused": kind, "why": error.to_string() })
}
