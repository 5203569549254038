//! Schemas and policies as TOML: parsing, the line of an error, the name that was meant.

mod nearest;

use std::ops::RangeInclusive;

pub(crate) use nearest::hint;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::error::{Error, Result};

/// The most bytes of a file, 1 MiB: what is written by hand is far below.
pub(crate) const MAX_SIZE: usize = 1 << 20;

/// Parses a file, with the line of what TOML or the table of keys refuses.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    if text.len() > MAX_SIZE {
        return Err(Error::definition(
            format!("the file has {} bytes, more than {MAX_SIZE}", text.len()),
            "give a schema or a policy of at most 1 MiB",
        ));
    }
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| Lines::new(text).line(span.start));
        let hint = key_hint(error.message());
        let what = error
            .message()
            .lines()
            .collect::<Vec<_>>()
            .join(", ")
            .replace("field `", "key `");
        let error = Error::definition(
            in_words_of_toml(&what) + &hint,
            "mend it there; the documentation of `from_toml` lists the keys",
        );
        match line {
            Some(line) => error.at_line(line),
            None => error,
        }
    })
}

/// What serde says it expected, without the name of a type of this crate: `expected struct FieldFile`.
fn in_words_of_toml(what: &str) -> String {
    match what.rsplit_once("expected struct ") {
        Some((before, _)) => format!("{before}expected a table"),
        None => what.replace("expected a sequence", "expected a list"),
    }
}

/// The key that was meant, from serde's message on an unknown one: ``unknown field `a`, expected one of `b`, `c` ``.
fn key_hint(message: &str) -> String {
    message
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.rsplit_once("`, expected "))
        .map_or_else(String::new, |(key, known)| {
            hint(key, known.split('`').skip(1).step_by(2))
        })
}

/// The number, where it is in the range.
pub(crate) fn within(what: &str, number: i64, range: RangeInclusive<i64>) -> Result<u64> {
    let (least, most) = range.into_inner();
    if (least..=most).contains(&number)
        && let Ok(number) = u64::try_from(number)
    {
        return Ok(number);
    }
    Err(if most == i64::MAX {
        Error::definition(
            format!("{what} is {number}, not {least} or more"),
            "give a number in that range",
        )
    } else {
        Error::definition(
            format!("{what} is {number}, not {least} to {most}"),
            "give a number in that range",
        )
    })
}

/// Where the lines of a text are.
pub(crate) struct Lines {
    /// Ascending.
    breaks: Vec<usize>,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Self {
        let breaks = text.match_indices('\n').map(|(byte, _)| byte).collect();
        Self { breaks }
    }

    /// Gives an error the line of `place`.
    pub(crate) fn at<S, T>(&self, place: &Spanned<S>, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.at_line(self.of(place)))
    }

    /// The line where `place` begins, from 1.
    pub(crate) fn of<S>(&self, place: &Spanned<S>) -> usize {
        self.line(place.span().start)
    }

    /// The line of a byte, from 1.
    fn line(&self, byte: usize) -> usize {
        1 + self.breaks.partition_point(|&at| at < byte)
    }
}
