//! Chromium without a window.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How long one page may take, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) struct Browser(PathBuf);

/// What the system prefers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    Light,
    Dark,
}

impl Browser {
    /// `None` where there is none, which is said; in CI there has to be one.
    pub(crate) fn find() -> Option<Self> {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&folders)
            .flat_map(|folder| {
                ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name))
            })
            .find(|path| path.is_file());
        if found.is_none() {
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "Chromium is not installed, and CI must not skip this test"
            );
            eprintln!("skipped: Chromium is not installed (Debian: apt-get install chromium)");
        }
        found.map(Self)
    }

    /// The elements of a page after its scripts ran.
    pub(crate) fn dom(&self, page: &Path) -> String {
        self.run(
            page,
            &[
                "--dump-dom",
                "--window-size=1400,900",
                "--virtual-time-budget=2000",
            ],
        )
    }

    pub(crate) fn screenshot(
        &self,
        page: &Path,
        (width, height): (u32, u32),
        look: Look,
        to: &Path,
    ) {
        let look = match look {
            Look::Light => "--blink-settings=preferredColorScheme=1",
            Look::Dark => "--blink-settings=preferredColorScheme=0",
        };
        let to = format!("--screenshot={}", to.display());
        self.run(
            page,
            &[
                &to,
                &format!("--window-size={width},{height}"),
                look,
                "--hide-scrollbars",
                "--virtual-time-budget=2000",
            ],
        );
    }

    pub(crate) fn print(&self, page: &Path, to: &Path) {
        let to = format!("--print-to-pdf={}", to.display());
        // A printer's paper is white, whatever the screen prefers.
        self.run(
            page,
            &[
                &to,
                "--no-pdf-header-footer",
                "--blink-settings=preferredColorScheme=0",
            ],
        );
    }

    /// Runs it on one page, and sees to it that the page said nothing on the console.
    fn run(&self, page: &Path, arguments: &[&str]) -> String {
        let profile = tempfile::tempdir().unwrap();
        let (out, err) = (profile.path().join("stdout"), profile.path().join("stderr"));
        let mut child = Command::new(&self.0)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
            ])
            .args([
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--allow-file-access-from-files",
            ])
            .args([
                "--enable-logging=stderr",
                "--v=0",
                "--force-device-scale-factor=1",
            ])
            .arg(format!(
                "--user-data-dir={}",
                profile.path().join("profile").display()
            ))
            .args(arguments)
            .arg(format!("file://{}", page.display()))
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&out).unwrap())
            .stderr(std::fs::File::create(&err).unwrap())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("Chromium did not finish {arguments:?} in {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let said = String::from_utf8_lossy(&std::fs::read(&err).unwrap()).into_owned();
        assert!(status.success(), "{arguments:?}: {status}\n{said}");
        let complaints: Vec<&str> = said
            .lines()
            .filter(|line| line.contains("CONSOLE"))
            .collect();
        assert!(complaints.is_empty(), "{complaints:?}");
        String::from_utf8(std::fs::read(&out).unwrap()).unwrap()
    }
}
