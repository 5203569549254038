//! Schemes that leak, for controls: an audit that does not break them is blind.

use std::collections::BTreeMap;

use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use rand::{Rng, RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};
use sha2::{Digest, Sha256};

use crate::{
    audit::draw::{
        leak::{Leak, Origin},
        table::{Column, Table},
    },
    crypto::mac::MacKey,
    error::{Error, Result},
    schema::{Field, Role, Schema, ValueType},
    secret::Secret,
};

/// A scheme that is taken for protection and is none, or less than it seems.
///
/// # Examples
///
/// ```
/// use paravent::{Schema, audit::{KnownBad, Table}};
///
/// let mut truth = Table::new(["last_name", "specialty"])?;
/// truth.push([Some("Martin"), Some("Dermatologie")])?;
/// let leaks = KnownBad::UnsaltedDigests.leaks(&Schema::appointment(), &truth, 1)?;
/// assert_eq!(leaks.len(), 1);
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KnownBad {
    /// Nothing is done: rows as the connector of July 2020 held them, sealed on the disk alone.
    Plain,
    /// Identifiers as their SHA-256 in hexadecimal digits, all else in clear: what is often sold as pseudonymization. Whoever has a list
    /// of names, or counts through a plan of telephone numbers, turns the digests back.
    UnsaltedDigests,
    /// Each field under a key of its own by a function that gives equal texts for equal values, so that columns can still be
    /// searched and joined: what databases offer as deterministic encryption. How often a text occurs tells the value.
    Deterministic,
    /// Integers, dates and date-times by a secret map that keeps their order, so that ranges can still be searched; all else as
    /// [`Deterministic`](KnownBad::Deterministic). The order of a full column tells its values.
    OrderPreserving,
    /// Each cell by AES-256-GCM under a nonce of its own, as many bytes longer than its value as every other: sound encryption,
    /// whose lengths tell short values from long ones.
    Unpadded,
    /// No field of the person, but a keyed pseudonym that stays the same over their rows, beside exact times and what the visit
    /// is for: study data. Who knows two dates of a visit finds all others of the person.
    StablePseudonym,
    /// Two connectors, one with the fields of the person and one with all others, and both with the id of the row in the
    /// platform's own table.
    SharedId,
}

impl KnownBad {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Plain,
        Self::UnsaltedDigests,
        Self::Deterministic,
        Self::OrderPreserving,
        Self::Unpadded,
        Self::StablePseudonym,
        Self::SharedId,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain rows",
            Self::UnsaltedDigests => "unsalted digests",
            Self::Deterministic => "deterministic encryption",
            Self::OrderPreserving => "order-preserving values",
            Self::Unpadded => "encryption without padding",
            Self::StablePseudonym => "a stable pseudonym with dates",
            Self::SharedId => "an id that two connectors share",
        }
    }

    /// What leaks where `truth` lies under the scheme: rows in an order and under keys that follow from `seed`, with their
    /// origin. Columns of `truth` that are no fields of `schema` are left out, and fields that it lacks.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where `truth` has no field that the scheme keeps.
    pub fn leaks(self, schema: &Schema, truth: &Table, seed: u64) -> Result<Vec<Leak>> {
        let scheme = Scheme::new(schema, truth, seed);
        if scheme.fields.is_empty() {
            return Err(Error::audit(
                "the true rows have no field of the schema",
                "name their columns after fields",
            ));
        }
        match self {
            Self::Plain => scheme.leak(self, Scheme::clear),
            Self::UnsaltedDigests => scheme.leak(self, Scheme::digested),
            Self::Deterministic => scheme.leak(self, Scheme::deterministic),
            Self::OrderPreserving => scheme.leak(self, Scheme::ordered),
            Self::Unpadded => scheme.leak(self, Scheme::unpadded),
            Self::StablePseudonym => scheme.pseudonym(),
            Self::SharedId => scheme.shared_id(),
        }
    }
}

/// What a scheme makes of the cells of one field.
type MakeColumn<'t> = fn(&mut Scheme<'t>, &Field, Vec<Option<&str>>) -> Vec<Option<String>>;

/// True rows in a new order, and what schemes draw from.
struct Scheme<'t> {
    /// The fields that the rows have, in the schema's order.
    fields: Vec<(&'t Field, &'t Column)>,
    rows: usize,
    random: ChaCha8Rng,
}

