//! NDJSON: one document a line.

use std::io::{BufRead, ErrorKind, Result as Read, Write};

use zeroize::{Zeroize as _, Zeroizing};

use crate::error::{Error, Result};

/// Writes what `make` makes of each line, with the line's own end; empty lines stay. Returns how many were not empty.
pub(super) fn each<M: AsRef<[u8]>>(
    mut from: impl BufRead,
    mut to: impl Write,
    most: usize,
    make: impl Fn(&[u8]) -> Result<M>,
) -> Result<u64> {
    let read = Error::io("reading lines");
    let write = Error::io("writing lines");
    // Two bytes for its end, one more to see that it is too long.
    let room = most + 3;
    let mut line = Zeroizing::new(Vec::new());
    let mut number = 0;
    let mut made = 0;
    loop {
        line.clear();
        number += 1;
        read_line(&mut from, room, &mut line).map_err(read)?;
        if line.is_empty() {
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

/// Appends a line with its end, or `most` bytes of it, and leaves no copy where the line grew.
fn read_line(from: &mut impl BufRead, most: usize, line: &mut Zeroizing<Vec<u8>>) -> Read<()> {
    while line.len() < most {
        let buffer = match from.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        let length = length.min(most - line.len());
        let needed = line.len() + length;
        if needed > line.capacity() {
            let mut grown = Vec::with_capacity(needed.next_power_of_two());
            grown.extend_from_slice(line);
            line.zeroize();
            **line = grown;
        }
        line.extend_from_slice(&buffer[..length]);
        from.consume(length);
        if length == 0 || line.ends_with(b"\n") {
            break;
        }
    }
    Ok(())
}
