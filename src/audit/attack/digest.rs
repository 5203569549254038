//! Unkeyed digests: every value that a field can have is digested, in every usual spelling, and looked for.

mod plan;
mod spell;
mod targets;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

pub use plan::{PhoneDigests, invert_phone_digests};
use statrs::distribution::{DiscreteCDF, Poisson};

use self::targets::{Algorithm, Found, MOST, Targets, parse_column};
use super::{Attack, Family, Way};
use crate::{
    audit::{
        case::{Case, ColumnView, Meaning, NULL},
        reading::{Candidates, Reading, What},
        report::{ReversedColumn, words::count},
    },
    schema::{Class, Field, Role, Schema},
};

/// Tries the values of all fields, and then the numbers of the French mobile plan for columns of telephone numbers that no
/// register has.
pub(crate) struct Digest {
    state: Mutex<State>,
}

struct State {
    /// How long numbers may still be counted through, for all columns together; `None` where they are not to be.
    left: Option<Duration>,
    notes: BTreeSet<String>,
    reversed: Vec<ReversedColumn>,
}

/// So many digests that should have been met by now and were not are not of numbers of the plan: the chance is e^-12.
const HOPELESS: f64 = 12.0;

/// How many digests are computed of values that are known: a fifth of a second.
const MOST_TRIED: u64 = 2_000_000;

impl Digest {
    /// With so much time for the mobile plan, for all columns together; `None` leaves it out without a word.
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self {
            state: Mutex::new(State {
                left: limit,
                notes: BTreeSet::new(),
                reversed: Vec::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Attack for Digest {
    fn family(&self) -> Family {
        Family::Digest
    }

    fn needs(&self) -> &'static str {
        "lists of the values that fields can have; for telephone numbers nothing"
    }

    fn notes(&self) -> Vec<String> {
        self.state().notes.iter().cloned().collect()
    }

    fn reversed(&self) -> Vec<ReversedColumn> {
        self.state().reversed.clone()
    }

    fn ways(&self, case: &Case, _: &[Vec<Reading>]) -> Vec<Way> {
        let suspects = suspects(case);
        if suspects.is_empty() {
            return Vec::new();
        }
        let mut tries = Tries::new(&suspects);
        tries.fields(case, &suspects);
        tries.pairs(case);
        if tries.left == 0 {
            let note =
                format!("digests: no more than {MOST_TRIED} values and spellings were tried");
            self.state().notes.insert(note);
        }
        let mut readings: BTreeMap<usize, Vec<Reading>> = BTreeMap::new();
        for (number, suspect) in suspects.iter().enumerate() {
            let hits = tries.hits(number);
            self.count_through(case, suspect, &hits);
            if let Some(reading) = suspect.reading(case, &hits) {
                readings.entry(suspect.leak).or_default().push(reading);
            }
        }
        readings
            .into_iter()
            .map(|(leak, readings)| Way::new(leak, "", readings))
            .collect()
    }
}

/// A column that looks like digests.
struct Suspect {
    leak: usize,
    /// Its position among the columns of the leak.
    column: usize,
    /// By code.
    digests: Vec<Option<Found>>,
}

/// A digest that was met: the column's code, what it is of, and the value or person.
type Hit = (u32, What, u32);

fn suspects(case: &Case) -> Vec<Suspect> {
    let mut suspects = Vec::new();
    for (leak, view) in case.leaks.iter().enumerate() {
        for (position, column) in view.columns.iter().enumerate() {
            if column.opened || column.meaning == Meaning::Sealed {
                continue;
            }
            if let Some(digests) = parse_column(view.values(column)) {
                suspects.push(Suspect {
                    leak,
                    column: position,
                    digests,
                });
            }
        }
    }
    suspects
}

/// The fields that the name of a column, or a policy, says it is made of.
fn said(column: &ColumnView) -> &[usize] {
    match &column.meaning {
        Meaning::Field(field) => std::slice::from_ref(field),
        Meaning::StandIn(fields) => fields,
        Meaning::Sealed | Meaning::Unknown => &[],
    }
}

impl Suspect {
    fn view<'c>(&self, case: &'c Case) -> &'c ColumnView {
        &case.leaks[self.leak].columns[self.column]
    }

    fn name<'c>(&self, case: &'c Case) -> &'c str {
        case.leaks[self.leak].cells(self.view(case)).name()
    }

    /// Of the field that its name says where that has hits, else of what has most.
    fn reading(&self, case: &Case, hits: &[Hit]) -> Option<Reading> {
        let mut codes: BTreeMap<What, BTreeSet<u32>> = BTreeMap::new();
        for &(code, what, _) in hits {
            codes.entry(what).or_default().insert(code);
        }
        let said = said(self.view(case));
        let is_said = |what: What| matches!(what, What::Field(field) if said.contains(&field));
        let (&of, _) = codes.iter().max_by_key(|(what, codes)| {
            (is_said(**what), codes.len(), std::cmp::Reverse(**what))
        })?;
        let mut numbers: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); self.digests.len()];
        for &(code, what, number) in hits {
            if what == of {
                numbers[code as usize].insert(number);
            }
        }
        Some(Reading {
            of,
            codes: self.view(case).codes.of.clone(),
            candidates: numbers.into_iter().map(Candidates::even).collect(),
        })
    }

    /// Whether its digests may be of telephone numbers of France.
    fn may_be_phones(&self, case: &Case) -> bool {
        let schema = &case.knows.schema;
        let is_french = |schema: &Schema| {
            schema
                .phone_region()
                .is_none_or(|region| region.country_code() == "33")
        };
        let is_phone = |&field: &usize| schema.fields()[field].class() == Class::Phone;
        let said = said(self.view(case));
        let name = self.name(case).to_lowercase();
        let is_called = ["phone", "tel", "tél", "mobile", "portable", "gsm"]
            .iter()
            .any(|word| name.contains(word));
        // Where nobody is known, nothing else could be met for it.
        let is_open = is_called || case.knows.people.is_empty();
        is_french(schema) && (said.iter().any(is_phone) || said.is_empty() && is_open)
    }
}

