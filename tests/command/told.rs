use paravent::{Index, Keyring, Passphrase, Policy, Protector, Pseudonym, Reversible, Schema};

use super::{Clinic, PASSPHRASE, json, stderr, stdout};

#[test]
fn texts_are_told_without_keys() {
    let clinic = Clinic::new();
    std::fs::remove_file(clinic.at("backend.keyring")).unwrap();
    let pseudonym = Pseudonym::from_bytes([7; 16]).to_string();
    let index = Index::new(5, 12).unwrap().to_string();
    let reversible = Reversible::from_bytes(vec![1; 20]).unwrap().to_string();
    let told = clinic
        .run(&format!("inspect {pseudonym} {index} {reversible}"))
        .code(0)
        .stderr("");
    assert_eq!(
        stdout(&told),
        "a pseudonym: 128 bits, equal for equal values in one domain\n\
         an index: at most 12 bits, with collisions on purpose\n\
         a reversible stand-in: 20 bytes, which the keyring turns back\n"
    );
    let told = clinic.run(&format!("inspect {index} --json")).code(0);
    assert_eq!(
        json(&stdout(&told)),
        serde_json::json!({"kind": "index", "bits": 12})
    );
}

#[test]
fn sealed_texts_are_told_from_the_standard_input() {
    let clinic = Clinic::new();
    let text = clinic.read("backend.keyring");
    let keyring = Keyring::from_key_file(&text, &Passphrase::new(PASSPHRASE).unwrap()).unwrap();
    let policy = Policy::from_toml(
        &clinic.read("policies/statistics.toml"),
        &Schema::appointment(),
    );
    let checked = policy
        .unwrap()
        .check(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let protector = Protector::new(&keyring, &checked).unwrap();
    let appointment = paravent::Appointment {
        start: "2020-07-21T09:30:00+02:00".into(),
        ..Default::default()
    };
    let row = protector.protect_row(&appointment).unwrap();
    let (_, cell) = row.cells().next().unwrap();
    let lines = format!("{}\r\n{cell}\n", row.sealed());
    for command in ["inspect -", "inspect"] {
        let told = clinic
            .command(command)
            .write_stdin(lines.clone())
            .assert()
            .code(0);
        let told = stdout(&told);
        assert!(
            told.starts_with("the column of a row whose fields are sealed cells: version 1,"),
            "{told}"
        );
        assert!(
            told.contains("\n  scope care\n") && told.contains("\na sealed cell: 50 bytes sealed;"),
            "{told}"
        );
    }
    let told = clinic
        .command("inspect --json")
        .write_stdin(format!("{}\nMartin\n", row.sealed()))
        .assert()
        .code(3);
    assert_eq!(json(&stdout(&told))["kind"], "row-column");
    let error = json(&stderr(&told));
    assert_eq!(
        (&error["error"], &error["line"]),
        (&"text-form".into(), &2.into())
    );
    assert!(!stderr(&told).contains("Martin"));
}

#[test]
fn key_files_are_told_without_their_passphrase() {
    let clinic = Clinic::new();
    let told = stdout(
        &clinic
            .run("inspect --file backend.keyring")
            .code(0)
            .stderr(""),
    );
    assert_eq!(
        told,
        "a key file: a keyring, version 2, its passphrase stretched by Argon2id in 48 MiB, 6 passes, 4 lanes\n"
    );
    let told = stdout(&clinic.run("inspect --file backend.keyring --json").code(0));
    assert_eq!(json(&told)["holds"], "keyring");
    let text = clinic.read("backend.keyring");
    clinic.write("cut.keyring", &text[..text.len() - 5]);
    let told = stderr(&clinic.run("inspect --file cut.keyring").code(3));
    assert!(
        told.contains("cut.keyring: the key file is damaged"),
        "{told}"
    );
    clinic.run("inspect --file none").code(3);
    clinic.run("inspect --file paravent.toml").code(3);
    let told = stderr(&clinic.run("inspect SECRET").code(3));
    assert!(
        told.contains("value 1") && !told.contains("SECRET"),
        "{told}"
    );
}

#[test]
fn a_schema_is_shown_with_its_facts() {
    let clinic = Clinic::new();
    let page = stdout(&clinic.run("schema show").code(0).stderr(""));
    assert!(
        page.starts_with("schema appointment\n\nnumber  field "),
        "{page}"
    );
    assert!(
        page.contains("age, optional") && page.contains("quasi-identifier"),
        "{page}"
    );
    assert!(
        page.contains("\npractitioner gives specialty through public directory of practitioners\n")
    );
    assert!(
        page.contains("from exact values, where the practice is known"),
        "{page}"
    );

    let schema = json(&stdout(
        &clinic.run("schema show schema.toml --json").code(0),
    ));
    assert_eq!(schema["fields"].as_array().unwrap().len(), 9);
    assert_eq!(schema["fields"][8]["scope"], "care");
    assert_eq!(schema["digest"], Schema::appointment().digest().to_string());
    assert_eq!(schema["determines"][1]["exact"], true);

    clinic.write(
        "own.toml",
        "name = \"bill\"\n[scopes]\nbilling = 16\n[[field]]\nname = \"sum\"\nnumber = 1\nscope = \"billing\"\n\
         width = 8\ntype = \"integer\"\n[[determines]]\nfields = [\"sum\"]\ngives = \"*\"\nthrough = \"a guess\"\n",
    );
    let page = stdout(&clinic.run("schema show own.toml").code(0));
    assert!(
        page.contains("billing") && page.contains("sum gives every field through a guess"),
        "{page}"
    );
}

#[test]
fn bundled_schemas_and_profiles_begin_own_ones() {
    let clinic = Clinic::new();
    for (name, schema) in [
        ("appointment", Schema::appointment()),
        ("scheduling", Schema::scheduling()),
    ] {
        let page = stdout(
            &clinic
                .run(&format!("schema show {name}"))
                .code(0)
                .stderr(""),
        );
        assert!(
            page.starts_with(&format!("schema {name}\n\nnumber  field ")),
            "{page}"
        );
        let text = stdout(
            &clinic
                .run(&format!("schema show {name} --toml"))
                .code(0)
                .stderr(""),
        );
        assert_eq!(Schema::from_toml(&text).unwrap().digest(), schema.digest());
        let told = json(&stdout(
            &clinic
                .run(&format!("schema show {name} --toml --json"))
                .code(0),
        ));
        assert_eq!((&told["name"], &told["toml"]), (&name.into(), &text.into()));
    }
    // Of a file it is the file, with its comments.
    let text = clinic.read("schema.toml");
    for file in ["", " schema.toml"] {
        let show = format!("schema show{file} --toml");
        clinic.run(&show).code(0).stderr("").stdout(text.clone());
    }

    let scheduling = Schema::scheduling();
    let text = stdout(&clinic.run("profile show hl7v2").code(0).stderr(""));
    assert_eq!(text, paravent::hl7v2::Profile::siu_text());
    let told = json(&stdout(&clinic.run("profile show hl7v2 --json").code(0)));
    assert_eq!(
        (&told["name"], &told["toml"]),
        (&"siu".into(), &text.into())
    );
    let text = stdout(&clinic.run("profile show fhir").code(0).stderr(""));
    assert_eq!(
        paravent::fhir::Profile::from_toml(&text, &scheduling)
            .unwrap()
            .name(),
        "r4"
    );
    clinic.run("profile show csv").code(2);
}

#[test]
fn a_check_is_a_page_or_a_report() {
    let clinic = Clinic::new();
    let page = stdout(
        &clinic
            .run("policy check --today 2026-11-24")
            .code(0)
            .stderr(""),
    );
    assert!(
        page.starts_with("What each of 2 policies gets, as of 2026-11-24\n"),
        "{page}"
    );
    assert!(!page.contains('\x1b'));
    let one = stdout(&clinic.run("policy check policies/statistics.toml").code(0));
    assert!(one.starts_with("What each of 1 policy gets"), "{one}");
    let report = json(&stdout(&clinic.run("policy check --json").code(0)));
    assert_eq!(report["findings"], serde_json::json!([]));

    clinic.write("policies/a.toml", "domain = 1\n");
    clinic.write("policies/b.toml", "domain = 2\n");
    let told = stderr(&clinic.run("policy check").code(3).stdout(""));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with("paravent: policies/")),
        "{told}"
    );
}

