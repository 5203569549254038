//! What a policy can show of a field.

/// What a domain is shown of a field, beside what is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// The value in clear.
    Keep,
    /// Nothing: the default.
    Redact,
}

impl Show {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "keep" => Some(Self::Keep),
            "redact" => Some(Self::Redact),
            _ => None,
        }
    }
}
