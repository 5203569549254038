//! Rows that lie in the same order.

use super::{Kind, Matching};

/// The first with the first and so on, and with the last and so on, where both leaks have as many rows.
pub(super) fn matchings(rows: usize, of_other: usize) -> Vec<Matching> {
    if rows != of_other {
        return Vec::new();
    }
    let rows = rows as u32;
    let forward: Vec<u32> = (0..rows).collect();
    vec![
        Matching {
            how: "row order".into(),
            kind: Kind::Order,
            keys: [forward.clone(), forward.clone()],
        },
        Matching {
            how: "row order, reversed".into(),
            kind: Kind::Weak,
            keys: [forward, (0..rows).rev().collect()],
        },
    ]
}
