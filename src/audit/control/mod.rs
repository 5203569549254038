//! What an audit must find, and what it must not: without this, finding nothing means nothing.

pub(crate) mod known_bad;
pub(crate) mod made_up;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};
use sha2::{Digest, Sha256};

use self::known_bad::KnownBad;
use super::{
    attack::Family,
    audit::Audit,
    case::{Case, NULL},
    draw::{leak::Leak, table::Table},
    judge::{
        scheme,
        score::{self, Judge, Total},
        ways::{self, Key, Totals},
    },
    report::{Control, Scheme, SchemeKind},
    run::Run,
    seeds,
};
use crate::{error::Result, schema::Schema};

/// In how many steps the controls are told of.
pub(super) const STEPS: usize = KnownBad::ALL.len() + PLANTED.len() + 2;

/// Shares of rows in which a link is planted.
const PLANTED: [f64; 3] = [0.05, 0.01, 0.001];

/// Less than this is too seldom for what links nothing.
const NEVER: f64 = 0.005;

/// What the controls showed.
#[derive(Default)]
pub(super) struct Controls {
    pub(super) controls: Vec<Control>,
    pub(super) schemes: Vec<Scheme>,
    pub(super) sharpness: Option<f64>,
}

/// Runs all of them on the first draw.
pub(super) fn run(run: &mut Run<'_>, audited: &Totals) -> Result<Controls> {
    let mut controls = Controls::default();
    for scheme in KnownBad::ALL {
        run.step(&format!("control: {}", scheme.name()))?;
        known_bad(run, scheme, &mut controls)?;
    }
    planted(run, audited, &mut controls)?;
    random(run, &mut controls)?;
    permuted(run, &mut controls)?;
    Ok(controls)
}

/// Breaks a scheme by the attack that is meant for it: as made of the true rows, else of made-up ones, since not every table has
/// what a scheme gives away, such as values of which some are more frequent than others.
fn known_bad(run: &Run<'_>, scheme: KnownBad, controls: &mut Controls) -> Result<()> {
    let mut broken = false;
    let mut found = Vec::new();
    if let Some(leaks) = scheme.leaks_of(run)? {
        let (made, meant) = broken_by(run, scheme, leaks);
        found.push(format!(
            "gain {:.3}, {} of {} people outed, p {:.3}",
            made.gain, made.outed, made.people, made.p
        ));
        controls.schemes.push(made);
        broken = meant;
    }
    if !broken {
        let (made, meant) = broken_elsewhere(scheme, run.audit.seed)?;
        found.push(format!(
            "on made-up rows gain {:.3}, {} of {} people outed, p {:.3}",
            made.gain, made.outed, made.people, made.p
        ));
        broken = meant;
    }
    controls.controls.push(Control {
        name: format!("attacks on {} succeed", scheme.name()),
        found: found.join("; "),
        passed: broken,
    });
    Ok(())
}

/// A known-bad scheme is broken from this linkage gain on.
const BROKEN: f64 = 0.1;

/// How far a scheme is broken on made-up rows.
fn broken_elsewhere(scheme: KnownBad, seed: u64) -> Result<(Scheme, bool)> {
    let town = made_up::town(VISITS, seed)?;
    let audit = Audit::new(&Schema::appointment()).permutations(PERMUTATIONS);
    let leaks = || scheme.leaks(&audit.schema, &town, seed);
    let run = Run::new(&audit, vec![(town.clone(), leaks()?)])?;
    Ok(broken_by(&run, scheme, leaks()?))
}

/// How many rows are made up.
const VISITS: usize = 2_000;

/// How far a scheme is broken, and whether by the attack that is meant for it.
fn broken_by(run: &Run<'_>, scheme: KnownBad, leaks: Vec<Leak>) -> (Scheme, bool) {
    let names: Vec<String> = leaks.iter().map(|leak| leak.name.clone()).collect();
    let dates = if scheme.needs_dates() { 2 } else { 0 };
    let attacked = attacked(run, leaks, dates);
    let chances = score::adjusted(&attacked.ways.values().collect::<Vec<_>>());
    let ways: Vec<(&Key, &Total, (f64, f64))> = attacked
        .ways
        .iter()
        .zip(chances)
        .map(|((key, total), chance)| (key, total, chance))
        .collect();
    let made = scheme::scheme(
        scheme.name().to_owned(),
        SchemeKind::KnownBad,
        names,
        false,
        &ways,
        &attacked.baseline,
        run.audit.level,
    );
    let meant = ways.iter().any(|(key, total, (gained, outed))| {
        scheme.meant().contains(&key.family)
            && gained.min(*outed) <= run.audit.level
            && attacked.baseline.gain(total.gained[0]) >= BROKEN
    });
    (made, meant)
}

