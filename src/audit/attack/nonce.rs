//! Repeated nonces: rows that were sealed under one key and nonce have one keystream, so that the XOR of two ciphertexts is
//! that of their plaintexts. Where one may be guessed, the other proves the guess.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::value::RawValue;

use super::{Attack, Family, Way};
use crate::{
    audit::{
        case::{Case, ColumnView, LeakView, Meaning, NULL},
        draw::table::NONE,
        reading::{Candidates, Reading, What},
    },
    crypto::aead::{COMMITMENT, NONCE},
    protect::Draft,
    schema::{Field, Schema, ValueType},
    wire::{
        SealedCell, SealedRecord, SealedRow,
        envelope::{CELL_HEAD, NULL_LENGTH},
    },
};

/// Guesses what is in the first of the rows that share a keystream, and looks whether the others become something then.
pub(crate) struct Nonce;

/// The nonce of a `p1.` text.
pub(crate) fn nonce_of(sealed: &str) -> Option<[u8; NONCE]> {
    match sealed.parse::<SealedRecord>() {
        Ok(record) => Some(record.header().nonce),
        Err(_) => Some(sealed.parse::<SealedRow>().ok()?.header().nonce),
    }
}

/// More plaintexts than these are not tried for one group.
const MOST_PLAINTEXTS: usize = 200_000;

/// Guesses are proved on so many other rows.
const MOST_PROOFS: usize = 64;

/// So many first rows are guessed, where what is in one is not among the plaintexts.
const MOST_GUESSED: usize = 4;

/// Beyond so many guesses that are equally good, nothing is read.
const MOST_GUESSES: usize = 64;

impl Attack for Nonce {
    fn family(&self) -> Family {
        Family::Nonce
    }

    fn needs(&self) -> &'static str {
        "registers and directories"
    }

    fn ways(&self, case: &Case, _: &[Vec<Reading>]) -> Vec<Way> {
        let mut ways = Vec::new();
        for (leak, view) in case.leaks.iter().enumerate() {
            let mut found: BTreeMap<usize, Found> = BTreeMap::new();
            for (shape, streams) in shared_streams(case, view) {
                let plaintexts = Plaintexts::new(case, &shape);
                for rows in &streams {
                    for (row, tuples) in plaintexts.read(rows) {
                        for (at, &field) in plaintexts.fields.iter().enumerate() {
                            let numbers = tuples.iter().map(|&tuple| plaintexts.tuples[tuple][at]);
                            found
                                .entry(field)
                                .or_insert_with(|| Found::new(view.rows))
                                .add(row, numbers.collect());
                        }
                    }
                }
            }
            if found.is_empty() {
                continue;
            }
            let readings = found.into_iter().map(|(field, found)| Reading {
                of: What::Field(field),
                codes: found.codes,
                candidates: found.candidates,
            });
            ways.push(Way::new(leak, "", readings.collect()));
        }
        ways
    }
}

/// What is read of one field.
struct Found {
    codes: Vec<u32>,
    candidates: Vec<Candidates>,
    known: HashMap<Vec<u32>, u32>,
}

