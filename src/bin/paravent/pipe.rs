//! Named pipes. To open one is to wait for who writes to it; who waits for long is told what for.

use std::{
    fs::File,
    io,
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use crate::output;

/// So long a shell may take to start what writes.
const SOON: Duration = Duration::from_secs(1);

/// Opens a file, a device or a pipe for reading.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if !path.metadata()?.file_type().is_fifo() {
        return File::open(path);
    }
    let (sender, receiver) = mpsc::channel();
    let of: PathBuf = path.to_owned();
    // Nobody receives it where the process ends meanwhile.
    thread::spawn(move || sender.send(File::open(of)));
    let opened = match receiver.recv_timeout(SOON) {
        Err(RecvTimeoutError::Timeout) => {
            let name = output::one_line(&path.display().to_string());
            output::complain(&format!(
                "paravent: {name}: a pipe that nobody writes to yet; waiting for who does\n"
            ));
            receiver.recv().ok()
        }
        opened => opened.ok(),
    };
    opened.unwrap_or_else(|| Err(io::ErrorKind::Interrupted.into()))
}
