//! What is taken at its worst, and what no combination hides: each was once passed over.

use super::*;

/// A name, a date of birth, a room, a drug and a severity; the room determines the drug, exactly.
fn visit() -> Schema {
    let text = |name: &str, scope: &str, role: &str, rest: &str| {
        format!(
            "[[field]]\nname = \"{name}\"\nscope = \"{scope}\"\nrole = \"{role}\"\nwidth = 40\n{rest}\n"
        )
    };
    let fields = [
        text(
            "name",
            "identity",
            "identifier",
            "type = \"text\"\nclass = \"name\"\nvalues = 100_000",
        ),
        text(
            "code",
            "identity",
            "neutral",
            "type = \"text\"\nclass = \"exact\"\nfrequencies = \"unknown\"",
        ),
        text(
            "room",
            "schedule",
            "neutral",
            "type = \"integer\"\nvalues = 6",
        ),
        text("day", "schedule", "neutral", "type = \"date\"\ndays = 365"),
        text(
            "drug",
            "care",
            "sensitive",
            "type = \"text\"\nclass = \"text\"\nvalues = 4\noptional = true",
        ),
        text(
            "severity",
            "care",
            "sensitive",
            "type = \"integer\"\nvalues = 11",
        ),
    ];
    let fields = fields
        .iter()
        .zip(1..)
        .map(|(field, number)| format!("{field}number = {number}\n"));
    let fact = |of: &str| {
        format!(
            "[[determines]]\nfields = [\"{of}\"]\ngives = \"drug\"\nthrough = \"list\"\nexact = true\n"
        )
    };
    Schema::from_toml(
        &("name = \"visit\"\n".to_owned()
            + &fields.collect::<String>()
            + &fact("room")
            + &fact("day")),
    )
    .unwrap()
}

fn found(rest: &str) -> Vec<String> {
    findings(&[&policy_for(
        "d",
        &(PLATFORM.to_owned() + &open("identity") + rest),
        &visit(),
    )])
}

/// Three drugs on a list leave the fourth alone with the rest.
#[test]
fn the_rest_of_a_bucket_can_be_one_value() {
    let bucket = |lists: &str| {
        show(
            "drug",
            &format!("as = \"bucket\"\nlists = {{ {lists} }}\nother = \"rest\""),
        )
    };
    let three = found(&bucket("a = [\"A\", \"B\", \"C\"]"));
    assert!(three[0].starts_with("linked"), "{three:?}");
    let one = found(&bucket("a = [\"A\", \"B\"]"));
    assert!(one[0].starts_with("homogeneous"), "{one:?}");
}

/// Of 0 to 10 the band from 10 is one value; from 8 it is three.
#[test]
fn the_open_band_can_be_one_value() {
    let bands = |edges: &str| {
        found(&show(
            "severity",
            &format!("as = \"bands\"\nedges = {edges}"),
        ))
    };
    assert!(bands("[0, 5, 10]")[0].starts_with("linked"));
    assert_eq!(bands("[0, 4, 8]"), [""; 0]);
}

/// Where numbers begin is not known: the last multiple may stand for one.
#[test]
fn rounding_tells_at_its_worst() {
    assert!(found(&show("severity", "as = \"round\"\nto = 5"))[0].starts_with("linked"));
}

/// Bands one wide and days of dates are the values.
#[test]
fn what_shows_every_value_gives_what_the_value_gives() {
    let room = found(&show("room", "as = \"bands\"\nedges = [0, 1, 2, 3, 4, 5]"));
    assert!(room[0].ends_with("list ─ drug"), "{room:?}");
    let day = found(&show("day", "as = \"truncate\"\nto = \"day\""));
    assert!(day[0].ends_with("list ─ drug"), "{day:?}");
    assert_eq!(
        found(&show("day", "as = \"truncate\"\nto = \"week\"")),
        [""; 0]
    );
}

