use std::fs;

use super::{Clinic, PASSPHRASE, json, stderr, stdout, write_secret};

const PROTECT: &str = "protect appointments.csv --policy policies/statistics.toml -o /dev/null";

#[test]
fn they_come_from_a_descriptor() {
    let clinic = Clinic::new();
    let run = format!("$PARAVENT {PROTECT}");
    clinic
        .shell(&format!("{run} --passphrase-fd 3 3< passphrase"))
        .code(0);
    clinic
        .shell(&format!("{run} --passphrase-fd 7 7< passphrase"))
        .code(0);
    clinic
        .shell(&format!("cat passphrase | {run} --passphrase-fd 0"))
        .code(0);
    clinic
        .shell(&format!("echo '{PASSPHRASE}' | {run} --passphrase-fd 0"))
        .code(0);
    clinic
        .shell(&format!(
            "printf '{PASSPHRASE}\\r\\n' | {run} --passphrase-fd 0"
        ))
        .code(0);
    // One line break is dropped, and nothing else.
    clinic
        .shell(&format!(
            "printf '{PASSPHRASE}\\n\\n' | {run} --passphrase-fd 0"
        ))
        .code(5);
    clinic
        .shell(&format!("printf ' {PASSPHRASE}' | {run} --passphrase-fd 0"))
        .code(5);

    let told = stderr(&clinic.shell(&format!("{run} --passphrase-fd 9")).code(5));
    assert!(told.contains("file descriptor 9"), "{told}");
    let told = stderr(
        &clinic
            .shell(&format!("{run} --passphrase-fd 0 < /dev/null"))
            .code(5),
    );
    assert!(told.contains("the passphrase is empty"), "{told}");
    // The rows would be taken for it.
    let both = "protect - --format csv --policy policies/statistics.toml --passphrase-fd 0";
    let told = stderr(&clinic.command(both).write_stdin("x").assert().code(2));
    assert!(told.contains("both the rows and the passphrase"), "{told}");
}

#[test]
fn files_that_others_read_are_refused() {
    let clinic = Clinic::new();
    for mode in [0o640, 0o620, 0o604, 0o602, 0o644, 0o666] {
        clinic.set_mode("passphrase", mode);
        let told = stderr(&clinic.run_open(PROTECT).code(5));
        assert!(
            told.contains("passphrase: others can read or change"),
            "{mode:o}: {told}"
        );
        assert!(!told.contains("correct"), "{told}");
    }
    for mode in [0o600, 0o400] {
        clinic.set_mode("passphrase", mode);
        clinic.run_open(PROTECT).code(0);
    }
}

#[test]
fn they_come_from_a_credentials_folder() {
    let clinic = Clinic::new();
    fs::create_dir(clinic.at("credentials")).unwrap();
    write_secret(
        &clinic.at("credentials/backend.keyring"),
        &format!("{PASSPHRASE}\n"),
    );
    let mut command = clinic.command(PROTECT);
    command
        .env("PARAVENT_CREDENTIALS", "credentials")
        .assert()
        .code(0);
    let mut command = clinic.command(PROTECT);
    command
        .env("CREDENTIALS_DIRECTORY", clinic.at("credentials"))
        .assert()
        .code(0);

    let config = clinic.read("paravent.toml");
    clinic.write(
        "paravent.toml",
        format!("{config}\ncredentials = \"credentials\"\n"),
    );
    clinic.run(PROTECT).code(0);
    // What is said stands before what is found.
    write_secret(&clinic.at("wrong"), "wrong");
    clinic
        .run(&format!("{PROTECT} --passphrase-file wrong"))
        .code(5);
    write_secret(&clinic.at("credentials/backend.keyring"), "");
    let told = stderr(&clinic.run(PROTECT).code(5));
    assert!(told.contains("the passphrase is empty"), "{told}");
}

#[test]
fn without_any_and_without_a_terminal_the_ways_are_told() {
    let clinic = Clinic::new();
    let run = format!("setsid -w $PARAVENT {PROTECT}");
    let told = stderr(
        &clinic
            .shell(&format!("{run} < /dev/null"))
            .code(5)
            .stdout(""),
    );
    for way in [
        "--passphrase-fd",
        "--passphrase-file",
        "credentials",
        "terminal",
    ] {
        assert!(told.contains(way), "{way}: {told}");
    }
    let told = stderr(&clinic.shell(&format!("{run} --json < /dev/null")).code(5));
    assert_eq!(json(&told)["error"], "no-passphrase");
    for new in ["keygen new.keyring", "init new"] {
        clinic
            .shell(&format!("setsid -w $PARAVENT {new} < /dev/null"))
            .code(5);
    }
    assert!(!clinic.at("new").exists() && !clinic.at("new.keyring").exists());
}

#[test]
fn no_variable_holds_one() {
    let clinic = Clinic::new();
    let mut command = clinic.command(PROTECT);
    let told = stderr(
        &command
            .env("PARAVENT_PASSPHRASE", PASSPHRASE)
            .assert()
            .code(3),
    );
    assert!(
        told.contains("PARAVENT_PASSPHRASE") && !told.contains(PASSPHRASE),
        "{told}"
    );
}

#[test]
fn what_is_no_passphrase_is_refused() {
    let clinic = Clinic::new();
    write_secret(&clinic.at("long"), &"x".repeat(5000));
    fs::write(clinic.at("binary"), [0xff, 0xfe]).unwrap();
    clinic.set_mode("binary", 0o600);
    write_secret(&clinic.at("empty"), "\n");
    for file in ["long", "binary", "empty", "none", "policies"] {
        let keygen = format!("keygen new.keyring --passphrase-file {file}");
        let told = stderr(&clinic.run(&keygen).code(5).stdout(""));
        assert!(told.contains(file), "{file}: {told}");
        assert!(!clinic.at("new.keyring").exists());
    }
    write_secret(&clinic.at("second"), "x");
    clinic
        .run("keygen new.keyring --passphrase-file second")
        .code(0);
    assert!(stdout(&clinic.run("inspect --file new.keyring").code(0)).contains("a keyring"));
}