/// Fewer people than this are too few for controls to tell.
pub(super) const FEW: u64 = 400;

/// Attacks leaks that were made of the first draw.
fn attacked(run: &Run<'_>, leaks: Vec<Leak>, dates: usize) -> Totals {
    let mut totals = Totals::new();
    let alone = (0, 1);
    attack_draw(run, alone, leaks, dates, PERMUTATIONS, &mut totals);
    totals
}

/// Attacks leaks that were made of one draw of so many.
fn attack_draw(
    run: &Run<'_>,
    (draw, draws): (usize, usize),
    leaks: Vec<Leak>,
    dates: usize,
    permutations: u32,
    totals: &mut Totals,
) {
    let (truth, prior) = (&run.truths[draw], &run.priors[draw]);
    let seed = run.audit.seed.wrapping_add(draw as u64);
    let others = run.others(draw);
    let case = Case {
        leaks: leaks
            .into_iter()
            .map(|leak| run.numbering.view(leak).into())
            .collect(),
        knows: run
            .numbering
            .knowledge(truth, &others, prior.clone(), dates, seed),
        lessons: Vec::new(),
        seed,
    };
    let guessed = ways::attack(&case, None).guessed;
    let judge = Judge::new(truth, prior, draw, draws, run.audit.seed);
    totals.add(draw, &judge, guessed, permutations);
}

/// Enough to tell what is broken from what is not.
const PERMUTATIONS: u32 = 299;

/// Plants links beside what is audited, fewer and fewer: the last that is found is the sharpness.
fn planted(run: &mut Run<'_>, audited: &Totals, controls: &mut Controls) -> Result<()> {
    let mut found = Vec::new();
    for share in PLANTED {
        run.step(&format!(
            "control: links planted in {} % of the rows",
            share * 100.0
        ))?;
        let mut planted = Totals::new();
        let draws = run.truths.len();
        for draw in 0..draws {
            let leaks = vec![plant(run, draw, share)?];
            attack_draw(
                run,
                (draw, draws),
                leaks,
                0,
                run.audit.permutations,
                &mut planted,
            );
        }
        // Among all attacks of the run, so that the sharpness is that of the run.
        let all: Vec<&Total> = planted.ways.values().chain(audited.ways.values()).collect();
        let chances = score::adjusted(&all);
        let p = chances
            .iter()
            .take(planted.ways.len())
            .map(|(gained, outed)| gained.min(*outed))
            .fold(1.0, f64::min);
        if p <= run.audit.level {
            controls.sharpness = Some(share);
        }
        found.push(format!("{} %: p {p:.3}", share * 100.0));
    }
    let few = (run.truths[0].people.len() as u64) < FEW;
    controls.controls.push(Control {
        name: "planted links are found".to_owned(),
        found: found.join("; "),
        // Too few people to find them in are too few to bound anything, which is said elsewhere.
        passed: controls.sharpness.is_some() || few,
    });
    Ok(())
}

