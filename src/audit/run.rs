//! From draws to a report.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    attack::{self, Family},
    audit::Audit,
    calibrate::calibrate,
    case::{Case, Lesson},
    control,
    leak::Leak,
    link::{self, Guess},
    prior::{self, Counts},
    report::{self, Outcome, Report, Scheme, SchemeKind},
    score::{self, Judge, THRESHOLD, Total, TotalBaseline},
    shown,
    table::Table,
    truth::{Numbering, Truth},
};
use crate::error::{Error, Result};

/// How many of the exposed people are named by their rows.
const EXPOSED: usize = 20;

/// A chance below this is none.
pub(super) const LEVEL: f64 = 0.05;

/// What one audit works on.
pub(super) struct Run<'a> {
    pub(super) audit: &'a Audit<'a>,
    pub(super) numbering: Numbering<'a>,
    pub(super) truths: Vec<Truth>,
    pub(super) priors: Vec<Vec<Vec<f32>>>,
    cases: Vec<Case>,
    pub(super) notes: Vec<String>,
    done: usize,
    all: usize,
}

/// One way in, told apart from all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) family: Family,
    /// Ascending positions of leaks.
    pub(super) leaks: Vec<usize>,
    /// The leak whose rows are read.
    pub(super) leak: usize,
    pub(super) how: String,
}

/// All ways in over all draws.
pub(super) struct Totals {
    pub(super) ways: BTreeMap<Key, Total>,
    pub(super) baseline: TotalBaseline,
}

impl<'a> Run<'a> {
    pub(super) fn new(audit: &'a Audit<'a>, draws: Vec<(Table, Vec<Leak>)>) -> Result<Self> {
        if audit.permutations < 99 {
            return Err(Error::audit(
                "there are fewer than 99 permutations",
                "take 99 or more",
            ));
        }
        check_draws(&draws)?;
        let target = audit.target_position()?;
        let tables = draws.iter().map(|(truth, _)| truth).chain(&audit.reference);
        let vocabularies = Arc::new(Numbering::vocabularies(&audit.schema, tables));
        let numbering = Numbering {
            schema: &audit.schema,
            target,
            vocabularies,
            person: audit.person.as_deref(),
            tenant: audit.tenant.as_deref(),
        };
        let mut truths = Vec::new();
        let mut leaks = Vec::new();
        for (truth, of_draw) in draws {
            truths.push(numbering.truth(truth)?);
            leaks.push(of_draw);
        }
        let reference = match &audit.reference {
            Some(table) => Some(numbering.truth(table.clone())?),
            None => None,
        };
        if let ([truth], None) = (&mut truths[..], &reference) {
            truth.parts = prior::parts(truth.people.len(), audit.seed);
        }
        let mut run = Self {
            audit,
            numbering,
            priors: Vec::new(),
            cases: Vec::new(),
            notes: Vec::new(),
            done: 0,
            // Each draw is attacked and scored; then come the controls.
            all: 2 * truths.len() + control::STEPS,
            truths,
        };
        run.priors = run.guess_before(reference.as_ref());
        run.cases = run.build_cases(leaks, reference.as_ref())?;
        Ok(run)
    }

    /// What is guessed of each person of each draw before any row is looked at.
    fn guess_before(&self, reference: Option<&Truth>) -> Vec<Vec<Vec<f32>>> {
        let values = self.numbering.vocabularies[self.numbering.target]
            .values
            .len();
        let fitted = |draw: usize| match reference {
            None if self.truths.len() == 1 => prior::cross_fitted(&self.numbering, &self.truths[0]),
            _ => {
                let mut counts = Counts::default();
                match reference {
                    Some(reference) => counts.add(reference, values, |_| true),
                    None => {
                        for (other, truth) in self.truths.iter().enumerate() {
                            if other != draw {
                                counts.add(truth, values, |_| true);
                            }
                        }
                    }
                }
                counts.priors(&self.numbering, &self.truths[draw])
            }
        };
        (0..self.truths.len()).map(fitted).collect()
    }