#[test]
fn a_change_says_what_it_gives() {
    let clinic = Clinic::new();
    std::fs::create_dir(clinic.at("after")).unwrap();
    super::copy(&clinic.at("policies"), &clinic.at("after"));
    let nothing = stdout(&clinic.run("policy diff policies after").code(0));
    assert!(
        nothing.starts_with("The change gives 0 things"),
        "{nothing}"
    );

    let policy = clinic.read("after/sms-reminders.toml");
    clinic.write(
        "after/sms-reminders.toml",
        format!("{policy}\n[open.care]\nreason = \"a test\"\n"),
    );
    let diff = stdout(&clinic.run("policy diff policies after").code(4));
    assert!(
        diff.contains("specialty") && diff.contains("Found now and not before"),
        "{diff}"
    );
    let diff = json(&stdout(
        &clinic.run("policy diff policies after --json").code(4),
    ));
    assert!(!diff["gains"].as_array().unwrap().is_empty());
    // The other way round nothing is given.
    clinic.run("policy diff after policies").code(0);
    clinic.run("policy diff policies none").code(3);
}

#[test]
fn what_takes_two_people_is_told() {
    let clinic = Clinic::new();
    let policy = "domain = \"desk\"\nschema = \"appointment\"\nrecord_id = \"bound\"\n[tenancy]\nspecialties = 12\n\
                  [release.phone]\nreason = \"x\"\npurposes = [\"x\"]\nper_hour = 1\ndetect_hours = 1\n";
    for (two, told) in [
        ("two_persons = true\n", "one record a call, by two people\n"),
        ("", "one record a call\n"),
    ] {
        clinic.write("desk.toml", format!("{policy}{two}"));
        let page = stdout(&clinic.run("policy check desk.toml").code(0));
        assert!(page.contains(&format!("phone  released, {told}")), "{page}");
    }
}

