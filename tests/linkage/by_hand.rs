//! Answers worked out by hand, in bits: log2 of how many different values the shown form has, against log2(subjects / 20)
//! and log2(rows / 20).

use paravent::Schema;

use super::*;

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 0.000_5
}

/// The ten forms of the appointment's fields: 121 ages, 3 sexes, 1,096 days of 96 quarter hours.
#[test]
fn the_shown_forms_of_ten_policies() {
    for (field, how, expected) in [
        // log2 121
        ("age", "as = \"keep\"", 6.918_9),
        // four bands and null
        ("age", "as = \"bands\"\nedges = [0, 18, 40, 65]", 2.321_9),
        // 121 ages touch at most 1 + 120 / 5 = 25 multiples of five, and null: log2 26
        ("age", "as = \"round\"\nto = 5", 4.700_4),
        // log2 105,216
        ("start", "as = \"keep\"", 16.683_0),
        // log2 1,096
        ("start", "as = \"truncate\"\nto = \"day\"", 10.098_0),
        // at most 1 + ceil(1,095 / 28) = 41 months: log2 41
        ("start", "as = \"truncate\"\nto = \"month\"", 5.357_6),
        // at most 1 + ceil(1,095 / 365) = 4 years
        ("start", "as = \"truncate\"\nto = \"year\"", 2.0),
        // one of 1,096 days, moved to one of 53 places: log2 1,096 - log2 53
        (
            "start",
            "as = \"shift\"\nweeks = 26\nsubject = [\"last_name\", \"phone\"]",
            4.370_1,
        ),
        // 36 first letters, and the mask of what has one letter: log2 37
        ("last_name", "as = \"mask\"\nfirst = 1", 5.209_5),
        // two lists and the rest
        (
            "specialty",
            "as = \"bucket\"\nlists = { surgery = [\"A\", \"B\", \"C\"], medicine = [\"D\", \"E\", \"F\"] }\nother = \"rest\"",
            1.585_0,
        ),
    ] {
        let policy = policy("d", &(PLATFORM.to_owned() + &show(field, how)));
        let found = bits(&policy, field);
        assert!(near(found, expected), "{field} {how}: {found}");
    }
}

#[test]
fn weeks_and_quarters() {
    let week = policy("d", &show("start", "as = \"truncate\"\nto = \"week\""));
    // 1 + ceil(1,095 / 7) = 158
    assert!(near(bits(&week, "start"), 158_f64.log2()));
    let quarter = policy("d", &show("start", "as = \"truncate\"\nto = \"quarter\""));
    // 1 + ceil(1,095 / 90) = 14
    assert!(near(bits(&quarter, "start"), 14_f64.log2()));
}

/// 6.92 + 1.58 = 8.50 bits, below log2(20,000 / 20) = 9.97 and above log2(5,000 / 20) = 7.97.
#[test]
fn quasi_identifiers_add_up_against_the_subjects() {
    let shown = keep("age") + &keep("sex") + &keep("specialty");
    assert_eq!(
        findings(&[&policy("d", &(PLATFORM.to_owned() + &shown))]),
        [""; 0]
    );
    let fewer = PLATFORM.replace("20_000", "5_000");
    assert_eq!(
        findings(&[&policy("d", &(fewer + &shown))]),
        [
            "linked (d): age (shown) + sex (shown) ─ 8.5 of at most 8.0 bits ─ same row ─ specialty (shown)"
        ]
    );
}

/// k = 80 leaves log2(20,000 / 80) = 7.97 bits.
#[test]
fn a_policy_may_ask_for_more_people() {
    let shown = keep("age") + &keep("sex") + &keep("specialty");
    let more = PLATFORM.replace("visits = 6", "visits = 6\nk = 80");
    let [finding] = &findings(&[&policy("d", &(more + &shown))])[..] else {
        panic!("one finding");
    };
    assert!(finding.contains("8.5 of at most 8.0 bits"), "{finding}");
}

