//! What the command tells of messages.

use super::{BUNDLE, FIRST, LINES, PROTECT, SECOND, clinic};
use crate::{PASSPHRASE, json, stderr, stdout};

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
    // Who forgets to say that it is a file is told.
    let told = stderr(&clinic.run("inspect feed.hl7").code(2));
    assert_eq!(
        told,
        "paravent: value 1: it is a file; give files by --file\n"
    );
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
    clinic.write("in.json", BUNDLE);
    let told = stdout(&clinic.run("inspect --file in.json").code(0));
    assert_eq!(told, "1 document of FHIR, not protected\n");
    clinic.write("rows.ndjson", "{\"sealed\":\"p1.AAAA\"}\n");
    let told = stderr(&clinic.run("inspect --file rows.ndjson").code(3));
    assert!(
        told.contains("rows.ndjson: line 1: the document is no FHIR resource;"),
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

/// It was told that the policy lacks a column for the record id.
#[test]
fn a_name_of_rows_or_resources_is_asked_about_where_the_policy_is_for_messages() {
    let clinic = clinic(FIRST);
    clinic.write("in.ndjson", LINES);
    clinic.write("in.JSONL", LINES);
    let of = "--policy policies/hl7-feed.toml -o out.ndjson";
    for command in ["protect in.ndjson", "protect in.JSONL", "reveal in.ndjson"] {
        // Before a passphrase is read.
        let told = stderr(&clinic.run(&format!("{command} {of}")).code(2).stdout(""));
        let file = command.split(' ').nth(1).unwrap();
        assert_eq!(
            told,
            format!(
                "paravent: {file}: the input's name may be that of rows or of FHIR resources, and the policy is for messages; say what is in it by --format fhir or ndjson\n"
            )
        );
    }
    clinic
        .run_open(&format!("protect in.ndjson {of} --format fhir"))
        .code(0);
    // Who says that they are rows is taken at the word.
    let told = stderr(
        &clinic
            .run_open(&format!("protect in.ndjson {of} --force --format ndjson"))
            .code(3),
    );
    assert!(told.contains("record id"), "{told}");
    // A policy for rows has no shaped field.
    clinic.write("rows.ndjson", "");
    clinic
        .run_open("protect rows.ndjson --policy policies/statistics.toml -o rows.out")
        .code(0);
}

/// The first said that there is no value at byte 0, the second that there is no header segment.
#[test]
fn a_file_of_the_other_format_is_told_as_one() {
    let clinic = clinic(BUNDLE);
    clinic.write("in.json", format!("\n{FIRST}"));
    for (command, told_as, format) in [
        ("protect feed.hl7", "FHIR resources", "fhir"),
        ("reveal feed.hl7", "FHIR resources", "fhir"),
        ("protect in.json --format fhir", "HL7 v2 messages", "hl7v2"),
        ("reveal in.json --format fhir", "HL7 v2 messages", "hl7v2"),
    ] {
        let run = format!("{command} --policy policies/hl7-feed.toml -o out");
        let told = stderr(&clinic.run_open(&run).code(3).stdout(""));
        let file = command.split(' ').nth(1).unwrap();
        assert_eq!(
            told,
            format!(
                "paravent: {file}: it begins as a file of {told_as}; say so by --format {format}, or give the file that was meant\n"
            )
        );
        assert!(!clinic.at("out").exists());
    }
}

#[test]
fn an_empty_file_is_told_as_one() {
    let clinic = clinic("");
    for text in ["", " \r\n"] {
        clinic.write("empty", text);
        let told = stderr(&clinic.run("inspect --file empty").code(3).stdout(""));
        assert_eq!(
            told,
            "paravent: empty: there is nothing in it; see whether it is the file that was meant\n"
        );
    }
}

/// What a pipe gives first may be one byte, which does not say what the file is.
#[test]
fn what_a_pipe_gives_byte_by_byte_is_told() {
    let clinic = clinic(FIRST);
    clinic.run_open(PROTECT).code(0);
    let of_file = stdout(&clinic.run("inspect --file screened.hl7").code(0));
    let slowly = "mkfifo pipe; (head -c 1 screened.hl7; sleep 1; tail -c +2 screened.hl7) > pipe & $PARAVENT inspect --file pipe; code=$?; wait; exit $code";
    assert_eq!(stdout(&clinic.shell(slowly).code(0)), of_file);
    let keyring = clinic
        .names()
        .into_iter()
        .find(|name| name.ends_with(".keyring"))
        .unwrap();
    let of_file = stdout(&clinic.run(&format!("inspect --file {keyring}")).code(0));
    let slowly = slowly.replace("screened.hl7", &keyring);
    let slowly = slowly.replace("mkfifo pipe; ", "");
    assert_eq!(stdout(&clinic.shell(&slowly).code(0)), of_file);
}

/// Seals that differ are looked up, not compared each with each: without keys nobody can tell that they are none.
#[test]
fn very_many_seals_that_differ_are_told() {
    let number: u32 = 40_000;
    let record = |epoch: u32| {
        let bytes = [
            &[1, 1, 1, 0][..],
            &epoch.to_be_bytes(),
            &[0; 24],
            &[1, 0, 32],
            &[0; 64],
        ]
        .concat();
        let text = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        format!(r#"{{"url":"record","valueString":"p1.{text}"}}"#)
    };
    let records: Vec<String> = (1..=number).map(record).collect();
    let clinic = clinic(FIRST);
    let records = records.join(",");
    clinic.write(
        "in.json",
        format!(
            r#"{{"resourceType":"Patient","meta":{{"extension":[{{"url":"urn:paravent:sealed","extension":[{records}]}}]}}}}"#
        ),
    );
    let told = stdout(&clinic.run("inspect --file in.json").code(0));
    assert_eq!(told.matches("1 seal: a sealed record").count(), 40_000);
    assert!(told.contains("epoch 40000, bound to nothing"));
}