/// 2 visits of a shift by 52 weeks are worth 2 x 10.10 - 6.71 = 13.5 bits of at most log2(120,000 / 20) = 12.55, with
/// the year beside it no less.
#[test]
fn a_second_form_never_tells_less() {
    let behind = "[holds]\nrows = 240_000\nsubjects = 120_000\nvisits = 2\n[tenancy]\nspecialties = 12\npractices = 40\n";
    let patient =
        pseudonym("patient", "[\"last_name\", \"first_name\", \"phone\"]") + &keep("specialty");
    let shift = show(
        "start",
        "as = \"shift\"\nweeks = 52\nsubject = [\"last_name\", \"phone\"]",
    );
    let one = policy("d", &(behind.to_owned() + &shift + &patient));
    assert!(
        findings(&[&one])[0].contains("13.5 of at most 12.6 bits"),
        "{:?}",
        findings(&[&one])
    );
    let year = policy(
        "d",
        &(behind.to_owned() + &show("start", "as = \"truncate\"\nto = \"year\"")),
    );
    assert_eq!(findings(&[&one, &year]).len(), 1);
}

/// A shift by sex moves all men alike: three places, not 105.
#[test]
fn a_shift_hides_no_more_than_its_subjects_differ() {
    let by = |subject: &str| {
        policy(
            "d",
            &show(
                "start",
                &format!("as = \"shift\"\nweeks = 52\nsubject = [{subject}]"),
            ),
        )
    };
    // log2 1,096 - log2 3
    assert!((bits(&by("\"sex\""), "start") - 8.513).abs() < 0.000_5);
    // log2 1,096 - log2 105
    assert!((bits(&by("\"phone\""), "start") - 3.383_8).abs() < 0.000_5);
}

/// Two facts that go round add nothing that was not seen.
#[test]
fn facts_that_go_round_end() {
    let field = |name: &str, number: u8, rest: &str| {
        format!(
            "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"care\"\nrole = \"neutral\"\nwidth = 8\ntype = \"integer\"\n{rest}\n"
        )
    };
    let fact = |of: &str, gives: &str| {
        format!(
            "[[determines]]\nfields = {of}\ngives = \"{gives}\"\nthrough = \"list\"\nexact = true\n"
        )
    };
    let text = "name = \"ring\"\n".to_owned()
        + &field("a", 1, "values = 1_000_000_000_000")
        + &field("b", 2, "values = 1_000_000_000_000")
        + &field("c", 3, "values = 1_000_000_000_000")
        + &fact("[\"a\", \"b\"]", "c")
        + &fact("[\"c\"]", "a");
    let schema = Schema::from_toml(&text).unwrap();
    let bands = "as = \"bands\"\nedges = [0, 10]";
    let shown = policy_for("d", &(show("a", bands) + &show("b", bands)), &schema);
    assert_eq!(bits(&shown, "c"), 2.0);
    assert_eq!(bits(&shown, "a"), 2.0);
}

/// Of contacts and few values in bulk somebody answers; that a broker adds the value is another finding.
#[test]
fn what_brokers_add_to_a_set_is_found_beside_it() {
    let shares = |rest: &str| "shares = [\"record-id\"]\n".to_owned() + PLATFORM + rest;
    let contacts = policy("contacts", &shares(&open("contact")));
    let bucket = "as = \"bucket\"\nlists = { a = [\"A\", \"B\"], b = [\"C\", \"D\"] }";
    let release = "[release.specialty]\nreason = \"test\"\npurposes = [\"test\"]\nper_hour = 1\ndetect_hours = 1\n";
    let listed = policy("listed", &shares(&(show("specialty", bucket) + release)));
    let found = findings(&[&contacts, &listed]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].ends_with("stands for only 2 values"), "{found:?}");
    assert!(
        found[1].ends_with("specialty (listed, released: specialty), at most 1 records"),
        "{found:?}"
    );
}

/// A drug's pseudonym is null where there is none; next to names of another domain that is told of everybody.
#[test]
fn what_is_there_or_not_is_looked_for_in_sets() {
    let shares = |rest: &str| "shares = [\"record-id\"]\n".to_owned() + PLATFORM + rest;
    let contacts = policy_for("contacts", &shares(&open("identity")), &visit());
    let parcels = pseudonym("parcel", "[\"code\", \"drug\"]") + "null = \"null\"\n";
    let parcels = policy_for("parcels", &shares(&parcels), &visit());
    assert_eq!(findings(&[&contacts]), [""; 0]);
    assert_eq!(findings(&[&parcels]), [""; 0]);
    assert_eq!(
        findings(&[&contacts, &parcels]),
        [
            "colluding (contacts, parcels): name (contacts, opens: identity) ─ joined with parcels by record-id ─ drug (parcels, pseudonym parcel) ─ there or not"
        ]
    );
}