/// A month of each of 6 visits: 6 x 5.36 = 32.1 bits; of one visit it would be below 9.97.
#[test]
fn under_a_pseudonym_each_visit_counts() {
    let month = show("start", "as = \"truncate\"\nto = \"month\"") + &keep("specialty");
    assert_eq!(
        findings(&[&policy("d", &(PLATFORM.to_owned() + &month))]),
        [""; 0]
    );
    let patient = pseudonym("patient", "[\"last_name\", \"first_name\", \"phone\"]");
    assert_eq!(
        findings(&[&policy("d", &(PLATFORM.to_owned() + &month + &patient))]),
        [
            "linked (d): start (shown: truncate to month) of 6 visits by pseudonym patient ─ 32.1 of at most 10.0 bits ─ same row ─ specialty (shown)"
        ]
    );
    // With one visit a person there is nothing to add up.
    let once = PLATFORM.replace("visits = 6", "visits = 1");
    assert_eq!(
        findings(&[&policy("d", &(once + &month + &patient))]),
        [""; 0]
    );
}

/// A shift hides where the sequence begins, once: 6 x 10.10 - 5.73 = 54.9 bits.
#[test]
fn a_shift_hides_the_beginning_of_a_sequence_only() {
    let shown = show(
        "start",
        "as = \"shift\"\nweeks = 26\nsubject = [\"last_name\", \"phone\"]",
    ) + &keep("specialty")
        + &pseudonym("patient", "[\"last_name\", \"first_name\", \"phone\"]");
    let [finding] = &findings(&[&policy("d", &(PLATFORM.to_owned() + &shown))])[..] else {
        panic!("one finding");
    };
    assert!(finding.contains("54.9 of at most 10.0 bits"), "{finding}");
}

#[test]
fn an_identifier_links_whatever_the_numbers() {
    let policy = policy(
        "d",
        &(PLATFORM.to_owned() + &open("contact") + &open("care")),
    );
    assert_eq!(
        findings(&[&policy]),
        ["linked (d): phone (opens: contact) ─ same row ─ specialty (opens: care)"]
    );
}

/// A single practice's exact starts are in its public calendar, and that gives the practitioner.
#[test]
fn a_calendar_gives_the_practitioner_of_one_practice() {
    let shown = open("contact") + &keep("start");
    assert_eq!(
        findings(&[&policy("d", &(PLATFORM.to_owned() + &shown))]),
        [""; 0]
    );
    let one = PLATFORM.replace("practices = 40", "practices = 1");
    assert_eq!(
        findings(&[&policy("d", &(one.clone() + &shown))]),
        [
            "linked (d): phone (opens: contact) ─ same row ─ start (shown) ─ public booking calendars ─ practitioner ─ public directory of practitioners ─ specialty"
        ]
    );
    // A day is not an exact start.
    let day = open("contact") + &show("start", "as = \"truncate\"\nto = \"day\"");
    assert_eq!(findings(&[&policy("d", &(one + &day))]), [""; 0]);
}

/// A directory survives truncation and masks: the first letter of a practitioner's name counts as the name.
#[test]
fn a_directory_survives_masks() {
    let shown = open("contact") + &show("practitioner", "as = \"mask\"\nfirst = 3");
    let [finding] = &findings(&[&policy("d", &(PLATFORM.to_owned() + &shown))])[..] else {
        panic!("one finding");
    };
    assert!(
        finding.starts_with("linked (d): phone (opens: contact) ─ same row ─ practitioner"),
        "{finding}"
    );
}

#[test]
fn what_a_policy_does_not_state_is_taken_at_its_worst() {
    assert_eq!(findings(&[&policy("d", "")]), [""; 0]);
    assert_eq!(findings(&[&policy("d", &open("care"))]), [""; 0]);
    assert_eq!(
        findings(&[&policy("d", &open("contact"))]),
        [
            "homogeneous (d): phone (opens: contact) ─ one specialty behind the domain, since its policy states no [tenancy] specialties"
        ]
    );
    assert_eq!(
        findings(&[&policy(
            "d",
            &(show("age", "as = \"bands\"\nedges = [0, 18]") + &open("care"))
        )]),
        [
            "linked (d): age (shown: bands 0, 18) ─ 1.6 of at most 0.0 bits ─ same row ─ specialty (opens: care)"
        ]
    );
}

#[test]
fn two_specialties_are_few_and_three_are_not() {
    let behind = |specialties: u8| {
        let tenancy = PLATFORM.replace("specialties = 12", &format!("specialties = {specialties}"));
        findings(&[&policy("d", &(tenancy + &open("contact")))])
    };
    assert_eq!(
        behind(2),
        ["homogeneous (d): phone (opens: contact) ─ only 2 specialties behind the domain"]
    );
    assert_eq!(behind(3), [""; 0]);
}

