use super::{Clinic, stderr, stdout};

/// The seals of a file of protected rows, one a line.
fn seals(clinic: &Clinic, name: &str) -> String {
    let text = clinic.read(name);
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = header.iter().position(|name| *name == "sealed").unwrap();
    lines
        .map(|line| format!("{}\n", line.split(',').nth(at).unwrap()))
        .collect()
}

#[test]
fn leaked_rows_are_told_their_connector() {
    let clinic = Clinic::new();
    for name in ["statistics", "sms-reminders"] {
        clinic
            .run_open(&format!(
                "protect appointments.csv --policy policies/{name}.toml -o {name}.csv"
            ))
            .code(0);
    }
    let leaked = seals(&clinic, "sms-reminders.csv") + &seals(&clinic, "statistics.csv");
    // The domains are those of the folder of policies.
    let told = clinic
        .command("attribute - --passphrase-file passphrase")
        .write_stdin(leaked.replace('\n', "\r\n"))
        .assert()
        .code(0)
        .stderr("");
    let told = stdout(&told);
    assert_eq!(
        told.matches("sms-reminders, epoch 1\n").count(),
        12,
        "{told}"
    );
    assert_eq!(told.matches("statistics, epoch 1\n").count(), 12, "{told}");

    let row = leaked.lines().next().unwrap();
    let json = clinic.run_open(&format!("attribute {row} --json")).code(0);
    let json: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"domain": "sms-reminders", "epoch": 1})
    );

    // Another keyring's rows, and those of a domain that nobody named.
    clinic.run_open("keygen other.keyring").code(0);
    let told = clinic
        .run_open(&format!("attribute {row} --keyring other.keyring"))
        .code(5);
    assert!(
        stdout(&told).starts_with("of none of "),
        "{}",
        stdout(&told)
    );
    clinic.write("paravent.toml", "keyring = \"backend.keyring\"\n");
    let told = clinic
        .run_open(&format!("attribute {row}"))
        .code(2)
        .stdout("");
    assert!(
        stderr(&told).contains("--domain or --policy"),
        "{}",
        stderr(&told)
    );
    clinic
        .run_open(&format!("attribute {row} --domain statistics"))
        .code(5);
    clinic
        .run_open(&format!(
            "attribute {row} --policy policies/sms-reminders.toml"
        ))
        .code(0)
        .stdout("sms-reminders, epoch 1\n");
}

#[test]
fn what_is_no_sealed_row_ends_it_with_its_line() {
    let clinic = Clinic::new();
    let told = clinic
        .command("attribute --domain archive --passphrase-file passphrase")
        .write_stdin("Martin\n")
        .assert()
        .code(3)
        .stdout("");
    let told = stderr(&told);
    assert!(
        told.contains("line 1") && !told.contains("Martin"),
        "{told}"
    );
    let told = clinic
        .run_open("attribute x --domain Archive")
        .code(2)
        .stdout("");
    assert!(!stderr(&told).is_empty());
}