impl Found {
    fn new(rows: usize) -> Self {
        Self {
            codes: vec![NONE; rows],
            candidates: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// Numbers may be there several times, which makes them likelier.
    fn add(&mut self, row: usize, mut numbers: Vec<u32>) {
        numbers.sort_unstable();
        let next = self.known.len() as u32;
        self.codes[row] = *self.known.entry(numbers).or_insert_with_key(|numbers| {
            self.candidates
                .push(Candidates::even(numbers.iter().copied()));
            next
        });
    }
}

/// What is sealed: a group, or one field's cell, and how long it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    /// The position of the group in the schema.
    group: usize,
    cell: Option<usize>,
    length: usize,
}

/// A row and what is sealed in it.
type Ciphertext = (usize, Vec<u8>);

/// The ciphertexts of each shape that share a keystream, several each: a commitment stands for key and nonce.
fn shared_streams(case: &Case, view: &LeakView) -> BTreeMap<Shape, Vec<Vec<Ciphertext>>> {
    let schema = &case.knows.schema;
    let mut streams: BTreeMap<(Shape, [u8; COMMITMENT]), Vec<Ciphertext>> = BTreeMap::new();
    for column in view.columns.iter().filter(|column| may_be_sealed(column)) {
        let texts = &view.leak.table.columns()[column.position];
        let mut sealed_rows = Vec::new();
        for row in 0..view.rows {
            let Some(text) = texts.get(row).filter(|text| text.starts_with("p1.")) else {
                continue;
            };
            if let Ok(record) = text.parse::<SealedRecord>() {
                for group in record.groups() {
                    let scope = |own: &crate::schema::Group| own.scope == group.scope;
                    let Some(position) = schema.groups().iter().position(scope) else {
                        continue;
                    };
                    let shape = Shape {
                        group: position,
                        cell: None,
                        length: group.ciphertext.len(),
                    };
                    let stream = streams.entry((shape, *group.commitment)).or_default();
                    stream.push((row, group.ciphertext.to_vec()));
                }
            } else if let Ok(sealed) = text.parse::<SealedRow>() {
                sealed_rows.push((row, sealed));
            }
        }
        // Of other rows of one nonce there are no cells worth parsing.
        let mut nonces: BTreeMap<[u8; NONCE], usize> = BTreeMap::new();
        for (_, sealed) in &sealed_rows {
            *nonces.entry(sealed.header().nonce).or_default() += 1;
        }
        sealed_rows.retain(|(_, sealed)| nonces[&sealed.header().nonce] > 1);
        add_cells(schema, view, &sealed_rows, &mut streams);
    }
    let mut shared: BTreeMap<Shape, Vec<Vec<Ciphertext>>> = BTreeMap::new();
    for ((shape, _), rows) in streams {
        if rows.len() > 1 {
            shared.entry(shape).or_default().push(rows);
        }
    }
    shared
}

fn may_be_sealed(column: &ColumnView) -> bool {
    !column.opened && matches!(column.meaning, Meaning::Sealed | Meaning::Unknown)
}

/// Cells stand in columns with their fields' names.
fn add_cells(
    schema: &Schema,
    view: &LeakView,
    rows: &[(usize, SealedRow)],
    streams: &mut BTreeMap<(Shape, [u8; COMMITMENT]), Vec<Ciphertext>>,
) {
    for column in view.columns.iter().filter(|column| !column.opened) {
        let Meaning::Field(field) = column.meaning else {
            continue;
        };
        let definition = &schema.fields()[field];
        let cells = &view.leak.table.columns()[column.position];
        for (row, sealed) in rows {
            let cell = cells.get(*row).filter(|text| text.starts_with("c1."));
            let Some(Ok(cell)) = cell.map(str::parse::<SealedCell>) else {
                continue;
            };
            let Some(commitment) = sealed.commitment(definition.scope()) else {
                continue;
            };
            let (ciphertext, _) = cell.parts();
            let shape = Shape {
                group: definition.group(),
                cell: Some(field),
                length: ciphertext.len(),
            };
            let stream = streams.entry((shape, *commitment)).or_default();
            stream.push((*row, ciphertext.to_vec()));
        }
    }
}

/// What may be sealed in a shape.
struct Plaintexts {
    fields: Vec<usize>,
    /// For each plaintext the numbers of its fields' values.
    tuples: Vec<Vec<u32>>,
    prints: Vec<u64>,
    by_print: HashMap<u64, usize>,
    /// One bit for the last 16 of each print.
    filter: Box<[u64; 1024]>,
}

impl Plaintexts {
    fn new(case: &Case, shape: &Shape) -> Self {
        let schema = &case.knows.schema;
        let fields = match shape.cell {
            Some(field) => vec![field],
            None => schema.groups()[shape.group].fields.clone(),
        };
        let mut plaintexts = Self {
            tuples: Vec::new(),
            prints: Vec::new(),
            by_print: HashMap::new(),
            filter: Box::new([0; 1024]),
            fields,
        };
        let mut draft = Draft::default();
        for tuple in tuples(case, &plaintexts.fields) {
            let value = |at: usize| {
                let number = tuple[at];
                let values = &case.knows.vocabularies[plaintexts.fields[at]].values;
                (number != NULL).then(|| values[number as usize].as_str())
            };
            let plaintext = match shape.cell {
                Some(_) => cell(value(0), shape.length),
                None => group(schema, shape, &plaintexts.fields, value, &mut draft),
            };
            let Some(print) = plaintext.map(|plaintext| print(&plaintext)) else {
                continue;
            };
            let (word, bit) = place(print);
            plaintexts.filter[word] |= bit;
            plaintexts
                .by_print
                .entry(print)
                .or_insert(plaintexts.tuples.len());
            plaintexts.prints.push(print);
            plaintexts.tuples.push(tuple);
        }
        plaintexts
    }

    #[inline]
    fn find(&self, print: u64) -> Option<usize> {
        let (word, bit) = place(print);
        if self.filter[word] & bit == 0 {
            return None;
        }
        self.by_print.get(&print).copied()
    }

    /// What each of the rows can be, by every guess of one of them that the most others prove.
    fn read(&self, rows: &[Ciphertext]) -> Vec<(usize, Vec<usize>)> {
        let prints: Vec<u64> = rows.iter().map(|(_, text)| print(text)).collect();
        for &first in prints.iter().take(MOST_GUESSED) {
            // Equal plaintexts prove every guess.
            let mut others: Vec<u64> = prints.iter().map(|print| print ^ first).collect();
            others.retain(|&print| print != 0);
            let mut seen = BTreeSet::new();
            others.retain(|&print| seen.insert(print));
            others.truncate(MOST_PROOFS);
            let mut most = others.len().div_ceil(4).max(1);
            let mut guesses = Vec::new();
            for &guess in &self.prints {
                let proofs = others
                    .iter()
                    .filter(|&&other| self.find(guess ^ other).is_some())
                    .count();
                if proofs > most {
                    guesses.clear();
                    most = proofs;
                }
                if proofs == most {
                    guesses.push(guess ^ first);
                }
            }
            guesses.sort_unstable();
            guesses.dedup();
            if guesses.is_empty() || guesses.len() > MOST_GUESSES {
                continue;
            }
            return rows
                .iter()
                .zip(&prints)
                .filter_map(|((row, _), print)| {
                    let tuples: Vec<usize> = guesses
                        .iter()
                        .filter_map(|stream| self.find(print ^ stream))
                        .collect();
                    (!tuples.is_empty()).then_some((*row, tuples))
                })
                .collect();
        }
        Vec::new()
    }
}

/// A print of 64 bits for which print(a ⊕ b) = print(a) ⊕ print(b), so that plaintexts need not be made to be looked up.
/// Zeros behind the text leave it as it is.
fn print(text: &[u8]) -> u64 {
    text.chunks(8).rev().fold(0, |print, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        spread(spread(print)) ^ u64::from_le_bytes(word)
    })
}