/// A list with one value tells it; one with two leaves two; three are enough.
#[test]
fn short_lists_tell() {
    let listed = |surgery: &str| {
        let bucket = format!(
            "as = \"bucket\"\nlists = {{ surgery = {surgery}, medicine = [\"D\", \"E\", \"F\"] }}"
        );
        findings(&[&policy(
            "d",
            &(PLATFORM.to_owned() + &open("contact") + &show("specialty", &bucket)),
        )])
    };
    assert_eq!(
        listed("[\"A\"]"),
        [
            "linked (d): phone (opens: contact) ─ same row ─ specialty (shown: bucket medicine, surgery)"
        ]
    );
    assert_eq!(
        listed("[\"A\", \"B\"]"),
        [
            "homogeneous (d): phone (opens: contact) ─ same row ─ specialty (shown: bucket medicine, surgery) ─ stands for only 2 values"
        ]
    );
    assert_eq!(listed("[\"A\", \"B\", \"C\"]"), [""; 0]);
}

/// Surnames, sexes, specialties: who knows how often each occurs reads their stand-ins.
#[test]
fn a_stand_in_of_known_frequencies_counts_as_clear() {
    let care = PLATFORM.to_owned() + &open("care");
    assert_eq!(
        findings(&[&policy(
            "d",
            &(care.clone() + &pseudonym("household", "[\"last_name\"]"))
        )]),
        [
            "linked (d): last_name (pseudonym household, of known frequencies) ─ same row ─ specialty (opens: care)"
        ]
    );
    let patient = pseudonym("patient", "[\"last_name\", \"first_name\", \"phone\"]");
    assert_eq!(findings(&[&policy("d", &(care + &patient))]), [""; 0]);
}

/// log2(20,000 / 20) is 9.97: 9 bits of index are fine, two of 5 are not, 1 bit narrows nothing.
#[test]
fn indexes_of_a_row_add_up() {
    let with = |indexes: &str| findings(&[&policy("d", &(PLATFORM.to_owned() + indexes))]);
    let phone = |bits| index("phone_ix", "[\"phone\"]", bits, 20_000);
    let email = |bits| index("email_ix", "[\"email\"]", bits, 20_000);
    assert_eq!(with(&phone(9)), [""; 0]);
    assert_eq!(with(&(phone(4) + &email(5))), [""; 0]);
    assert_eq!(
        with(&phone(10)),
        ["narrow index (d): index phone_ix: 10.00 of at most 9.97 bits"]
    );
    assert_eq!(
        with(&(phone(5) + &email(5))),
        ["narrow index (d): index email_ix + phone_ix: 10.00 of at most 9.97 bits"]
    );
    assert_eq!(
        with(&phone(1)),
        ["narrow index (d): index phone_ix: 1.0 bits, where a search needs 2.0"]
    );
    assert_eq!(
        with(&index("phone_ix", "[\"phone\"]", 8, 3)),
        ["narrow index (d): index phone_ix: 1.6 bits, where a search needs 2.0"]
    );
}

#[test]
fn who_may_ask_an_index_tests_guesses() {
    let behind = PLATFORM.to_owned() + &open("care");
    let phone = index("phone_ix", "[\"phone\"]", 8, 20_000);
    assert_eq!(
        findings(&[&policy("d", &(behind.clone() + &phone))]),
        [""; 0]
    );
    assert_eq!(
        findings(&[&policy("d", &(behind + &phone + "queried = true\n"))]),
        [
            "linked (d): phone (index phone_ix, which it may ask) ─ same row ─ specialty (opens: care)"
        ]
    );
}

#[test]
fn what_a_domains_people_know_besides_is_in_its_view() {
    let knows = "knows = [\"practitioner\"]\n".to_owned() + PLATFORM + &open("contact");
    assert_eq!(
        findings(&[&policy("d", &knows)]),
        [
            "linked (d): phone (opens: contact) ─ same row ─ practitioner (known besides) ─ public directory of practitioners ─ specialty"
        ]
    );
}

