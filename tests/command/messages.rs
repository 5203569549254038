//! Messages of HL7 v2 and resources of FHIR through `protect` and `reveal`.

use super::{Clinic, PASSPHRASE, json, stderr, stdout, write_secret};

const FIRST: &str = "MSH|^~\\&|AGENDA|CARDIO-SUD|ECRAN|LOGICIEL|20261130073000+0100||SIU^S12^SIU_S12|M-1|P|2.5.1||||||UNICODE UTF-8\r\
    SCH|4711|4711|||||^Consultation||15|min|^^15^20261207093000^20261207094500||||||||||||||Booked\r\
    PID|1||815^^^AGENDA^PI||LACHAUME^Zoé^^^^^L||19910203|F|||3 rue du Lac^^Annecy^^74000^FRA||0639980012^PRN^PH\r\
    AIP|1|A|77^Rostand^Noé|^Cardiologie\r";
const SECOND: &str = "MSH|^~\\&|AGENDA|CARDIO-SUD|ECRAN|LOGICIEL|20261130074500+0100||SIU^S15^SIU_S12|M-2|P|2.5.1\r\
    SCH|4712|4712\r\
    PID|1||816^^^AGENDA^PI||BERLIOZET^Hugo\r";
const ADMISSION: &str =
    "MSH|^~\\&|AGENDA|CARDIO-SUD|||||ADT^A01|M-3|P|2.5.1\rPID|1||817||SECRETWORD^Rose\r";

const CLEAR: [&str; 8] = [
    "CARDIO-SUD",
    "LACHAUME",
    "0639980012",
    "Annecy",
    "Rostand",
    "Cardiologie",
    "BERLIOZET",
    "20261207",
];

const PROTECT: &str = "protect feed.hl7 --policy policies/hl7-feed.toml -o screened.hl7";
const REVEAL: &str = "reveal screened.hl7 --policy policies/hl7-feed.toml -o back.hl7";

/// A deployment with the policy of the feed among the others, and these messages.
fn clinic(messages: impl AsRef<[u8]>) -> Clinic {
    let clinic = Clinic::new();
    let policy = std::fs::read_to_string("examples/policies/hl7-feed.toml").unwrap();
    clinic.write("policies/hl7-feed.toml", policy);
    clinic.write("feed.hl7", messages);
    clinic
}

#[test]
fn files_come_back_as_they_were() {
    let lines = |text: &str| text.replace('\r', "\r\n");
    let framed = |text: &str| format!("\x0B{text}\x1C\r");
    for file in [
        [FIRST, SECOND].concat(),
        lines(&[FIRST, "\r", SECOND].concat()),
        FIRST.replace('\r', "\n"),
        [framed(FIRST), framed(SECOND)].concat(),
        format!("FHS|^~\\&|AGENDA|CARDIO-SUD\rBHS|^~\\&|AGENDA\r{FIRST}{SECOND}BTS|2\rFTS|1\r"),
    ] {
        let clinic = clinic(&file);
        let messages = file.matches("PID|").count();
        let told = stderr(&clinic.run_open(PROTECT).code(0).stdout(""));
        let counted = if messages == 1 { "message" } else { "messages" };
        assert!(
            told.starts_with(&format!("paravent: protected {messages} {counted} in ")),
            "{told}"
        );
        let screened = clinic.read("screened.hl7");
        assert!(screened.contains("PID|1||t1.") && screened.contains("ZPV|1|1|p1."));
        for value in CLEAR {
            assert!(!screened.contains(value), "{value}: {screened}");
        }
        let told = stderr(&clinic.run_open(REVEAL).code(0).stdout(""));
        assert!(
            told.starts_with(&format!("paravent: revealed {messages} {counted} in ")),
            "{told}"
        );
        assert_eq!(clinic.read("back.hl7"), file);
        assert_eq!(clinic.mode("back.hl7"), 0o600);
    }
}