impl<'t> Scheme<'t> {
    fn new(schema: &'t Schema, truth: &'t Table, seed: u64) -> Self {
        let fields = schema.fields().iter();
        Self {
            fields: fields
                .filter_map(|field| Some((field, truth.column(field.name())?)))
                .collect(),
            rows: truth.rows(),
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// One leak with a column a field.
    fn leak(mut self, bad: KnownBad, column: MakeColumn<'t>) -> Result<Vec<Leak>> {
        let order = self.order();
        let mut columns = Vec::new();
        for (field, cells) in self.fields.clone() {
            let values = order.iter().map(|&row| cells.get(row)).collect();
            columns.push((field.name().to_owned(), column(&mut self, field, values)));
        }
        Ok(vec![leak(bad.name(), columns, order)?])
    }

    fn order(&mut self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows).collect();
        order.shuffle(&mut self.random);
        order
    }

    fn key(&mut self) -> Secret<32> {
        Secret::fill(|key| self.random.fill_bytes(key))
    }

    fn clear(&mut self, _: &Field, values: Vec<Option<&str>>) -> Vec<Option<String>> {
        each(values, str::to_owned)
    }

    fn digested(&mut self, field: &Field, values: Vec<Option<&str>>) -> Vec<Option<String>> {
        if field.role() != Role::Identifier {
            return self.clear(field, values);
        }
        each(values, |value| HEXLOWER.encode(&Sha256::digest(value)))
    }

    fn deterministic(&mut self, _: &Field, values: Vec<Option<&str>>) -> Vec<Option<String>> {
        let key = MacKey::new(&self.key());
        each(values, |value| BASE64.encode(&key.tag(value.as_bytes())))
    }

    fn ordered(&mut self, field: &Field, values: Vec<Option<&str>>) -> Vec<Option<String>> {
        let place: fn(&str) -> Option<i128> = match field.value_type() {
            ValueType::Integer => |value| value.parse().ok(),
            ValueType::Date | ValueType::DateTime => instant,
            ValueType::Text | ValueType::Boolean | ValueType::Json => {
                return self.deterministic(field, values);
            }
        };
        let mut images: BTreeMap<i128, u64> = values
            .iter()
            .flatten()
            .filter_map(|value| Some((place(value)?, 0)))
            .collect();
        let mut last = 0;
        for image in images.values_mut() {
            last += self.random.random_range(1..=1_000);
            *image = last;
        }
        let image = |value: &str| images.get(&place(value)?).map(u64::to_string);
        values
            .into_iter()
            .map(|value| value.and_then(image))
            .collect()
    }

    fn unpadded(&mut self, _: &Field, values: Vec<Option<&str>>) -> Vec<Option<String>> {
        let cipher = Aes256Gcm::new(self.key().expose().into());
        each(values, |value| {
            let mut nonce = [0; 12];
            self.random.fill_bytes(&mut nonce);
            let mut sealed = value.as_bytes().to_vec();
            let tag =
                cipher.encrypt_inout_detached(&nonce.into(), &[], sealed.as_mut_slice().into());
            let tag = match tag {
                Ok(tag) => tag,
                Err(_) => unreachable!("a cell over 2^36 bytes"),
            };
            BASE64.encode(&[&nonce[..], &sealed, &tag].concat())
        })
    }

    fn pseudonym(mut self) -> Result<Vec<Leak>> {
        let order = self.order();
        let key = MacKey::new(&self.key());
        let (of_person, rest): (Vec<_>, Vec<_>) = self
            .fields
            .iter()
            .partition(|(field, _)| field.is_of_person());
        let names = || {
            of_person
                .iter()
                .filter(|(field, _)| field.role() == Role::Identifier)
        };
        if names().next().is_none() {
            return Err(Error::audit(
                "the true rows have no identifier of a person",
                "give the columns that tell people apart",
            ));
        }
        let pseudonym = |&row: &usize| {
            let mut person = String::new();
            for (_, cells) in names() {
                person.push_str(cells.get(row).unwrap_or_default());
                person.push('\n');
            }
            Some(HEXLOWER.encode(&key.tag(person.as_bytes())[..16]))
        };
        let mut columns = vec![("patient".to_owned(), order.iter().map(pseudonym).collect())];
        columns.extend(rest.iter().map(|part| in_clear(part, &order)));
        Ok(vec![leak(
            KnownBad::StablePseudonym.name(),
            columns,
            order,
        )?])
    }

    fn shared_id(mut self) -> Result<Vec<Leak>> {
        let ids: Vec<Option<String>> = (0..self.rows)
            .map(|_| Some(format!("{:016x}", self.random.random::<u64>())))
            .collect();
        let sides = [("identity connector", true), ("care connector", false)];
        let mut leaks = Vec::new();
        for (name, of_person) in sides {
            let order = self.order();
            let own = order.iter().map(|&row| ids[row].clone()).collect();
            let mut columns = vec![("row_id".to_owned(), own)];
            let side = self
                .fields
                .iter()
                .filter(|(field, _)| field.is_of_person() == of_person);
            columns.extend(side.map(|part| in_clear(part, &order)));
            leaks.push(leak(name, columns, order)?);
        }
        Ok(leaks)
    }
}

fn each(values: Vec<Option<&str>>, mut image: impl FnMut(&str) -> String) -> Vec<Option<String>> {
    values
        .into_iter()
        .map(|value| value.map(&mut image))
        .collect()
}

fn in_clear((field, cells): &(&Field, &Column), order: &[usize]) -> (String, Vec<Option<String>>) {
    let values = order.iter().map(|&row| cells.get(row).map(str::to_owned));
    (field.name().to_owned(), values.collect())
}

fn leak(
    name: &str,
    columns: Vec<(String, Vec<Option<String>>)>,
    order: Vec<usize>,
) -> Result<Leak> {
    let mut table = Table::new(columns.iter().map(|(name, _)| name.as_str()))?;
    for row in 0..order.len() {
        table.push(columns.iter().map(|(_, cells)| cells[row].as_deref()))?;
    }
    Ok(Leak::new(name, table).with_origin(Origin::Rows(order)))
}

/// Nanoseconds of a date or a date-time.
fn instant(value: &str) -> Option<i128> {
    match value.parse::<Timestamp>() {
        Ok(time) => Some(time.as_nanosecond()),
        Err(_) => {
            let midnight = format!("{value}T00:00:00Z");
            Some(midnight.parse::<Timestamp>().ok()?.as_nanosecond())
        }
    }
}

#[cfg(test)]
mod tests;
