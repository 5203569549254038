//! What can be said of leaks whose true rows nobody has.

use std::sync::Arc;

use super::{
    attack,
    audit::Audit,
    case::Case,
    draw::{leak::Leak, numbering::Numbering, table::Table},
    figures::shown,
    report::{Outcome, Report},
    run::{check_draws, note_of, outcome_of},
};
use crate::error::Result;

pub(super) fn report(audit: &Audit<'_>, leaks: Vec<Leak>) -> Result<Report> {
    let target = audit.target_position()?;
    let names = audit.schema.fields().iter().map(crate::Field::name);
    let nobody = Table::new(names)?;
    let draws = [(nobody, leaks)];
    check_draws(&draws)?;
    let [(_, leaks)] = draws;
    let numbering = Numbering {
        schema: &audit.schema,
        target,
        vocabularies: Arc::new(Numbering::vocabularies(
            &audit.schema,
            audit.reference.iter(),
        )),
        person: None,
        tenant: None,
    };
    let mut notes: Vec<String> = leaks.iter().filter_map(note_of).collect();
    let rows = leaks.iter().map(|leak| leak.table.rows() as u64).sum();
    let case = Case {
        leaks: leaks
            .into_iter()
            .map(|leak| Arc::new(numbering.view(leak)))
            .collect(),
        knows: numbering.nothing_known(),
        lessons: Vec::new(),
        seed: audit.seed,
    };
    audit.tell(0, 1, "attack digests")?;
    let found = attack::all_ways(&case, Some(audit.enumeration));
    notes.extend(found.notes);
    audit.tell(1, 1, "done")?;
    let mut classes = Vec::new();
    for view in &case.leaks {
        classes.push(shown::classes(&audit.schema, target, view, None)?);
    }
    Ok(Report {
        outcome: outcome_of(&found.reversed).unwrap_or(Outcome::Unscored),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: audit.seed,
        permutations: 0,
        level: audit.level,
        command: audit.command.clone(),
        target: audit.schema.fields()[target].name().to_owned(),
        draws: 0,
        rows,
        people: 0,
        baseline: 0.0,
        sharpness: None,
        schemes: Vec::new(),
        attacks: Vec::new(),
        exposed: Vec::new(),
        reversed: found.reversed,
        shown: case
            .leaks
            .iter()
            .flat_map(|view| shown::columns(&audit.schema, view))
            .collect(),
        classes,
        capacities: audit.capacities.clone(),
        controls: Vec::new(),
        accepted: audit.accepted.clone(),
        notes,
    })
}