    fn build_cases(&self, leaks: Vec<Vec<Leak>>, reference: Option<&Truth>) -> Result<Vec<Case>> {
        let mut views = Vec::new();
        let mut lessons = Vec::new();
        for (truth, leaks) in self.truths.iter().zip(leaks) {
            let mut of_draw = Vec::new();
            let mut taught = Vec::new();
            for leak in leaks {
                let origins = truth.origins(&leak.name, &leak.origin, &leak.table)?;
                let view = Arc::new(self.numbering.view(leak));
                taught.push(origins.map(|origins| {
                    Arc::new(Lesson {
                        view: view.clone(),
                        rows: origins.iter().map(|&row| truth.rows[row].clone()).collect(),
                    })
                }));
                of_draw.push(view);
            }
            views.push(of_draw);
            lessons.push(taught);
        }
        let case = |(draw, views): (usize, Vec<_>)| {
            let others = lessons
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != draw);
            // Few draws teach as much as many.
            let lessons = others
                .take(4)
                .flat_map(|(_, taught)| taught.iter().flatten().cloned())
                .collect();
            Case {
                leaks: views,
                knows: self.knowledge(draw, reference),
                lessons,
                seed: self.audit.seed.wrapping_add(draw as u64),
            }
        };
        Ok(views.into_iter().enumerate().map(case).collect())
    }

    fn knowledge(&self, draw: usize, reference: Option<&Truth>) -> super::case::Knowledge {
        let truth = &self.truths[draw];
        let others: Vec<&Truth> = match reference {
            Some(reference) => vec![reference],
            None => self
                .truths
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != draw)
                .map(|(_, truth)| truth)
                .take(4)
                .collect(),
        };
        let seed = self.audit.seed.wrapping_add(draw as u64);
        self.numbering.knowledge(
            truth,
            &others,
            self.priors[draw].clone(),
            self.audit.known_dates,
            seed,
        )
    }

    pub(super) fn step(&mut self, what: &str) -> Result<()> {
        let told = self.audit.tell(self.done, self.all, what);
        self.done += 1;
        told
    }

    pub(super) fn report(mut self) -> Result<Report> {
        let (totals, notes) = self.attack()?;
        self.notes.extend(notes);
        let names: Vec<String> = self.cases[0]
            .leaks
            .iter()
            .map(|view| view.leak.name.clone())
            .collect();
        let chances = score::adjusted(&totals.ways.values().collect::<Vec<_>>());
        let mut schemes = schemes(&totals, &chances, &names, &self.audit.home);
        let rows: u64 = self
            .truths
            .iter()
            .map(|truth| truth.rows.len() as u64)
            .sum();
        let needed = needed(&totals, rows, &names, &self.audit.home);

        let controls = control::run(&mut self, &totals)?;
        let links = schemes.iter().any(|scheme| scheme.links && !scheme.home);
        let outcome = if controls.controls.iter().any(|control| !control.passed) {
            Outcome::Blind
        } else if links {
            Outcome::Links
        } else if let Some(rows) = needed {
            Outcome::TooFew { rows }
        } else if controls.sharpness.is_none() {
            Outcome::TooFew {
                rows: rows.saturating_mul(10),
            }
        } else {
            Outcome::Unlinkable
        };
        schemes.extend(controls.schemes);
        let target = self.numbering.target;
        let views = &self.cases[0].leaks;
        let mut classes = Vec::new();
        for view in views {
            classes.push(shown::classes(
                &self.audit.schema,
                target,
                view,
                self.truths.first(),
            )?);
        }
        self.audit.tell(self.all, self.all, "done")?;
        Ok(Report {
            outcome,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: self.audit.seed,
            permutations: self.audit.permutations,
            command: self.audit.command.clone(),
            target: self.audit.schema.fields()[self.numbering.target]
                .name()
                .to_owned(),
            draws: self.truths.len(),
            rows,
            people: totals.baseline.people,
            baseline: totals.baseline.accuracy(),
            sharpness: controls.sharpness,
            schemes,
            exposed: exposed(&totals, &names),
            attacks: attacks(&totals, &chances, &names),
            shown: views
                .iter()
                .flat_map(|view| shown::columns(&self.audit.schema, view))
                .collect(),
            classes,
            capacities: self.audit.capacities.clone(),
            controls: controls.controls,
            accepted: self.audit.accepted.clone(),
            notes: self.notes,
        })
    }

    /// Attacks all draws.
    fn attack(&mut self) -> Result<(Totals, Vec<String>)> {
        let cases = std::mem::take(&mut self.cases);
        let mut totals = Totals::new();
        let mut notes = Vec::new();
        for (draw, case) in cases.iter().enumerate() {
            self.step(&format!("attack draw {} of {}", draw + 1, cases.len()))?;
            // What is counted through is told in a note, and once is enough.
            let enumeration = match draw {
                0 => self.audit.enumeration,
                _ => Duration::ZERO,
            };
            let guessed = attack(case, enumeration, &mut notes);
            self.step(&format!("score draw {} of {}", draw + 1, cases.len()))?;
            let judge = Judge::new(
                &self.truths[draw],
                &self.priors[draw],
                draw,
                cases.len(),
                self.audit.seed,
            );
            totals.add(draw, &judge, guessed, self.audit.permutations);
        }
        self.cases = cases;
        notes.sort();
        notes.dedup();
        Ok((totals, notes))
    }
}

