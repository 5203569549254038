//! From a record to a protected record and back.

#[cfg(feature = "rayon")]
mod batch;
mod binding;
mod calendar;
mod derive;
mod draft;
mod protected;
mod protector;
mod query;
mod record;
mod revealer;
#[cfg(feature = "reversible")]
mod reverse;
mod show;
#[cfg(test)]
mod tests;
mod values;
mod workspace;

pub use binding::Binding;
pub use protected::{Protected, ProtectedRow, Shown};
pub use protector::{BoundProtector, Protector};
pub use query::{BoundQuery, Query};
pub use record::JsonRecord;
pub use revealer::{BoundRevealer, Revealer};
