//! MLLP, the frames in which messages go over a connection: `0x0B` message `0x1C 0x0D`.
//!
//! HL7 v2 Implementation Guide, Appendix C.4: Minimal Lower Layer Protocol.

use std::{
    fmt,
    io::{ErrorKind, Read},
};

use zeroize::Zeroizing;

use super::scan::too_large;
use crate::{
    adapter::message::{MOST_BYTES, append},
    error::{Error, Result},
};

pub(super) const BEGIN: u8 = 0x0B;
pub(super) const END: u8 = 0x1C;

/// A message in its frame, ready to be sent.
///
/// # Examples
///
/// ```
/// use paravent::hl7v2;
///
/// assert_eq!(hl7v2::frame(b"MSH|"), b"\x0BMSH|\x1C\r");
/// ```
pub fn frame(message: &[u8]) -> Vec<u8> {
    [&[BEGIN], message, &[END, b'\r']].concat()
}

/// Reads messages out of their frames, from a connection.
///
/// # Examples
///
/// ```
/// use paravent::hl7v2::Frames;
///
/// let mut frames = Frames::new(&b"\x0BMSH|1\x1C\r\x0BMSH|2\x1C\r"[..]);
/// assert_eq!(frames.read()?.as_deref(), Some(&b"MSH|1"[..]));
/// assert_eq!(frames.read()?.as_deref(), Some(&b"MSH|2"[..]));
/// assert_eq!(frames.read()?, None);
/// # Ok::<(), paravent::Error>(())
/// ```
pub struct Frames<R> {
    reader: R,
    /// What the reader gave last.
    chunk: Zeroizing<Vec<u8>>,
    /// What was read and not given.
    buffer: Zeroizing<Vec<u8>>,
    /// How much of it has no end of a frame.
    looked: usize,
}

impl<R: Read> Frames<R> {
    /// Frames from `reader`.
    pub fn new(reader: R) -> Self {
        Self {
            reader,
            chunk: Zeroizing::new(vec![0; 8192]),
            buffer: Zeroizing::default(),
            looked: 0,
        }
    }

    /// The connection.
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The next message, without its frame; `None` where the connection ended between two.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] for bytes outside of frames, for a message of more than 4 MiB (4,194,304 bytes), and where the connection ends
    /// inside of one: none of it was given, and the sender, without an acknowledgement, sends it again. [`Error::is_io`]
    /// for what the connection says; after a time-out the next call goes on where it was.
    pub fn read(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            // The carriage return of the last frame, or line ends between two.
            let between = self
                .buffer
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
            self.buffer.drain(..between);
            if self.buffer.first().is_some_and(|&byte| byte != BEGIN) {
                return Err(Error::message(
                    "there are bytes outside of frames",
                    "let the sender begin each message with 0x0B and end it with 0x1C 0x0D, and close the connection",
                ));
            }
            let end = self.buffer[self.looked..]
                .iter()
                .position(|&byte| byte == END);
            let end = end.map(|length| self.looked + length);
            self.looked = end.unwrap_or(self.buffer.len());
            // What begins the frame is none of the message.
            if self.looked > MOST_BYTES + 1 {
                return Err(too_large());
            }
            if let Some(end) = end.filter(|end| self.buffer.len() > end + 1) {
                if self.buffer[end + 1] != b'\r' {
                    return Err(Error::message(
                        "a message has 0x1C in it, or its frame ends without 0x0D",
                        "let the sender end each message with 0x1C 0x0D, and close the connection",
                    ));
                }
                let message = self.buffer[1..end].to_vec();
                self.buffer.drain(..end + 2);
                self.looked = 0;
                return Ok(Some(message));
            }
            match self.reader.read(&mut self.chunk) {
                Ok(0) if self.buffer.is_empty() => return Ok(None),
                Ok(0) => {
                    return Err(Error::message(
                        "the connection ended inside of a message",
                        "let the sender send it again",
                    ));
                }
                Ok(length) => append(&mut self.buffer, &self.chunk[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io("read from the connection")(error)),
            }
        }
    }
}

impl<R> fmt::Debug for Frames<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").finish_non_exhaustive()
    }
}
