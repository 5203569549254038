//! Whether two views are the same, whatever the order of their rows and the names of their stand-ins.

use std::collections::HashMap;

/// A cell of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// What stands there.
    Clear(String),
    /// Of which only equality with others of its column is seen.
    StandIn(String),
}

/// Whether the rows of `one` can be put in such an order, and the stand-ins of each column be given such names, that they are
/// byte for byte those of `other`. All rows have as many cells.
///
/// Sorting alone does not decide it, as rows may differ in nothing but the names of stand-ins: so row by row is tried,
/// and taken back where it leads nowhere. How often each stand-in is there, whatever its name, leaves few tries.
pub(super) fn are_same(one: &[&[Cell]], other: &[&[Cell]]) -> bool {
    let faces = [faces(one), faces(other)];
    let mut sorted = faces.clone();
    sorted.iter_mut().for_each(|faces| faces.sort_unstable());
    sorted[0] == sorted[1]
        && Matching {
            one,
            other,
            faces,
            is_taken: vec![false; other.len()],
            forth: HashMap::new(),
            back: HashMap::new(),
        }
        .matches_from(0)
}

/// What tells a row from others without the names of its stand-ins: of these how often each is in its column.
type Face<'v> = Vec<(&'v str, usize)>;

fn faces<'v>(view: &[&'v [Cell]]) -> Vec<Face<'v>> {
    let mut counts: HashMap<(usize, &str), usize> = HashMap::new();
    for row in view {
        for (column, cell) in row.iter().enumerate() {
            if let Cell::StandIn(name) = cell {
                *counts.entry((column, name)).or_default() += 1;
            }
        }
    }
    let face = |row: &&'v [Cell]| {
        row.iter()
            .enumerate()
            .map(|(column, cell)| match cell {
                Cell::Clear(text) => (text.as_str(), 0),
                Cell::StandIn(name) => ("", counts[&(column, name.as_str())]),
            })
            .collect()
    };
    view.iter().map(face).collect()
}

