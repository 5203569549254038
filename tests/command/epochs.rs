//! `paravent rotate` and `paravent epoch`.

use super::{Clinic, json, sorted_rows, stderr, stdout};

const PROTECT: &str = "protect appointments.csv --policy policies/statistics.toml";
const REVEAL: &str = "--policy policies/statistics.toml";

#[test]
fn an_epoch_goes_through_its_states() {
    let clinic = Clinic::new();
    clinic.run_open(&format!("{PROTECT} -o old.csv")).code(0);
    let made = clinic
        .run_open("rotate --not-after 2999-12-31 --json")
        .code(0)
        .stderr("");
    let made = json(&stdout(&made));
    assert_eq!(
        (&made["active_epoch"], &made["not_after"]),
        (&2.into(), &"2999-12-31".into())
    );
    assert_eq!(clinic.mode("backend.keyring"), 0o600);
    clinic.run_open(&format!("{PROTECT} -o new.csv")).code(0);
    let reveal = |file: &str| clinic.run_open(&format!("reveal {file} {REVEAL}"));
    let clear = clinic.read("appointments.csv");
    for file in ["old.csv", "new.csv"] {
        let revealed = stdout(&reveal(file).code(0));
        assert_eq!(sorted_rows(&revealed), sorted_rows(&clear));
    }

    let told = stdout(&clinic.run_open("epoch disable 1").code(0).stderr(""));
    assert_eq!(told, "backend.keyring: epoch 1 is disabled\n");
    let refused = stderr(&reveal("old.csv").code(5));
    assert!(refused.contains("epoch 1 is disabled"), "{refused}");
    let told = json(&stdout(&clinic.run_open("epoch enable 1 --json").code(0)));
    assert_eq!(
        (&told["epoch"], &told["state"]),
        (&1.into(), &"decrypt-only".into())
    );
    reveal("old.csv").code(0);

    let told = stderr(&clinic.run_open("epoch destroy 1").code(2).stdout(""));
    assert!(told.contains("--yes"), "{told}");
    reveal("old.csv").code(0);
    let told = stdout(&clinic.run_open("epoch destroy 1 --yes").code(0));
    assert!(
        told.contains("backups") && told.contains("grants"),
        "{told}"
    );
    let refused = stderr(&reveal("old.csv").code(5));
    assert!(refused.contains("epoch 1 was destroyed"), "{refused}");
    reveal("new.csv").code(0);

    let list = stdout(&clinic.run_open("epoch list").code(0).stderr(""));
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines[1].starts_with("1      destroyed "), "{list}");
    assert!(
        lines[2].starts_with("2      active ") && lines[2].contains("2999-12-31"),
        "{list}"
    );
    let before = clinic.read("backend.keyring");
    for (wrong, message) in [
        ("rotate --not-after 2000-01-01", "would have ended"),
        ("epoch destroy --yes", "nothing is named"),
        ("epoch destroy 2 --yes", "epoch 2 is the active one"),
        ("epoch disable 2", "epoch 2 is the active one"),
        (
            "epoch destroy --linkage 1 --yes",
            "new pseudonyms are of generation 1",
        ),
    ] {
        let told = stderr(&clinic.run_open(wrong).code(2).stdout(""));
        assert!(told.contains(message), "{told}");
    }
    for (wrong, message) in [
        ("epoch enable 1", "epoch 1 was destroyed"),
        ("epoch disable 7", "there is no key for epoch 7"),
    ] {
        let told = stderr(&clinic.run_open(wrong).code(5).stdout(""));
        assert!(told.contains(message), "{told}");
    }
    assert_eq!(clinic.read("backend.keyring"), before);
}

#[test]
fn epochs_are_destroyed_by_a_retention_window() {
    let clinic = Clinic::new();
    clinic.run_open("rotate").code(0);
    let due = |days: u32| {
        let list = clinic
            .run_open(&format!("epoch list --retention {days} --json"))
            .code(0);
        let list = json(&stdout(&list));
        assert_eq!(list["generations"], serde_json::json!([1]));
        list["epochs"][0]["due"].as_bool().unwrap()
    };
    // It ended today, and so is not older than a day.
    assert!(!due(0) && !due(730));
    let told = stdout(&clinic.run_open("epoch destroy --retention 0 --yes").code(0));
    assert_eq!(told, "no epoch is due\n");
}

#[test]
fn an_epoch_that_ended_seals_nothing_more() {
    let clinic = Clinic::new();
    let short =
        stderr(&clinic.run_open("rotate").code(0)) + &stderr(&clinic.run_open("rotate").code(0));
    assert!(short.contains("lasted 0 days"), "{short}");
    // The day is today's, which `protect` still takes.
    let today = json(&stdout(&clinic.run_open("epoch list --json").code(0)));
    let today = today["epochs"][2]["since"].as_str().unwrap();
    clinic
        .run_open(&format!("rotate --not-after {today}"))
        .code(0);
    clinic.run_open(&format!("{PROTECT} -o new.csv")).code(0);
}

#[test]
fn pseudonyms_get_a_new_generation() {
    let clinic = Clinic::new();
    let told = stdout(&clinic.run_open("rotate --linkage").code(0).stderr(""));
    assert!(told.contains("generation 2"), "{told}");
    let told = json(&stdout(&clinic.run_open("rotate --linkage --json").code(0)));
    assert_eq!(told["generation"], 3);
    let told = clinic
        .run_open("epoch destroy --linkage 2 --yes --json")
        .code(0);
    assert_eq!(json(&stdout(&told))["destroyed_generation"], 2);
    let list = json(&stdout(&clinic.run_open("epoch list --json").code(0)));
    assert_eq!(list["generations"], serde_json::json!([1, 3]));
    assert_eq!(list["epochs"].as_array().unwrap().len(), 1);
}
