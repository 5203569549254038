//! NDJSON: one document a line.

use std::io::{BufRead, Read as _, Write};

use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};

/// Writes what `make` makes of each line, with the line's own end; empty lines stay. Returns how many were not empty.
pub(super) fn each<M: AsRef<[u8]>>(
    mut from: impl BufRead,
    mut to: impl Write,
    most: usize,
    make: impl Fn(&[u8]) -> Result<M>,
) -> Result<u64> {
    let read = |source| {
        Error::new(|| Kind::Io {
            doing: "reading lines",
            source,
        })
    };
    let write = |source| {
        Error::new(|| Kind::Io {
            doing: "writing lines",
            source,
        })
    };
    // Two bytes for its end, one more to see that it is too long.
    let room = most as u64 + 3;
    let mut line = Zeroizing::new(Vec::new());
    let mut number = 0;
    let mut made = 0;
    loop {
        line.clear();
        number += 1;
        if from
            .by_ref()
            .take(room)
            .read_until(b'\n', &mut line)
            .map_err(read)?
            == 0
        {
            to.flush().map_err(write)?;
            return Ok(made);
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let end = &line[text.len()..];
        if text.trim_ascii().is_empty() {
            to.write_all(&line).map_err(write)?;
            continue;
        }
        let document = make(text).map_err(|error| error.at_file_line(number))?;
        to.write_all(document.as_ref()).map_err(write)?;
        to.write_all(end).map_err(write)?;
        made += 1;
    }
}
