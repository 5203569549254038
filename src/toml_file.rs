//! Schemas and policies as TOML: parsing, and the line of an error.

use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::error::{Error, Result};

/// Parses a file, with the line of what TOML or the table of keys refuses.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| Lines::new(text).line(span.start));
        let what = error
            .message()
            .lines()
            .collect::<Vec<_>>()
            .join(", ")
            .replace("field `", "key `");
        let error = Error::definition(
            what,
            "mend it there; the documentation of `from_toml` lists the keys",
        );
        match line {
            Some(line) => error.at_line(line),
            None => error,
        }
    })
}

/// Where the lines of a text are.
pub(crate) struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Gives an error the line of `place`.
    pub(crate) fn at<S, T>(&self, place: &Spanned<S>, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.at_line(self.line(place.span().start)))
    }

    /// The line of a byte, from 1.
    fn line(&self, byte: usize) -> usize {
        1 + self
            .0
            .bytes()
            .take(byte)
            .filter(|&byte| byte == b'\n')
            .count()
    }
}
