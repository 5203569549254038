//! Disks that take no entry: full ones and such as are only read.

#![cfg(target_os = "linux")]

use std::{env, process::Command};

use super::*;

/// This program again, for one test, by a shell that does `script` before.
fn child(test: &str, folder: &Path, script: &str, unshared: bool) {
    let mut command = match unshared {
        true => {
            let mut unshare = Command::new("unshare");
            unshare.args(["--user", "--map-root-user", "--mount", "sh"]);
            unshare
        }
        false => Command::new("sh"),
    };
    let output = command
        .arg("-c")
        .arg(format!("{script} && exec \"$0\" \"$@\""))
        .arg(env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg(format!("disks::{test}"))
        .env(FOLDER, folder)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}{errors}"
    );
}

/// The desk of a process that was started by `child`.
fn own_desk() -> Option<Desk> {
    env::var_os(FOLDER).map(|folder| Desk::of(Path::new(&folder), RULES))
}

/// Releases until the disk is full, and twice more; each value has its entry, and after that there is none.
fn release_until_full(desk: &Desk, code: &str) {
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let ask = || desk.ask::<Witness>(&broker, &row, "contact", &asks("a.martin", 0));
    let before = desk.verify().releases;
    let mut given = 0;
    let error = loop {
        assert!(given < 1_000, "the disk is not full");
        match ask() {
            Ok(_) => given += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is_io() && error.code() == code, "{error}");
    assert_eq!(MADE.get() as u64, given);
    for _ in 0..2 {
        assert_eq!(refused(ask).code(), code);
        let mut called = false;
        let domain = desk.policy.policy().domain();
        let request = asks("a.martin", 0);
        let sent = broker.render(domain, bound("rdv-1"), &row, "reminder", &request, |_| {
            called = true;
            Ok::<(), Error>(())
        });
        assert_eq!((sent.unwrap_err().code(), called), (code, false));
    }
    assert_eq!(desk.verify().releases, before + given);
}

#[test]
fn a_full_disk_takes_no_entry() {
    if let Some(desk) = own_desk() {
        return release_until_full(&desk, "log-full");
    }
    let desk = Desk::new(RULES);
    let folder = desk.path.parent().unwrap();
    let script = "trap '' XFSZ; ulimit -f 32";
    child("a_full_disk_takes_no_entry", folder, script, false);
    let found = desk.verify();
    assert!(found.releases > 2 && !found.cut_line, "{found:?}");
}

#[test]
fn a_second_place_that_is_full_takes_no_entry() {
    if let Some(mut desk) = own_desk() {
        desk.heads = desk.path.parent().unwrap().join("disk/heads");
        return release_until_full(&desk, "log-heads-full");
    }
    let desk = Desk::new(RULES);
    let folder = desk.path.parent().unwrap();
    fs::create_dir(folder.join("disk")).unwrap();
    let script = format!("mount -t tmpfs -o size=4k none {folder:?}/disk");
    child(
        "a_second_place_that_is_full_takes_no_entry",
        folder,
        &script,
        true,
    );
    assert!(desk.count(Event::Release) > 2);
}

#[test]
fn a_disk_that_is_only_read_gives_no_log() {
    if let Some(desk) = own_desk() {
        let error = desk.open().unwrap_err();
        assert_eq!(error.code(), "log-heads-forbidden", "{error}");
        return;
    }
    let desk = Desk::new(RULES);
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    desk.ask::<Witness>(&broker, &row, "contact", &asks("a.martin", 0))
        .unwrap();
    let folder = desk.path.parent().unwrap();
    let script =
        format!("mount --bind {folder:?} {folder:?} && mount -o remount,bind,ro {folder:?}");
    child(
        "a_disk_that_is_only_read_gives_no_log",
        folder,
        &script,
        true,
    );
    assert_eq!(desk.verify().releases, 1);
}

#[test]
fn a_device_that_is_always_full_is_no_second_place() {
    let full = Path::new("/dev/full").to_owned();
    let desk = Desk {
        heads: full.clone(),
        ..Desk::new(RULES)
    };
    let error = desk.open().unwrap_err();
    assert_eq!(error.code(), "log-heads-full", "{error}");
    // A log that was begun has heads.
    let desk = Desk::new(RULES);
    desk.ask::<Witness>(
        &desk.broker(),
        &desk.row(&zoe()),
        "contact",
        &asks("a.martin", 0),
    )
    .unwrap();
    let desk = Desk {
        heads: full,
        ..desk
    };
    let error = desk.open().unwrap_err();
    assert_eq!(error.code(), "log-heads-gone", "{error}");
}
