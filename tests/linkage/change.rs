//! What a change of policies gives a domain that it did not have.

use super::*;

fn set(policies: &[&Policy]) -> PolicySet {
    PolicySet::new(policies.iter().map(|&policy| policy.clone()))
}

/// Each gain in a line.
fn gains(old: &[&Policy], new: &[&Policy]) -> Vec<String> {
    set(old)
        .diff(&set(new), TODAY)
        .gains()
        .iter()
        .map(|gain| {
            let before = gain.before.as_deref().unwrap_or("nothing");
            format!("{} {}: {before} -> {}", gain.domain, gain.what, gain.now)
        })
        .collect()
}

#[test]
fn the_same_set_gives_nothing() {
    let shown = policy("d", &(PLATFORM.to_owned() + &keep("age") + &open("care")));
    let diff = set(&[&shown]).diff(&set(&[&shown]), TODAY);
    assert!(diff.is_empty() && diff.gains().is_empty() && diff.findings().is_empty());
}

#[test]
fn what_is_shown_finer_is_a_gain_and_what_is_shown_coarser_is_none() {
    let bands = policy(
        "d",
        &(PLATFORM.to_owned() + &show("age", "as = \"bands\"\nedges = [0, 18]")),
    );
    let exact = policy("d", &(PLATFORM.to_owned() + &keep("age")));
    assert_eq!(
        gains(&[&bands], &[&exact]),
        ["d age: shown: bands 0, 18 (1.6 bits) -> shown (6.9 bits)"]
    );
    assert_eq!(gains(&[&exact], &[&bands]), [""; 0]);
}

#[test]
fn what_follows_is_a_gain_too() {
    let nothing = policy("d", PLATFORM);
    let shown = policy("d", &(PLATFORM.to_owned() + &keep("practitioner")));
    assert_eq!(
        gains(&[&nothing], &[&shown]),
        [
            "d practitioner: nothing -> shown (17.6 bits)",
            "d specialty: nothing -> public directory of practitioners (5.9 bits)",
        ]
    );
}

#[test]
fn a_new_domain_gains_all_that_it_gets() {
    let old = policy("a", PLATFORM);
    let new = policy("b", &(PLATFORM.to_owned() + &keep("sex")));
    assert_eq!(
        gains(&[&old], &[&old, &new]),
        ["b sex: nothing -> shown (1.6 bits)"]
    );
    assert_eq!(gains(&[&old, &new], &[&old]), [""; 0]);
}

#[test]
fn pseudonyms_and_releases_are_gains() {
    let nothing = policy("d", PLATFORM);
    let patient = pseudonym("patient", "[\"last_name\", \"phone\"]");
    let release = "[release.schedule]\nreason = \"test\"\npurposes = [\"test\"]\nper_hour = 1\ndetect_hours = 1\n";
    let more = policy("d", &(PLATFORM.to_owned() + &patient + release));
    assert_eq!(
        gains(&[&nothing], &[&more]),
        [
            "d start: nothing -> released: schedule (16.7 bits)",
            "d patient: nothing -> equal for equal inputs",
            "d records that brokers give: 0 -> 1",
        ]
    );
}

#[test]
fn an_index_is_a_gain() {
    let nothing = policy("d", PLATFORM);
    let more = policy(
        "d",
        &(PLATFORM.to_owned() + &index("phone_ix", "[\"phone\"]", 8, 20_000)),
    );
    assert_eq!(
        gains(&[&nothing], &[&more]),
        ["d phone_ix: nothing -> 8 bits of an index"]
    );
}

/// What was released one record a call and is opened in bulk now, is a gain.
#[test]
fn opening_what_was_released_is_a_gain() {
    let release = "[release.schedule]\nreason = \"test\"\npurposes = [\"test\"]\nper_hour = 1\ndetect_hours = 1\n";
    let released = policy("d", &(PLATFORM.to_owned() + release));
    let opened = policy("d", &(PLATFORM.to_owned() + &open("schedule")));
    assert_eq!(
        gains(&[&released], &[&opened]),
        ["d start: nothing -> opens: schedule (16.7 bits)"]
    );
    let often = policy(
        "d",
        &(PLATFORM.to_owned() + &release.replace("per_hour = 1", "per_hour = 9")),
    );
    assert_eq!(
        gains(&[&released], &[&often]),
        ["d records that brokers give: 1 -> 9"]
    );
}