#[test]
fn a_policy_is_printed_without_its_canaries() {
    let clinic = Clinic::new();
    let policy = clinic.read("policies/statistics.toml");
    let stripped = |text: &str| {
        clinic.write("with.toml", text);
        stdout(&clinic.run("policy strip with.toml").code(0).stderr(""))
    };
    assert_eq!(stripped(&policy), policy);
    let canary = "[[canary]]\nname = \"nobody\" # the first\nrecord = { age = 41 }\n";
    assert_eq!(
        stripped(&format!("{policy}# Above.\n{canary}\n# Below.")),
        format!("{policy}# Above.\n\n# Below.")
    );
    clinic.write("with.toml", "[[canary]\n");
    let told = stderr(&clinic.run("policy strip with.toml").code(3).stdout(""));
    assert!(told.contains("with.toml: line 1: "), "{told}");
    clinic.run("policy strip none.toml").code(3);
}

#[test]
fn a_key_file_is_a_text_too() {
    let clinic = Clinic::new();
    let text = clinic.read("backend.keyring");
    let told = clinic.run(&format!("inspect {}", text.trim_end())).code(0);
    assert!(stdout(&told).starts_with("a key file: a keyring, version 2, "));
}

/// An editor's lock or copy of a policy: the check took it for one, and `protect` and the service did not.
#[test]
fn hidden_files_are_no_policies() {
    let clinic = Clinic::new();
    let before = stdout(&clinic.run("policy check").code(0));
    std::fs::write(clinic.at("policies/.#statistics.toml"), "not TOML").unwrap();
    assert_eq!(stdout(&clinic.run("policy check").code(0)), before);
    assert_eq!(
        stdout(&clinic.run("policy diff policies policies").code(0)),
        "The change gives 0 things that were not given before\n"
    );
}
