//! A disk that is full: a small file system in memory, of this test's own.

use std::process::{Command, Output};

use super::{CLINIC, binary, clinic, rows};

/// Runs a script in which `$DISK` is a file system of so many KiB, `$IN` a file of 4,000 rows, and `paravent` the command.
fn on_disk_of(kib: usize, script: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("rows.csv");
    std::fs::write(&input, rows::table(4_000)).unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let script = format!(
        "mount -t tmpfs -o size={kib}k none \"$DISK\" || exit 99\nparavent() {{ \"$BIN\" \"$@\"; }}\n{script}"
    );
    let output = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "bash",
            "-c",
            &script,
        ])
        .current_dir(clinic())
        .env("PARAVENT_CREDENTIALS", CLINIC.path().join("credentials"))
        .env("BIN", binary())
        .env("DISK", &disk)
        .env("IN", &input)
        .env_remove("PARAVENT_CORPUS")
        .output()
        .unwrap();
    assert_ne!(output.status.code(), Some(99), "no file system of its own");
    output
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn nothing_is_left_where_the_disk_is_full() {
    let output = on_disk_of(
        512,
        "paravent protect \"$IN\" --policy policies/statistics.toml -o \"$DISK/out.csv\" 2> \"$IN.said\"
        echo \"exit $?\"; cat \"$IN.said\"; ls -A \"$DISK\"; df --output=used \"$DISK\" | tail -1",
    );
    let text = printed(&output);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("exit 1"), "{text}");
    assert!(lines.next().unwrap().contains("No space left"), "{text}");
    assert_eq!(lines.map(str::trim).collect::<Vec<_>>(), ["0"], "{text}");
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let output = on_disk_of(
        512,
        "echo before > \"$DISK/out.csv\"
        paravent protect \"$IN\" --policy policies/statistics.toml --force -o \"$DISK/out.csv\" 2> /dev/null
        echo \"exit $?\"; cat \"$DISK/out.csv\"; ls -A \"$DISK\"",
    );
    assert_eq!(printed(&output), "exit 1\nbefore\nout.csv\n");
}

#[test]
fn a_full_disk_under_the_quarantine_leaves_neither_file() {
    let output = on_disk_of(
        8,
        "sed 's/,female,/,a word that is longer than it may be,/' \"$IN\" > \"$IN.bad\"
        paravent protect \"$IN.bad\" --format csv --policy policies/statistics.toml --on-error quarantine \"$DISK/bad\" \
            -o \"$IN.out\" 2> /dev/null
        echo \"exit $?\"; ls -A \"$DISK\"; test -e \"$IN.out\" && echo there",
    );
    assert_eq!(printed(&output), "exit 1\n");
}

#[test]
fn a_migration_goes_on_once_there_is_room() {
    let output = on_disk_of(
        2_600,
        "cp \"$IN\" \"$DISK/rows.csv\"
        paravent migrate \"$DISK/rows.csv\" --policy policies/statistics.toml 2> \"$IN.said\"
        echo \"exit $?\"; cmp \"$IN\" \"$DISK/rows.csv\" && echo untouched
        mount -o remount,size=20m \"$DISK\"
        paravent migrate \"$DISK/rows.csv\" --policy policies/statistics.toml 2> /dev/null; echo \"exit $?\"
        paravent verify --no-plain \"$DISK/rows.csv\" --policy policies/statistics.toml > /dev/null 2> /dev/null; echo \"exit $?\"
        wc -l < \"$DISK/rows.csv\"; cmp \"$IN\" \"$DISK/rows.csv.plain\" && echo kept",
    );
    assert_eq!(
        printed(&output),
        "exit 1\nuntouched\nexit 0\nexit 0\n4001\nkept\n",
        "{}",
        super::errors(&output)
    );
}
