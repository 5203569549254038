//! What one policy shows of a row, in bits.

use std::f64::consts::LN_2;

use super::worth::{Facts, Form};
use crate::policy::{Policy, Transform};

/// What the policy shows of one row at most, in bits: fields in the form that they are shown in, pseudonyms and indexes.
/// Infinite where nobody says how many values there are. What is opened does not count, nor what follows by facts.
///
/// A stand-in tells at most which of the rows have the same, and no more than what it stands for.
pub(crate) fn shown_bits(policy: &Policy) -> f64 {
    let facts: Vec<Facts> = policy.schema().fields().iter().map(Facts::new).collect();
    let rows = policy
        .background()
        .rows
        .map_or(f64::INFINITY, |rows| rows as f64);
    let stand_in = |of: &[usize], may_be_null: bool| {
        let exact: f64 = of.iter().map(|&at| Form::exact(&facts[at]).bits()).sum();
        let null = u8::from(may_be_null && of.iter().any(|&at| facts[at].optional));
        // log2 of 2^exact and one more.
        let one_more = (-exact).exp2().ln_1p() / LN_2;
        (exact + f64::from(null) * one_more).min(rows.log2())
    };
    let shows = policy.show_rules().iter().map(|show| {
        let facts = &facts[show.position];
        // What its fields are worth only tells how much a shift hides over several visits.
        let form = Form::shown(&show.transform, facts, 0.0).map_or(0.0, |form| form.bits());
        match show.transform {
            Transform::Reversible => stand_in(&[show.position], true),
            Transform::Phone => {
                let exact = Form::exact(facts).bits();
                exact.min(form + stand_in(&[show.position], true))
            }
            _ => form,
        }
    });
    let pseudonyms = policy
        .pseudonym_rules()
        .iter()
        .map(|rule| stand_in(&rule.of, rule.null_gives_null));
    let indexes = policy.index_rules().iter().map(|rule| {
        let null = f64::from(u8::from(rule.null_gives_null));
        let values = f64::from(rule.bits).exp2() + null;
        values.log2().min(stand_in(&rule.of, rule.null_gives_null))
    });
    shows
        .chain(pseudonyms)
        .chain(indexes)
        // Not `sum`, whose nothing is -0.
        .fold(0.0, |all, bits| all + bits)
}
