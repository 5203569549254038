//! Profiles, policies and schemas of messages, as the command takes them.

use super::{FIRST, LINES, PROTECT, REVEAL, SECOND, clinic};
use crate::{json, stderr, stdout};

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
    for (format, text, of) in [
        (
            "hl7v2",
            paravent::fhir::Profile::r4_text(),
            "FHIR resources",
        ),
        (
            "fhir",
            paravent::hl7v2::Profile::siu_text(),
            "HL7 v2 messages",
        ),
    ] {
        clinic.write("own.toml", text);
        let protect = format!(
            "protect feed.hl7 --format {format} --policy policies/hl7-feed.toml --profile own.toml"
        );
        let told = stderr(&clinic.run(&protect).code(3));
        let said = format!("paravent: own.toml: it is a profile for {of}; give one for what");
        assert!(told.starts_with(&said), "{told}");
    }
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
