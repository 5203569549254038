use std::process::{Command, Stdio};

use super::{Clinic, interrupt, json, stderr, stdout};

const POLICY: &str = "--policy policies/statistics.toml";

fn migrate(clinic: &Clinic, more: &str) -> assert_cmd::assert::Assert {
    clinic.run_open(&format!("migrate appointments.csv {POLICY}{more}"))
}

fn verify(clinic: &Clinic, more: &str) -> assert_cmd::assert::Assert {
    clinic.run_open(&format!("verify appointments.csv {POLICY}{more}"))
}

#[test]
fn a_file_is_migrated_verified_and_sealed_off() {
    let clinic = Clinic::new();
    let clear = clinic.read("appointments.csv");
    clinic.set_mode("appointments.csv", 0o640);
    let rows = clear.lines().count() - 1;

    let told = stdout(&verify(&clinic, "").code(0));
    assert_eq!(
        told,
        format!("0 rows are sealed, and open; {rows} are in clear\n")
    );
    let told = stderr(&verify(&clinic, " --no-plain").code(3).stdout(""));
    assert!(
        told.starts_with("paravent: appointments.csv: line 1: column \"last_name\""),
        "{told}"
    );

    let told = stderr(&migrate(&clinic, "").code(0).stdout(""));
    assert!(told.contains(&format!("protected {rows} rows")), "{told}");
    assert_eq!(clinic.mode("appointments.csv"), 0o640);
    assert_eq!(clinic.mode("appointments.csv.plain"), 0o600);
    assert_eq!(clinic.read("appointments.csv.plain"), clear);
    let told = stdout(&verify(&clinic, " --no-plain").code(0));
    assert_eq!(
        told,
        format!(
            "{rows} rows are sealed, and open; nothing is in clear but what the policy shows\n"
        )
    );
    let revealed = clinic
        .run_open(&format!("reveal appointments.csv {POLICY}"))
        .code(0);
    assert_eq!(stdout(&revealed), clear);

    migrate(&clinic, " --seal-off").code(0).stdout("");
    assert!(!clinic.at("appointments.csv.plain").exists());
    let told = stderr(&clinic.run("migrate --undo appointments.csv").code(3));
    assert!(told.contains("sealed off"), "{told}");
}

#[test]
fn undo_needs_no_key() {
    let clinic = Clinic::new();
    let clear = clinic.read("appointments.csv");
    let names = clinic.names();
    clinic.run("migrate --undo appointments.csv").code(3);
    migrate(&clinic, "").code(0);
    clinic
        .run("migrate --undo appointments.csv")
        .code(0)
        .stdout("");
    assert_eq!(clinic.read("appointments.csv"), clear);
    assert_eq!(clinic.names(), names);

    migrate(&clinic, "").code(0);
    clinic.write("appointments.csv", "rows that came since");
    clinic.run("migrate --undo appointments.csv").code(3);
    clinic
        .run("migrate --undo --force appointments.csv")
        .code(0);
    assert_eq!(clinic.read("appointments.csv"), clear);
    assert_eq!(clinic.names(), names);
}

#[test]
fn results_and_errors_are_objects_for_machines() {
    let clinic = Clinic::new();
    let rows = clinic.read("appointments.csv").lines().count() - 1;
    let object = json(&stdout(&verify(&clinic, " --json").code(0).stderr("")));
    assert_eq!(
        (&object["sealed"], &object["plain"]),
        (&0.into(), &rows.into())
    );
    let object = json(&stderr(
        &verify(&clinic, " --json --no-plain").code(3).stdout(""),
    ));
    assert_eq!(
        (&object["error"], &object["line"]),
        (&"unaccounted".into(), &1.into())
    );
    let object = json(&stdout(&migrate(&clinic, " --json -q").code(0).stderr("")));
    assert_eq!(
        (&object["protected"], &object["kept"]),
        (&rows.into(), &0.into())
    );
    let object = json(&stdout(&migrate(&clinic, " --json -q --seal-off").code(0)));
    assert_eq!(object["sealed_off"], true);
    let undo = clinic.run("migrate --undo appointments.csv --json").code(3);
    assert_eq!(json(&stderr(&undo))["error"], "migration");
}