#[test]
fn messages_go_through_pipes() {
    let clinic = clinic("");
    let both = [FIRST, SECOND].concat();
    let protected = clinic
        .command("protect - --format hl7v2 --policy policies/hl7-feed.toml --passphrase-file passphrase --json")
        .write_stdin(both.clone())
        .assert()
        .code(0);
    let told = json(&stderr(&protected));
    assert_eq!(
        (&told["messages"], &told["quarantined"], &told["changed"]),
        (&2.into(), &0.into(), &0.into())
    );
    clinic
        .command("reveal - --format hl7v2 --policy policies/hl7-feed.toml --passphrase-file passphrase -q")
        .write_stdin(stdout(&protected))
        .assert()
        .code(0)
        .stdout(both)
        .stderr("");
}

/// As of NDJSON, which has no header either: what is written is whole.
#[test]
fn a_file_without_a_message_is_told_as_one_of_none() {
    let clinic = clinic("");
    let fhir = "--format fhir --policy policies/hl7-feed.toml -q --force";
    for file in ["", "\n", "\r\n \r\n"] {
        if file.trim_matches(['\r', '\n']).is_empty() {
            clinic.write("feed.hl7", file);
            let told = stderr(&clinic.run_open(&format!("{PROTECT} --force")).code(0));
            assert!(
                told.starts_with("paravent: feed.hl7: there is no message in it; see whether it is the file that was meant\nparavent: protected 0 messages in "),
                "{told}"
            );
            assert_eq!(clinic.read("screened.hl7"), file);
        }
        clinic.write("in.json", file);
        for command in ["protect", "reveal"] {
            let told = stderr(
                &clinic
                    .run_open(&format!("{command} in.json -o out.json {fhir}"))
                    .code(0),
            );
            assert_eq!(
                told,
                "paravent: in.json: there is no message in it; see whether it is the file that was meant\n"
            );
            assert_eq!(clinic.read("out.json"), file);
        }
    }
    // Nor is one in an empty batch.
    clinic.write("feed.hl7", "BHS|^~\\&|AGENDA\rBTS|0\r");
    let told = stderr(&clinic.run_open(&format!("{PROTECT} --force -q")).code(0));
    assert!(
        told.contains("feed.hl7: there is no message in it"),
        "{told}"
    );
    // One that is refused is one.
    clinic.write("feed.hl7", ADMISSION);
    let quarantine = format!("{PROTECT} --force -q --on-error quarantine bad.hl7");
    let told = stderr(&clinic.run_open(&quarantine).code(6));
    assert!(!told.contains("no message"), "{told}");
}

#[test]
fn a_bad_message_stops_with_its_line_and_leaves_nothing() {
    let clinic = clinic([FIRST, ADMISSION, SECOND].concat());
    let before = clinic.names();
    let told = stderr(&clinic.run_open(PROTECT).code(3).stdout(""));
    assert!(
        told.starts_with(
            "paravent: feed.hl7: message 2, line 5: the type in MSH-9 is none that the profile takes;"
        ),
        "{told}"
    );
    assert!(!told.contains("SECRETWORD"), "{told}");
    assert_eq!(clinic.names(), before);
    let told = json(&stderr(
        &clinic.run_open(&format!("{PROTECT} --json")).code(3),
    ));
    assert_eq!(
        (&told["error"], &told["line"], &told["message_number"]),
        (&"message".into(), &5.into(), &2.into())
    );

    clinic.write("feed.hl7", "GET / HTTP/1.1\r\n");
    let told = stderr(&clinic.run_open(PROTECT).code(3));
    assert!(told.starts_with("paravent: feed.hl7: line 1: "), "{told}");
    assert!(
        !told.contains("SECRETWORD") && !told.contains("HTTP"),
        "{told}"
    );
    // What is protected already is not protected again.
    clinic.write("feed.hl7", FIRST);
    clinic.run_open(PROTECT).code(0);
    let told = stderr(
        &clinic
            .run_open("protect screened.hl7 --policy policies/hl7-feed.toml")
            .code(3),
    );
    assert!(told.contains("protected already"), "{told}");
}

