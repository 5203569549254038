//! From a record to a protected record and back.

mod attribute;
#[cfg(feature = "rayon")]
mod batch;
mod binding;
mod canary;
#[cfg(any(feature = "csv", feature = "ndjson"))]
mod check;
mod derive;
mod draft;
mod layout;
mod maker;
mod protected;
mod protector;
mod query;
mod reader;
mod record;
mod resealer;
mod revealer;
#[cfg(feature = "reversible")]
mod reverse;
mod show;
#[cfg(test)]
mod tests;
mod values;
mod workspace;

pub use attribute::Attribution;
pub use binding::Binding;
pub use canary::Canary;
#[cfg(any(
    feature = "audit",
    feature = "csv",
    feature = "fhir",
    feature = "hl7v2",
    feature = "ndjson"
))]
pub(crate) use draft::Draft;
#[cfg(any(feature = "csv", feature = "ndjson"))]
pub(crate) use maker::Maker;
#[cfg(any(feature = "audit", feature = "csv", feature = "ndjson"))]
pub(crate) use protected::SEALED;
pub use protected::{Protected, ProtectedRow, Shown};
pub use protector::{BoundProtector, KeyUse, Protector};
pub use query::{BoundQuery, Query};
pub use reader::{Reader, ReaderCounts};
pub use record::JsonRecord;
#[cfg(any(feature = "csv", feature = "ndjson"))]
pub(crate) use record::Reading;
#[cfg(feature = "broker")]
pub(crate) use record::read_record;
#[cfg(feature = "ndjson")]
pub(crate) use record::{collect, is_inside, printable};
pub use resealer::{BoundResealer, Resealer};
pub use revealer::{BoundRevealer, Revealer};
#[cfg(any(feature = "broker", feature = "csv", feature = "ndjson"))]
pub(crate) use values::Values;
#[cfg(feature = "csv")]
pub(crate) use values::is_integer;
