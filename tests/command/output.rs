use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt, symlink},
};

use super::{Clinic, stderr, stdout};

const PROTECT: &str = "protect appointments.csv --policy policies/statistics.toml";
const REVEAL: &str = "reveal rows.csv --policy policies/statistics.toml";

#[test]
fn a_file_is_replaced_where_that_is_said() {
    let clinic = Clinic::new();
    clinic.write("rows.csv", "mine");
    let before = clinic.names();
    let told = stderr(
        &clinic
            .run_open(&format!("{PROTECT} -o rows.csv"))
            .code(2)
            .stdout(""),
    );
    assert!(told.contains("rows.csv: there is a file already"), "{told}");
    assert_eq!(clinic.read("rows.csv"), "mine");

    clinic
        .run_open(&format!("{PROTECT} -o rows.csv --force"))
        .code(0);
    assert!(clinic.read("rows.csv").starts_with("age,start,"));
    assert_eq!(clinic.names(), before);
}

#[test]
fn a_key_file_is_never_replaced() {
    let clinic = Clinic::new();
    let before = clinic.read("backend.keyring");
    let told = stderr(
        &clinic
            .run_open(&format!("{PROTECT} -o backend.keyring --force"))
            .code(2)
            .stdout(""),
    );
    assert!(told.contains("it is a key file"), "{told}");
    assert_eq!(clinic.read("backend.keyring"), before);
}

#[test]
fn an_output_named_tsv_has_tabs() {
    let clinic = Clinic::new();
    clinic.run_open(&format!("{PROTECT} -o rows.tsv")).code(0);
    assert!(clinic.read("rows.tsv").starts_with("age\tstart\t"));
}

#[test]
fn a_file_that_is_replaced_stays_where_the_rows_are_bad() {
    let clinic = Clinic::new();
    clinic.write("rows.csv", "mine");
    clinic.write("appointments.csv", "last_name,first_name\nMartin\n");
    let before = clinic.names();
    clinic
        .run_open(&format!("{PROTECT} -o rows.csv --force"))
        .code(3);
    assert_eq!(clinic.read("rows.csv"), "mine");
    assert_eq!(clinic.names(), before);
}

#[test]
fn modes_say_who_reads() {
    let clinic = Clinic::new();
    clinic
        .shell("umask 027; $PARAVENT protect appointments.csv --policy policies/statistics.toml -o rows.csv --passphrase-file passphrase")
        .code(0);
    assert_eq!(clinic.mode("rows.csv"), 0o640);
    clinic
        .shell("umask 000; $PARAVENT reveal rows.csv --policy policies/statistics.toml -o clear.csv --passphrase-file passphrase")
        .code(0);
    assert_eq!(clinic.mode("clear.csv"), 0o600);
    // Whoever could read what was there before reads nothing of this.
    clinic.write("open.csv", "");
    clinic.set_mode("open.csv", 0o644);
    clinic
        .run_open(&format!("{REVEAL} -o open.csv --force"))
        .code(0);
    assert_eq!(clinic.mode("open.csv"), 0o600);
}

#[test]
fn links_are_replaced_and_not_followed() {
    let clinic = Clinic::new();
    clinic.write("target", "mine");
    symlink("target", clinic.at("link.csv")).unwrap();
    symlink("none", clinic.at("dangling.csv")).unwrap();
    for link in ["link.csv", "dangling.csv"] {
        clinic.run_open(&format!("{PROTECT} -o {link}")).code(2);
        clinic
            .run_open(&format!("{PROTECT} -o {link} --force"))
            .code(0);
        assert!(clinic.at(link).symlink_metadata().unwrap().is_file());
    }
    assert_eq!(clinic.read("target"), "mine");
    assert!(!clinic.at("none").exists());
}

#[test]
fn devices_and_pipes_are_written_to() {
    let clinic = Clinic::new();
    clinic.run_open(&format!("{PROTECT} -o /dev/null")).code(0);
    assert!(
        fs::metadata("/dev/null")
            .unwrap()
            .file_type()
            .is_char_device()
    );
    let told = clinic
        .shell("mkfifo pipe.csv; cat pipe.csv & $PARAVENT protect appointments.csv --policy policies/statistics.toml -o pipe.csv --passphrase-file passphrase -q; wait")
        .code(0)
        .stderr("");
    assert_eq!(stdout(&told).lines().count(), 13);
}