impl Digest {
    /// Counts through the mobile plan for digests of telephone numbers that nothing known was met for.
    fn count_through(&self, case: &Case, suspect: &Suspect, hits: &[Hit]) {
        let Some(limit) = self.state().left else {
            return;
        };
        if !suspect.may_be_phones(case) {
            return;
        }
        let met: BTreeSet<u32> = hits.iter().map(|&(code, ..)| code).collect();
        let open = (0..).zip(&suspect.digests).filter_map(|(code, digest)| {
            let digest = digest.filter(|digest| digest.length >= plan::LEAST)?;
            (!met.contains(&code)).then_some((digest, code))
        });
        let open: Vec<(Found, u32)> = open.collect();
        let Some((first, _)) = open.first() else {
            return;
        };
        let open = open.iter().map(|(digest, code)| (digest.bytes, *code));
        let targets = Targets::new(first.length, open.collect());
        let start = Instant::now();
        let phones = plan::search(&targets, limit, HOPELESS);
        let mut state = self.state();
        state.left = Some(limit.saturating_sub(start.elapsed()));
        let leak = &case.leaks[suspect.leak].leak.name;
        let column = suspect.name(case);
        if phones.reversed > 0 && is_beyond_chance(&phones, first.length) {
            let note = format!(
                "digests: in column {column:?} of {leak:?}, {} of {} that are of nothing known are {} of French mobile numbers, \
                 mostly spelt {}, found by trying {} of them",
                count(phones.reversed as u64),
                count(phones.digests as u64),
                phones.function.unwrap_or_default(),
                phones.spelling.unwrap_or_default(),
                count(phones.tried),
            );
            state.notes.insert(note);
            state.reversed.push(ReversedColumn {
                leak: leak.clone(),
                column: column.to_owned(),
                digests: phones.digests as u64,
                numbers: phones.reversed as u64,
                function: phones.function.unwrap_or_default().to_owned(),
            });
        }
        if !phones.is_complete {
            let note = format!(
                "digests: the French mobile plan was not counted through for column {column:?} of {leak:?}: after {} numbers in \
                 all spellings time was up, or so many of them would have been met that these are keyed, or of something else",
                count(phones.tried),
            );
            state.notes.insert(note);
        }
    }
}

/// Whether more digests of so many bytes were met than bytes that are of no number would meet: short ones fit some number by chance.
fn is_beyond_chance(phones: &PhoneDigests, length: usize) -> bool {
    let bits = i32::try_from(8 * length).unwrap_or(i32::MAX);
    let expected = phones.digests as f64 * phones.tried as f64 / 2_f64.powi(bits);
    let met = phones.reversed as u64;
    // Where none is expected, one is enough.
    Poisson::new(expected).map_or(met > 0, |chance| met > 0 && chance.sf(met - 1) < RARE)
}

