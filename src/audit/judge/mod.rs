//! What attacks read becomes claims of people, and the truth tells which are right.

pub(crate) mod bound;
pub(crate) mod calibrate;
pub(crate) mod halves;
pub(crate) mod link;
pub(crate) mod neighbours;
pub(crate) mod prior;
pub(crate) mod scheme;
pub(crate) mod score;
pub(crate) mod ways;
