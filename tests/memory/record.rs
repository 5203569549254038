//! A record whose values are wiped, and a target that keeps none; each can stop, fail or panic while the crate calls it.

use std::{cell::Cell, fmt, panic};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IgnoredAny, MapAccess, Visitor},
    ser::{self, SerializeMap},
};
use zeroize::Zeroizing;

use crate::child::{Plan, stop};

const FIELDS: [&str; 7] = [
    "last_name",
    "first_name",
    "phone",
    "email",
    "start",
    "practitioner",
    "specialty",
];

/// What to do inside a call, once every value was given or taken.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    Nothing,
    Stop,
    Fail,
    Panic,
}

impl Act {
    /// `false` asks the caller to fail.
    fn perform(self, place: &str) -> bool {
        match self {
            Self::Nothing => {}
            Self::Stop => stop(place),
            Self::Fail => return false,
            // Without the hook, which would print and so write over the stack.
            Self::Panic => panic::resume_unwind(Box::new("of the test")),
        }
        true
    }
}

thread_local! {
    /// What a [`Target`] does: the crate makes it, so that it cannot be told otherwise.
    pub(crate) static AT_END: Cell<Act> = const { Cell::new(Act::Nothing) };
}

pub(crate) struct Plain {
    values: [Zeroizing<Vec<u8>>; 7],
    act: Act,
}

impl Plain {
    pub(crate) fn new(plan: &Plan, act: Act) -> Self {
        Self {
            values: FIELDS.map(|field| plan.clear(field)),
            act,
        }
    }
}

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, value) in FIELDS.iter().zip(&self.values) {
            map.serialize_entry(field, std::str::from_utf8(value).unwrap())?;
        }
        map.serialize_entry("age", &34)?;
        if !self.act.perform("inside Serialize") {
            return Err(ser::Error::custom("of the test"));
        }
        map.end()
    }
}

#[derive(Debug)]
pub(crate) struct Target;

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Target;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Target, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                if !AT_END.get().perform("inside Deserialize") {
                    return Err(de::Error::custom("of the test"));
                }
                Ok(Target)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}
