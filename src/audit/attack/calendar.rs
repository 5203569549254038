//! Public booking calendars: who has a visit at a start that is read.

use super::{Attack, Family, Way};
use crate::audit::{
    case::{Case, Directory, Knowledge},
    reading::{Candidates, Reading, What, surest},
};

/// Looks up in public calendars whose slots the starts are.
pub(crate) struct Calendar;

impl Attack for Calendar {
    fn family(&self) -> Family {
        Family::Calendar
    }

    fn needs(&self) -> &'static str {
        "public booking calendars"
    }

    fn ways(&self, case: &Case, known: &[Vec<Reading>]) -> Vec<Way> {
        let mut ways = Vec::new();
        let calendars = case.knows.directories.iter().filter(|d| d.calendar);
        for calendar in calendars {
            for (leak, known) in known.iter().enumerate() {
                let surest = |field| surest(known, What::Field(field));
                let Some(starts) = surest(calendar.of) else {
                    continue;
                };
                // Where it stands beside the start, nothing is to be looked up.
                if surest(calendar.gives).is_some_and(|given| given.certainty() == 1.0) {
                    continue;
                }
                if let Some(reading) = look_up(&case.knows, calendar, starts) {
                    let name = |field: usize| case.knows.schema.fields()[field].name();
                    let how = format!("{} by {}", name(calendar.gives), name(calendar.of));
                    ways.push(Way::new(leak, how, vec![reading]));
                }
            }
        }
        ways
    }
}

/// What the calendar gives for each different reading of a start; nothing where it is a crowd.
fn look_up(knows: &Knowledge, calendar: &Directory, starts: &Reading) -> Option<Reading> {
    let values = knows.vocabularies[calendar.gives].values.len();
    let crowd = values.div_ceil(10);
    let mut weights = vec![0.0_f32; values];
    let mut found: Vec<u32> = Vec::new();
    let candidates: Vec<Candidates> = starts
        .candidates
        .iter()
        .map(|read| {
            // A start that is read coarsely is as likely as it has visits: each of them counts once.
            let slots = read.as_slice().iter().flat_map(|&(start, weight)| {
                let entries = calendar.entries.get(&start).map_or(&[][..], Vec::as_slice);
                entries.iter().map(move |&given| (given, weight))
            });
            for (given, weight) in slots {
                let sum = &mut weights[given as usize];
                if *sum == 0.0 {
                    found.push(given);
                }
                *sum += weight;
                if found.len() >= crowd {
                    break;
                }
            }
            let is_crowd = found.len() >= crowd;
            let weighted = found
                .drain(..)
                .map(|given| (given, std::mem::take(&mut weights[given as usize])))
                .collect();
            if is_crowd {
                Candidates::default()
            } else {
                Candidates::new(weighted)
            }
        })
        .collect();
    let narrows = candidates.iter().any(|candidates| !candidates.is_empty());
    narrows.then(|| Reading {
        of: What::Field(calendar.gives),
        codes: starts.codes.clone(),
        candidates,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::audit::attack::fixture::{case, coarse, directory, exact, leak, texts};

    /// Practitioner `n` has visits at start `n`, below 10, and the first `crowd` of them at start 10.
    fn with_calendar(crowd: u32) -> Case {
        let starts = texts("start", [1, 2, 10, 11]);
        let mut case = case(vec![leak("statistics", &[("start", &starts)])]);
        let mut entries: Vec<(u32, Vec<u32>)> = (1..10).map(|n| (n, vec![n])).collect();
        entries.push((10, (1..=crowd).collect()));
        case.knows.directories = vec![directory(&case, "start", "practitioner", true, entries)];
        case
    }

    #[test]
    fn an_exact_start_gives_its_practitioner_and_a_crowded_one_nobody() {
        let case = with_calendar(50);
        let known = vec![vec![exact(&case, "start", &texts("start", [1, 2, 10, 11]))]];
        let ways = Calendar.ways(&case, &known);
        assert_eq!(ways.len(), 1);
        assert_eq!(ways[0].how, "practitioner by start");
        let reading = &ways[0].readings[0];
        assert_eq!(
            Some(reading.of),
            case.knows.schema.position("practitioner").map(What::Field)
        );
        assert_eq!(reading.at(0), Some(&Candidates::one(1)));
        assert_eq!(reading.at(1), Some(&Candidates::one(2)));
        assert_eq!((reading.at(2), reading.at(3)), (None, None));
    }

    #[test]
    fn a_coarse_start_gives_each_visit_its_part() {
        let case = with_calendar(3);
        let reading = coarse(&case, "start", vec![vec![1, 4, 10]; 4]);
        let ways = Calendar.ways(&case, &[vec![reading]]);
        let found: Vec<u32> = ways[0].readings[0]
            .at(0)
            .unwrap()
            .as_slice()
            .iter()
            .map(|(n, _)| *n)
            .collect();
        assert_eq!(found, [1, 2, 3, 4]);
        let weight = |n| ways[0].readings[0].at(0).unwrap().weight(n);
        assert!((weight(1) - 0.4).abs() < 1e-6 && (weight(2) - 0.2).abs() < 1e-6);
    }

    #[test]
    fn where_the_practitioner_is_read_or_no_start_is_nothing_is_looked_up() {
        let case = with_calendar(3);
        let starts = exact(&case, "start", &texts("start", [1, 2, 10, 11]));
        let practitioners = exact(&case, "practitioner", &texts("practitioner", 1..5));
        assert!(
            Calendar
                .ways(&case, &[vec![starts, practitioners]])
                .is_empty()
        );
        assert!(Calendar.ways(&case, &[vec![]]).is_empty());
    }
}