#[test]
fn bad_messages_go_to_the_quarantine() {
    let clinic = clinic([FIRST, ADMISSION, SECOND, &ADMISSION.repeat(6)].concat());
    let told = stderr(
        &clinic
            .run_open(&format!("{PROTECT} --on-error quarantine bad.hl7"))
            .code(6),
    );
    assert!(
        told.contains("feed.hl7: message 2, line 5: the type in MSH-9"),
        "{told}"
    );
    assert!(
        told.contains("\nparavent: 2 messages more are refused\n"),
        "{told}"
    );
    assert!(
        told.contains("protected 2 messages in ") && told.ends_with("; 7 messages in quarantine\n"),
        "{told}"
    );
    assert!(!told.contains("SECRETWORD"), "{told}");
    assert_eq!(clinic.read("bad.hl7"), ADMISSION.repeat(7));
    assert_eq!(clinic.mode("bad.hl7"), 0o600);
    clinic.run_open(REVEAL).code(0);
    assert_eq!(clinic.read("back.hl7"), [FIRST, SECOND].concat());

    // The same on the way back.
    let screened = clinic.read("screened.hl7") + FIRST;
    clinic.write("screened.hl7", screened);
    clinic.run_open(&format!("{REVEAL} --force")).code(3);
    let quarantine = format!("{REVEAL} --force --on-error quarantine plain.hl7");
    clinic.run_open(&quarantine).code(6);
    assert_eq!(clinic.read("plain.hl7"), FIRST);
    assert_eq!(clinic.read("back.hl7"), [FIRST, SECOND].concat());
}

/// What is wrong with the seals of messages is said in their words, and scopes have their names.
#[test]
fn messages_have_their_own_words() {
    let clinic = clinic(FIRST);
    clinic.write("in.json", LINES);
    clinic.run_open(PROTECT).code(0);
    let protect = "protect in.json --format fhir --policy policies/hl7-feed.toml -o screened.json";
    clinic.run_open(protect).code(0);
    let policy = clinic.read("policies/hl7-feed.toml");
    clinic.write("unbound.toml", policy.replace("\"bound\"", "\"unbound\""));
    clinic.write(
        "other.toml",
        policy.replace("\"practice-feed\"", "\"other-feed\""),
    );
    for (file, format) in [("screened.hl7", "hl7v2"), ("screened.json", "fhir")] {
        let reveal = |policy: &str, code: i32| {
            let reveal = format!("reveal {file} --format {format} --policy {policy} -o back");
            let told = stderr(&clinic.run_open(&reveal).code(code).stdout(""));
            for word in ["row", "column", "scope 16", "subject key", "Sealed"] {
                assert!(!told.contains(word), "{word}: {told}");
            }
            assert!(!clinic.at("back").exists());
            told
        };
        let feed = "policies/hl7-feed.toml";
        let whole = clinic.read(file);
        let seal = whole.find("p1.").unwrap();
        let told = reveal("other.toml", 5);
        assert!(
            told.contains("the policy of the domain, under which the message was protected"),
            "{told}"
        );
        let told = reveal("unbound.toml", 5);
        assert!(
            told.contains("a seal of the message is bound to a record id, against its policy"),
            "{told}"
        );

        let change = |at: usize, to: &str| {
            let mut text = whole.clone();
            text.replace_range(at..at + 1, to);
            clinic.write(file, text);
        };
        let first = match &whole[seal + 200..][..1] {
            "A" => "B",
            _ => "A",
        };
        change(seal + 200, first);
        let told = reveal(feed, 3);
        assert!(
            told.contains("check that the message has its own seals"),
            "{told}"
        );
        change(seal + 200, "!");
        let told = reveal(feed, 3);
        assert!(
            told.contains("the text of a seal of the message is not a canonical `p1.` text"),
            "{told}"
        );
        change(seal + 200, "");
        reveal(feed, 3);
        // The last byte of a seal is of the scope `rest`, which the schema alone names.
        let end = seal + whole[seal..].find(['\r', '"']).unwrap();
        let at = end - 9;
        let other = if &whole[at..=at] == "A" { "B" } else { "A" };
        change(at, other);
        let told = reveal(feed, 3);
        assert!(
            told.contains("scope rest is not what was sealed here"),
            "{told}"
        );
        clinic.write(file, &whole[..seal + 500]);
        reveal(feed, 3);
        clinic.write(file, &whole);
    }
}