/// A leak with the digest of a person's identifiers beside what they came for in some rows, and beside a stranger's in the
/// others.
fn plant(run: &Run<'_>, draw: usize, share: f64) -> Result<Leak> {
    let rng = &mut ChaCha8Rng::seed_from_u64(run.audit.seed ^ seeds::PLANTED);
    let truth = &run.truths[draw];
    let fields = run.audit.schema.fields();
    let identifier = |row: usize| {
        let values = truth.rows[row].iter().enumerate();
        let of_person =
            values.filter(|(field, value)| fields[*field].is_of_person() && **value != NULL);
        // The one with the most values, which points at one person.
        let most = of_person.max_by_key(|(field, _)| fields[*field].values().unwrap_or(u64::MAX));
        most.map(|(field, &value)| run.numbering.vocabularies[field].values[value as usize].clone())
    };
    let mut strangers: Vec<usize> = (0..truth.rows.len()).collect();
    strangers.shuffle(rng);
    let count = ((truth.rows.len() as f64 * share).round() as usize).max(1);
    let target = fields[run.numbering.target].name();
    let mut table = Table::new(["who", target])?;
    let value = |row: usize| {
        truth
            .table()
            .column(target)
            .and_then(|column| column.get(row))
    };
    for (at, row) in strangers.iter().copied().enumerate() {
        let (who, what) = match identifier(row).filter(|_| at < count) {
            Some(text) => (hex(&Sha256::digest(text.as_bytes())), value(row)),
            None => (
                hex(&rng.random::<[u8; 32]>()),
                value(strangers[(at + 1) % strangers.len()]),
            ),
        };
        table.push([Some(who.as_str()), what])?;
    }
    Ok(Leak::new("planted", table))
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// Columns of random bytes tell nothing.
fn random(run: &mut Run<'_>, controls: &mut Controls) -> Result<()> {
    run.step("control: random bytes")?;
    let rng = &mut ChaCha8Rng::seed_from_u64(run.audit.seed ^ seeds::RANDOM);
    let names = run.audit.schema.fields().iter().map(crate::Field::name);
    let mut table = Table::new(names)?;
    for _ in 0..run.truths[0].rows.len() {
        let cells: Vec<String> = table
            .columns()
            .iter()
            .map(|_| hex(&rng.random::<[u8; 32]>()))
            .collect();
        table.push(cells.iter().map(|cell| Some(cell.as_str())))?;
    }
    nothing(
        run,
        vec![Leak::new("random bytes", table)],
        "random bytes tell nothing",
        controls,
    );
    Ok(())
}

/// Rows in clear whose people exchanged what they came for tell nothing.
fn permuted(run: &mut Run<'_>, controls: &mut Controls) -> Result<()> {
    run.step("control: permuted truth")?;
    let truth = &run.truths[0];
    let judge = Judge::new(truth, &run.priors[0], 0, 1, run.audit.seed);
    let rows = judge.exchanged(seeds::EXCHANGED);
    let fields = run.audit.schema.fields();
    let columns: Vec<_> = fields
        .iter()
        .filter_map(|field| {
            truth
                .table()
                .column(field.name())
                .map(|column| (field, column))
        })
        .collect();
    let mut table = Table::new(columns.iter().map(|(field, _)| field.name()))?;
    for (row, &visit) in rows.iter().enumerate() {
        let from = |field: &crate::Field| if field.is_of_person() { row } else { visit };
        let cells: Vec<Option<&str>> = columns
            .iter()
            .map(|(field, column)| column.get(from(field)))
            .collect();
        table.push(cells)?;
    }
    nothing(
        run,
        vec![Leak::new("permuted truth", table)],
        "permuted truth tells nothing",
        controls,
    );
    Ok(())
}

fn nothing(run: &Run<'_>, leaks: Vec<Leak>, name: &str, controls: &mut Controls) {
    let attacked = attacked(run, leaks, 0);
    let chances = score::adjusted(&attacked.ways.values().collect::<Vec<_>>());
    let p = chances
        .iter()
        .map(|(gained, outed)| gained.min(*outed))
        .fold(1.0, f64::min);
    controls.controls.push(Control {
        name: name.to_owned(),
        found: format!("p {p:.3}"),
        passed: p > NEVER,
    });
}

impl KnownBad {
    /// The attacks that are meant for it.
    fn meant(self) -> &'static [Family] {
        match self {
            Self::Plain => &[Family::Clear],
            Self::UnsaltedDigests => &[Family::Digest],
            Self::Deterministic => &[Family::Frequency],
            Self::OrderPreserving => &[Family::Order, Family::Frequency, Family::Everything],
            Self::Unpadded => &[Family::Shape],
            Self::StablePseudonym => &[Family::Dates],
            Self::SharedId => &[Family::Join],
        }
    }

    fn needs_dates(self) -> bool {
        self == Self::StablePseudonym
    }

    fn leaks_of(self, run: &Run<'_>) -> Result<Option<Vec<Leak>>> {
        let truth = run.truths[0].table();
        let schema = &run.audit.schema;
        // A control of what the truth does not have shows nothing.
        let has = |of: fn(&crate::Field) -> bool| {
            schema
                .fields()
                .iter()
                .any(|field| of(field) && truth.column(field.name()).is_some())
        };
        let dated = has(|field| {
            matches!(
                field.value_type(),
                crate::ValueType::DateTime | crate::ValueType::Date
            )
        });
        let numbered = has(|field| field.value_type() == crate::ValueType::Integer);
        let named = has(|field| field.role() == crate::Role::Identifier);
        let there = match self {
            Self::StablePseudonym => dated && named,
            Self::OrderPreserving => numbered && named,
            _ => named,
        };
        there
            .then(|| self.leaks(schema, truth, run.audit.seed))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in where the true rows have too little to break has to be broken itself.
    #[test]
    fn known_bad_schemes_are_broken_on_made_up_rows() {
        for scheme in KnownBad::ALL {
            for seed in [1, 2] {
                let (made, meant) = broken_elsewhere(scheme, seed).unwrap();
                assert!(
                    meant,
                    "{} {seed}: gain {}, p {}",
                    scheme.name(),
                    made.gain,
                    made.p
                );
            }
        }
    }
}