/// One more schema makes nothing safer: a telephone that another schema has as care is still the person's.
#[test]
fn another_schema_hides_no_person() {
    let text = "name = \"calls\"\n[[field]]\nname = \"phone\"\nnumber = 1\nscope = \"care\"\nrole = \"neutral\"\nwidth = 24\ntype = \"text\"\nclass = \"exact\"\nfrequencies = \"unknown\"\nvalues = 200_000_000";
    let calls = policy_for("calls", "", &Schema::from_toml(text).unwrap());
    let shown = keep("specialty")
        + &pseudonym("patient", "[\"phone\"]")
        + &show("start", "as = \"truncate\"\nto = \"month\"");
    let paths = policy("paths", &(PLATFORM.to_owned() + &shown));
    let alone = findings(&[&paths]);
    assert_eq!(alone.len(), 1);
    assert_eq!(findings(&[&paths, &calls]), alone);
}

/// 9 bits of index, 6.92 of age and 1.58 of sex tell people apart among 120,000: their quarters are followed.
#[test]
fn an_index_with_what_is_told_of_the_person_follows_people() {
    let behind = "[holds]\nrows = 500_000\nsubjects = 120_000\nvisits = 60\n[tenancy]\nspecialties = 12\npractices = 40\n";
    let rest = keep("specialty")
        + &show("start", "as = \"truncate\"\nto = \"quarter\"")
        + &index("by_phone", "[\"phone\"]", 9, 120_000);
    assert_eq!(
        findings(&[&policy("d", &(behind.to_owned() + &rest))]),
        [""; 0]
    );
    let told = keep("age") + &keep("sex");
    let found = findings(&[&policy("d", &(behind.to_owned() + &rest + &told))]);
    assert!(
        found[0].starts_with("linked (d): start (shown: truncate to quarter) of 60 visits"),
        "{found:?}"
    );
}

/// Everything that is told is listed, not only where the chain leads.
#[test]
fn a_finding_lists_all_that_it_tells() {
    let both = policy(
        "d",
        &(PLATFORM.to_owned() + &open("identity") + &open("care")),
    );
    let report = report(&[&both]);
    assert_eq!(report.findings()[0].tells(), ["specialty", "practitioner"]);
}

/// Policies on visits, each with the words it shares.
fn all_of(policies: &[(&str, &str, String)]) -> Vec<String> {
    let policies: Vec<Policy> = policies
        .iter()
        .map(|(name, words, rest)| {
            let rest = format!("shares = [{words}]\n") + PLATFORM + rest;
            policy_for(name, &rest, &visit())
        })
        .collect();
    findings(&policies.iter().collect::<Vec<_>>())
}

fn parcels() -> String {
    pseudonym("parcel", "[\"code\", \"drug\"]") + "null = \"null\"\n"
}

/// Names, and whether there is a drug: a third domain that tells the drug takes nothing away, of two or of three.
#[test]
fn a_domain_that_tells_the_value_hides_no_set_that_tells_it_is_there() {
    let there = "─ drug (parcels, pseudonym parcel) ─ there or not";
    let contacts = ("contacts", "\"record-id\"", open("identity"));
    let drugs = ("drugs", "\"record-id\"", keep("drug"));
    let two = [
        contacts.clone(),
        ("parcels", "\"record-id\"", parcels()),
        drugs.clone(),
    ];
    let found = all_of(&two);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("colluding (contacts, drugs)"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("colluding (contacts, parcels)") && found[1].ends_with(there),
        "{found:?}"
    );
    let three = [
        contacts,
        ("middle", "\"record-id\", \"order\"", String::new()),
        ("parcels", "\"order\"", parcels()),
        drugs,
    ];
    let found = all_of(&three);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("colluding (contacts, drugs)"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("colluding (contacts, middle, parcels)") && found[1].ends_with(there),
        "{found:?}"
    );
}

