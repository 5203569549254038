//! Whether rows of two views find each other, and by what.

use super::{
    universe::Universe,
    view::{Known, Origin, View},
};
use crate::policy::Share;

impl View {
    /// Whether both together could tell who somebody is: what they know adds up at most, but for what facts give.
    pub(super) fn may_identify_with(&self, other: &Self, universe: &Universe) -> bool {
        if self.is_identity || other.is_identity || universe.gives_who {
            return true;
        }
        let mut bounds = self.bounds.clone();
        bounds.merge(&other.bounds);
        let limit = bounds.subject_limit();
        let indexes = self.index_bits() + other.index_bits();
        let of_person = self.who_of_person + other.who_of_person;
        let groups = self.shows_groups() || other.shows_groups() || indexes + of_person > limit;
        let of_visit = self.who_of_visit + other.who_of_visit;
        let of_visits = if groups && of_visit > 0.0 {
            of_visit * bounds.visits
        } else {
            of_visit
        };
        of_person + of_visits > limit
    }

    /// Whether rows of two views find each other.
    pub(super) fn joins(&self, other: &Self, universe: &Universe) -> bool {
        let word = |share| other.bounds.shares.contains(share);
        self.bounds.shares.iter().any(word)
            || self.shared_bits(other, universe) > self.bounds.row_limit(&other.bounds)
    }

    /// What rows of two views have in common, in bits.
    fn shared_bits(&self, other: &Self, universe: &Universe) -> f64 {
        let [mut bits, of_visit] = self.shared_visits(other);
        for (place, facts) in universe.fields.iter().enumerate() {
            if let (Some(one), Some(two)) = (self.known(place), other.known(place)) {
                let visits = if facts.of_visit { of_visit } else { 1.0 };
                bits += one.form.shared(&two.form, visits);
            }
        }
        bits
    }

    /// By what rows of two views find each other.
    pub(super) fn shared(&self, other: &Self, universe: &Universe) -> Shared {
        let word = |share: &&Share| other.bounds.shares.contains(share);
        let field = |place: usize| {
            let (one, two) = (self.known(place)?, other.known(place)?);
            let looked_up = |known: &Known| matches!(known.origin, Origin::Register);
            (one.form.shared(&two.form, 1.0) > 0.0)
                .then_some((place, looked_up(one) || looked_up(two)))
        };
        Shared {
            words: self
                .bounds
                .shares
                .iter()
                .filter(word)
                .map(|share| share.name())
                .collect(),
            fields: (0..universe.fields.len()).filter_map(field).collect(),
            counts_visits: self.shared_visits(other)[0] > 0.0,
            bits: self.shared_bits(other, universe),
            limit: self.bounds.row_limit(&other.bounds),
        }
    }

    /// What the number of a person's visits is worth in bits, and how many visits of one person both tell.
    fn shared_visits(&self, other: &Self) -> [f64; 2] {
        let visits = self.bounds.visits.min(other.bounds.visits);
        if self.groups() && other.groups() {
            [visits.log2(), visits]
        } else {
            [0.0, 1.0]
        }
    }
}

/// By what rows of two views find each other.
pub(super) struct Shared {
    pub(super) words: Vec<&'static str>,
    /// Each field, and whether one side has it from a register only.
    pub(super) fields: Vec<(usize, bool)>,
    /// Whether both tell how many visits a person has.
    pub(super) counts_visits: bool,
    pub(super) bits: f64,
    pub(super) limit: f64,
}
