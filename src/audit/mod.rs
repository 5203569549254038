//! What leaked rows tell, by attacking them.
//!
//! The [check of policies](crate::Policy::check) believes what schemas and policies declare. An audit looks at rows: it attacks what a
//! connector has, as a thief would, and says how much better that is than guessing without the rows.
//!
//! ```
//! use paravent::{Schema, audit::{Audit, Leak, Outcome, Table}};
//!
//! // What one connector got, and what its rows were made of.
//! let mut truth = Table::new(["last_name", "age", "sex", "specialty"])?;
//! let mut rows = Table::new(["age", "specialty"])?;
//! for (name, age, specialty) in [("Martin", "34", "Dermatologie"), ("Roux", "71", "Cardiologie")] {
//!     truth.push([name, age, "female", specialty].map(Some))?;
//!     rows.push([age, specialty].map(Some))?;
//! }
//! let report = Audit::new(&Schema::appointment())
//!     .draw(truth, vec![Leak::new("statistics", rows)])
//!     .permutations(99)
//!     .run()?;
//! // Of two people nothing can be told for sure; the report says how many rows it takes.
//! assert!(matches!(report.outcome, Outcome::TooFew { .. }));
//! # Ok::<(), paravent::Error>(())
//! ```
//!
//! # The way through it
//!
//! - A [`Leak`] is the rows of one connector, protected or of any other scheme, as a [`Table`] of text; perhaps with its policy and with what its grant
//!   opens. The *truth* is a table whose columns are named after the fields of the schema. Both are a *draw*; an [`Audit`] takes one
//!   or several, and a [`Leak`]'s [`Origin`] says which true row each row is of. No attack sees truth or origin.
//! - *What the thief knows*: the register of all people, directories and calendars of the schema, statistics of what people come
//!   for, perhaps some dates of visits.
//! - *Attacks* read rows: values in clear, unkeyed digests, repeated nonces, shape, frequency, order, calendars, a trained classifier, known
//!   dates, joins within and across leaks. What they read becomes claims of people, each with a posterior.
//! - *Figures*: the linkage gain R, how far an attack goes from the best guess without rows (0) to everybody (1); people *outed*, of whom it is certain and
//!   right; p, from permutations of the truth among people of the same quasi-identifiers, adjusted for all attacks; a bound with 95 % confidence, on
//!   people who did not choose the attack.
//! - *Controls*: [`KnownBad`] schemes have to break, planted links to be found, random bytes to tell nothing.
//! - The [`Report`] has an [`Outcome`] first of all. It prints as a summary, serialises to JSON, and makes a
//!   [page](Report::to_html).
//!
//! [`assert_unlinkable`] is all of it in one call for tests, [`classes`] and [`capacity`] are figures without any attack, and
//! [`invert_phone_digests`] tries all mobile numbers of France against digests.
//!
//! # What it cannot tell
//!
//! - It bounds the attacks that it knows. Controls show that they work, not that there are no others.
//! - From some hundred rows it tells of links that are there, never that there are none.
//! - It guesses one field, and knows nothing of people but what registers, directories and statistics have.
//! - What a policy releases or renders one row at a time is listed where somebody accepted it, and not attacked.
//!
//! `docs/audit.md` has the formulas.

mod assert;
mod attack;
#[expect(
    clippy::module_inception,
    reason = "the room's first file is its main noun"
)]
mod audit;
mod case;
mod control;
mod draw;
mod figures;
mod judge;
mod reading;
mod run;
mod seeds;
mod unscored;

pub mod report;

pub use assert::assert_unlinkable;
pub use attack::{PhoneDigests, invert_phone_digests};
pub use audit::{Audit, Progress};
pub use control::known_bad::KnownBad;
pub use draw::{
    leak::{Leak, Origin},
    table::{Column, Table},
};
pub use figures::{capacity::capacity, classes::classes};
pub use report::{Outcome, Report};

pub use crate::error::Audited;
