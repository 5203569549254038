//! The halves of a single draw: a thief who booked the rows of one half of the people learns from them, and attacks the other half.
//!
//! Not the other way round as well: where both teach each other, what both have by chance counts twice, and no permutation knows.
//! People exchange within their half only, so that what was taught stays true.

use std::{mem, sync::Arc};

use super::{
    link::Guess,
    ways::{self, Key},
};
use crate::{
    audit::{
        attack::Family,
        case::{Case, LeakView, Lesson},
        draw::truth::Truth,
    },
    error::Result,
};

/// The half that is attacked.
const ATTACKED: u32 = 0;

/// The leaks of one half of the people.
struct Half {
    leaks: Vec<Arc<LeakView>>,
    /// For each leak and row of the half the row of the whole leak.
    rows: Vec<Vec<usize>>,
    /// What the rows of the other half teach.
    lessons: Vec<Arc<Lesson>>,
}

/// What is claimed of the people of one half by who knows the rows of the other; nothing where those taught nothing.
///
/// `origins` are the true rows of each leak of the case, where they are known; a leak whose rows nobody knows teaches nothing and is
/// attacked whole.
pub(crate) fn guessed(
    truth: &Truth,
    origins: &[Option<Vec<usize>>],
    case: &mut Case,
) -> Result<Vec<(Key, Vec<Guess>)>> {
    if origins.iter().all(Option::is_none) {
        return Ok(Vec::new());
    }
    let half = Half::new(truth, origins, &case.leaks, ATTACKED)?;
    let whole = mem::replace(&mut case.leaks, half.leaks);
    let lessons = mem::replace(&mut case.lessons, half.lessons);
    let mut guessed = ways::attack(case, None).guessed;
    case.leaks = whole;
    case.lessons = lessons;
    if guessed
        .iter()
        .all(|(key, _)| key.family != Family::Classifier)
    {
        return Ok(Vec::new());
    }
    // What goes by no lesson was claimed of all people already.
    guessed.retain(|(key, _)| {
        matches!(
            key.family,
            Family::Classifier | Family::Everything | Family::Join
        )
    });
    for (key, guesses) in &mut guessed {
        guesses.retain(|guess| truth.parts[guess.person as usize] == ATTACKED);
        for guess in guesses {
            guess.row = half.rows[key.leak][guess.row as usize] as u32;
        }
        key.how = told(&key.how);
    }
    Ok(guessed)
}

/// How a way goes that is taught by the other half.
fn told(how: &str) -> String {
    match how {
        "" => "by half of the rows".to_owned(),
        how => format!("{how}, by half of the rows"),
    }
}

impl Half {
    fn new(
        truth: &Truth,
        origins: &[Option<Vec<usize>>],
        whole: &[Arc<LeakView>],
        part: u32,
    ) -> Result<Self> {
        let mut half = Self {
            leaks: Vec::new(),
            rows: Vec::new(),
            lessons: Vec::new(),
        };
        for (view, origins) in whole.iter().zip(origins) {
            let Some(origins) = origins else {
                half.leaks.push(view.clone());
                half.rows.push((0..view.rows).collect());
                continue;
            };
            let person = |row: usize| truth.person_of[origins[row]] as usize;
            let of = |is_in: &dyn Fn(usize) -> bool| -> Vec<usize> {
                (0..view.rows).filter(|&row| is_in(person(row))).collect()
            };
            let rows = of(&|person| truth.parts[person] == part);
            half.leaks.push(view.select(&rows)?.into());
            half.rows.push(rows);
            // Two lessons of different people: what one teaches has to hold for the other.
            for lesson in [0, 1] {
                let rows = of(&|person| truth.parts[person] != part && person % 2 == lesson);
                if rows.is_empty() {
                    continue;
                }
                half.lessons.push(Arc::new(Lesson {
                    view: view.select(&rows)?.into(),
                    rows: rows
                        .iter()
                        .map(|&row| truth.rows[origins[row]].clone())
                        .collect(),
                }));
            }
        }
        Ok(half)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    use crate::{
        Schema,
        audit::{
            control::made_up,
            draw::{leak::Leak, numbering::Numbering},
            judge::prior,
        },
    };

    /// A guess of somebody whose own visits taught it would be no guess.
    #[test]
    fn nobody_is_guessed_by_what_their_own_rows_teach() {
        let schema = Schema::appointment();
        let table = made_up::town(300, 4).unwrap();
        let numbering = Numbering::of_visits(&schema, &table);
        let mut truth = numbering.truth(table.clone()).unwrap();
        truth.parts = prior::parts(truth.people.len(), 1);
        // The leak has its rows in another order than the truth.
        let origins: Vec<usize> = (0..300).rev().collect();
        let leak = Leak::new("visits", table.select(&origins).unwrap());
        let whole = [Arc::new(numbering.view(leak))];
        let email = schema.position("email").unwrap();
        let mut guessed = 0;
        for part in [0, 1] {
            let half = Half::new(&truth, &[Some(origins.clone())], &whole, part).unwrap();
            let own: BTreeSet<u32> = half.rows[0]
                .iter()
                .map(|&row| truth.rows[origins[row]][email])
                .collect();
            assert_eq!(half.leaks[0].rows, half.rows[0].len());
            assert_eq!(half.lessons.len(), 2);
            let mut taught = half.rows[0].len();
            for lesson in &half.lessons {
                let emails = lesson.view.leak.table.column("email").unwrap();
                for (at, row) in lesson.rows.iter().enumerate() {
                    assert!(!own.contains(&row[email]));
                    // Row by row the lesson is of what was leaked.
                    let text = &numbering.vocabularies[email].values[row[email] as usize];
                    assert_eq!(emails.get(at), Some(text.as_str()));
                }
                taught += lesson.rows.len();
            }
            assert_eq!(taught, 300);
            guessed += half.rows[0].len();
        }
        assert_eq!(guessed, 300);
    }

    /// A telephone number that is found in a note is that of whoever has it, and a note without one is not of somebody without a
    /// telephone, in half of the rows as in all.
    #[test]
    fn half_of_the_rows_are_read_as_all_of_them_are() {
        let schema = Schema::appointment();
        let town = made_up::town(300, 4).unwrap();
        let numbering = Numbering::of_visits(&schema, &town);
        let phone = town.column("phone").unwrap();
        let mut table = crate::audit::Table::new(["note"]).unwrap();
        for row in 0..town.rows() {
            let note = match (phone.get(row), row % 3) {
                (Some(phone), 0 | 1) => format!("à rappeler au {phone} svp, {row}"),
                _ => format!("rien à dire, {row}"),
            };
            table.push([Some(note.as_str())]).unwrap();
        }
        let whole = numbering.view(Leak::new("notes", table));
        assert!(whole.columns.len() > 1, "nothing was found in the notes");
        let rows: Vec<usize> = (0..300).step_by(2).collect();
        let half = whole.select(&rows).unwrap();
        assert_eq!(half.columns.len(), whole.columns.len());
        for (half_of, of) in half.columns.iter().zip(&whole.columns) {
            assert_eq!((half_of.made, &half_of.meaning), (of.made, &of.meaning));
            for (at, &row) in rows.iter().enumerate() {
                assert_eq!(half.cells(half_of).get(at), whole.cells(of).get(row));
            }
        }
    }
}