/// All that is claimed by each way into the leaks of a case.
pub(super) fn attack(
    case: &Case,
    enumeration: Duration,
    notes: &mut Vec<String>,
) -> Vec<(Key, Vec<Guess>)> {
    let found = attack::all_ways(case, enumeration, notes);
    let mut guessed: Vec<(Key, Vec<Guess>)> = Vec::new();
    for (family, way) in &found.ways {
        let mut readings: Vec<_> = found.clear[way.leak].iter().collect();
        readings.extend(&way.readings);
        let guesses = link::guesses(case, way.leak, &readings);
        // What claims the same as another way is no way of its own: the surest family is the first.
        if guesses.is_empty() || guessed.iter().all(|(_, known)| *known != guesses) {
            guessed.push((key(*family, way.leak, &way.with, &way.how), guesses));
        }
    }
    guessed
}

fn key(family: Family, leak: usize, with: &[usize], how: &str) -> Key {
    let mut leaks: Vec<usize> = with.iter().copied().chain([leak]).collect();
    leaks.sort_unstable();
    leaks.dedup();
    Key {
        family,
        leaks,
        leak,
        how: how.to_owned(),
    }
}

impl Totals {
    pub(super) fn new() -> Self {
        Self {
            ways: BTreeMap::new(),
            baseline: TotalBaseline::default(),
        }
    }

    pub(super) fn add(
        &mut self,
        draw: usize,
        judge: &Judge<'_>,
        guessed: Vec<(Key, Vec<Guess>)>,
        permutations: u32,
    ) {
        let (keys, guesses): (Vec<Key>, Vec<Vec<Guess>>) = guessed.into_iter().unzip();
        for (key, score) in keys.into_iter().zip(judge.scores(&guesses, permutations)) {
            self.ways
                .entry(key)
                .or_insert_with(|| Total::new(permutations))
                .add(draw, &score);
        }
        self.baseline.add(&judge.baseline());
    }
}

