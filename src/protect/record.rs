//! The serde bridge: what a record may be, and how its fields are found.

mod collect;
mod deliver;
mod json;

pub(crate) use self::{
    collect::{Reading, collect, is_inside},
    deliver::{deliver, deliver_value},
};
#[cfg(feature = "ndjson")]
pub(crate) use collect::printable;
pub use json::JsonRecord;
use std::fmt;

use serde::{de, ser};

#[cfg(feature = "broker")]
use super::{draft::Draft, workspace::Workspace};
use crate::error::{Error, Kind};
#[cfg(feature = "broker")]
use crate::{error::Result, schema::Schema};

/// How `serde_json` hands over the text of a `RawValue`: a struct of this name with one field of this name.
pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The same for the text of a number, where some crate of the build asks `serde_json` for `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";

/// An error on its way through serde. What a record's own type says is dropped: it may hold a value.
#[derive(Debug)]
struct Fault(Error);

impl Fault {
    fn new(kind: impl FnOnce() -> Kind) -> Self {
        Self(Error::new(kind))
    }

    fn target(what: impl Into<String>) -> Self {
        Self::new(|| Kind::Target {
            field: None,
            what: what.into(),
        })
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Fault {}

impl ser::Error for Fault {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(|| Kind::Serialize)
    }
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::target("its type refuses the value")
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::target(format!("expected {expected}"))
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::target(format!("expected {expected}"))
    }

    fn invalid_length(_: usize, expected: &dyn de::Expected) -> Self {
        Self::target(format!("expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::target(format!("expected one of {}", expected.join(", ")))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::new(|| Kind::Target {
            field: Some(field.to_owned()),
            what: "the type has no place for it".to_owned(),
        })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::target(format!(
            "{field:?} is null or not among the revealed scopes"
        ))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::target(format!("it wants {field:?} twice"))
    }
}

/// What `read` makes of the fields of a record, which may lack any.
#[cfg(feature = "broker")]
pub(crate) fn read_record<T: ser::Serialize + ?Sized, R>(
    record: &T,
    schema: &Schema,
    read: impl FnOnce(&Draft) -> R,
) -> Result<R> {
    Workspace::lend(|work| {
        collect(record, schema, &mut work.draft, &mut work.reading)?;
        Ok(read(&work.draft))
    })
}
