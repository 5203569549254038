use std::{
    fs,
    process::{Command, Stdio},
};

use super::{Clinic, interrupt, json, stderr, stdout};

const POLICY: &str = "--policy policies/statistics.toml";

/// A clinic whose file is protected under the first epoch, and whose `next.keyring` has a second one; and the file in
/// clear.
fn protected(repeats: usize) -> (Clinic, String) {
    let clinic = Clinic::new();
    let clear = clinic.read("appointments.csv");
    let (header, rows) = clear.split_once('\n').unwrap();
    let clear = format!("{header}\n{}", rows.repeat(repeats));
    clinic.write("appointments.csv", &clear);
    for more in ["", " --seal-off"] {
        clinic
            .run_open(&format!("migrate -q appointments.csv {POLICY}{more}"))
            .code(0);
    }
    clinic
        .run(
            "keygen -q next.keyring --from backend.keyring \
             --from-passphrase-file passphrase --passphrase-file passphrase",
        )
        .code(0);
    clinic.run_open("rotate -q --keyring next.keyring").code(0);
    (clinic, clear)
}

fn reseal(clinic: &Clinic, more: &str) -> assert_cmd::assert::Assert {
    clinic.run_open(&format!(
        "reseal appointments.csv {POLICY} --keyring next.keyring{more}"
    ))
}

#[test]
fn a_file_is_resealed_and_opens_under_the_new_epoch() {
    let (clinic, clear) = protected(1);
    let rows = clear.lines().count() - 1;
    let names = clinic.names();
    clinic.set_mode("appointments.csv", 0o640);
    let before = clinic.read("appointments.csv");
    let counted = stdout(&reseal(&clinic, " --count").code(0).stderr(""));
    assert_eq!(
        counted,
        format!("{rows} rows are under an older epoch than 2\n  epoch 1: {rows} rows\n")
    );
    assert_eq!(clinic.read("appointments.csv"), before);
    assert_eq!(clinic.names(), names);

    let told = stderr(&reseal(&clinic, "").code(0).stdout(""));
    assert!(
        told.contains(&format!("sealed {rows} rows anew under epoch 2")),
        "{told}"
    );
    assert_eq!(clinic.mode("appointments.csv"), 0o640);
    assert_eq!(clinic.names(), names);
    let revealed = clinic
        .run_open(&format!(
            "reveal appointments.csv {POLICY} --keyring next.keyring"
        ))
        .code(0);
    assert_eq!(stdout(&revealed), clear);
    clinic
        .run_open(&format!("reveal appointments.csv {POLICY}"))
        .code(5);

    let after = clinic.read("appointments.csv");
    let told = stderr(&reseal(&clinic, "").code(0).stdout(""));
    assert!(
        told.contains(&format!(
            "sealed 0 rows anew under epoch 2, and {rows} kept that were"
        )),
        "{told}"
    );
    assert_eq!(clinic.read("appointments.csv"), after);
}

#[test]
fn counting_needs_no_key() {
    let (clinic, clear) = protected(1);
    let rows = clear.lines().count() - 1;
    fs::remove_file(clinic.at("backend.keyring")).unwrap();
    let count = |more: &str| clinic.run(&format!("reseal appointments.csv {POLICY} {more}"));
    let told = stdout(&count("--count --epoch 2 --json").code(0).stderr(""));
    let object = json(&told);
    assert_eq!(
        (&object["stale"], &object["current"], &object["active"]),
        (&rows.into(), &0.into(), &2.into())
    );
    assert_eq!(object["epochs"]["1"], rows);
    let told = stdout(&count("--dry-run --epoch 1").code(0));
    assert!(
        told.starts_with("no row is under an older epoch than 1\n"),
        "{told}"
    );
    count("--count").code(5);
    for wrong in ["--epoch 2", "--count --epoch 0", "--count --epoch one"] {
        count(wrong).code(2);
    }
}

#[test]
fn a_row_in_clear_stops_it_with_its_line() {
    let (clinic, clear) = protected(1);
    clinic.write("clear.csv", &clear);
    for more in [" --count", ""] {
        let command = format!("reseal clear.csv {POLICY} --keyring next.keyring{more}");
        let told = stderr(&clinic.run_open(&command).code(3).stdout(""));
        assert!(told.starts_with("paravent: clear.csv: line 2: "), "{told}");
        assert!(told.contains("paravent migrate"), "{told}");
        assert_eq!(clinic.read("clear.csv"), clear);
    }
    let error = json(&stderr(
        &reseal(&clinic, " --json --schema none.toml").code(3),
    ));
    assert_eq!(error["error"], "io");
    let command = format!("reseal clear.csv {POLICY} --keyring next.keyring --json");
    let error = json(&stderr(&clinic.run_open(&command).code(3).stdout("")));
    assert_eq!(
        (&error["error"], &error["line"]),
        (&"unsealed-row".into(), &2.into())
    );
}

#[test]
fn keys_that_do_not_open_the_rows_leave_the_file() {
    let (clinic, _) = protected(1);
    let before = clinic.read("appointments.csv");
    clinic.run_open("keygen -q other.keyring").code(0);
    let command = format!("reseal appointments.csv {POLICY} --keyring other.keyring");
    let told = stderr(&clinic.run_open(&command).code(5).stdout(""));
    assert!(told.contains("line 2"), "{told}");
    assert_eq!(clinic.read("appointments.csv"), before);
    clinic
        .run_open(&format!("reseal none.csv {POLICY}"))
        .code(3);
}

#[test]
fn a_signal_stops_it_and_it_goes_on() {
    assert!((0..5).any(|_| is_stopped_and_goes_on()));
}

/// `false` where it was through too early.
fn is_stopped_and_goes_on() -> bool {
    let (clinic, clear) = protected(2_000);
    let before = clinic.read("appointments.csv");
    let output = clinic.at("appointments.csv.resealing");
    let mut child = Command::new(env!("CARGO_BIN_EXE_paravent"))
        .args(["reseal", "appointments.csv", "--keyring", "next.keyring"])
        .args(["--passphrase-file", "passphrase"])
        .args(POLICY.split(' '))
        .current_dir(clinic.path())
        .env_remove("PARAVENT_CORPUS")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Among many tests it may be through before this one has its turn.
    if !interrupt(&mut child, &output) {
        return false;
    }
    assert_eq!(clinic.read("appointments.csv"), before);
    assert!(output.exists());

    let object = json(&stdout(&reseal(&clinic, " --json -q").code(0).stderr("")));
    let rows = clear.lines().count() - 1;
    assert_eq!(
        (&object["resealed"], &object["kept"], &object["epoch"]),
        (&rows.into(), &0.into(), &2.into())
    );
    let revealed = clinic
        .run_open(&format!(
            "reveal appointments.csv {POLICY} --keyring next.keyring"
        ))
        .code(0);
    assert_eq!(stdout(&revealed), clear);
    true
}
