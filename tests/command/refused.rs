use std::fs;

use super::{Clinic, json, stderr};

const PROTECT: &str = "protect appointments.csv --policy policies/statistics.toml -o out.csv";

/// Identity beside care: what a check is for.
const LINKING: &str = r#"
domain = "linking"
schema = "appointment"
record_id = "unbound"
[open.identity]
reason = "a test"
[open.care]
reason = "a test"
"#;

#[test]
fn key_files_that_others_read_are_refused() {
    let clinic = Clinic::new();
    for mode in [0o640, 0o604, 0o602] {
        clinic.set_mode("backend.keyring", mode);
        let told = stderr(&clinic.run_open(PROTECT).code(5).stdout(""));
        assert!(
            told.contains("backend.keyring: others can read or change the key file"),
            "{told}"
        );
    }
    let told = stderr(&clinic.run_open(&format!("{PROTECT} --json")).code(5));
    assert_eq!(json(&told)["error"], "key-file-exposed");
    assert!(!clinic.at("out.csv").exists());
}

#[test]
fn keys_that_are_not_there_or_not_right_are_told() {
    let clinic = Clinic::new();
    super::write_secret(&clinic.at("wrong"), "wrong");
    let told = stderr(
        &clinic
            .run(&format!("{PROTECT} --passphrase-file wrong"))
            .code(5),
    );
    assert!(
        told.contains("backend.keyring: the passphrase does not open"),
        "{told}"
    );

    let text = clinic.read("backend.keyring");
    clinic.write("backend.keyring", &text[..100]);
    assert!(stderr(&clinic.run_open(PROTECT).code(5)).contains("backend.keyring: "));
    fs::remove_file(clinic.at("backend.keyring")).unwrap();
    assert!(stderr(&clinic.run_open(PROTECT).code(5)).contains("backend.keyring"));
    clinic.write("paravent.toml", "");
    let told = stderr(&clinic.run_open(PROTECT).code(5));
    assert!(
        told.contains("no keyring is said") && told.contains("PARAVENT_KEYRING"),
        "{told}"
    );
    assert!(!clinic.at("out.csv").exists());
}

#[test]
fn files_that_do_not_load_are_bad_input() {
    let clinic = Clinic::new();
    let refused = |what: &str| {
        let told = stderr(&clinic.run_open(PROTECT).code(3).stdout(""));
        assert!(told.contains(what), "{told}");
    };
    let config = clinic.read("paravent.toml");
    clinic.write("paravent.toml", format!("{config}\npolices = \"x\"\n"));
    refused("paravent.toml: line ");
    clinic.write("paravent.toml", &config);

    let schema = clinic.read("schema.toml");
    clinic.write("schema.toml", schema.replace("width = 48", "width = 0"));
    refused("schema.toml: line ");
    clinic.write("schema.toml", &schema);

    let policy = clinic.read("policies/statistics.toml");
    clinic.write(
        "policies/statistics.toml",
        policy.replace("bands", "bandes"),
    );
    refused("policies/statistics.toml: line ");
    let told = stderr(&clinic.run_open(&format!("{PROTECT} --json")).code(3));
    assert!(json(&told)["line"].as_u64().is_some(), "{told}");
    clinic.write("policies/statistics.toml", &policy);

    // The others of the set have to load, too.
    clinic.write("policies/other.toml", "domain = 3\n");
    refused("other.toml: line ");
    fs::remove_file(clinic.at("policies/other.toml")).unwrap();

    fs::remove_file(clinic.at("appointments.csv")).unwrap();
    refused("reading appointments.csv failed");
    clinic.run("policy check none.toml").code(3);
    clinic.run("policy check --config none.toml").code(3);
    clinic.run("schema show none.toml").code(3);
    assert!(!clinic.at("out.csv").exists());
}

#[test]
fn rows_that_are_none_are_bad_input() {
    let clinic = Clinic::new();
    for (rows, what) in [
        ("", "the file is empty"),
        ("last_name,nickname\nA,B\n", "column"),
        ("last_name,last_name\nA,B\n", "column 2"),
    ] {
        clinic.write("appointments.csv", rows);
        let told = stderr(&clinic.run_open(PROTECT).code(3).stdout(""));
        assert!(
            told.starts_with("paravent: appointments.csv: "),
            "{rows:?}: {told}"
        );
        assert!(told.contains(what), "{rows:?}: {told}");
        assert!(!clinic.at("out.csv").exists());
    }
}

