//! A receiver that keeps each message once: what an interface engine does, or a table with MSH-10 as its key.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use paravent::hl7v2::{Frames, frame, message_id};

use crate::{
    Result,
    ack::{self, Answer},
    complain, lock,
    options::Options,
};

pub(crate) fn run(mut options: Options) -> Result<()> {
    let listen: SocketAddr = options.needed("--listen")?;
    let into: PathBuf = options.needed("--into")?;
    options.end()?;

    let kept = Arc::new(Mutex::new(Kept::open(&into)?));
    for stream in crate::listen(listen)?.incoming() {
        let (stream, kept) = (stream?, Arc::clone(&kept));
        std::thread::spawn(move || {
            if let Err(error) = serve(&stream, &kept) {
                complain(&format!("a connection ended: {error}"));
            }
        });
    }
    Ok(())
}

fn serve(stream: &TcpStream, kept: &Mutex<Kept>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut frames = Frames::new(stream);
    while let Some(message) = frames.read()? {
        let (answer, reason) = match message_id(&message) {
            Err(error) => (Answer::Wrong, error.code()),
            Ok(id) => match lock(kept).keep(id, &message) {
                Ok(()) => (Answer::Accepted, ""),
                Err(error) => {
                    complain(&error.to_string());
                    (Answer::NotNow, "disk")
                }
            },
        };
        let ack = frame(&ack::of(&message, answer, reason));
        io::Write::write_all(&mut &*stream, &ack)?;
    }
    Ok(())
}

/// Messages in a file, in their frames.
struct Kept {
    file: File,
    length: u64,
    ids: HashSet<Vec<u8>>,
}

impl Kept {
    fn open(path: &Path) -> Result<Self> {
        let whole = whole(path)?;
        let mut ids = HashSet::new();
        let mut frames = Frames::new(&whole[..]);
        while let Some(message) = frames.read()? {
            ids.insert(message_id(&message)?.to_vec());
        }
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        let length = whole.len() as u64;
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        file.sync_all()?;
        Ok(Self { file, length, ids })
    }

    /// Keeps a message, unless it is there. It is on disk when this returns.
    fn keep(&mut self, id: &[u8], message: &[u8]) -> io::Result<()> {
        if self.ids.contains(id) {
            return Ok(());
        }
        let framed = frame(message);
        let written = self
            .file
            .write_all(&framed)
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.file.set_len(self.length)?;
            self.file.seek(SeekFrom::Start(self.length))?;
            return Err(error);
        }
        self.length += framed.len() as u64;
        self.ids.insert(id.to_vec());
        Ok(())
    }
}

/// What of a file are whole messages. One that was half written when its writer was killed was not answered for, and comes again.
pub(crate) fn whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    let end = bytes.windows(2).rposition(|pair| pair == b"\x1C\r");
    bytes.truncate(end.map_or(0, |end| end + 2));
    Ok(bytes)
}
