//! Messages of HL7 v2 and resources of FHIR through `protect` and `reveal`.

mod profiles;
mod told;

use super::{Clinic, json, stderr, stdout, write_secret};

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

const BUNDLE: &str = "{\n  \"resourceType\": \"Bundle\",\n  \"type\": \"collection\",\n  \"entry\": [{ \"resource\": {\n    \"resourceType\": \"Patient\", \"id\": \"7\",\n    \"name\": [{ \"family\": \"LACHAUME\" }]\n  } }]\n}\n";
const LINES: &str = "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"BERLIOZET\"}]}\r\n\n{\"resourceType\":\"Slot\",\"status\":\"free\"}\n";

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