#[test]
fn other_keys_open_nothing() {
    let clinic = clinic(FIRST);
    clinic.run_open(PROTECT).code(0);
    clinic.run_open("keygen other.keyring").code(0);
    let told = stderr(
        &clinic
            .run_open(&format!("{REVEAL} --keyring other.keyring"))
            .code(5)
            .stdout(""),
    );
    assert!(
        told.starts_with("paravent: screened.hl7: message 1, line 1: "),
        "{told}"
    );
    assert!(!clinic.at("back.hl7").exists());
}

#[test]
fn a_grant_opens_its_scopes_and_leaves_the_rest() {
    let clinic = clinic(FIRST);
    clinic.write(
        "policies/care.toml",
        "domain = \"care-feed\"\nschema = \"scheduling\"\nrecord_id = \"bound\"\n\
         [tenancy]\nspecialties = 12\npractices = 40\n\
         [open.care]\nreason = \"which services are asked for\"\n",
    );
    // Whoever gets the same messages would find them.
    std::fs::remove_file(clinic.at("policies/hl7-feed.toml")).unwrap();
    write_secret(&clinic.at("connector"), "another one");
    clinic
        .run_open("protect feed.hl7 --policy policies/care.toml -o screened.hl7")
        .code(0);
    clinic
        .run_open("grant --policy policies/care.toml --owner team --until 9999-06-30 -o care.grant --grant-passphrase-file connector")
        .code(0);
    let revealed = clinic
        .run("reveal screened.hl7 --policy policies/care.toml --grant care.grant --passphrase-file connector")
        .code(0);
    let revealed = stdout(&revealed);
    for value in ["CARDIO-SUD", "Rostand", "Cardiologie"] {
        assert!(revealed.contains(value), "{value}: {revealed}");
    }
    for value in ["LACHAUME", "0639980012", "|M-1|", "20261207"] {
        assert!(!revealed.contains(value), "{value}: {revealed}");
    }
    assert!(revealed.contains("\rZPV|1|1|p1."));

    // The keyring opens what is asked for.
    let care = "reveal screened.hl7 --policy policies/care.toml --only care";
    assert_eq!(stdout(&clinic.run_open(care).code(0)), revealed);
    let told = stderr(
        &clinic
            .run_open("reveal screened.hl7 --policy policies/care.toml --only age")
            .code(2),
    );
    assert!(
        told.contains("identity, contact, schedule, care, rest"),
        "{told}"
    );
}

#[test]
fn what_was_changed_on_the_way_is_told() {
    let clinic = clinic([FIRST, SECOND].concat());
    clinic.run_open(PROTECT).code(0);
    // An engine that writes line ends of its own.
    clinic.write(
        "screened.hl7",
        clinic.read("screened.hl7").replace('\r', "\r\n"),
    );
    let told = stderr(&clinic.run_open(REVEAL).code(6));
    assert!(
        told.starts_with("paravent: 2 messages are not byte for byte what was protected: they were changed on the way\n"),
        "{told}"
    );
    assert_eq!(
        clinic.read("back.hl7").replace("\r\n", "\r"),
        [FIRST, SECOND].concat()
    );
    let told = json(&stdout(
        &clinic.run_open(&format!("{REVEAL} --force --json")).code(6),
    ));
    assert_eq!(told["changed"], 2);
    // A segment less, and nobody knows what belongs where.
    let cut = clinic.read("screened.hl7").replacen("AIP|1|A||\r\n", "", 1);
    assert_ne!(cut, clinic.read("screened.hl7"));
    clinic.write("screened.hl7", cut);
    clinic.run_open(&format!("{REVEAL} --force")).code(3);
}

