use std::fs;

use paravent::{Policy, PolicySet, Schema};

use super::{Clinic, INITIAL, json, paravent, sorted_rows, stderr, stdout};

#[test]
fn from_nothing_to_rows_and_back() {
    let clinic = Clinic::new();
    let page = stdout(&clinic.run("policy check").code(0).stderr(""));
    assert!(page.contains("clean: 0 accepted findings"), "{page}");

    let done = clinic
        .run_open("protect appointments.csv --policy policies/statistics.toml -o statistics.csv")
        .code(0)
        .stdout("");
    let told = stderr(&done);
    assert!(
        told.starts_with("paravent: protected 12 rows in "),
        "{told}"
    );
    assert!(
        told.ends_with(" s, rows shuffled within windows of 12\n"),
        "{told}"
    );
    let protected = clinic.read("statistics.csv");
    assert!(
        protected.starts_with("age,start,specialty,sealed\n"),
        "{protected}"
    );
    assert!(!protected.contains("Martin") && protected.contains("2026-Q4"));

    // One of the rows, told without keys.
    let sealed = protected
        .lines()
        .nth(1)
        .and_then(|line| line.rsplit(',').next())
        .unwrap();
    let told = stdout(&clinic.run(&format!("inspect {sealed}")).code(0).stderr(""));
    assert!(told.starts_with("a sealed record: version 1, suite 1, epoch 1, bound to nothing, "));

    let revealed = clinic
        .run_open("reveal statistics.csv --policy policies/statistics.toml")
        .code(0);
    let (revealed, clear) = (stdout(&revealed), clinic.read("appointments.csv"));
    assert_eq!(revealed.lines().next(), clear.lines().next());
    assert_eq!(sorted_rows(&revealed), sorted_rows(&clear));
}

#[test]
fn what_is_made_is_what_the_command_says() {
    let clinic = Clinic::new();
    assert_eq!(
        clinic.names(),
        [
            "appointments.csv",
            "backend.keyring",
            "paravent.toml",
            "passphrase",
            "policies",
            "schema.toml"
        ]
    );
    assert_eq!(clinic.mode("backend.keyring"), 0o600);
    let folder = INITIAL.path().join("clinic");
    assert_eq!(
        std::os::unix::fs::MetadataExt::mode(&folder.metadata().unwrap()) & 0o777,
        0o700
    );

    // The schema is the bundled one, in other words.
    let schema = Schema::from_toml(&clinic.read("schema.toml")).unwrap();
    assert_eq!(schema.digest(), Schema::appointment().digest());

    // What stands there to be tried works once it is no comment any more.
    let policy = clinic.read("policies/statistics.toml");
    let (before, source) = policy.split_once("# [source]").unwrap();
    let source: Vec<&str> = source
        .lines()
        .map(|line| line.trim_start_matches("# "))
        .collect();
    let policy = format!(
        "{}[source]{}",
        before.replace("record_id = \"unbound\"", "record_id = \"bound\""),
        source.join("\n").trim_end_matches('#')
    );
    let policy = Policy::from_toml(&policy, &schema).unwrap();
    assert!(policy.binds_record_id());
    let today = paravent::Date::constant(2026, 11, 24);
    assert!(PolicySet::new([policy]).check(today).is_ok());
}

#[test]
fn a_folder_that_is_there_stays_as_it_is() {
    let clinic = Clinic::new();
    fs::create_dir(clinic.at("empty")).unwrap();
    for taken in ["empty", "policies", "paravent.toml", "."] {
        let told = clinic.run_open(&format!("init {taken}")).code(2).stdout("");
        assert!(
            stderr(&told).contains("it is there already"),
            "{}",
            stderr(&told)
        );
    }
    assert_eq!(fs::read_dir(clinic.at("empty")).unwrap().count(), 0);
    clinic.run_open("init none/such").code(1);
    assert!(!clinic.names().contains(&"none".to_owned()));
}

#[test]
fn nothing_is_left_where_making_fails() {
    let clinic = Clinic::new();
    let before = clinic.names();
    clinic.write("empty", "");
    clinic.set_mode("empty", 0o600);
    clinic
        .run("init new --passphrase-file empty")
        .code(5)
        .stdout("");
    clinic
        .run("init new --passphrase-file none")
        .code(5)
        .stdout("");
    fs::remove_file(clinic.at("empty")).unwrap();
    assert_eq!(clinic.names(), before);
}

#[test]
fn init_tells_machines_what_it_made() {
    let clinic = Clinic::new();
    let made = json(&stdout(
        &clinic.run_open("init new --json").code(0).stderr(""),
    ));
    assert_eq!(made["folder"], "new");
    for file in made["files"].as_array().unwrap() {
        assert!(
            clinic.at("new").join(file.as_str().unwrap()).is_file(),
            "{file}"
        );
    }
    assert_eq!(made["files"].as_array().unwrap().len(), 6);
}