/// A test there or not gives with a device what is sensitive; who tells the test and not the device takes nothing away.
#[test]
fn a_domain_that_tells_what_helps_hides_no_set_that_tells_it_is_there() {
    let field = |number: u8, name: &str, scope: &str, role: &str, rest: &str| {
        format!(
            "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"{scope}\"\nrole = \"{role}\"\nwidth = 40\ntype = \"text\"\nclass = \"exact\"\n{rest}\n"
        )
    };
    let text = "name = \"tests\"\n".to_owned()
        + &field(1, "name", "identity", "identifier", "values = 100_000")
        + &field(
            2,
            "test",
            "care",
            "neutral",
            "values = 1_000\noptional = true",
        )
        + &field(3, "device", "care", "neutral", "values = 1_000")
        + &field(4, "illness", "care", "sensitive", "values = 60")
        + &field(
            5,
            "code",
            "identity",
            "neutral",
            "frequencies = \"unknown\"",
        )
        + "[[determines]]\nfields = [\"test\", \"device\"]\ngives = \"illness\"\nthrough = \"list\"\nexact = true\n";
    let schema = Schema::from_toml(&text).unwrap();
    let of = |name: &str, rest: &str| {
        let rest = "shares = [\"record-id\"]\n".to_owned() + PLATFORM + rest;
        policy_for(name, &rest, &schema)
    };
    let contacts = of("contacts", &open("identity"));
    let sent = pseudonym("sent", "[\"code\", \"test\"]") + "null = \"null\"\n";
    let sent = of("sent", &sent);
    let tests = of("tests", &keep("test"));
    let two = findings(&[&contacts, &sent]);
    assert_eq!(
        two,
        [
            "colluding (contacts, sent): name (contacts, opens: identity) ─ joined with sent by record-id ─ test (sent, pseudonym sent) ─ there or not"
        ]
    );
    assert_eq!(findings(&[&contacts, &sent, &tests]), two);
    // Those who are told the test anyway are told no more by its being there.
    assert_eq!(findings(&[&contacts, &tests]), [""; 0]);
}

/// Of what a set tells, a value comes before that another field is there.
#[test]
fn a_value_comes_before_that_something_is_there() {
    let both = parcels() + &keep("severity");
    let found = all_of(&[
        ("contacts", "\"record-id\"", open("identity")),
        ("parcels", "\"record-id\"", both),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("severity (parcels, shown)"), "{found:?}");
}

/// Of one who answers for messages of others, too, those others are asked: 12 specialties stand behind its own rows, and 2
/// behind the messages.
#[test]
fn what_a_domain_carries_for_others_is_bounded_by_theirs() {
    let render = "[render.m]\nto = \"phone\"\ntemplate = \"{start}\"\ngateway = \"g\"\nreason = \"test\"\nper_hour = 1\ndetect_hours = 3\n";
    let behind = PLATFORM.replace("specialties = 12", "specialties = 2");
    let (a, g) = (policy("a", &(behind + render)), policy("g", PLATFORM));
    let report = report(&[&a, &g]);
    let [finding] = report.findings() else {
        panic!("one finding: {:?}", report.findings());
    };
    assert_eq!(
        finding.to_string(),
        "metered (g): phone (in message m, read by g) ─ only 2 specialties behind the domain, at most 3 records"
    );
    let domains: Vec<&str> = finding
        .domains()
        .iter()
        .map(|domain| domain.as_str())
        .collect();
    assert_eq!(domains, ["a", "g"]);
    assert_eq!(finding.parties(), ["g"]);
}

/// That all drugs are seen to be there or not is told beside that a broker gives some: the one may be accepted, and not the other.
#[test]
fn what_a_broker_gives_hides_nothing_that_is_seen_in_bulk() {
    let release = "[release.drug]\nreason = \"test\"\npurposes = [\"test\"]\nper_hour = 1\ndetect_hours = 1\n";
    assert_eq!(
        found(&(parcels() + release)),
        [
            "metered (d): name (opens: identity) ─ same row ─ drug (released: drug), at most 1 records",
            "shaped (d): name (opens: identity) ─ same row ─ drug (pseudonym parcel) ─ there or not"
        ]
    );
}

/// Names that only a broker gives stand next to what is seen in bulk: of one row at a time, at most 1 x 1.
#[test]
fn what_is_there_or_not_is_told_of_those_whom_a_broker_names() {
    let release = "[release.identity]\nreason = \"test\"\npurposes = [\"test\"]\nper_hour = 1\ndetect_hours = 1\n";
    let rest = PLATFORM.to_owned() + &parcels() + release;
    assert_eq!(
        findings(&[&policy_for("d", &rest, &visit())]),
        [
            "shaped (d): name (released: identity) ─ same row ─ drug (pseudonym parcel) ─ there or not, at most 1 records"
        ]
    );
}