#[test]
fn a_profile_of_one_s_own_says_what_passes() {
    let clinic = clinic(FIRST);
    let profile = paravent::hl7v2::Profile::siu_text();
    clinic.write(
        "own.toml",
        profile.replace("\"MSH-3.1\" = \"PARAVENT\"", "\"MSH-3.1\" = \"ECRAN-7\""),
    );
    clinic
        .run_open(&format!("{PROTECT} --profile own.toml"))
        .code(0);
    assert!(
        clinic
            .read("screened.hl7")
            .starts_with("MSH|^~\\&|ECRAN-7|")
    );
    // It is needed on no way back.
    clinic.run_open(REVEAL).code(0);
    assert_eq!(clinic.read("back.hl7"), FIRST);

    clinic.write(
        "own.toml",
        profile.replace("unlisted = \"rest\"", "unlisted = \"ret\""),
    );
    let told = stderr(
        &clinic
            .run_open(&format!("{PROTECT} --force --profile own.toml"))
            .code(3),
    );
    assert!(told.starts_with("paravent: own.toml: line 8: "), "{told}");
    let told = stderr(
        &clinic
            .run_open(&format!("{PROTECT} --force --profile none.toml"))
            .code(3),
    );
    assert!(told.contains("reading none.toml failed"), "{told}");
}

#[test]
fn what_the_profile_has_no_place_for_is_told_once() {
    let clinic = clinic([FIRST, SECOND].concat());
    let policy = clinic.read("policies/hl7-feed.toml");
    let shown = "[show.status]\nas = \"keep\"\nreason = \"a test\"\n[pseudonym.visit]\nof = [\"appointment_id\", \"status\"]\nnull = \"null\"\nreason = \"a test\"\n";
    clinic.write("policies/hl7-feed.toml", format!("{policy}{shown}"));
    let told = stderr(&clinic.run_open(&format!("{PROTECT} -q")).code(0));
    assert_eq!(
        told,
        "paravent: the policy shows status, visit, and the profile has no place for it; say where under [show] of a profile of your own, or take it from the policy\n"
    );
    let told = json(&stdout(
        &clinic
            .run_open(&format!("{PROTECT} --force --json"))
            .code(0)
            .stderr(""),
    ));
    assert_eq!(told["not_shown"], serde_json::json!(["status", "visit"]));

    clinic.write("in.json", LINES);
    let protect = "protect in.json --format fhir --policy policies/hl7-feed.toml -o out.json -q";
    let told = stderr(&clinic.run_open(protect).code(0));
    assert_eq!(
        told,
        "paravent: the policy shows status, visit, and the profile has no place for it; say where under `fields` of a resource of a profile of your own, or take it from the policy\n"
    );

    // What has a place is not told.
    let profile = paravent::hl7v2::Profile::siu_text()
        .replace("[show]\n", "[show]\n\"SCH-25.1\" = \"status\"\n\"SCH-1.1\" = \"visit\"\n")
        .replace(
            "\"SCH-25.1\" = [\"Pending\", \"Waitlist\", \"Booked\", \"Started\", \"Complete\", \"Cancelled\", \"Dc\", \"Deleted\", \"Blocked\", \"Overbook\", \"Noshow\"]\n",
            "",
        );
    clinic.write("own.toml", profile);
    clinic
        .run_open(&format!("{PROTECT} --force -q --profile own.toml"))
        .code(0)
        .stderr("");
}

#[test]
fn a_policy_of_rows_is_none_for_messages() {
    let clinic = clinic(FIRST);
    let told = stderr(
        &clinic
            .run_open("protect feed.hl7 --policy policies/statistics.toml")
            .code(3)
            .stdout(""),
    );
    assert!(
        told.starts_with("paravent: policies/statistics.toml: the policy is for the schema \"appointment\", and the bundled profile for \"scheduling\"; "),
        "{told}"
    );
    let told = stderr(
        &clinic
            .run_open("reveal feed.hl7 --policy policies/statistics.toml")
            .code(3),
    );
    assert!(
        told.starts_with("paravent: policies/statistics.toml: the policy is for the schema \"appointment\", which has not one shaped field"),
        "{told}"
    );
}

