//! From a record to a protected record and back.

#[cfg(feature = "rayon")]
mod batch;
mod binding;
mod calendar;
mod draft;
mod protected;
mod protector;
mod record;
mod revealer;
mod values;
mod workspace;

pub use binding::Binding;
pub use protected::{Protected, ProtectedRow, Shown};
pub use protector::{BoundProtector, Protector};
pub use record::JsonRecord;
pub use revealer::{BoundRevealer, Revealer};
