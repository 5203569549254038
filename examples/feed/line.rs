//! A connection on which messages go out and are answered one by one.

use std::{
    io::{self, ErrorKind, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use paravent::hl7v2::{Frames, frame};

use crate::ack::{self, Answer};

/// How long an answer may take. Who gets none sends the message again, on a new connection.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Line {
    stream: TcpStream,
    frames: Frames<TcpStream>,
}

impl Line {
    pub(crate) fn connect(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            frames: Frames::new(stream.try_clone()?),
            stream,
        })
    }

    /// Sends a message and waits for what is answered to it.
    ///
    /// After an error nobody knows whether the message arrived, and the connection is of no use any more: an answer that comes late
    /// would be taken for that of the next message.
    pub(crate) fn deliver(&mut self, message: &[u8], id: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(&frame(message))?;
        let ack = self.frames.read().map_err(io::Error::other)?;
        let ack = ack.ok_or(ErrorKind::UnexpectedEof)?;
        match ack::read(&ack) {
            Some((answer, of)) if of == id => Ok(answer),
            _ => Err(io::Error::new(
                ErrorKind::InvalidData,
                "the answer is that of another message",
            )),
        }
    }
}

/// How long to wait before the next try: longer each time, so that who is down is not kept down.
pub(crate) struct Pause {
    next: Duration,
}

impl Pause {
    const FIRST: Duration = Duration::from_millis(10);
    const LONGEST: Duration = Duration::from_millis(1_000);

    pub(crate) fn new() -> Self {
        Self { next: Self::FIRST }
    }

    pub(crate) fn wait(&mut self) {
        std::thread::sleep(self.next);
        self.next = (self.next * 2).min(Self::LONGEST);
    }
}