/// What is wrong with a profile is told before anybody types a passphrase.
#[test]
fn a_wrong_profile_is_told_before_a_passphrase_is_read() {
    let clinic = clinic(FIRST);
    clinic.write("own.toml", "name = 7\n");
    for format in ["hl7v2", "fhir"] {
        let protect = format!(
            "protect feed.hl7 --format {format} --policy policies/hl7-feed.toml --passphrase-file none"
        );
        let told = stderr(&clinic.run(&format!("{protect} --profile own.toml")).code(3));
        assert!(told.starts_with("paravent: own.toml: line 1: "), "{told}");
    }
}

/// The bundled profiles are read for the policy's schema, which may be an own one of the same name.
#[test]
fn a_schema_of_one_s_own_goes_with_the_bundled_profiles() {
    let clinic = clinic(FIRST);
    let text = paravent::Schema::bundled_text("scheduling").unwrap();
    clinic.write(
        "own.toml",
        text.replacen("values = 60\n", "values = 12\n", 1),
    );
    clinic.write("in.json", LINES);
    for (file, format) in [("feed.hl7", "hl7v2"), ("in.json", "fhir")] {
        let protect = format!(
            "protect {file} --format {format} --policy policies/hl7-feed.toml --schema own.toml -o out"
        );
        clinic.write("paravent.toml", "keyring = \"backend.keyring\"\n");
        clinic.run_open(&format!("{protect} --force")).code(0);
        let reveal = format!(
            "reveal out --format {format} --policy policies/hl7-feed.toml --schema own.toml -q"
        );
        assert_eq!(stdout(&clinic.run_open(&reveal).code(0)), clinic.read(file));
    }
    // Without what a profile names it says so.
    clinic.write("own.toml", text.replace("\"national_id\"", "\"number\""));
    for (file, format) in [("feed.hl7", "hl7v2"), ("in.json", "fhir")] {
        let protect = format!(
            "protect {file} --format {format} --policy policies/hl7-feed.toml --schema own.toml"
        );
        let told = stderr(&clinic.run_open(&protect).code(3).stdout(""));
        assert!(
            told.starts_with("paravent: the bundled profile: line ")
                && told.contains("\"national_id\""),
            "{told}"
        );
    }
}

#[test]
fn commands_for_rows_say_what_takes_messages() {
    let clinic = clinic(FIRST);
    for command in [
        "verify feed.hl7 --policy policies/hl7-feed.toml",
        "verify --no-plain feed.hl7 --policy policies/hl7-feed.toml",
        "verify - --format hl7v2 --policy policies/hl7-feed.toml",
        "migrate feed.hl7 --policy policies/hl7-feed.toml",
        "reseal feed.hl7 --policy policies/hl7-feed.toml",
        "audit feed.hl7 --policy policies/hl7-feed.toml",
        "protect appointments.csv --policy policies/statistics.toml --output-format hl7v2",
    ] {
        let told = stderr(&clinic.run(command).code(2).stdout(""));
        assert!(
            told.contains(
                "HL7 v2 messages are no rows; `paravent protect` and `paravent reveal` take them"
            ),
            "{command}: {told}"
        );
    }
    let told = stderr(
        &clinic
            .run("verify - --format fhir --policy policies/hl7-feed.toml")
            .code(2),
    );
    assert!(told.contains("FHIR resources are no rows; "), "{told}");
    for option in [
        "--window 1",
        "--jobs 2",
        "--output-format csv",
        "--delimiter ;",
        "--encoding utf-8",
    ] {
        let told = stderr(&clinic.run(&format!("{PROTECT} {option}")).code(2));
        let name = option.split(' ').next().unwrap();
        assert!(told.contains(&format!("{name} is for rows")), "{told}");
    }
    let told = stderr(
        &clinic
            .run("protect appointments.csv --policy policies/statistics.toml --profile own.toml")
            .code(2),
    );
    assert!(told.contains("--profile is for messages"), "{told}");
}

#[test]
fn a_sealed_text_of_a_message_is_told_without_keys() {
    let clinic = clinic(FIRST);
    clinic.run_open(PROTECT).code(0);
    let screened = clinic.read("screened.hl7");
    let (_, text) = screened.split_once("ZPV|1|1|").unwrap();
    let told = stdout(&clinic.run(&format!("inspect {}", text.trim_end())).code(0));
    assert!(told.starts_with("a sealed record: version 1,"), "{told}");
    assert!(!told.contains(PASSPHRASE) && !told.contains("LACHAUME"));
}