struct Matching<'v> {
    one: &'v [&'v [Cell]],
    other: &'v [&'v [Cell]],
    /// Of both.
    faces: [Vec<Face<'v>>; 2],
    is_taken: Vec<bool>,
    /// The names in `other` of the stand-ins of `one`, by column, and the way back.
    forth: HashMap<(usize, &'v str), &'v str>,
    back: HashMap<(usize, &'v str), &'v str>,
}

impl<'v> Matching<'v> {
    fn matches_from(&mut self, row: usize) -> bool {
        let Some(&cells) = self.one.get(row) else {
            return true;
        };
        for at in 0..self.other.len() {
            // One of several that are equal in all is as good as another.
            let seen =
                |&before: &usize| !self.is_taken[before] && self.other[before] == self.other[at];
            let differs = self.faces[0][row] != self.faces[1][at];
            if differs || self.is_taken[at] || (0..at).any(|before| seen(&before)) {
                continue;
            }
            let Some(named) = self.name(cells, self.other[at]) else {
                continue;
            };
            self.is_taken[at] = true;
            if self.matches_from(row + 1) {
                return true;
            }
            self.is_taken[at] = false;
            self.forget(&named);
        }
        false
    }

    /// Names the stand-ins of one row as in the other; `None`, and nothing named, where the rows do not fit.
    fn name(&mut self, one: &'v [Cell], other: &'v [Cell]) -> Option<Vec<Named<'v>>> {
        let mut named = Vec::new();
        for (column, cells) in one.iter().zip(other).enumerate() {
            let fits = match cells {
                (Cell::Clear(mine), Cell::Clear(others)) => mine == others,
                (Cell::StandIn(mine), Cell::StandIn(others)) => {
                    let forth = self.forth.get(&(column, mine.as_str())).copied();
                    let back = self.back.get(&(column, others.as_str())).copied();
                    match (forth, back) {
                        (None, None) => {
                            self.forth.insert((column, mine), others);
                            self.back.insert((column, others), mine);
                            named.push((column, mine.as_str(), others.as_str()));
                            true
                        }
                        (forth, _) => forth == Some(others),
                    }
                }
                _ => false,
            };
            if !fits {
                self.forget(&named);
                return None;
            }
        }
        Some(named)
    }

    fn forget(&mut self, named: &[Named<'v>]) {
        for &(column, mine, others) in named {
            self.forth.remove(&(column, mine));
            self.back.remove(&(column, others));
        }
    }
}

/// A column, a stand-in of it, and its name in the other view.
type Named<'v> = (usize, &'v str, &'v str);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each row `clear stand-in stand-in`, by spaces.
    fn view(rows: &[&str]) -> Vec<Vec<Cell>> {
        let row = |row: &&str| {
            row.split(' ')
                .enumerate()
                .map(|(at, cell)| match at {
                    0 => Cell::Clear(cell.to_owned()),
                    _ => Cell::StandIn(cell.to_owned()),
                })
                .collect()
        };
        rows.iter().map(row).collect()
    }

    fn same(one: &[Vec<Cell>], other: &[Vec<Cell>]) -> bool {
        let one: Vec<&[Cell]> = one.iter().map(Vec::as_slice).collect();
        let other: Vec<&[Cell]> = other.iter().map(Vec::as_slice).collect();
        are_same(&one, &other)
    }

    #[test]
    fn views_by_hand() {
        for (one, other, wanted) in [
            (vec!["a 1 x"], vec!["a 2 y"], true),
            (vec!["a 1 x"], vec!["b 1 x"], false),
            (vec!["a 1 x", "b 2 x"], vec!["b 7 z", "a 8 z"], true),
            (vec!["a 1 x", "b 2 x"], vec!["b 7 z", "a 8 y"], false),
            (vec!["a 1 x", "b 1 x"], vec!["b 7 z", "a 8 z"], false),
            (vec!["a 1 x"], vec!["a 1 x", "a 1 x"], false),
            // Columns have names of their own: 1 and 1 in two of them are not one.
            (vec!["a 1 1", "a 2 2"], vec!["a 1 2", "a 2 1"], true),
            // A ring of six and two rings of three: each stand-in is there twice in both.
            (
                vec!["a 1 1", "a 1 2", "a 2 2", "a 2 3", "a 3 3", "a 3 1"],
                vec!["a 1 1", "a 1 2", "a 2 2", "a 2 1", "a 3 3", "a 3 3"],
                false,
            ),
        ] {
            assert_eq!(
                same(&view(&one), &view(&other)),
                wanted,
                "{one:?} {other:?}"
            );
            assert_eq!(same(&view(&other), &view(&one)), wanted);
        }
        assert!(same(&[], &[]));
        let null = vec![vec![Cell::Clear("null".to_owned())]];
        let stand_in = vec![vec![Cell::StandIn("null".to_owned())]];
        assert!(!same(&null, &stand_in));
    }

    proptest! {
        #[test]
        fn order_and_names_do_not_matter_and_all_else_does(
            (rows, shuffled) in proptest::collection::vec(("[ab]", "[1-4]", "[1-4]"), 1..9)
                .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
            names in Just(vec!["p", "q", "r", "s"]).prop_shuffle(),
            at in any::<proptest::sample::Index>(),
        ) {
            let renamed = |rows: &[(String, String, String)]| {
                let name = |old: &str| names[old.parse::<usize>().unwrap_or(1) - 1].to_owned();
                let row = |row: &(String, String, String)| vec![
                    Cell::Clear(row.0.clone()),
                    Cell::StandIn(name(&row.1)),
                    Cell::StandIn(name(&row.2)),
                ];
                rows.iter().map(row).collect::<Vec<_>>()
            };
            let texts: Vec<String> = rows.iter().map(|(a, b, c)| format!("{a} {b} {c}")).collect();
            let one = view(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            let mut other = renamed(&shuffled);
            prop_assert!(same(&one, &other));
            // A clear value that is nowhere else.
            let at = at.index(other.len());
            other[at][0] = Cell::Clear("c".to_owned());
            prop_assert!(!same(&one, &other));
        }
    }
}
