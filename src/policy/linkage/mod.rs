//! The check that no leak links; `docs/linkage.md` describes it.
//!
//! A view is what one leak of a domain shows, with all that follows by the facts of the schema. Each thing shown is
//! worth log2 of how many different values its form has. Views that share enough are merged.

mod accept;
mod bounds;
mod checked;
mod collusion;
mod diff;
mod finding;
mod join;
mod leaks;
mod members;
mod report;
mod set;
#[cfg(feature = "audit")]
mod shown;
mod universe;
mod verdict;
mod view;
mod worth;

pub use checked::CheckedPolicy;
pub use diff::{Diff, Gain};
pub use finding::{Accepted, Chain, FieldStep, Finding, FindingKind, Step};
pub use report::{FieldReport, Report};
pub use set::PolicySet;
#[cfg(feature = "audit")]
pub(crate) use shown::shown_bits;