#[test]
fn a_file_of_messages_is_told_without_keys() {
    // Too long for one seal and one segment.
    let long = format!("{SECOND}NTE|1||{}\r", "long note ".repeat(6000));
    let batch = format!("BHS|^~\\&|AGENDA|CARDIO-SUD\r{FIRST}{SECOND}{long}BTS|3\r");
    let clinic = clinic(&batch);
    clinic.run_open(PROTECT).code(0);
    let screened = clinic.read("screened.hl7");
    assert!(screened.matches("ZPV|").count() > 6, "{screened}");
    let told = stdout(&clinic.run("inspect --file screened.hl7").code(0).stderr(""));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "3 HL7 v2 messages, protected");
    assert_eq!(lines[1], "1 segment that begins or ends a batch has a seal");
    assert!(
        lines[2].contains(" a sealed record: version 1, suite 1, epoch 1, bound to a record id, "),
        "{told}"
    );
    assert!(told.contains("\n    scope rest: "), "{told}");
    let object = json(&stdout(
        &clinic.run("inspect --file screened.hl7 --json").code(0),
    ));
    assert_eq!(
        (
            &object["format"],
            &object["messages"],
            &object["protected"],
            &object["envelopes"]
        ),
        (&"hl7v2".into(), &3.into(), &3.into(), &1.into())
    );
    let seals = object["seals"].as_array().unwrap();
    let all: u64 = seals
        .iter()
        .map(|seal| seal["seals"].as_u64().unwrap())
        .sum();
    let records = screened.matches("|p1.").count() as u64;
    assert_eq!(all, records);
    for seal in seals {
        let scopes = seal["scopes"].as_array().unwrap();
        let names: Vec<&str> = scopes
            .iter()
            .map(|of| of["scope"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["identity", "contact", "schedule", "care", "rest"]);
        assert_eq!(
            (&seal["epoch"], &seal["record_id"]),
            (&1.into(), &true.into())
        );
    }

    // Epochs are apart.
    clinic.run_open("rotate").code(0);
    clinic.run_open(&format!("{PROTECT} --force")).code(0);
    let both = clinic.read("screened.hl7") + &screened + FIRST;
    clinic.write("both.hl7", both);
    let told = stdout(&clinic.run("inspect --file both.hl7").code(0));
    assert!(
        told.starts_with("7 HL7 v2 messages, 6 of them protected\n2 segments that begin or end batches have seals\n"),
        "{told}"
    );
    assert!(
        told.contains(", epoch 1, ") && told.contains(", epoch 2, "),
        "{told}"
    );

    let told = stdout(&clinic.run("inspect --file feed.hl7").code(0));
    assert_eq!(told, "3 HL7 v2 messages, none of them protected\n");
    // What was cut says where.
    clinic.write("cut.hl7", &screened[..screened.len() - 2000]);
    let told = stderr(&clinic.run("inspect --file cut.hl7").code(3).stdout(""));
    assert!(
        told.starts_with("paravent: cut.hl7: message 3, line "),
        "{told}"
    );
}

#[test]
fn a_file_of_resources_is_told_without_keys() {
    let clinic = clinic("");
    for (text, counted, seals) in [
        (BUNDLE, "1 document of FHIR, protected\n", 2),
        (LINES, "2 documents of FHIR, protected\n", 2),
    ] {
        clinic.write("in.json", text);
        let protect =
            "protect in.json --format fhir --policy policies/hl7-feed.toml -o out.json --force";
        clinic.run_open(protect).code(0);
        let told = stdout(&clinic.run("inspect --file out.json").code(0).stderr(""));
        assert!(
            told.starts_with(counted) && told.contains("\n    scope rest: "),
            "{told}"
        );
        let object = json(&stdout(
            &clinic.run("inspect --file out.json --json").code(0),
        ));
        let found = object["seals"].as_array().unwrap().iter();
        let found: u64 = found.map(|seal| seal["seals"].as_u64().unwrap()).sum();
        assert_eq!(found, seals, "{object}");
    }
    let told = stdout(&clinic.run("inspect --file in.json").code(0));
    assert_eq!(told, "2 documents of FHIR, none of them protected\n");
    clinic.write("rows.ndjson", "{\"sealed\":\"p1.AAAA\"}\n");
    let told = stderr(&clinic.run("inspect --file rows.ndjson").code(3));
    assert!(
        told.contains("rows.ndjson: line 1: the document is no FHIR resource in JSON"),
        "{told}"
    );
    let protected = clinic.read("out.json").replacen("p1.", "p1.!", 1);
    clinic.write("out.json", protected);
    let told = stderr(&clinic.run("inspect --file out.json").code(3));
    assert!(
        told.contains("line 1: the text of a seal of the message"),
        "{told}"
    );
}

