//! Columns of two leaks that have values in common: pseudonyms, record ids, exact starts, digests, nonces.

use super::{
    Kind, Matching,
    forms::{Form, Likeness, Numbers},
    through,
};
use crate::audit::{
    attack::nonce::nonce_of,
    case::{ColumnView, LeakView, Meaning},
    draw::table::NONE,
};

/// Fewer values than this in common are chance.
const COMMON: usize = 4;

/// A row has at most so many rows in the other leak with its value, in the mean, or that part of them.
const CROWD: usize = 16;
const CROWD_PART: usize = 200;

/// A looser form has to join so many more rows than a stricter one: this part of those.
const MORE_PART: usize = 8;

/// The cells of one column, brought to what is compared.
pub(super) struct Cells<'v> {
    /// "record_id of billing".
    name: String,
    codes: &'v [u32],
    /// By [`Likeness::ALL`].
    forms: Vec<Option<Form>>,
    numbers: Option<Numbers>,
}

/// All columns of a leak, and the nonces of those that are sealed.
pub(super) fn cells(view: &LeakView) -> Vec<Cells<'_>> {
    let mut all = Vec::new();
    for column in &view.columns {
        let name = format!("{} of {}", view.cells(column).name(), view.leak.name);
        let texts: Vec<&str> = view.values(column).collect();
        let sealed = column.meaning == Meaning::Sealed;
        if sealed {
            all.extend(nonces(column, &texts, &name));
        }
        // What is sealed is written in one way.
        let likenesses = if sealed { 1 } else { Likeness::ALL.len() };
        let likenesses = Likeness::ALL.iter().take(likenesses);
        all.push(Cells {
            name,
            codes: &column.codes.of,
            forms: likenesses
                .map(|&likeness| Form::of(&texts, likeness))
                .collect(),
            // Numbers that many rows share tell none apart.
            numbers: Some(&texts)
                .filter(|texts| view.rows <= crowd(view.rows) * texts.len())
                .and_then(|texts| Numbers::of(texts)),
        });
    }
    all
}

/// Pairs of columns with values in common that tell rows apart; none is looked for behind the first `most`.
pub(super) fn matchings(here: &[Cells<'_>], there: &[Cells<'_>], most: usize) -> Vec<Matching> {
    let pairs = here.iter().flat_map(|a| there.iter().map(move |b| (a, b)));
    pairs.flat_map(|(a, b)| of_pair(a, b)).take(most).collect()
}

impl Cells<'_> {
    /// The same key for rows of both whose cells are equal as they stand, where more than one value is in both.
    pub(super) fn equal(&self, other: &Self) -> Option<[Vec<u32>; 2]> {
        let (a, b) = (
            self.forms.first()?.as_ref()?,
            other.forms.first()?.as_ref()?,
        );
        let common = a.common(b);
        (common.len() > 1).then(|| self.keys(other, &common, [&a.of_value, &b.of_value]))
    }

    /// The same key for rows of both with what is in common, given by its number for each value.
    fn keys(&self, other: &Self, common: &[(u32, u32)], of_value: [&[u32]; 2]) -> [Vec<u32>; 2] {
        let highest = common
            .iter()
            .fold((0, 0), |(a, b), &(of_a, of_b)| (of_a.max(a), of_b.max(b)));
        let mut keys = [highest.0, highest.1].map(|highest| vec![NONE; highest as usize + 1]);
        for (&(of_a, of_b), key) in common.iter().zip(0..) {
            keys[0][of_a as usize] = key;
            keys[1][of_b as usize] = key;
        }
        let of_rows = |codes: &[u32], side: usize| {
            let of_value = of_value[side].iter();
            let key = |&number: &u32| keys[side].get(number as usize).copied().unwrap_or(NONE);
            let of_value: Vec<u32> = of_value.map(key).collect();
            through(codes, &of_value)
        };
        [of_rows(self.codes, 0), of_rows(other.codes, 1)]
    }
}

/// The strictest form in which two columns have values in common, and looser ones that join more.
fn of_pair(a: &Cells<'_>, b: &Cells<'_>) -> Vec<Matching> {
    let mut found: Vec<Matching> = Vec::new();
    let mut most = 0;
    let mut add = |how: &str, common: &dyn Fn() -> Vec<(u32, u32)>, of_value: [&[u32]; 2]| {
        let least = most + most / MORE_PART;
        // Nearly all rows are joined already.
        if least >= a.codes.len().min(b.codes.len()) {
            return;
        }
        let common = common();
        if common.len() < COMMON {
            return;
        }
        let keys = a.keys(b, &common, of_value);
        let rows = keys[0].iter().filter(|&&key| key != NONE).count();
        if rows > least && tells_apart(&keys, common.len()) {
            most = rows;
            found.push(Matching {
                how: format!("{how}: {}, {}", a.name, b.name),
                kind: Kind::Values,
                keys,
            });
        }
    };
    for ((of_a, of_b), likeness) in a.forms.iter().zip(&b.forms).zip(Likeness::ALL) {
        if let (Some(of_a), Some(of_b)) = (of_a, of_b) {
            let of_value = [&of_a.of_value[..], &of_b.of_value];
            add(likeness.name(), &|| of_a.common(of_b), of_value);
        }
    }
    if let (Some(of_a), Some(of_b)) = (&a.numbers, &b.numbers) {
        let of_value = [&of_a.of_value[..], &of_b.of_value];
        let how = "numbers equal but for a constant";
        add(how, &|| of_a.common(of_b), of_value);
    }
    found
}

/// Whether rows have few partners each.
fn tells_apart(keys: &[Vec<u32>; 2], common: usize) -> bool {
    let [rows_a, rows_b] = [0, 1].map(|side: usize| counts(&keys[side], common));
    let pairs: usize = rows_a.iter().zip(&rows_b).map(|(a, b)| a * b).sum();
    let (sum_a, sum_b) = (rows_a.iter().sum::<usize>(), rows_b.iter().sum::<usize>());
    pairs <= sum_a * crowd(keys[1].len()) && pairs <= sum_b * crowd(keys[0].len())
}

/// How many partners a row may have among so many.
fn crowd(rows: usize) -> usize {
    CROWD.max(rows / CROWD_PART)
}

fn counts(keys: &[u32], count: usize) -> Vec<usize> {
    let mut counts = vec![0; count];
    for &key in keys.iter().filter(|&&key| key != NONE) {
        counts[key as usize] += 1;
    }
    counts
}

/// What two cuts of one sealing share.
fn nonces<'v>(column: &'v ColumnView, texts: &[&str], of: &str) -> Option<Cells<'v>> {
    let nonces: Vec<_> = texts.iter().map(|text| nonce_of(text)).collect();
    let form = Form::new(
        nonces
            .iter()
            .map(|nonce| nonce.as_ref().map(|nonce| &nonce[..])),
    );
    (!form.digests.is_empty()).then(|| Cells {
        name: format!("nonce in {of}"),
        codes: &column.codes.of,
        forms: vec![Some(form)],
        numbers: None,
    })
}
