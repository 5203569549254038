//! A terminal for programs that ask one.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::OFlags,
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};

/// How long anything is waited for: only a program that hangs takes it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A pseudo-terminal of 100 columns, and all that was written to it.
pub(crate) struct Terminal {
    master: File,
    slave: PathBuf,
    seen: Arc<(Mutex<Vec<u8>>, Condvar)>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let slave = PathBuf::from(ptsname(&master, Vec::new()).unwrap().to_str().unwrap());
        let size = Winsize {
            ws_row: 30,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).unwrap();
        let master = File::from(master);
        let seen = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let (mut reader, writer) = (master.try_clone().unwrap(), seen.clone());
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // An error is the end: the last program that had it open is gone.
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                writer.0.lock().unwrap().extend_from_slice(&buffer[..read]);
                writer.1.notify_all();
            }
        });
        Self {
            master,
            slave,
            seen,
        }
    }

    /// Its other end, for a program's standard streams.
    pub(crate) fn slave(&self) -> Stdio {
        self.open().into()
    }

    fn open(&self) -> File {
        use std::os::unix::fs::OpenOptionsExt;

        OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NOCTTY.bits() as i32)
            .open(&self.slave)
            .unwrap()
    }

    /// Starts a program whose controlling terminal this is. Its standard input is the terminal, too; the other streams are
    /// as `command` has them.
    pub(crate) fn start(
        &self,
        program: impl AsRef<std::ffi::OsStr>,
        set: impl FnOnce(&mut Command),
    ) -> Child {
        let mut command = Command::new("setsid");
        command
            .args(["--ctty", "--wait"])
            .arg(program)
            .stdin(self.slave())
            // The command refuses variables that look like its own and are not.
            .env_remove("PARAVENT_CORPUS");
        set(&mut command);
        command.spawn().unwrap()
    }

    /// Types text.
    pub(crate) fn type_in(&self, text: &str) {
        (&self.master).write_all(text.as_bytes()).unwrap();
    }

    /// All that was written to it, as far as it is text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen.0.lock().unwrap()).into_owned()
    }

    /// Waits until `found` finds what it looks for in all that was written.
    pub(crate) fn wait_for<T>(&self, what: &str, found: impl Fn(&str) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap();
        loop {
            let text = String::from_utf8_lossy(&seen).into_owned();
            if let Some(found) = found(&text) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {what} on the terminal, but: {text:?}");
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Whether what is typed shows.
    pub(crate) fn echoes(&self) -> bool {
        tcgetattr(&self.master)
            .unwrap()
            .local_modes
            .contains(LocalModes::ECHO)
    }
}