#[test]
fn policies_of_both_schemas_are_checked_together() {
    let clinic = clinic("");
    let page = stdout(&clinic.run("policy check").code(0).stderr(""));
    assert!(
        page.contains("\n  schema appointment\n") && page.contains("\n  schema scheduling\n"),
        "{page}"
    );
    let page = stdout(&clinic.run("policy check policies/hl7-feed.toml").code(0));
    assert!(
        page.ends_with("\nclean: 0 accepted findings, and nothing that nobody answers for\n"),
        "{page}"
    );
    // A name that no bundled schema has is told.
    clinic.write(
        "policies/hl7-feed.toml",
        clinic
            .read("policies/hl7-feed.toml")
            .replace("\"scheduling\"", "\"sheduling\""),
    );
    clinic.run("policy check").code(3);
}

const BUNDLE: &str = "{\n  \"resourceType\": \"Bundle\",\n  \"type\": \"collection\",\n  \"entry\": [{ \"resource\": {\n    \"resourceType\": \"Patient\", \"id\": \"7\",\n    \"name\": [{ \"family\": \"LACHAUME\" }]\n  } }]\n}\n";
const LINES: &str = "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"BERLIOZET\"}]}\r\n\n{\"resourceType\":\"Slot\",\"status\":\"free\"}\n";

#[test]
fn resources_of_fhir_come_back_as_they_were() {
    let clinic = clinic("");
    for (text, counted) in [(BUNDLE, "1 message "), (LINES, "2 messages ")] {
        clinic.write("in.json", text);
        let protect =
            "protect in.json --format fhir --policy policies/hl7-feed.toml -o out.json --force";
        let told = stderr(&clinic.run_open(protect).code(0).stdout(""));
        assert!(
            told.starts_with(&format!("paravent: protected {counted}")),
            "{told}"
        );
        let protected = clinic.read("out.json");
        assert!(protected.contains("urn:paravent:sealed"), "{protected}");
        for value in CLEAR {
            assert!(!protected.contains(value), "{value}: {protected}");
        }
        let reveal =
            "reveal out.json --format fhir --policy policies/hl7-feed.toml -o back.json --force";
        let told = stderr(&clinic.run_open(reveal).code(0).stdout(""));
        assert!(
            told.starts_with(&format!("paravent: revealed {counted}")),
            "{told}"
        );
        assert_eq!(clinic.read("back.json"), text);
    }
}

#[test]
fn refused_resources_go_to_the_quarantine_a_line_each() {
    let clinic = clinic("");
    let bad = "{\"resourceType\":\"Nobody\",\"name\":\"SECRETWORD\"}";
    clinic.write("in.json", format!("{LINES}{bad}\n{LINES}"));
    let protect = "protect in.json --format fhir --policy policies/hl7-feed.toml -o out.json --on-error quarantine bad.json";
    let told = stderr(&clinic.run_open(protect).code(6));
    assert!(
        told.contains("in.json: line 4: ") && !told.contains("SECRETWORD"),
        "{told}"
    );
    assert_eq!(clinic.read("bad.json"), format!("{bad}\n"));
    assert_eq!(
        clinic
            .read("out.json")
            .matches("urn:paravent:sealed")
            .count(),
        4
    );
}