#[test]
fn one_person_where_it_took_two_is_a_gain() {
    let release = |two: &str, scope: &str| {
        format!(
            "[release.{scope}]\nreason = \"test\"\npurposes = [\"test\"]\nper_hour = 1\ndetect_hours = 1\n{two}"
        )
    };
    let two = policy(
        "d",
        &(PLATFORM.to_owned() + &release("two_persons = true\n", "schedule")),
    );
    let one = policy("d", &(PLATFORM.to_owned() + &release("", "schedule")));
    assert_eq!(
        gains(&[&two], &[&one]),
        ["d start: released by two people -> released by one"]
    );
    assert_eq!(gains(&[&one], &[&two]), [""; 0]);
    assert_eq!(gains(&[&two], &[&two]), [""; 0]);
    let fields = [&two, &one].map(|policy| {
        let report = policy.report(TODAY);
        let field = report.fields().iter().find(|field| field.field == "start");
        let field = field.unwrap();
        (field.released, field.two_persons)
    });
    assert_eq!(fields, [(true, true), (true, false)]);
}

#[test]
fn what_a_gateway_reads_more_of_is_a_gain() {
    let message = |template: &str| {
        let render = format!(
            "[render.reminder]\nto = \"phone\"\ntemplate = \"{template}\"\ngateway = \"sms\"\nreason = \"test\"\nper_hour = 1\ndetect_hours = 1\n"
        );
        policy("d", &(PLATFORM.to_owned() + &render))
    };
    assert_eq!(
        gains(&[&message("{start}")], &[&message("{start} {first_name}")]),
        ["sms first_name: nothing -> in message reminder, read by sms (14.3 bits)"]
    );
}

#[test]
fn shared_words_and_more_rows_are_gains() {
    let old = policy("d", PLATFORM);
    let new = policy(
        "d",
        &("shares = [\"order\"]\n".to_owned()
            + &PLATFORM.replace("rows = 50_000", "rows = 60_000")),
    );
    assert_eq!(
        gains(&[&old], &[&new]),
        [
            "d order: nothing -> shared with other domains",
            "d rows: 50000 -> 60000"
        ]
    );
    assert_eq!(gains(&[&new], &[&old]), [""; 0]);
}

#[test]
fn findings_that_are_new_are_told() {
    let contacts = policy("d", &(PLATFORM.to_owned() + &open("contact")));
    let both = policy(
        "d",
        &(PLATFORM.to_owned() + &open("contact") + &keep("specialty")),
    );
    let diff = set(&[&contacts]).diff(&set(&[&both]), TODAY);
    let found: Vec<String> = diff.findings().iter().map(Finding::to_string).collect();
    assert_eq!(
        found,
        ["linked (d): phone (opens: contact) ─ same row ─ specialty (shown)"]
    );
    assert!(!diff.is_empty());
    assert_eq!(
        set(&[&both])
            .diff(&set(&[&contacts]), TODAY)
            .findings()
            .len(),
        0
    );
}

#[test]
fn a_diff_serialises() {
    let nothing = policy("d", PLATFORM);
    let shown = policy("d", &(PLATFORM.to_owned() + &keep("sex")));
    let diff = serde_json::to_value(set(&[&nothing]).diff(&set(&[&shown]), TODAY)).unwrap();
    assert_eq!(diff["gains"][0]["domain"], "d");
    assert_eq!(diff["gains"][0]["what"], "sex");
    assert_eq!(diff["findings"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_report_serialises() {
    let shown = policy(
        "d",
        &("goes_to = \"a warehouse\"\n".to_owned()
            + PLATFORM
            + &open("contact")
            + &keep("specialty")),
    );
    let report = serde_json::to_value(report(&[&shown])).unwrap();
    assert_eq!(report["policies"][0]["goes_to"], "a warehouse");
    assert_eq!(report["policies"][0]["digest"], shown.digest().to_string());
    let finding = &report["findings"][0];
    assert_eq!(finding["kind"], "linked");
    assert_eq!(finding["domains"][0], "d");
    assert_eq!(finding["chain"][0]["fields"][0]["field"], "phone");
    assert_eq!(finding["chain"][1], "same-row");
    assert!(finding["accepted"].is_null());
    let field = |name: &str| {
        let fields = report["fields"].as_array().unwrap();
        fields.iter().find(|field| field["field"] == name).unwrap()
    };
    assert_eq!(
        (&field("phone")["opened"], &field("age")["opened"]),
        (&true.into(), &false.into())
    );
    assert_eq!(field("specialty")["shown"], "keep");
    assert_eq!(field("age")["bits"], 0.0);
}
