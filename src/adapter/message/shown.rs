//! What the policy shows, as text in a message.

use std::borrow::Cow;

use crate::protect::{Protected, Shown};

/// What is shown under `name`, a field, a pseudonym or an index; `None` where that is nothing.
pub(crate) fn shown<'a>(protected: &'a Protected, name: &str) -> Option<Cow<'a, str>> {
    Some(match protected.shown(name)? {
        Shown::Null => return None,
        Shown::Boolean(boolean) => Cow::Owned(boolean.to_string()),
        Shown::Integer(integer) => Cow::Owned(integer.to_string()),
        Shown::Text(text) | Shown::Json(text) => Cow::Borrowed(text),
        Shown::Pseudonym(pseudonym) => Cow::Owned(pseudonym.to_string()),
        Shown::Index(index) => Cow::Owned(index.to_string()),
        Shown::Reversible(reversible) => Cow::Owned(reversible.to_string()),
        Shown::Phone(phone) => Cow::Owned(phone.not_a_number_to_dial().to_owned()),
    })
}
