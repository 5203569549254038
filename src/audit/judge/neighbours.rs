//! Who is nearest to somebody by what is known of everybody: of the same sex, say, and about as old.

use crate::audit::draw::{numbering::Numbering, truth::Truth};

/// So many people are near to somebody, themselves among them.
const NEAR: usize = 10;

/// All people, those beside each other who are near.
#[derive(Default)]
pub(crate) struct Neighbours {
    order: Vec<u32>,
    /// For each person their place in the order.
    place: Vec<u32>,
    /// For each place where those begin and end whose quasi-identifiers are the same but for integers.
    alike: Vec<(u32, u32)>,
}

impl Neighbours {
    /// Of all people of a truth, whatever their tenant.
    pub(crate) fn new(numbering: &Numbering<'_>, truth: &Truth) -> Self {
        let integers: Vec<Option<Vec<Option<i64>>>> = numbering
            .quasi_identifiers(truth)
            .into_iter()
            .map(|field| numbering.integers(field))
            .collect();
        // Texts, and integers that are none; then integers.
        let key = |person: &u32| -> (Vec<u32>, Vec<i64>) {
            let (mut same, mut near) = (Vec::new(), Vec::new());
            let quasi = &truth.strata[*person as usize][1..];
            for (&code, integers) in quasi.iter().zip(&integers) {
                match integers.as_ref().and_then(|of| of[code as usize]) {
                    Some(integer) => near.push(integer),
                    None => same.push(code),
                }
            }
            (same, near)
        };
        let mut keyed: Vec<_> = (0..truth.people.len() as u32)
            .map(|person| (key(&person), person))
            .collect();
        keyed.sort_unstable();
        let mut neighbours = Self {
            order: keyed.iter().map(|(_, person)| *person).collect(),
            place: vec![0; keyed.len()],
            alike: Vec::with_capacity(keyed.len()),
        };
        for (place, &person) in (0..).zip(&neighbours.order) {
            neighbours.place[person as usize] = place;
        }
        for alike in keyed.chunk_by(|((a, _), _), ((b, _), _)| a == b) {
            let start = neighbours.alike.len() as u32;
            let range = (start, start + alike.len() as u32);
            neighbours.alike.resize(range.1 as usize, range);
        }
        neighbours
    }

    /// The nearest to somebody, themselves among them.
    pub(crate) fn of(&self, person: u32) -> &[u32] {
        let place = self.place[person as usize] as usize;
        let (start, end) = self.alike[place];
        let (start, end) = (start as usize, end as usize);
        let first = place
            .saturating_sub(NEAR / 2)
            .min(end.saturating_sub(NEAR))
            .max(start);
        &self.order[first..(first + NEAR).min(end)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::{Schema, audit::draw::table::Table};

    #[test]
    fn those_near_are_of_the_same_sex_and_about_as_old() {
        let schema = Schema::appointment();
        let mut table = Table::new(["last_name", "age", "sex", "specialty"]).unwrap();
        for at in 0..100 {
            let (name, age) = (format!("Martin-{at}"), (at * 37 % 50 + 20).to_string());
            let sex = if at % 2 == 0 { "F" } else { "M" };
            let age = (at != 7).then_some(&*age);
            table
                .push([Some(&*name), age, Some(sex), Some("Urologie")])
                .unwrap();
        }
        let numbering = Numbering::of_visits(&schema, &table);
        let truth = numbering.truth(table).unwrap();
        let neighbours = Neighbours::new(&numbering, &truth);
        for person in 0..100 {
            let near = neighbours.of(person);
            assert!(near.contains(&person));
            // Nobody else is of unknown age.
            assert_eq!(near.len(), if person == 7 { 1 } else { NEAR });
            for &other in near {
                assert_eq!(person % 2, other % 2);
                if person != 7 {
                    let age = |person: u32| (person * 37 % 50).cast_signed();
                    assert!((age(person) - age(other)).abs() <= 20);
                }
            }
        }
    }
}
