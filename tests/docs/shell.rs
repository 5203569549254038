//! One shell for all commands of a document.

use std::{
    fs,
    io::Read,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use super::{blocks::Step, pty::Terminal};

/// Before what each command prints.
const MARK: char = '\u{1e}';
/// Far more than any document takes.
const PATIENCE: Duration = Duration::from_secs(300);
const PASSPHRASE: &str = "correct horse battery staple";

/// What each command prints, on both streams.
pub(crate) fn run(steps: &[Step]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut script = String::from("exec 2>&1\n");
    for step in steps {
        script += &format!("printf '{MARK}'\n{}\n", step.command);
    }
    let file = folder.path().join("script");
    fs::write(&file, script).unwrap();
    let work = folder.path().join("work");
    fs::create_dir(&work).unwrap();

    let binary = Path::new(env!("CARGO_BIN_EXE_paravent")).parent().unwrap();
    let example = super::program::program().parent().unwrap();
    let path = format!(
        "{}:{}:{}",
        binary.display(),
        example.display(),
        std::env::var("PATH").unwrap()
    );
    let terminal = Terminal::new();
    let mut shell = terminal.start("bash", |command| {
        command
            .arg(&file)
            .current_dir(&work)
            .env_clear()
            .envs([("PATH", &*path), ("LANG", "C.UTF-8"), ("TERM", "xterm")])
            .env("HOME", folder.path())
            .stdout(Stdio::piped());
    });
    let mut output = shell.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        text
    });
    let (mut answered, begin) = (0, Instant::now());
    while !reader.is_finished() {
        assert!(
            begin.elapsed() < PATIENCE,
            "it hangs: {:?}",
            terminal.text()
        );
        let text = terminal.text();
        let asked = text.matches("assphrase ").count() + text.matches("same again").count();
        for _ in answered..asked {
            terminal.type_in(&format!("{PASSPHRASE}\n"));
        }
        answered = answered.max(asked);
        thread::sleep(Duration::from_millis(20));
    }
    shell.wait().unwrap();
    let text = reader.join().unwrap();
    let printed: Vec<String> = text.split(MARK).skip(1).map(str::to_owned).collect();
    assert_eq!(printed.len(), steps.len(), "the shell ended early: {text}");
    printed
}