/// The chance of a column of other bytes to be taken for digests of numbers.
const RARE: f64 = 1e-6;

/// All digests of a case, by length, and those that were met.
struct Tries {
    targets: Vec<Targets>,
    /// The column and code of each target.
    places: Vec<(usize, u32)>,
    met: BTreeSet<(usize, Hit)>,
    left: u64,
}

impl Tries {
    fn new(suspects: &[Suspect]) -> Self {
        let mut places = Vec::new();
        let mut by_length: BTreeMap<usize, Vec<([u8; MOST], u32)>> = BTreeMap::new();
        for (number, suspect) in suspects.iter().enumerate() {
            for (code, digest) in (0..).zip(&suspect.digests) {
                let (Some(digest), Ok(place)) = (digest, u32::try_from(places.len())) else {
                    continue;
                };
                by_length
                    .entry(digest.length)
                    .or_default()
                    .push((digest.bytes, place));
                places.push((number, code));
            }
        }
        Self {
            targets: by_length
                .into_iter()
                .map(|(length, digests)| Targets::new(length, digests))
                .collect(),
            places,
            met: BTreeSet::new(),
            left: MOST_TRIED,
        }
    }

    fn hits(&self, suspect: usize) -> Vec<Hit> {
        let least = (suspect, (0, What::Field(0), 0));
        self.met
            .range(least..)
            .take_while(|(number, _)| *number == suspect)
            .map(|(_, hit)| *hit)
            .collect()
    }

    /// The values of each field, those first that columns are said to be made of.
    fn fields(&mut self, case: &Case, suspects: &[Suspect]) {
        let schema = &case.knows.schema;
        let is_said = |field: usize| {
            suspects
                .iter()
                .any(|suspect| said(suspect.view(case)).contains(&field))
        };
        let mut order: Vec<usize> = (0..schema.fields().len()).collect();
        order.sort_by_key(|&field| !is_said(field));
        for position in order {
            let field = &schema.fields()[position];
            for (number, value) in (NULL..)
                .zip(&case.knows.vocabularies[position].values)
                .skip(1)
            {
                for text in spell::spellings(field, schema.phone_region(), value) {
                    if !self.text(&text, |hits| hits.push((What::Field(position), number))) {
                        return;
                    }
                }
            }
        }
    }

    /// First and last names of the register in one text.
    fn pairs(&mut self, case: &Case) {
        let is_name = |field: &Field| {
            field.is_of_person() && field.role() == Role::Identifier && field.class() == Class::Name
        };
        let fields = case.knows.schema.fields();
        let names: Vec<usize> = (0..fields.len())
            .filter(|&position| is_name(&fields[position]))
            .collect();
        for (at, &first) in names.iter().enumerate() {
            for &second in &names[at + 1..] {
                let mut people: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
                for (number, person) in (0..).zip(&case.knows.people) {
                    let pair = (person[first], person[second]);
                    if pair.0 != NULL && pair.1 != NULL {
                        people.entry(pair).or_default().push(number);
                    }
                }
                for ((a, b), people) in people {
                    let value = |field: usize, number: u32| {
                        &case.knows.vocabularies[field].values[number as usize]
                    };
                    for text in spell::pairs(value(first, a), value(second, b)) {
                        let add = |hits: &mut Vec<(What, u32)>| {
                            hits.extend(people.iter().map(|&person| (What::Person, person)));
                        };
                        if !self.text(&text, add) {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// Looks for the digests of a text, and says of what it is where there are some; `false` once enough was tried.
    fn text(&mut self, text: &str, of: impl Fn(&mut Vec<(What, u32)>)) -> bool {
        let mut digest = [0; MOST];
        for algorithm in Algorithm::ALL {
            if !self
                .targets
                .iter()
                .any(|targets| targets.length <= algorithm.length())
            {
                continue;
            }
            let Some(left) = self.left.checked_sub(1) else {
                return false;
            };
            self.left = left;
            let length = algorithm.digest(text.as_bytes(), &mut digest);
            for targets in &self.targets {
                for &(_, place) in targets.find(&digest[..length]) {
                    let mut hits = Vec::new();
                    of(&mut hits);
                    let (suspect, code) = self.places[place as usize];
                    self.met.extend(
                        hits.into_iter()
                            .map(|(what, number)| (suspect, (code, what, number))),
                    );
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests;
