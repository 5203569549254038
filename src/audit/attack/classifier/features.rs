//! What of a leak's bytes is not random, and goes with the target.

use std::borrow::Cow;

use data_encoding::{BASE64, BASE64URL_NOPAD, Encoding, HEXLOWER_PERMISSIVE};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::At;
use crate::{
    audit::{
        attack::column::behind_prefix,
        case::{ColumnView, LeakView, Lesson, Meaning},
        draw::table::Column,
        reading::{Reading, What},
    },
    wire::text::base32,
};

/// Bytes behind this one are not looked at.
const BYTES: usize = 1024;

/// How likely it is, over all positions, that random bytes are taken for others.
const LEVEL: f64 = 0.001;

/// So many of the most frequent values of a feature are told apart when it is compared with the target; the others are one.
const TOLD_APART: usize = 15;

/// A cell that ends before this byte, and one that is not there: beyond every byte.
const ENDED: u16 = 256;
const ABSENT: u16 = u16::MAX;

/// One column of a leak and of its lessons, its cells as bytes.
pub(super) struct Source<'v> {
    leak: &'v Column,
    lessons: Vec<&'v Column>,
    form: Form,
}

/// What of a cell is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Length,
    Byte(usize),
}

/// One part of the cells of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Feature {
    source: usize,
    part: Part,
}