#[test]
fn a_folder_for_messages_is_made_to_be_tried() {
    let clinic = Clinic::new();
    let told = stdout(
        &clinic
            .run_open("init feed --schema scheduling")
            .code(0)
            .stderr(""),
    );
    let policy = clinic.read("feed/policies/practice-feed.toml");
    super::write_secret(&clinic.at("feed/passphrase"), super::PASSPHRASE);
    // What it says is to be done next is done, word by word.
    let commands: Vec<&str> = told
        .lines()
        .filter_map(|line| line.strip_prefix("  paravent "))
        .collect();
    assert_eq!(commands.len(), 5, "{told}");
    for command in commands {
        let passphrase = match command {
            "policy check" => "",
            _ => " --passphrase-file passphrase",
        };
        let done = clinic.shell(&format!("cd feed && $PARAVENT {command}{passphrase}"));
        let done = done.code(0);
        match command.split(' ').next() {
            Some("policy") => {
                let page = stdout(&done);
                assert!(page.contains("\nclean: 0 accepted findings"), "{page}");
            }
            Some("protect") => assert_eq!(stderr(&done).lines().count(), 1, "{}", stderr(&done)),
            _ => {
                let file = if command.contains("fhir") {
                    "feed/appointments.json"
                } else {
                    "feed/appointments.hl7"
                };
                assert_eq!(stdout(&done), clinic.read(file), "{command}");
            }
        }
    }
    for file in ["feed/screened.hl7", "feed/screened.json"] {
        let screened = clinic.read(file).to_lowercase();
        for value in ["martin", "cardio", "0639980012", "lefèvre"] {
            assert!(!screened.contains(value), "{file}: {value}: {screened}");
        }
    }
    let schema = Schema::from_toml(&clinic.read("feed/schema.toml")).unwrap();
    assert_eq!(schema.digest(), Schema::scheduling().digest());

    // What stands there to be tried works once it is no comment any more.
    let policy = policy
        .replace("# [open.care]", "[open.care]")
        .replace("# reason = \"a grant", "reason = \"a grant");
    let policy = Policy::from_toml(&policy, &schema).unwrap();
    assert_eq!(policy.opens(), [paravent::Scope::CARE]);
    let today = paravent::Date::constant(2026, 11, 24);
    assert!(PolicySet::new([policy]).check(today).is_ok());

    let made = json(&stdout(
        &clinic
            .run_open("init other --schema scheduling --json")
            .code(0),
    ));
    assert_eq!(made["files"].as_array().unwrap().len(), 6);
    clinic.run_open("init third --schema billing").code(2);
    assert!(!clinic.at("third").exists());
}

#[test]
fn keys_go_to_another_file() {
    let clinic = Clinic::new();
    let made = clinic
        .run_open("keygen other.keyring --json")
        .code(0)
        .stderr("");
    let made = json(&stdout(&made));
    assert_eq!(
        (&made["active_epoch"], &made["generation"]),
        (&1.into(), &1.into())
    );

    super::write_secret(&clinic.at("second"), "another one\n");
    let next = "keygen next.keyring --from backend.keyring \
        --from-passphrase-file passphrase --passphrase-file second";
    let told = stdout(&clinic.run(next).code(0).stderr(""));
    assert!(told.contains("active epoch is 1"), "{told}");
    assert_eq!(clinic.mode("next.keyring"), 0o600);

    // A row of the first keyring opens under the second, and not under another one.
    clinic
        .run_open(
            "protect appointments.csv --policy policies/statistics.toml -o old.csv --window 1",
        )
        .code(0);
    let reveal = "reveal old.csv --policy policies/statistics.toml";
    let revealed = clinic
        .run(&format!(
            "{reveal} --keyring next.keyring --passphrase-file second"
        ))
        .code(0);
    assert_eq!(stdout(&revealed), clinic.read("appointments.csv"));
    let refused = clinic
        .run_open(&format!("{reveal} --keyring other.keyring"))
        .code(5);
    assert!(
        stderr(&refused).contains("old.csv: line 2: "),
        "{}",
        stderr(&refused)
    );

    // Keys are never written over.
    let before = clinic.read("backend.keyring");
    clinic.run_open("keygen backend.keyring").code(2).stdout("");
    clinic
        .run_open("keygen backend.keyring --force")
        .code(2)
        .stdout("");
    assert_eq!(clinic.read("backend.keyring"), before);
}

#[test]
fn the_configuration_is_of_a_file_the_environment_and_options() {
    let clinic = Clinic::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let config = clinic.at("paravent.toml");
    let mut command = paravent(elsewhere.path());
    command
        .arg("--config")
        .arg(&config)
        .args(["policy", "check"]);
    command.assert().code(0);

    let mut command = paravent(elsewhere.path());
    command
        .args(["policy", "check"])
        .env("PARAVENT_POLICIES", clinic.at("policies"));
    command.assert().code(0);

    let mut command = paravent(elsewhere.path());
    command.args(["policy", "check"]);
    assert!(stderr(&command.assert().code(2)).contains("there is no policy to check"));

    let mut command = paravent(clinic.path());
    command
        .args(["policy", "check"])
        .env("PARAVENT_POLICES", "policies");
    let told = stderr(&command.assert().code(3));
    assert!(
        told.contains("PARAVENT_POLICES") && told.contains("PARAVENT_POLICIES"),
        "{told}"
    );
}
