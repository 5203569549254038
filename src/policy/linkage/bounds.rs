//! What stands behind a view, and how many bits that hides.

use crate::policy::{Background, Share};

/// What stands behind a view; see [`Background`].
#[derive(Clone, PartialEq)]
pub(super) struct Bounds {
    pub(super) rows: f64,
    pub(super) subjects: f64,
    pub(super) visits: f64,
    pub(super) k: f64,
    pub(super) specialties: u64,
    /// Whether somebody states how few they are.
    pub(super) states_specialties: bool,
    pub(super) practices: u64,
    pub(super) shares: Vec<Share>,
}

impl Bounds {
    pub(super) fn new(background: &Background) -> Self {
        // What is not stated is taken at its worst: nobody hides among unknown numbers.
        let stated = |number: Option<u64>, worst: f64| number.map_or(worst, |number| number as f64);
        Self {
            rows: stated(background.rows, 1.0),
            subjects: stated(background.subjects, 1.0),
            visits: stated(background.visits, f64::INFINITY),
            k: background.k as f64,
            specialties: background.specialties.unwrap_or(1),
            states_specialties: background.specialties.is_some(),
            practices: background.practices.unwrap_or(1),
            shares: background.shares.clone(),
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.rows = self.rows.min(other.rows);
        self.subjects = self.subjects.min(other.subjects);
        self.visits = self.visits.max(other.visits);
        self.k = self.k.max(other.k);
        if other.specialties < self.specialties {
            self.specialties = other.specialties;
            self.states_specialties = other.states_specialties;
        }
        self.practices = self.practices.min(other.practices);
        let new = other
            .shares
            .iter()
            .filter(|share| !self.shares.contains(share));
        self.shares = self.shares.iter().chain(new).copied().collect();
    }

    /// The most bits that may be known of a person.
    pub(super) fn subject_limit(&self) -> f64 {
        (self.subjects / self.k).log2().max(0.0)
    }

    /// The most bits that rows of two domains may share: in the larger leak, k rows are to match one of the smaller.
    pub(super) fn row_limit(&self, other: &Self) -> f64 {
        (self.rows.max(other.rows) / self.k.max(other.k))
            .log2()
            .max(0.0)
    }
}
