//! From draws to a report.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    audit::Audit,
    case::{Case, Lesson},
    control::{self, Controls},
    draw::{
        fit,
        leak::{Leak, Origin},
        numbering::Numbering,
        table::Table,
        truth::Truth,
    },
    figures::shown,
    judge::{
        halves,
        prior::{self, Counts, Priors},
        scheme,
        score::{self, Judge},
        ways::{self, Totals},
    },
    report::{Outcome, Report, ReversedColumn},
};
use crate::{
    error::{Audited, Error, Result},
    schema::Schema,
};

/// How much surer than right a reference may be, as a share of the people.
const OVERSURE: f64 = 0.1;

/// Fewer people who are not guessed without a row leave nothing to tell by.
const FEWEST_LEFT: u64 = 60;

/// Of so many other draws a thief knows what people come for, and is taught: few draws tell as much as many.
const OTHERS: usize = 4;

/// What one audit works on.
pub(super) struct Run<'a> {
    pub(super) audit: &'a Audit<'a>,
    pub(super) numbering: Numbering<'a>,
    pub(super) truths: Vec<Truth>,
    pub(super) priors: Vec<Arc<Priors>>,
    cases: Vec<Case>,
    /// For each leak of a single draw the true rows, where they are known.
    origins: Vec<Option<Vec<usize>>>,
    pub(super) notes: Vec<String>,
    done: usize,
    all: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(audit: &'a Audit<'a>, draws: Vec<(Table, Vec<Leak>)>) -> Result<Self> {
        if audit.permutations < 99 {
            return Err(Error::audit(
                "there are fewer than 99 permutations",
                "take 99 or more",
            ));
        }
        if !(audit.level > 0.0 && audit.level <= 0.05) {
            return Err(Error::audit(
                "the level is not over 0 and up to 0.05",
                "take 0.05, or less where a false alarm costs much",
            ));
        }
        // No chance is smaller than one in so many.
        if audit.level * (f64::from(audit.permutations) + 1.0) < 1.0 {
            return Err(Error::audit(
                format!(
                    "{} permutations show no chance as small as the level, {}",
                    audit.permutations, audit.level
                ),
                "take more permutations, or a greater level",
            ));
        }
        check_draws(&draws)?;
        let target = audit.target_position()?;
        let mut notes = Vec::new();
        for (truth, leaks) in &draws {
            notes.extend(taken_for("the truth", truth));
            notes.extend(leaks.iter().filter_map(note_of));
        }
        notes.extend(
            audit
                .reference
                .iter()
                .filter_map(|table| taken_for("the reference", table)),
        );
        let tables = draws.iter().map(|(truth, _)| truth).chain(&audit.reference);
        let vocabularies = Arc::new(Numbering::vocabularies(&audit.schema, tables));
        let numbering = Numbering {
            schema: &audit.schema,
            target,
            vocabularies,
            person: audit.person.as_deref(),
            tenant: audit.tenant.as_deref(),
        };
        let values = numbering.vocabularies[target].values.len();
        for table in draws.iter().map(|(truth, _)| truth).chain(&audit.reference) {
            check_size(table.rows(), values, &audit.schema, target)?;
        }
        let mut truths = Vec::new();
        let mut leaks = Vec::new();
        for (truth, of_draw) in draws {
            let truth = numbering.truth(truth);
            truths.push(truth.map_err(|error| error.of(Audited::Truth))?);
            leaks.push(of_draw);
        }
        let reference = match &audit.reference {
            Some(table) => {
                let truth = numbering.truth(table.clone());
                Some(truth.map_err(|error| error.of(Audited::Reference))?)
            }
            None => None,
        };
        // A single draw is guessed from its own people, or learned from its own rows: half of them for the other half.
        let is_known = |leak: &Leak| !matches!(leak.origin, Origin::Unknown);
        if let [truth] = &mut truths[..]
            && (reference.is_none() || leaks[0].iter().any(is_known))
        {
            truth.parts = prior::parts(truth.people.len(), audit.seed);
        }
        let mut run = Self {
            audit,
            numbering,
            priors: Vec::new(),
            cases: Vec::new(),
            origins: Vec::new(),
            notes,
            done: 0,
            // Each draw is attacked and scored; then come the controls.
            all: 2 * truths.len() + control::STEPS,
            truths,
        };
        run.priors = run.guess_before(reference.as_ref());
        if reference.is_some() {
            run.check_reference()?;
        }
        run.build_cases(leaks, reference.as_ref())?;
        check_target(&run.truths, audit.schema.fields()[target].name())
            .map_err(|error| error.of(Audited::Truth))?;
        Ok(run)
    }

    /// What is guessed of each person of each draw before any row is looked at.
    /// What is guessed from a reference has to come true about as often as it says: a guess that is certain and wrong would let no attack be
    /// better.
    fn check_reference(&self) -> Result<()> {
        let (mut people, mut expected, mut right) = (0.0, 0.0, 0.0);
        for (truth, priors) in self.truths.iter().zip(&self.priors) {
            for (person, came_for) in (0..).zip(&truth.came_for) {
                let best = priors.best(person);
                people += 1.0;
                expected += f64::from(priors.of(person)[best as usize]);
                right += f64::from(u8::from(came_for.contains(&best)));
            }
        }
        // The spread of a share is 1/2 over the root of the number at most.
        if expected - right <= people * OVERSURE + 1.5 * f64::sqrt(people) {
            return Ok(());
        }
        Err(Error::audit(
            "the reference tells of other people than the truth: what it gives for sure is mostly wrong",
            "give rows of people like those of the truth, some thousand, or none",
        )
        .of(Audited::Reference))
    }

    fn guess_before(&self, reference: Option<&Truth>) -> Vec<Arc<Priors>> {
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
        (0..self.truths.len())
            .map(|draw| Arc::new(fitted(draw)))
            .collect()
    }

    fn build_cases(&mut self, leaks: Vec<Vec<Leak>>, reference: Option<&Truth>) -> Result<()> {
        let mut views = Vec::new();
        let mut lessons = Vec::new();
        for (truth, leaks) in self.truths.iter().zip(leaks) {
            let mut of_draw = Vec::new();
            let mut taught = Vec::new();
            self.notes.extend(fit::notes(truth, &self.audit.schema));
            for leak in leaks {
                let origins = truth
                    .origins(&leak.name, &leak.origin, &leak.table)
                    .map_err(|error| error.of(Audited::Leak(leak.name.clone())))?;
                let view = Arc::new(self.numbering.view(leak));
                fit::check_columns(&view, truth, &self.audit.schema)?;
                if origins.is_none() {
                    fit::check_people(&view, truth, &self.audit.schema)?;
                }
                self.notes.extend(fit::note_of_columns(&view));
                of_draw.push(view.clone());
                if self.truths.len() == 1 {
                    self.origins.push(origins);
                    continue;
                }
                taught.push(origins.map(|origins| {
                    Arc::new(Lesson {
                        view: view.clone(),
                        rows: origins.iter().map(|&row| truth.rows[row].clone()).collect(),
                    })
                }));
            }
            views.push(of_draw);
            lessons.push(taught);
        }
        let case = |(draw, views): (usize, Vec<_>)| {
            let others = lessons
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != draw);
            let lessons = others
                .take(OTHERS)
                .flat_map(|(_, taught)| taught.iter().flatten().cloned())
                .collect();
            Case {
                leaks: views,
                knows: self.knowledge(draw, reference),
                lessons,
                seed: self.audit.seed.wrapping_add(draw as u64),
            }
        };
        self.cases = views.into_iter().enumerate().map(case).collect();
        Ok(())
    }

    fn knowledge(&self, draw: usize, reference: Option<&Truth>) -> super::case::Knowledge {
        let truth = &self.truths[draw];
        let others = match reference {
            Some(reference) => vec![reference],
            None => self.others(draw),
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

    /// The other draws of which a thief knows what people come for.
    pub(super) fn others(&self, draw: usize) -> Vec<&Truth> {
        let truths = self.truths.iter().enumerate();
        let others = truths.filter(|(other, _)| *other != draw);
        others.map(|(_, truth)| truth).take(OTHERS).collect()
    }

    pub(super) fn step(&mut self, what: &str) -> Result<()> {
        let told = self.audit.tell(self.done, self.all, what);
        self.done += 1;
        told
    }

    pub(super) fn report(mut self) -> Result<Report> {
        let (totals, notes, reversed) = self.attack()?;
        self.notes.extend(notes);
        let mut told = BTreeSet::new();
        self.notes.retain(|note| told.insert(note.clone()));
        let names: Vec<String> = self.cases[0]
            .leaks
            .iter()
            .map(|view| view.leak.name.clone())
            .collect();
        let chances = score::adjusted(&totals.ways.values().collect::<Vec<_>>());
        let mut schemes = scheme::schemes(
            &totals,
            &chances,
            &names,
            &self.audit.may_link,
            self.audit.level,
        );
        let rows: u64 = self
            .truths
            .iter()
            .map(|truth| truth.rows.len() as u64)
            .sum();
        let needed = scheme::needed(&totals, rows, &names, &self.audit.may_link);

        let controls = match self.audit.controlled {
            true => control::run(&mut self, &totals)?,
            false => Controls::default(),
        };
        let links = schemes
            .iter()
            .any(|scheme| scheme.links && !scheme.may_link);
        let passed = controls.controls.iter().all(|control| control.passed);
        let left = totals.baseline.people - totals.baseline.right;
        if left < FEWEST_LEFT {
            self.notes.push(format!(
                "all but {left} of {} people are guessed rightly without a row, and next to nothing is left to link: no control can show much",
                totals.baseline.people
            ));
        }
        let outcome = if !passed || controls.controls.is_empty() {
            Outcome::Blind
        } else if links {
            Outcome::Links
        } else if let Some(outcome) = outcome_of(&reversed) {
            outcome
        } else if let Some(rows) = needed.max(self.is_short(rows)) {
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
            level: self.audit.level,
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
            exposed: ways::exposed(&totals, &names),
            reversed,
            attacks: ways::attacks(&totals, &chances, &names),
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

    /// As many rows as there are, where a leak has too few to be called a pass; a note says so.
    fn is_short(&mut self, rows: u64) -> Option<u64> {
        let mut short = Vec::new();
        for (leak, view) in self.cases[0].leaks.iter().enumerate() {
            let rows = |case: &Case| case.leaks[leak].rows as u64;
            let leaked: u64 = self.cases.iter().map(rows).sum();
            if leaked < control::FEW {
                short.push(format!(
                    "leak \"{}\" has {leaked} rows; under {} nothing is called a pass",
                    view.leak.name,
                    control::FEW
                ));
            }
        }
        let is_short = !short.is_empty();
        self.notes.extend(short);
        is_short.then_some(rows)
    }

    /// Attacks all draws.
    fn attack(&mut self) -> Result<(Totals, Vec<String>, Vec<ReversedColumn>)> {
        let mut cases = std::mem::take(&mut self.cases);
        let draws = cases.len();
        let mut totals = Totals::new();
        let mut notes = Vec::new();
        let mut reversed = Vec::new();
        for (draw, case) in cases.iter_mut().enumerate() {
            self.step(&format!("attack draw {} of {draws}", draw + 1))?;
            // What is counted through is told in a note, and once is enough.
            let enumeration = match draw {
                0 => Some(self.audit.enumeration),
                _ => None,
            };
            let mut attacked = ways::attack(case, enumeration);
            notes.append(&mut attacked.notes);
            reversed.append(&mut attacked.reversed);
            let mut guessed = attacked.guessed;
            if draws == 1 {
                guessed.extend(halves::guessed(&self.truths[0], &self.origins, case)?);
            }
            self.step(&format!("score draw {} of {draws}", draw + 1))?;
            let judge = Judge::new(
                &self.truths[draw],
                &self.priors[draw],
                draw,
                draws,
                self.audit.seed,
            );
            totals.add(draw, &judge, guessed, self.audit.permutations);
        }
        self.cases = cases;
        notes.sort();
        notes.dedup();
        Ok((totals, notes, reversed))
    }
}

/// What to know of a leak's file: how it was encoded, as far as that is a guess.
pub(super) fn note_of(leak: &Leak) -> Option<String> {
    taken_for(&format!("leak \"{}\"", leak.name), &leak.table)
}

fn taken_for(what: &str, table: &Table) -> Option<String> {
    let encoding = table.taken_for()?;
    Some(format!(
        "{what} was read as {encoding}, since it is not UTF-8 and no encoding was said"
    ))
}

/// Refuses people who all came for the same: whatever is claimed, there is nothing to be right about.
fn check_target(truths: &[Truth], target: &str) -> Result<()> {
    let came_for = truths.iter().flat_map(|truth| &truth.came_for).flatten();
    let different: BTreeSet<u32> = came_for.copied().collect();
    let has = match different.len() {
        0 => "no value",
        1 => "one value",
        _ => return Ok(()),
    };
    Err(Error::audit(
        format!("the target \"{target}\" has {has} in the truth: there is nothing to guess"),
        "give the truth of rows with several values, or choose another target",
    ))
}

/// What it comes to that telephone numbers were read out of digests.
pub(super) fn outcome_of(reversed: &[ReversedColumn]) -> Option<Outcome> {
    let numbers = reversed.iter().map(|column| column.numbers).sum();
    (numbers > 0).then_some(Outcome::Reversed { numbers })
}

/// So many cells of rows times values of the target fit into memory: some 4 bytes each, twice.
const CELLS: usize = 500_000_000;

/// Refuses what would take more memory than most have, before any is taken.
fn check_size(rows: usize, values: usize, schema: &Schema, target: usize) -> Result<()> {
    if rows.saturating_mul(values) <= CELLS {
        return Ok(());
    }
    let field = schema.fields()[target].name();
    Err(Error::audit(
        format!(
            "{rows} rows with {values} different values of \"{field}\" are too many; {} rows would not be",
            CELLS / values
        ),
        "give draws of fewer rows, or choose a target with fewer values",
    ))
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
        )
        .of(Audited::Leak(leak.name.clone()))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everybody is guessed rightly without a row, and no number of rows would change that.
    #[test]
    fn a_target_with_one_value_or_none_is_refused() {
        let schema = Schema::appointment();
        for (value, says) in [(Some("Urologie"), "one value"), (None, "no value")] {
            let mut truth = Table::new(["last_name", "specialty"]).unwrap();
            for name in ["Martin", "Lefèvre"] {
                truth.push([Some(name), value]).unwrap();
            }
            let leak = Leak::new("rows", truth.clone());
            let error = Audit::new(&schema)
                .draw(truth, vec![leak])
                .run()
                .unwrap_err();
            assert!(error.is_audit() && error.audited() == Some(&Audited::Truth));
            let told = error.to_string();
            assert!(
                told.contains(says) && told.contains("nothing to guess"),
                "{told}"
            );
        }
    }

    #[test]
    fn a_level_that_no_permutation_reaches_is_refused() {
        let schema = Schema::appointment();
        let run = |level: f64| {
            let table = crate::audit::control::made_up::town(20, 4).unwrap();
            let leak = Leak::new("rows", table.clone());
            let audit = Audit::new(&schema).draw(table, vec![leak]);
            audit.permutations(99).level(level).run()
        };
        for level in [0.0, -0.01, 0.06, f64::NAN] {
            let told = run(level).unwrap_err().to_string();
            assert!(told.contains("the level is not over 0"), "{told}");
        }
        let told = run(0.009).unwrap_err().to_string();
        assert!(told.contains("99 permutations show no chance"), "{told}");
        assert!(run(0.01).is_ok());
    }

    /// Twelve gigabytes are refused before they are asked for.
    #[test]
    fn more_rows_times_values_than_fit_into_memory_are_refused() {
        let schema = Schema::appointment();
        let target = schema.position("practitioner").unwrap();
        assert!(check_size(200_000, 2_500, &schema, target).is_ok());
        for (rows, values) in [(200_000, 2_501), (1_000_000, 1_000_000), (usize::MAX, 2)] {
            let error = check_size(rows, values, &schema, target).unwrap_err();
            assert!(error.is_audit() && error.to_string().contains("practitioner"));
        }
    }
}