pub(super) fn check_draws(draws: &[(Table, Vec<Leak>)]) -> Result<()> {
    let advice = "give each draw the same leaks, in the same order, each with a name of its own";
    let names = |leaks: &[Leak]| {
        leaks
            .iter()
            .map(|leak| leak.name.clone())
            .collect::<Vec<_>>()
    };
    let Some((_, first)) = draws.first() else {
        return Err(Error::audit(
            "there is nothing to audit",
            "give true rows and what leaked of them",
        ));
    };
    let mut sorted = names(first);
    sorted.sort();
    sorted.dedup();
    if first.is_empty() {
        return Err(Error::audit(
            "there is no leak",
            "give what leaked of the true rows",
        ));
    }
    if sorted.len() < first.len() || draws.iter().any(|(_, leaks)| names(leaks) != names(first)) {
        return Err(Error::audit(
            "leaks of one name, or draws of other leaks",
            advice,
        ));
    }
    match draws
        .iter()
        .flat_map(|(_, leaks)| leaks)
        .find(|leak| leak.table.rows() == 0)
    {
        Some(leak) => Err(Error::audit(
            format!("leak \"{}\" has no rows", leak.name),
            "give at least one row",
        )),
        None => Ok(()),
    }
}

/// Each leak alone, the smallest sets that link, and all together but for those by which somebody accepted to link.
fn schemes(
    totals: &Totals,
    chances: &[(f64, f64)],
    names: &[String],
    home: &[String],
) -> Vec<Scheme> {
    let is_home = |leak: &usize| home.contains(&names[*leak]);
    let all: Vec<usize> = (0..names.len()).filter(|leak| !is_home(leak)).collect();
    let mut sets: Vec<Vec<usize>> = totals.ways.keys().map(|key| key.leaks.clone()).collect();
    sets.extend((0..names.len()).map(|leak| vec![leak]));
    sets.push(all.clone());
    sets.sort_by_key(|leaks| (leaks.len(), leaks.clone()));
    sets.dedup();
    let mut linking: Vec<Vec<usize>> = Vec::new();
    let mut schemes = Vec::new();
    for set in sets.into_iter().filter(|set| !set.is_empty()) {
        let is_in = |other: &[usize]| other.iter().all(|leak| set.contains(leak));
        if set.len() > 1 && set != all && linking.iter().any(|smaller| is_in(smaller)) {
            continue;
        }
        let ways: Vec<(&Key, &Total, (f64, f64))> = totals
            .ways
            .iter()
            .zip(chances)
            .filter(|((key, _), _)| is_in(&key.leaks))
            .map(|((key, total), chance)| (key, total, *chance))
            .collect();
        let leaks: Vec<String> = set.iter().map(|&leak| names[leak].clone()).collect();
        let (kind, name) = match leaks.len() {
            1 => (SchemeKind::Leak, leaks[0].clone()),
            2 => (SchemeKind::Coalition, leaks.join(" with ")),
            _ if set == all => (SchemeKind::Coalition, "all together".to_owned()),
            _ => (SchemeKind::Coalition, leaks.join(", ")),
        };
        let home = set.iter().any(is_home);
        let scheme = scheme(name, kind, leaks, home, &ways, &totals.baseline);
        let links = scheme.links;
        // A set that does no better than its parts is not worth a line, unless it is all of them.
        if set.len() == 1 || set == all || links {
            schemes.push(scheme);
        }
        if links {
            linking.push(set);
        }
    }
    schemes
}

pub(super) fn scheme(
    name: String,
    kind: SchemeKind,
    leaks: Vec<String>,
    home: bool,
    ways: &[(&Key, &Total, (f64, f64))],
    baseline: &TotalBaseline,
) -> Scheme {
    let chance = |(gained, outed): (f64, f64)| gained.min(outed);
    let p = ways
        .iter()
        .map(|(_, _, chances)| chance(*chances))
        .fold(1.0, f64::min);
    let of: Vec<&Total> = ways.iter().map(|(_, total, _)| *total).collect();
    let bound = score::bound(&of, baseline);
    // The worst is what outs most, then what gains most; of those that are no better than chance there is none.
    // What small classes tell is no chance under any permutation of those in a class; its bound shows it.
    let small =
        |bound: &Option<score::Bound>| bound.as_ref().is_some_and(|bound| bound.least > THRESHOLD);
    let reached = ways.iter().filter(|(_, total, chances)| {
        chance(*chances) <= LEVEL || small(&score::bound(&[total], baseline))
    });
    let worst = reached.max_by_key(|(key, total, _)| {
        let reach = (total.gained[0], total.outed[0]);
        (reach, std::cmp::Reverse(key.family))
    });
    Scheme {
        name,
        kind,
        leaks,
        home,
        people: baseline.people,
        outed: of
            .iter()
            .map(|total| u64::from(total.outed[0]))
            .max()
            .unwrap_or_default(),
        outed_by_chance: of
            .iter()
            .map(|total| score::by_chance(&total.outed))
            .max()
            .unwrap_or_default(),
        gain: of
            .iter()
            .map(|total| baseline.gain(total.gained[0]))
            .fold(0.0, f64::max),
        p,
        bound: bound.as_ref().map(|bound| bound.gain),
        worst: worst.map(|(key, _, _)| key.family.name().to_owned()),
        links: p <= LEVEL || small(&bound),
    }
}

