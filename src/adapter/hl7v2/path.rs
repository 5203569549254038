//! Names of parts: `PID`, `PID-5`, `PID-5.1`, and `PID-5.1.1` where a field is read.

use std::fmt;

use crate::error::{Error, Result};

/// The highest number of a field, a component or a sub-component.
const MOST: u16 = 255;

/// A part of a message, whichever of its repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) segment: [u8; 3],
    /// Each from 1; 0 where it is not said, and then all after it.
    pub(super) field: u16,
    pub(super) component: u16,
    pub(super) subcomponent: u16,
}

impl Part {
    /// # Errors
    ///
    /// [`Error::is_definition`] for a text that names no part.
    pub(super) fn parse(text: &str) -> Result<Self> {
        parse(text).ok_or_else(|| {
            Error::definition(
                format!("{text:?} names no part of a message"),
                "name a segment (PID), a field (PID-5), a component (PID-5.1) or a sub-component (PID-5.1.1)",
            )
        })
    }
}

fn parse(text: &str) -> Option<Part> {
    let (segment, numbers) = match text.split_once('-') {
        Some((segment, numbers)) => (segment, numbers.split('.').collect()),
        None => (text, Vec::new()),
    };
    let &[first, second, third] = segment.as_bytes() else {
        return None;
    };
    let is_name = first.is_ascii_uppercase()
        && [second, third]
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let mut steps = [0; 3];
    if !is_name || numbers.len() > steps.len() {
        return None;
    }
    for (step, number) in steps.iter_mut().zip(numbers) {
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        *step = number
            .parse()
            .ok()
            .filter(|step| is_number && (1..=MOST).contains(step))?;
    }
    Some(Part {
        segment: [first, second, third],
        field: steps[0],
        component: steps[1],
        subcomponent: steps[2],
    })
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.segment))?;
        for (before, step) in [
            ('-', self.field),
            ('.', self.component),
            ('.', self.subcomponent),
        ] {
            if step > 0 {
                write!(f, "{before}{step}")?;
            }
        }
        Ok(())
    }
}