#[test]
fn a_policy_that_links_protects_and_grants_nothing() {
    let clinic = Clinic::new();
    clinic.write("linking.toml", LINKING);
    let protect = "protect appointments.csv --policy linking.toml -o out.csv";
    let told = stderr(&clinic.run_open(protect).code(4).stdout(""));
    assert!(
        told.starts_with(
            "paravent: linking.toml: the check refuses it for what nobody answers for:\n  linked: "
        ),
        "{told}"
    );
    assert!(
        told.contains("`paravent policy check` shows the whole"),
        "{told}"
    );
    let told = stderr(&clinic.run_open(&format!("{protect} --json")).code(4));
    assert_eq!(json(&told)["error"], "refused");
    clinic
        .run_open("grant --policy linking.toml --owner o --until 9999-01-01 -o new.grant")
        .code(4);
    clinic.run("policy check linking.toml").code(4);
    clinic
        .run("policy check linking.toml --json")
        .code(4)
        .stderr("");
    assert!(!clinic.at("out.csv").exists() && !clinic.at("new.grant").exists());
}

#[test]
fn a_policy_is_checked_beside_those_of_its_folder() {
    let clinic = Clinic::new();
    let contacts = "domain = \"contacts\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\nshares = [\"record-id\"]\n\
        [tenancy]\nspecialties = 12\n[open.contact]\nreason = \"it sends\"\n";
    let visits = "domain = \"visits\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\nshares = [\"record-id\"]\n\
        [open.care]\nreason = \"it counts\"\n";
    clinic.write("policies/contacts.toml", contacts);
    clinic.write("visits.toml", visits);
    let protect = "protect appointments.csv --policy visits.toml -o out.csv";
    // Its domain is not among them: alone, it is clean.
    clinic.run_open(protect).code(0);
    fs::remove_file(clinic.at("out.csv")).unwrap();
    clinic.write("policies/visits.toml", visits);
    let told = stderr(&clinic.run_open(protect).code(4));
    assert!(told.contains("colluding"), "{told}");
    // A changed policy is one more view of its domain.
    clinic.write("policies/visits.toml", visits.replace("care", "schedule"));
    let told = stderr(&clinic.run_open(protect).code(4));
    assert!(told.contains("colluding"), "{told}");
    clinic.write("policies/visits.toml", visits);
    fs::remove_file(clinic.at("policies/contacts.toml")).unwrap();
    clinic.run_open(protect).code(0);
}

#[test]
fn an_acceptance_that_has_ended_is_refused() {
    let clinic = Clinic::new();
    clinic.write("linking.toml", LINKING);
    let report = clinic.run("policy check linking.toml --json").code(4);
    let report = json(&super::stdout(&report));
    let digest = report["findings"][0]["digest"].as_str().unwrap();
    let accepting = |until: &str| {
        format!(
            "{LINKING}[[accept]]\nfinding = \"{digest}\"\nreason = \"a test\"\nowner = \"o\"\nuntil = \"{until}\"\n"
        )
    };
    clinic.write("linking.toml", accepting("9999-01-01"));
    let protect = "protect appointments.csv --policy linking.toml -o out.csv";
    let others = report["findings"].as_array().unwrap().len() > 1;
    clinic
        .run("policy check linking.toml")
        .code(if others { 4 } else { 0 });
    clinic.write("linking.toml", accepting("2020-01-01"));
    let told = stderr(&clinic.run_open(protect).code(4));
    assert!(told.contains("linking.toml"), "{told}");
    // On a day that was before, it held.
    clinic
        .run("policy check linking.toml --today 2019-12-31")
        .code(if others { 4 } else { 0 });
}

/// It was passed over, and with it the policies that the policy is to be checked beside.
#[test]
fn a_configuration_whose_link_leads_nowhere_is_refused() {
    let clinic = Clinic::new();
    fs::rename(clinic.at("paravent.toml"), clinic.at("moved.toml")).unwrap();
    std::os::unix::fs::symlink("none.toml", clinic.at("paravent.toml")).unwrap();
    let run =
        "protect appointments.csv --policy policies/statistics.toml --keyring backend.keyring";
    let told = stderr(&clinic.run_open(run).code(3).stdout(""));
    assert!(told.contains("paravent.toml"), "{told}");
}