/// How many rows it would take to bound the gain, where these are too few.
fn needed(totals: &Totals, rows: u64, names: &[String], home: &[String]) -> Option<u64> {
    let is_home = |key: &Key| key.leaks.iter().any(|&leak| home.contains(&names[leak]));
    let ways = totals.ways.iter().filter(|(key, _)| !is_home(key));
    let ways: Vec<&Total> = ways.map(|(_, total)| total).collect();
    match score::bound(&ways, &totals.baseline) {
        None => Some(rows.max(1).saturating_mul(20)),
        Some(bound) if bound.gain < THRESHOLD => None,
        Some(bound) => Some((rows as f64 * bound.times).ceil() as u64),
    }
}

fn attacks(totals: &Totals, chances: &[(f64, f64)], names: &[String]) -> Vec<report::Attack> {
    let mut attacks: Vec<report::Attack> = totals
        .ways
        .iter()
        .zip(chances)
        .map(|((key, total), (gained, outed))| {
            let claims: Vec<score::Claim> = total.claimed.iter().map(|(_, claim)| *claim).collect();
            let calibrated = calibrate(&claims);
            let right = totals.baseline.right as f64 + f64::from(total.gained[0]);
            report::Attack {
                family: key.family.name().to_owned(),
                how: key.how.clone(),
                leaks: key.leaks.iter().map(|&leak| names[leak].clone()).collect(),
                needs: attack::needs(key.family).to_owned(),
                claims: total.claims,
                accuracy: right / totals.baseline.people.max(1) as f64,
                gain: totals.baseline.gain(total.gained[0]),
                p: gained.min(*outed),
                bound: score::bound(&[total], &totals.baseline).map(|bound| bound.gain),
                outed: total.outed[0].into(),
                outed_by_chance: score::by_chance(&total.outed),
                exposure: calibrated.bits.iter().copied().fold(0.0, f64::max),
                log_score: calibrated.log_score,
            }
        })
        .collect();
    attacks.sort_by(|a, b| a.p.total_cmp(&b.p).then(b.gain.total_cmp(&a.gain)));
    attacks
}

fn exposed(totals: &Totals, names: &[String]) -> Vec<report::Exposed> {
    let mut worst: BTreeMap<(usize, u32), report::Exposed> = BTreeMap::new();
    for (key, total) in &totals.ways {
        let claims: Vec<score::Claim> = total.claimed.iter().map(|(_, claim)| *claim).collect();
        let calibrated = calibrate(&claims);
        for ((draw, claim), bits) in total.claimed.iter().zip(calibrated.bits) {
            let place = worst.get(&(*draw, claim.person));
            if bits > 0.0 && place.is_none_or(|known| known.bits < bits) {
                let exposed = report::Exposed {
                    leak: names[key.leak].clone(),
                    draw: draw + 1,
                    row: u64::from(claim.row) + 1,
                    family: key.family.name().to_owned(),
                    bits,
                    right: claim.right,
                };
                worst.insert((*draw, claim.person), exposed);
            }
        }
    }
    let mut exposed: Vec<report::Exposed> = worst.into_values().collect();
    exposed.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    exposed.truncate(EXPOSED);
    exposed
}