#[test]
fn a_bad_row_stops_it_and_the_file_is_as_it_was() {
    let clinic = Clinic::new();
    let clear = clinic
        .read("appointments.csv")
        .replacen(",8,M,", ",eight,M,", 1);
    clinic.write("appointments.csv", &clear);
    let told = stderr(&migrate(&clinic, "").code(3).stdout(""));
    assert!(
        told.contains("line 3") && told.contains("\"age\""),
        "{told}"
    );
    assert!(!told.contains("eight"), "{told}");
    assert_eq!(clinic.read("appointments.csv"), clear);
    let told = stderr(&verify(&clinic, "").code(3).stdout(""));
    assert!(told.contains("line 3") && !told.contains("eight"), "{told}");
}

#[test]
fn a_connector_verifies_what_its_grant_opens() {
    let clinic = Clinic::new();
    let policy = "--policy policies/sms-reminders.toml";
    clinic
        .run_open(&format!("protect appointments.csv {policy} -o rows.csv"))
        .code(0);
    clinic
        .run_open(&format!(
            "grant {policy} --owner tests --until 2999-01-01 -o sms.grant --grant-passphrase-file passphrase"
        ))
        .code(0);
    let verify = format!("verify rows.csv {policy} --grant sms.grant");
    let told = stdout(&clinic.run_open(&verify).code(0));
    assert!(
        told.ends_with("sealed, and open; none is in clear\n"),
        "{told}"
    );
    clinic.run_open(&format!("{verify} --no-plain")).code(2);
    // Another policy's rows.
    let other = clinic
        .run_open(&format!("verify rows.csv {POLICY}"))
        .code(5);
    assert!(!stderr(&other).is_empty());
}

#[test]
fn what_does_not_go_together_is_refused() {
    let clinic = Clinic::new();
    for arguments in [
        "migrate appointments.csv",
        "migrate --undo --seal-off appointments.csv",
        "migrate --force appointments.csv --policy policies/statistics.toml",
        "migrate passphrase --policy policies/statistics.toml",
        "migrate appointments.csv --format ndjson --delimiter ; --policy policies/statistics.toml",
        "verify appointments.csv",
        "verify - --policy policies/statistics.toml",
    ] {
        clinic.run_open(arguments).code(2).stdout("");
    }
    clinic
        .run_open(&format!("migrate none.csv {POLICY}"))
        .code(3)
        .stdout("");
    let names = clinic.names();
    assert!(
        names.iter().all(|name| !name.contains("migrating")),
        "{names:?}"
    );
}

#[test]
fn a_signal_stops_it_and_it_goes_on() {
    assert!((0..5).any(|_| is_stopped_and_goes_on()));
}

/// `false` where it was through too early.
fn is_stopped_and_goes_on() -> bool {
    let clinic = Clinic::new();
    let clear = clinic.read("appointments.csv");
    let (header, rows) = clear.split_once('\n').unwrap();
    let many = format!("{header}\n{}", rows.repeat(2_000));
    clinic.write("appointments.csv", &many);
    let output = clinic.at("appointments.csv.migrating");
    let mut child = Command::new(env!("CARGO_BIN_EXE_paravent"))
        .args([
            "migrate",
            "appointments.csv",
            "--passphrase-file",
            "passphrase",
        ])
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
    assert_eq!(clinic.read("appointments.csv"), many);
    assert!(output.exists());

    migrate(&clinic, "").code(0);
    let told = stdout(&verify(&clinic, " --no-plain").code(0));
    assert!(told.contains("rows are sealed"), "{told}");
    let revealed = clinic
        .run_open(&format!("reveal appointments.csv {POLICY}"))
        .code(0);
    assert_eq!(stdout(&revealed), many);
    true
}