/// 30 records an hour for 24 hours are 720; no more than there are rows.
#[test]
fn a_release_is_metered() {
    let release = "[release.contact]\nreason = \"test\"\npurposes = [\"call back\"]\nper_hour = 30\ndetect_hours = 24\n";
    let care = PLATFORM.to_owned() + &open("care");
    assert_eq!(
        findings(&[&policy("d", &(care.clone() + release))]),
        [
            "metered (d): phone (released: contact) ─ same row ─ specialty (opens: care), at most 720 records"
        ]
    );
    let often = release.replace("30", "30_000");
    let [finding] = &findings(&[&policy("d", &(care + &often))])[..] else {
        panic!("one finding");
    };
    assert!(finding.ends_with(", at most 50000 records"), "{finding}");
    // Without care next to it there is nothing to meter.
    assert_eq!(
        findings(&[&policy("d", &(PLATFORM.to_owned() + release))]),
        [""; 0]
    );
}

#[test]
fn a_gateway_reads_the_messages_that_it_carries() {
    let render = |template: &str| {
        let message = format!(
            "[render.reminder]\nto = \"phone\"\ntemplate = \"{template}\"\ngateway = \"sms-gateway\"\nreason = \"test\"\nper_hour = 500\ndetect_hours = 24\n"
        );
        let policy = policy("reminders", &(PLATFORM.to_owned() + &message));
        let report = report(&[&policy]);
        report
            .findings()
            .iter()
            .map(|finding| {
                (
                    finding.kind(),
                    finding.exposure(),
                    finding.chain().to_string(),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(render("Votre rendez-vous : {start}"), []);
    assert_eq!(
        render("{start} avec {practitioner}"),
        [(
            FindingKind::Metered,
            Some(12_000),
            "phone (in message reminder, read by sms-gateway) ─ same row ─ practitioner (in message reminder, read by sms-gateway) ─ public directory of practitioners ─ specialty".to_owned(),
        )]
    );
}

#[test]
fn whether_a_sensitive_value_is_there_tells() {
    let schema = "name = \"visit\"
        [[field]]\nname = \"name\"\nnumber = 1\nscope = \"identity\"\nrole = \"identifier\"\nwidth = 40\ntype = \"text\"\nclass = \"name\"
        [[field]]\nname = \"severity\"\nnumber = 2\nscope = \"care\"\nrole = \"sensitive\"\nwidth = 8\ntype = \"integer\"\nvalues = 100\noptional = true";
    let schema = Schema::from_toml(schema).unwrap();
    let shown = open("identity") + &show("severity", "as = \"bands\"\nedges = [0, 10, 20]");
    let visit = policy_for("d", &(PLATFORM.to_owned() + &shown), &schema);
    assert_eq!(
        findings(&[&visit]),
        [
            "shaped (d): name (opens: identity) ─ same row ─ severity (shown: bands 0, 10, 20) ─ there or not"
        ]
    );
    // Where the value itself is there, that is the finding.
    let kept = policy_for(
        "d",
        &(PLATFORM.to_owned() + &open("identity") + &keep("severity")),
        &schema,
    );
    assert_eq!(
        findings(&[&kept]),
        ["linked (d): name (opens: identity) ─ same row ─ severity (shown)"]
    );
    // Without an identity nobody is told about.
    let nobody = show("severity", "as = \"bands\"\nedges = [0, 10, 20]");
    assert_eq!(findings(&[&policy_for("d", &nobody, &schema)]), [""; 0]);
}

/// A visit's number is worth log2 10,000,000 = 23.25 bits, more than log2(50,000 / 20) = 11.29; by the hundred thousand
/// it is worth log2 101 = 6.66.
#[test]
fn a_number_that_two_domains_have_joins_them_and_a_round_one_does_not() {
    let text = "name = \"visit\"
        [[field]]\nname = \"name\"\nnumber = 1\nscope = \"identity\"\nrole = \"identifier\"\nwidth = 40\ntype = \"text\"\nclass = \"name\"
        [[field]]\nname = \"visit_number\"\nnumber = 2\nscope = \"schedule\"\nrole = \"neutral\"\nwidth = 8\ntype = \"integer\"\nvalues = 10_000_000
        [[field]]\nname = \"specialty\"\nnumber = 3\nscope = \"care\"\nwidth = 40\ntype = \"text\"\nclass = \"text\"\nvalues = 60";
    let schema = Schema::from_toml(text).unwrap();
    let visit =
        |domain: &str, rest: &str| policy_for(domain, &(PLATFORM.to_owned() + rest), &schema);
    let round = show("visit_number", "as = \"round\"\nto = 100_000");
    let contacts = visit("contacts", &(open("identity") + &keep("visit_number")));
    let exact = visit("statistics", &(keep("specialty") + &keep("visit_number")));
    assert_eq!(
        findings(&[&contacts, &exact]),
        [
            "colluding (contacts, statistics): name (contacts, opens: identity) ─ joined with statistics by visit_number (23.3 of at most 11.3 bits) ─ specialty (statistics, shown)"
        ]
    );
    let rounded = visit("statistics", &(keep("specialty") + &round));
    assert_eq!(findings(&[&contacts, &rounded]), [""; 0]);
    // The larger leak hides the row: log2(60,000,000 / 20) is 21.52, and by the ten each number is worth 19.93.
    let nation = PLATFORM.replace("rows = 50_000", "rows = 60_000_000");
    let ten = show("visit_number", "as = \"round\"\nto = 10") + &keep("specialty");
    assert_eq!(findings(&[&contacts, &visit("statistics", &ten)]).len(), 1);
    let ten = policy_for("statistics", &(nation + &ten), &schema);
    assert_eq!(findings(&[&contacts, &ten]), [""; 0]);
}

/// A month of each of 6 visits, 32.1 bits, and how many they are, log2 6.
#[test]
fn sequences_of_visits_join_two_domains() {
    let patient = pseudonym("patient", "[\"last_name\", \"first_name\", \"phone\"]");
    let month = show("start", "as = \"truncate\"\nto = \"month\"");
    let contacts = policy(
        "contacts",
        &(PLATFORM.to_owned() + &open("contact") + &month),
    );
    // The pseudonym alone keeps the statistics below its own limit of log2(200,000,000,000 / 20) = 33.2 bits.
    let many = PLATFORM.replace(
        "rows = 50_000\nsubjects = 20_000",
        "rows = 200_000_000_000\nsubjects = 200_000_000_000",
    );
    let statistics = policy("statistics", &(many + &open("care") + &month + &patient));
    let [finding] = &findings(&[&contacts, &statistics])[..] else {
        panic!("one finding");
    };
    assert!(
        finding.contains(
            "joined with statistics by start, number of visits (34.7 of at most 33.2 bits)"
        ),
        "{finding}"
    );
}

#[test]
fn a_shared_id_joins_whatever_is_shown() {
    let one = policy(
        "contacts",
        &("shares = [\"record-id\"]\n".to_owned() + PLATFORM + &open("contact")),
    );
    let two = |words: &str| {
        policy(
            "statistics",
            &(format!("shares = {words}\n") + PLATFORM + &open("care")),
        )
    };
    assert_eq!(findings(&[&one, &two("[\"order\"]")]), [""; 0]);
    let [finding] = &findings(&[&one, &two("[\"order\", \"record-id\"]")])[..] else {
        panic!("one finding");
    };
    assert!(
        finding.contains("joined with statistics by record-id ─"),
        "{finding}"
    );
}

/// One practice's exact starts tell who knows a start what it was for. Next to a list of names, everybody is named.
#[test]
fn what_is_told_of_those_who_are_narrowed_down_is_no_excuse_for_names() {
    let one = PLATFORM.replace("practices = 40", "practices = 1");
    let agenda = policy(
        "agenda",
        &("shares = [\"record-id\"]\n".to_owned() + &one + &keep("start")),
    );
    assert!(
        findings(&[&agenda])[0]
            .starts_with("linked (agenda): start (shown) ─ 16.7 of at most 10.0 bits")
    );
    let contacts = "shares = [\"record-id\"]\n".to_owned() + PLATFORM + &open("identity");
    let both = findings(&[&agenda, &policy("contacts", &contacts)]);
    assert_eq!(both.len(), 2);
    assert!(both[1].starts_with("colluding (agenda, contacts): last_name (contacts, opens: identity) ─ joined with agenda"), "{both:?}");
}

/// A practice's own software may have its patients. What they do elsewhere is more, and a sequence of specialties finds them there.
#[test]
fn what_a_home_tells_of_its_rows_is_no_excuse_for_more_rows() {
    let one = PLATFORM
        .replace("rows = 50_000", "rows = 25_000")
        .replace("practices = 40", "practices = 1");
    let home = policy("home", &(one + &open("identity") + &open("care")));
    let statistics = |rows: &str| {
        let behind = PLATFORM.replace("rows = 50_000", rows);
        let patient = pseudonym("patient", "[\"last_name\", \"first_name\", \"phone\"]");
        policy("statistics", &(behind + &keep("specialty") + &patient))
    };
    let found = findings(&[&home, &statistics("rows = 50_000")]);
    assert_eq!(found.len(), 2);
    assert!(
        found[1].contains("joined with statistics by specialty, number of visits"),
        "{found:?}"
    );
    assert!(
        found[1].ends_with("of all their visits in statistics"),
        "{found:?}"
    );
    // Of no more rows than its own there is nothing to add, and without the pseudonym nobody is followed.
    assert_eq!(findings(&[&home, &statistics("rows = 25_000")]).len(), 1);
    let nobody = policy("statistics", &(PLATFORM.to_owned() + &keep("specialty")));
    assert_eq!(findings(&[&home, &nobody]).len(), 1);
}

/// Two leave few values of a specialty; a third tells it, and what the two do is told beside.
#[test]
fn a_set_that_leaves_few_stays_beside_one_that_tells() {
    let shares = |rest: &str| "shares = [\"record-id\"]\n".to_owned() + PLATFORM + rest;
    let contacts = policy("contacts", &shares(&open("contact")));
    let bucket = "as = \"bucket\"\nlists = { a = [\"A\", \"B\"], b = [\"C\", \"D\"] }";
    let listed = policy("listed", &shares(&show("specialty", bucket)));
    let care = policy("statistics", &shares(&open("care")));
    let few = findings(&[&contacts, &listed]);
    assert!(few[0].ends_with("stands for only 2 values"), "{few:?}");
    let with_care = findings(&[&contacts, &listed, &care]);
    assert!(with_care.contains(&few[0]), "{with_care:?}");
    assert_eq!(with_care.len(), 2);
}

/// No two of three collude: one has the identity, one the start, one the care, and the middle one joins both.
#[test]
fn three_domains_collude_where_no_two_do() {
    let shares = |words: &str| format!("shares = {words}\n") + PLATFORM;
    let contacts = policy("contacts", &(shares("[\"record-id\"]") + &open("contact")));
    let middle = policy("middle", &shares("[\"record-id\", \"order\"]"));
    let care = policy("care", &(shares("[\"order\"]") + &open("care")));
    assert_eq!(findings(&[&contacts, &middle]), [""; 0]);
    assert_eq!(findings(&[&contacts, &care]), [""; 0]);
    assert_eq!(findings(&[&middle, &care]), [""; 0]);
    let report = report(&[&contacts, &middle, &care]);
    let [finding] = report.findings() else {
        panic!("one finding");
    };
    let domains: Vec<&str> = finding
        .domains()
        .iter()
        .map(|domain| domain.as_str())
        .collect();
    assert_eq!(domains, ["care", "contacts", "middle"]);
}

#[test]
fn policies_of_one_domain_are_one_view() {
    let contacts = policy("d", &(PLATFORM.to_owned() + &open("contact")));
    let care = policy("d", &(PLATFORM.to_owned() + &open("care")));
    assert_eq!(findings(&[&contacts]), [""; 0]);
    assert_eq!(
        findings(&[&contacts, &care]),
        ["linked (d): phone (opens: contact) ─ same row ─ specialty (opens: care)"]
    );
}

/// A circular fact ends.
#[test]
fn circular_facts_end() {
    let field = |name: &str, number: u8| {
        format!(
            "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"care\"\nwidth = 8\ntype = \"text\"\nclass = \"text\"\n"
        )
    };
    let fact = |of: &str, gives: &str| {
        format!("[[determines]]\nfields = [\"{of}\"]\ngives = \"{gives}\"\nthrough = \"list\"\n")
    };
    let text = "name = \"ring\"\n".to_owned()
        + &field("a", 1)
        + &field("b", 2)
        + &field("c", 3)
        + &fact("a", "b")
        + &fact("b", "c")
        + &fact("c", "a");
    let schema = Schema::from_toml(&text).unwrap();
    let shown = policy_for("d", &keep("b"), &schema);
    assert!(
        ["a", "b", "c"]
            .iter()
            .all(|field| bits(&shown, field) > 0.0)
    );
    assert_eq!(findings(&[&shown]), [""; 0]);
}