#[test]
fn folders_that_are_not_there_or_are_the_output_are_refused() {
    let clinic = Clinic::new();
    let told = stderr(
        &clinic
            .run_open(&format!("{PROTECT} -o none/rows.csv"))
            .code(1),
    );
    assert!(told.contains("none/rows.csv"), "{told}");
    clinic
        .run_open(&format!("{PROTECT} -o policies --force"))
        .code(2);
    clinic
        .run_open("protect policies --format csv --policy policies/statistics.toml")
        .code(3);
}

#[test]
fn input_and_output_are_two_files() {
    let clinic = Clinic::new();
    clinic.run_open(&format!("{PROTECT} -o rows.csv")).code(0);
    let before = clinic.read("rows.csv");
    fs::hard_link(clinic.at("rows.csv"), clinic.at("same.csv")).unwrap();
    symlink("rows.csv", clinic.at("link.csv")).unwrap();
    let same = "input and output are the same file";
    for output in ["rows.csv", "./rows.csv", "same.csv", "link.csv"] {
        let told = stderr(
            &clinic
                .run_open(&format!("{REVEAL} -o {output} --force"))
                .code(2),
        );
        assert!(told.contains(same), "{output}: {told}");
    }
    let quarantine = format!("{REVEAL} -o out.csv --on-error quarantine same.csv --force");
    assert!(stderr(&clinic.run_open(&quarantine).code(2)).contains(same));
    for script in [
        "$PARAVENT reveal - --format csv --policy policies/statistics.toml -o rows.csv --force --passphrase-file passphrase < rows.csv",
        "$PARAVENT reveal rows.csv --policy policies/statistics.toml --passphrase-file passphrase >> rows.csv",
    ] {
        assert!(
            stderr(&clinic.shell(script).code(2)).contains(same),
            "{script}"
        );
    }
    assert_eq!(clinic.read("rows.csv"), before);
    assert!(!clinic.at("out.csv").exists());

    let twice = format!("{REVEAL} -o out.csv --on-error quarantine out.csv");
    assert!(stderr(&clinic.run_open(&twice).code(2)).contains("the same file"));
    let stream = format!("{REVEAL} -o out.csv --on-error quarantine -");
    clinic.run_open(&stream).code(2);
}

#[test]
fn a_file_has_one_name_once_it_is_whole() {
    let clinic = Clinic::new();
    let before = clinic.names();
    clinic.run_open(&format!("{PROTECT} -o rows.csv")).code(0);
    assert_eq!(clinic.at("rows.csv").metadata().unwrap().nlink(), 1);
    clinic
        .run_open(&format!("{PROTECT} -o rows.csv --force"))
        .code(0);
    assert_eq!(clinic.at("rows.csv").metadata().unwrap().nlink(), 1);
    let mut after = clinic.names();
    after.retain(|name| name != "rows.csv");
    assert_eq!(after, before);
}

/// With `--force` the rows took the place of the quarantine, without it a quarantine stayed without rows.
#[test]
fn output_and_quarantine_are_two_files_however_they_are_named() {
    let clinic = Clinic::new();
    let bad = clinic
        .read("appointments.csv")
        .replace("Robert,Inès,29", "Robert,Inès,x");
    clinic.write("appointments.csv", bad);
    symlink(".", clinic.at("here")).unwrap();
    let before = clinic.names();
    for name in ["./out.csv", "policies/../out.csv", "here/out.csv"] {
        for force in ["", " --force"] {
            let twice = format!("{PROTECT} -o out.csv --on-error quarantine {name}{force}");
            let told = stderr(&clinic.run_open(&twice).code(2));
            assert!(told.contains("the same file"), "{told}");
            assert_eq!(clinic.names(), before);
        }
    }
    let two = format!("{PROTECT} -o out.csv --on-error quarantine policies/out.csv");
    clinic.run_open(&two).code(6);
}

/// `--force` put a file in the place of the link, which for root is that of all processes.
#[test]
fn a_link_to_what_is_open_is_not_replaced() {
    let clinic = Clinic::new();
    symlink("/proc/self/fd/1", clinic.at("stdout")).unwrap();
    for force in ["", " --force"] {
        let script =
            format!("$PARAVENT {PROTECT} -o stdout --passphrase-file passphrase{force} > rows.csv");
        let told = stderr(&clinic.shell(&script).code(2));
        assert!(told.contains("it stands for a file that is open"), "{told}");
        assert!(clinic.at("stdout").symlink_metadata().unwrap().is_symlink());
        assert_eq!(clinic.read("rows.csv"), "");
    }
    // What it stands for may be a pipe.
    let script = format!("$PARAVENT {PROTECT} -o stdout --passphrase-file passphrase -q | cat");
    assert_eq!(stdout(&clinic.shell(&script).code(0)).lines().count(), 13);
}