/// Marsaglia's xorshift: linear over bits, and no two words fall together.
fn spread(mut word: u64) -> u64 {
    word ^= word << 13;
    word ^= word >> 7;
    word ^ word << 17
}

#[inline]
fn place(print: u64) -> (usize, u64) {
    // Text differs in the low bits of its bytes, so all of them take part.
    let mixed = (print.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize;
    (mixed / 64, 1 << (mixed % 64))
}

/// The values that fields can have together, [`NULL`] for none.
fn tuples(case: &Case, fields: &[usize]) -> BTreeSet<Vec<u32>> {
    let definitions = case.knows.schema.fields();
    let pick = |row: &Vec<u32>| fields.iter().map(|&field| row[field]).collect::<Vec<u32>>();
    if fields
        .iter()
        .all(|&field| definitions[field].is_of_person())
    {
        let people = case.knows.people.iter().map(pick);
        return people.take(MOST_PLAINTEXTS).collect();
    }
    let mut tuples: BTreeSet<Vec<u32>> = case.knows.reference.iter().map(pick).collect();
    let mut product: Vec<Vec<u32>> = vec![Vec::new()];
    for (at, &field) in fields.iter().enumerate() {
        let directory = case
            .knows
            .directories
            .iter()
            .find(|directory| directory.gives == field && fields[..at].contains(&directory.of));
        let count = case.knows.vocabularies[field].values.len();
        let least = if definitions[field].is_optional() {
            NULL
        } else {
            NULL + 1
        };
        let mut next = Vec::new();
        for tuple in &product {
            let given = directory.and_then(|directory| {
                let of = fields.iter().position(|&field| field == directory.of)?;
                directory.entries.get(&tuple[of])
            });
            let values: Vec<u32> = match given {
                Some(values) => values.clone(),
                None => (least..)
                    .take_while(|&number| (number as usize) < count)
                    .collect(),
            };
            if next.len() + values.len() > MOST_PLAINTEXTS {
                return tuples;
            }
            next.extend(values.into_iter().map(|value| {
                let mut longer = tuple.clone();
                longer.push(value);
                longer
            }));
        }
        product = next;
    }
    tuples.extend(product);
    tuples
}

/// The plaintext of a group; `None` where the values do not fit.
fn group<'v>(
    schema: &Schema,
    shape: &Shape,
    fields: &[usize],
    value: impl Fn(usize) -> Option<&'v str>,
    draft: &mut Draft,
) -> Option<Vec<u8>> {
    draft.begin(schema);
    for (at, &field) in fields.iter().enumerate() {
        if let Some(text) = value(at) {
            set(draft, field, &schema.fields()[field], text)?;
        }
    }
    let range = schema.groups()[shape.group].plaintext.clone();
    let mut plaintext = draft.plaintexts(schema)[range].to_vec();
    if plaintext.len() > shape.length {
        let cut = plaintext.split_off(shape.length);
        if cut.iter().any(|&byte| byte != 0) {
            return None;
        }
    }
    Some(plaintext)
}

fn set(draft: &mut Draft, position: usize, field: &Field, text: &str) -> Option<()> {
    match field.value_type() {
        ValueType::Integer => draft.set_integer(position, field, text.parse().ok()?),
        ValueType::Boolean => draft.set_boolean(position, field, text.parse().ok()?),
        ValueType::Json => draft.set_json(
            position,
            field,
            serde_json::from_str::<&RawValue>(text).ok()?,
        ),
        ValueType::Text | ValueType::Date | ValueType::DateTime => {
            draft.set_text(position, field, text)
        }
    }
    .ok()
}

/// The plaintext of a cell; `None` where the value does not fit.
fn cell(value: Option<&str>, length: usize) -> Option<Vec<u8>> {
    let mut plaintext = vec![0; length];
    let (head, room) = plaintext.split_at_mut_checked(CELL_HEAD)?;
    match value {
        None => head.copy_from_slice(&NULL_LENGTH.to_be_bytes()),
        Some(text) => {
            head.copy_from_slice(&u16::try_from(text.len()).ok()?.to_be_bytes());
            room.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        }
    }
    Some(plaintext)
}

#[cfg(test)]
mod tests;
