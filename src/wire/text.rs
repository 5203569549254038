//! The text forms: a prefix, then base64url or base32 without padding. Only the canonical text decodes.

use std::sync::LazyLock;

use data_encoding::{BASE64URL_NOPAD, Encoding, Specification};

use crate::error::{Error, Kind, Result};

/// One text form: its prefix, its alphabet and its name in errors.
pub(crate) struct Form {
    prefix: &'static str,
    name: &'static str,
    encoding: fn() -> &'static Encoding,
}

pub(crate) const SEALED: Form = Form {
    prefix: "p1.",
    name: "`p1.` text",
    encoding: base64url,
};
pub(crate) const CELL: Form = Form {
    prefix: "c1.",
    name: "`c1.` text",
    encoding: base64url,
};
pub(crate) const PSEUDONYM: Form = Form {
    prefix: "t1.",
    name: "`t1.` text",
    encoding: base32,
};

pub(crate) const REVERSIBLE: Form = Form {
    prefix: "s1.",
    name: "`s1.` text",
    encoding: base64url,
};

impl Form {
    /// Appends the text of `bytes`.
    pub(crate) fn append(&self, bytes: &[u8], to: &mut String) {
        to.push_str(self.prefix);
        (self.encoding)().encode_append(bytes, to);
    }

    pub(crate) fn print(&self, bytes: &[u8]) -> String {
        let mut text =
            String::with_capacity(self.prefix.len() + (self.encoding)().encode_len(bytes.len()));
        self.append(bytes, &mut text);
        text
    }

    pub(crate) fn parse(&self, text: &str) -> Result<Vec<u8>> {
        text.strip_prefix(self.prefix)
            .and_then(|rest| (self.encoding)().decode(rest.as_bytes()).ok())
            .ok_or_else(|| self.refused())
    }

    /// The error of a text that is not of this form.
    pub(crate) fn refused(&self) -> Error {
        Error::new(|| Kind::Text { form: self.name })
    }
}

fn base64url() -> &'static Encoding {
    static BASE64URL: Encoding = BASE64URL_NOPAD;
    &BASE64URL
}

/// RFC 4648 base32 in lower case, so that pseudonyms survive a case-insensitive collation.
pub(crate) fn base32() -> &'static Encoding {
    static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
        let mut specification = Specification::new();
        specification
            .symbols
            .push_str("abcdefghijklmnopqrstuvwxyz234567");
        match specification.encoding() {
            Ok(encoding) => encoding,
            Err(_) => unreachable!("32 distinct ASCII symbols"),
        }
    });
    &BASE32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_text_decodes() {
        assert_eq!(SEALED.parse("p1.AAE").unwrap(), [0, 1]);
        assert_eq!(PSEUDONYM.parse("t1.aaaq").unwrap(), [0, 1]);
        for bad in [
            "", "p1", "AAE", "P1.AAE", "c1.AAE", "p1.AAE=", "p1.AAF", "p1. AAE", "p1.AAE\n",
            "p1.A", "p1.AA+A",
        ] {
            assert!(
                SEALED.parse(bad).is_err_and(|error| error.is_malformed()),
                "{bad:?}"
            );
        }
        for bad in ["t1.AAAQ", "t1.aaar", "t1.aaaq====", "t1.aaa1"] {
            assert!(PSEUDONYM.parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn print_and_parse_agree() {
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|i: u8| i.wrapping_mul(37)).collect();
            for form in [SEALED, CELL, PSEUDONYM, REVERSIBLE] {
                assert_eq!(form.parse(&form.print(&bytes)).unwrap(), bytes);
            }
        }
    }
}