impl Feature {
    /// Its value in each of these rows of the lessons.
    pub(super) fn of_lessons(self, sources: &[Source<'_>], rows: &[At]) -> Vec<u16> {
        let source = &sources[self.source];
        rows.iter()
            .map(|&(lesson, row)| {
                self.part.of(source
                    .form
                    .bytes(source.lessons[lesson].get(row))
                    .as_deref())
            })
            .collect()
    }

    /// Its value in each row of the leak.
    pub(super) fn of_leak(self, sources: &[Source<'_>], rows: usize) -> Vec<u16> {
        let source = &sources[self.source];
        (0..rows)
            .map(|row| {
                self.part
                    .of(source.form.bytes(source.leak.get(row)).as_deref())
            })
            .collect()
    }
}

impl Part {
    fn of(self, cell: Option<&[u8]>) -> u16 {
        match (self, cell) {
            (_, None) => ABSENT,
            (Self::Length, Some(cell)) => u16::try_from(cell.len())
                .unwrap_or(ABSENT - 1)
                .min(ABSENT - 1),
            (Self::Byte(at), Some(cell)) => cell.get(at).map_or(ENDED, |&byte| byte.into()),
        }
    }
}

/// The columns that all lessons have too, but those of fields that are read in clear.
pub(super) fn sources<'v>(
    view: &'v LeakView,
    known: &[Reading],
    lessons: &[&'v Lesson],
) -> Vec<Source<'v>> {
    if lessons.is_empty() {
        return Vec::new();
    }
    let is_read = |column: &ColumnView| match column.meaning {
        Meaning::Field(field) => known.iter().any(|reading| reading.of == What::Field(field)),
        _ => false,
    };
    let columns = view
        .columns
        .iter()
        .filter(|column| !column.opened && !is_read(column));
    let sources = columns.filter_map(|column| {
        let leak = &view.leak.table.columns()[column.position];
        let of_lessons: Option<Vec<&Column>> = lessons
            .iter()
            .map(|lesson| lesson.view.leak.table.column(leak.name()))
            .collect();
        let lessons = of_lessons?;
        let form = Form::of(lessons.iter().copied().chain([leak]));
        Some(Source {
            leak,
            lessons,
            form,
        })
    });
    sources.collect()
}

/// The features that are not random and go with the target, the strongest first.
pub(super) fn find(
    sources: &[Source<'_>],
    rows: &[At],
    targets: &[u32],
    values: usize,
) -> Vec<Feature> {
    let mut candidates: Vec<Feature> = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        candidates.extend(
            not_random(source, rows)
                .into_iter()
                .map(|part| Feature { source: at, part }),
        );
    }
    let level = LEVEL / candidates.len().max(1) as f64;
    let targets = Pooled::new(
        targets
            .iter()
            .map(|&target| u16::try_from(target).unwrap_or(ABSENT)),
        values,
    );
    let mut found: Vec<(f64, Feature)> = Vec::new();
    for feature in candidates {
        let told = feature.of_lessons(sources, rows);
        let told = Pooled::new(told.iter().copied(), usize::from(ABSENT) + 1);
        if let Some((strength, chance)) = goes_with(&told, &targets)
            && chance < level
        {
            found.push((strength, feature));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, feature)| feature).collect()
}

/// The parts of a source's cells that are neither the same in all rows nor as random bytes are.
fn not_random(source: &Source<'_>, rows: &[At]) -> Vec<Part> {
    let mut counts: Vec<[u32; 257]> = Vec::new();
    let mut lengths: Vec<u16> = Vec::with_capacity(rows.len());
    let mut cells = 0;
    for &(lesson, row) in rows {
        let cell = source.form.bytes(source.lessons[lesson].get(row));
        lengths.push(Part::Length.of(cell.as_deref()));
        let Some(cell) = cell else {
            continue;
        };
        let cell = &cell[..cell.len().min(BYTES)];
        // Cells before this one ended where it goes on.
        while counts.len() < cell.len() {
            let mut ended = [0; 257];
            ended[usize::from(ENDED)] = cells;
            counts.push(ended);
        }
        for (at, counts) in counts.iter_mut().enumerate() {
            counts[cell.get(at).map_or(usize::from(ENDED), |&byte| byte.into())] += 1;
        }
        cells += 1;
    }
    let mut parts = Vec::new();
    if lengths.iter().any(|&length| length != lengths[0]) {
        parts.push(Part::Length);
    }
    let level = LEVEL / counts.len().max(1) as f64;
    let told = counts.iter().enumerate().filter(|(_, counts)| {
        let constant = counts.contains(&cells);
        !constant && chance_of_uniform(&counts[..256]) < level
    });
    parts.extend(told.map(|(at, _)| Part::Byte(at)));
    parts
}

/// How likely such counts are, or more uneven ones, where all bytes are as frequent (Pearson's test).
fn chance_of_uniform(counts: &[u32]) -> f64 {
    let all: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let expected = all / counts.len() as f64;
    if expected == 0.0 {
        return 1.0;
    }
    let statistic = counts
        .iter()
        .map(|&count| (f64::from(count) - expected).powi(2) / expected)
        .sum();
    tail(statistic, counts.len() as f64 - 1.0)
}

/// The values of a feature, the less frequent ones as one.
struct Pooled {
    of: Vec<usize>,
    counts: Vec<f64>,
}

impl Pooled {
    fn new(values: impl Iterator<Item = u16> + Clone, most: usize) -> Self {
        let mut counts = vec![0_u32; most];
        for value in values.clone() {
            counts[usize::from(value)] += 1;
        }
        let mut frequent: Vec<usize> = (0..most).filter(|&value| counts[value] > 0).collect();
        frequent.sort_by_key(|&value| (std::cmp::Reverse(counts[value]), value));
        let mut class = vec![TOLD_APART; most];
        for (class_of, &value) in frequent.iter().take(TOLD_APART).enumerate() {
            class[value] = class_of;
        }
        let of: Vec<usize> = values.map(|value| class[usize::from(value)]).collect();
        let mut counts = vec![0.0; TOLD_APART + 1];
        of.iter().for_each(|&class| counts[class] += 1.0);
        Self { of, counts }
    }
}

/// How strongly two things go together, and how likely that is where they do not (Pearson's test of independence).
fn goes_with(a: &Pooled, b: &Pooled) -> Option<(f64, f64)> {
    let all = a.of.len() as f64;
    let mut both = vec![0.0; a.counts.len() * b.counts.len()];
    for (&a_class, &b_class) in a.of.iter().zip(&b.of) {
        both[a_class * b.counts.len() + b_class] += 1.0;
    }
    let mut statistic = 0.0;
    for (both, &of_a) in both.chunks(b.counts.len()).zip(&a.counts) {
        for (&both, &of_b) in both.iter().zip(&b.counts) {
            let expected = of_a * of_b / all;
            // Cells that hardly any row is expected in make the test see what is not there.
            if expected >= 1.0 {
                statistic += (both - expected).powi(2) / expected;
            }
        }
    }
    let classes =
        |pooled: &Pooled| pooled.counts.iter().filter(|count| **count > 0.0).count() as f64;
    let freedom = (classes(a) - 1.0) * (classes(b) - 1.0);
    (freedom >= 1.0).then(|| (statistic / freedom, tail(statistic, freedom)))
}

fn tail(statistic: f64, freedom: f64) -> f64 {
    ChiSquared::new(freedom).map_or(1.0, |distribution| distribution.sf(statistic))
}

/// How bytes are written as text, the same for a whole column.
#[derive(Clone, Copy)]
enum Form {
    Raw,
    /// Behind the prefix, where there is one.
    Encoded(fn() -> &'static Encoding),
}

/// Shorter texts may look encoded by chance.
const SHORTEST: usize = 16;

impl Form {
    /// The form that all cells have; of some of them, the first.
    fn of<'v>(columns: impl Iterator<Item = &'v Column> + Clone) -> Self {
        let forms: [fn() -> &'static Encoding; 4] = [hex, base32, base64url, base64];
        let cells = || {
            columns
                .clone()
                .flat_map(|column| (0..column.rows().min(200)).filter_map(|row| column.get(row)))
        };
        let is_form = |form: &fn() -> &'static Encoding| {
            cells().all(|cell| {
                let text = behind_prefix(cell);
                text.len() >= SHORTEST
                    && form().decode_len(text.len()).is_ok()
                    && form().decode(text.as_bytes()).is_ok()
            })
        };
        match forms.into_iter().find(is_form) {
            Some(form) if cells().next().is_some() => Self::Encoded(form),
            _ => Self::Raw,
        }
    }

    fn bytes<'c>(self, cell: Option<&'c str>) -> Option<Cow<'c, [u8]>> {
        let cell = cell?;
        let raw = Cow::Borrowed(cell.as_bytes());
        Some(match self {
            Self::Raw => raw,
            Self::Encoded(form) => form()
                .decode(behind_prefix(cell).as_bytes())
                .map_or(raw, Cow::Owned),
        })
    }
}

fn hex() -> &'static Encoding {
    static HEX: Encoding = HEXLOWER_PERMISSIVE;
    &HEX
}

fn base64url() -> &'static Encoding {
    static BASE64URL: Encoding = BASE64URL_NOPAD;
    &BASE64URL
}

fn base64() -> &'static Encoding {
    static WITH_PADDING: Encoding = BASE64;
    &WITH_PADDING
}
