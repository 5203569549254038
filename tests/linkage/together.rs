//! What several domains do together, worked out by hand: who joins whom, and which sets are the smallest.

use super::*;

const ID: &str = "shares = [\"record-id\"]\n";

fn shares(words: &str) -> String {
    format!("shares = {words}\n") + PLATFORM
}

/// A name, two numbers that are nobody's, and a specialty: log2 1,000 is 9.97, below log2(50,000 / 20) = 11.29.
fn numbers() -> Schema {
    let number = |name: &str, number: u8| {
        format!(
            "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"schedule\"\nrole = \"neutral\"\nwidth = 8\ntype = \"integer\"\nvalues = 1_000\n"
        )
    };
    let text = "name = \"numbers\"
        [[field]]\nname = \"name\"\nnumber = 1\nscope = \"identity\"\nrole = \"identifier\"\nwidth = 40\ntype = \"text\"\nclass = \"name\"
        [[field]]\nname = \"specialty\"\nnumber = 2\nscope = \"care\"\nwidth = 40\ntype = \"text\"\nclass = \"text\"\nvalues = 60\n"
        .to_owned()
        + &number("room", 3)
        + &number("slot", 4);
    Schema::from_toml(&text).unwrap()
}

/// One has the room, one the slot; neither finds a row of the third, but both together do: 2 x 9.97 = 19.93.
#[test]
fn merged_views_join_where_none_of_their_parts_does() {
    let schema = numbers();
    let names = policy_for(
        "names",
        &(shares("[\"order\"]") + &open("identity") + &keep("room")),
        &schema,
    );
    let slots = policy_for("slots", &(shares("[\"order\"]") + &keep("slot")), &schema);
    let both = keep("room") + &keep("slot") + &keep("specialty");
    // The order of their names does not matter.
    for third in ["care", "statistics"] {
        let care = policy_for(third, &(PLATFORM.to_owned() + &both), &schema);
        assert_eq!(findings(&[&names, &care]), [""; 0]);
        assert_eq!(findings(&[&slots, &care]), [""; 0]);
        let report = report(&[&names, &slots, &care]);
        let [finding] = report.findings() else {
            panic!("one finding");
        };
        assert_eq!(finding.domains().len(), 3);
        assert_eq!(
            finding.chain().to_string(),
            format!(
                "name (names, opens: identity) ─ joined with slots by order ─ joined with {third} by room, slot (19.9 of at most 11.3 bits) ─ specialty ({third}, shown)"
            )
        );
    }
    // With one of the numbers only, nobody finds its rows.
    let care = keep("room") + &keep("specialty");
    let care = policy_for("statistics", &(PLATFORM.to_owned() + &care), &schema);
    assert_eq!(findings(&[&names, &slots, &care]), [""; 0]);
}

/// Who joins nobody is in no set, whatever the others share.
#[test]
fn who_joins_nobody_is_left_out() {
    let contacts = policy("contacts", &(shares("[\"order\"]") + &open("contact")));
    let sexes = policy("sexes", &(shares("[\"order\"]") + &keep("sex")));
    let care = policy("statistics", &(PLATFORM.to_owned() + &open("care")));
    assert_eq!(findings(&[&contacts, &sexes, &care]), [""; 0]);
}

/// Who links alone is in no set with others: those add nothing to what it tells of its rows.
#[test]
fn who_tells_it_alone_is_in_no_set() {
    let home = policy(
        "home",
        &(ID.to_owned() + PLATFORM + &open("contact") + &open("care")),
    );
    let contacts = policy("contacts", &(ID.to_owned() + PLATFORM + &open("contact")));
    let sexes = policy("sexes", &(ID.to_owned() + PLATFORM + &keep("sex")));
    assert_eq!(
        findings(&[&home, &contacts, &sexes]),
        ["linked (home): phone (opens: contact) ─ same row ─ specialty (opens: care)"]
    );
    // Those who collude without it do so.
    let care = policy("statistics", &(ID.to_owned() + PLATFORM + &open("care")));
    assert_eq!(
        findings(&[&home, &contacts, &care]),
        [
            "linked (home): phone (opens: contact) ─ same row ─ specialty (opens: care)",
            "colluding (contacts, statistics): phone (contacts, opens: contact) ─ joined with statistics by record-id ─ specialty (statistics, opens: care)",
        ]
    );
}

/// Of more rows, a domain that tells its own people's specialties anyway adds nothing that it does not tell alone; nor
/// does one that does not tell which rows are of one person.
#[test]
fn more_rows_are_more_only_where_persons_are_told_apart_and_nobody_is_named() {
    let fewer = PLATFORM.replace("rows = 50_000", "rows = 25_000");
    let home = policy(
        "home",
        &(ID.to_owned() + &fewer + &open("contact") + &open("care")),
    );
    let named = policy(
        "named",
        &(ID.to_owned() + PLATFORM + &open("contact") + &open("care")),
    );
    let both = findings(&[&home, &named]);
    assert!(
        both.len() == 2 && both.iter().all(|found| found.starts_with("linked")),
        "{both:?}"
    );
    let rows = policy("rows", &(ID.to_owned() + PLATFORM + &open("care")));
    assert_eq!(findings(&[&home, &rows]).len(), 1);
    let patient = pseudonym("patient", "[\"last_name\", \"first_name\", \"phone\"]");
    let persons = policy(
        "persons",
        &(ID.to_owned() + PLATFORM + &open("care") + &patient),
    );
    assert_eq!(findings(&[&home, &persons]).len(), 2);
    // It is the specialty that is more: of a domain without one, there is none.
    let sexes = policy(
        "sexes",
        &(ID.to_owned() + PLATFORM + &keep("sex") + &patient),
    );
    assert_eq!(findings(&[&home, &sexes]).len(), 1);
}

/// 46 x 46 = 2,116 pairs, more than sets are merged to look for larger ones: each is told, by itself.
#[test]
fn each_of_many_pairs_is_told() {
    let of = |what: &str, scope: &str| -> Vec<Policy> {
        let rest = ID.to_owned() + PLATFORM + &open(scope);
        (0..46)
            .map(|number| policy(&format!("{what}-{number}"), &rest))
            .collect()
    };
    let (contacts, care) = (of("contacts", "contact"), of("care", "care"));
    let all: Vec<&Policy> = contacts.iter().chain(&care).collect();
    let report = report(&all);
    assert_eq!(report.findings().len(), 46 * 46);
    assert!(report.findings().iter().all(|finding| {
        let domains = finding.domains();
        domains.len() == 2
            && domains[0].as_str().starts_with("care")
            && domains[1].as_str().starts_with("contacts")
    }));
}

fn release(scope: &str) -> String {
    format!(
        "[release.{scope}]\nreason = \"test\"\npurposes = [\"call back\"]\nper_hour = 10\ndetect_hours = 3\n"
    )
}

/// Two that hold nothing in bulk collude by what a broker releases to each: 2 x 30 records.
#[test]
fn two_collude_by_their_releases_alone() {
    let contacts = policy(
        "contacts",
        &(ID.to_owned() + PLATFORM + &release("contact")),
    );
    let care = policy("statistics", &(ID.to_owned() + PLATFORM + &release("care")));
    assert_eq!(
        findings(&[&contacts, &care]),
        [
            "colluding (contacts, statistics): phone (contacts, released: contact) ─ joined with statistics by record-id ─ specialty (statistics, released: care), at most 60 records"
        ]
    );
}

/// What two tell in bulk is not told again with what a broker does for them.
#[test]
fn a_set_that_links_in_bulk_is_not_metered_too() {
    let contacts = policy(
        "contacts",
        &(ID.to_owned() + PLATFORM + &open("contact") + &release("schedule")),
    );
    let care = policy("statistics", &(ID.to_owned() + PLATFORM + &open("care")));
    let report = report(&[&contacts, &care]);
    let [finding] = report.findings() else {
        panic!("one finding");
    };
    assert_eq!(
        (finding.kind(), finding.exposure()),
        (FindingKind::Colluding, None)
    );
}

/// Two policies of one domain: what stands behind it is what the worse of them states.
#[test]
fn of_two_policies_the_worse_is_behind_the_domain() {
    // 6.92 + 1.58 = 8.50 bits, below log2(20,000 / 20) and above log2(5,000 / 20) = 7.97.
    let shown = keep("age") + &keep("sex") + &keep("specialty");
    let many = policy("d", &(PLATFORM.to_owned() + &shown));
    let few = policy("d", &PLATFORM.replace("20_000", "5_000"));
    for policies in [[&many, &few], [&few, &many]] {
        assert_eq!(
            findings(&policies),
            [
                "linked (d): age (shown) + sex (shown) ─ 8.5 of at most 8.0 bits ─ same row ─ specialty (shown)"
            ]
        );
    }
    // 2 specialties behind one of them are few.
    let contacts = policy("d", &(PLATFORM.to_owned() + &open("contact")));
    let tenant = policy(
        "d",
        &PLATFORM.replace("specialties = 12", "specialties = 2"),
    );
    assert_eq!(
        findings(&[&contacts, &tenant]),
        ["homogeneous (d): phone (opens: contact) ─ only 2 specialties behind the domain"]
    );
    // k = 80 leaves log2(20,000 / 80) = 7.97 bits.
    let asks = policy("d", &PLATFORM.replace("visits = 6", "visits = 6\nk = 80"));
    assert_eq!(findings(&[&many, &asks]).len(), 1);
}

/// The words of both policies of a domain are shared.
#[test]
fn words_of_two_policies_add_up() {
    let order = policy("d", &(shares("[\"order\"]") + &open("contact")));
    let id = policy("d", &shares("[\"record-id\"]"));
    let care = |words: &str| policy("statistics", &(shares(words) + &open("care")));
    for word in ["[\"order\"]", "[\"record-id\"]"] {
        assert_eq!(findings(&[&order, &id, &care(word)]).len(), 1, "{word}");
        assert_eq!(findings(&[&id, &order, &care(word)]).len(), 1, "{word}");
    }
    assert_eq!(findings(&[&order, &id, &care("[\"sealing\"]")]), [""; 0]);
}

/// Of two forms of a field the finer is known, and named alone; of unlike bands all edges are: 0, 18, 40, 65 are four, and null.
#[test]
fn two_policies_of_a_domain_are_known_together() {
    let behind = |subjects: &str| PLATFORM.replace("20_000", subjects) + &keep("specialty");
    let coarse = show("age", "as = \"bands\"\nedges = [0, 18, 65]");
    // log2(1,000 / 20) = 5.6.
    let exact = policy("d", &(behind("1_000") + &keep("age")));
    let bands = policy("d", &(behind("1_000") + &coarse));
    for policies in [[&exact, &bands], [&bands, &exact]] {
        assert_eq!(
            findings(&policies),
            ["linked (d): age (shown) ─ 6.9 of at most 5.6 bits ─ same row ─ specialty (shown)"]
        );
    }
    // log2(90 / 20) = 2.17; three bands and null are 2 bits.
    let other = show("age", "as = \"bands\"\nedges = [0, 40]");
    let one = policy("d", &(behind("90") + &coarse));
    let two = policy("d", &(behind("90") + &other));
    assert_eq!(findings(&[&one]), [""; 0]);
    assert_eq!(
        findings(&[&one, &two]),
        [
            "linked (d): age (shown: bands 0, 40; shown: bands 0, 18, 65) ─ 2.3 of at most 2.2 bits ─ same row ─ specialty (shown)"
        ]
    );
}

/// Two that carry their own messages, each to an address, 26.6 bits, and 6 visits, 2.6: the room and the slot that these hold are the
/// specialty's. Each message gives 3 records.
#[test]
fn two_collude_by_the_messages_that_they_carry() {
    let number = |name: &str, number: u8| {
        format!(
            "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"schedule\"\nrole = \"neutral\"\nwidth = 8\ntype = \"integer\"\nvalues = 1_000\n"
        )
    };
    let text = "name = \"messages\"
        [[field]]\nname = \"email\"\nnumber = 1\nscope = \"contact\"\nrole = \"identifier\"\nwidth = 40\ntype = \"text\"\nclass = \"email\"\nvalues = 100_000_000
        [[field]]\nname = \"specialty\"\nnumber = 2\nscope = \"care\"\nwidth = 40\ntype = \"text\"\nclass = \"text\"\nvalues = 60\n"
        .to_owned()
        + &number("room", 3)
        + &number("slot", 4)
        + "[[determines]]\nfields = [\"room\", \"slot\"]\ngives = \"specialty\"\nthrough = \"plan\"\nexact = true";
    let schema = Schema::from_toml(&text).unwrap();
    let message = |domain: &str, what: &str| {
        let rest = format!(
            "[render.reminder]\nto = \"email\"\ntemplate = \"{{{what}}}\"\ngateway = \"{domain}\"\nreason = \"test\"\nper_hour = 1\ndetect_hours = 3\n"
        );
        policy_for(domain, &(PLATFORM.to_owned() + &rest), &schema)
    };
    let (rooms, slots) = (message("rooms", "room"), message("slots", "slot"));
    assert_eq!(findings(&[&rooms]), [""; 0]);
    assert_eq!(findings(&[&slots]), [""; 0]);
    assert_eq!(
        findings(&[&rooms, &slots]),
        [
            "colluding (rooms, slots): email (rooms, in message reminder, read by rooms) ─ joined with slots by email, number of visits (29.2 of at most 11.3 bits) ─ room (rooms, in message reminder, read by rooms) + slot (slots, in message reminder, read by slots) ─ plan ─ specialty, at most 6 records"
        ]
    );
}

/// A pair does not hide a larger set that has one of it: names find care by the order, and other care over who has both words.
#[test]
fn a_pair_hides_no_larger_set_with_one_of_it() {
    let of = |name: &str, words: &str, rest: &str| policy(name, &(shares(words) + rest));
    let names = of("names", "[\"order\"]", &open("contact"));
    let middle = of("middle", "[\"order\", \"record-id\"]", "");
    let care = of("care", "[\"order\"]", &open("care"));
    let other = of("other", "[\"record-id\"]", &open("care"));
    let report = report(&[&names, &middle, &care, &other]);
    let parties: Vec<&[String]> = report.findings().iter().map(Finding::parties).collect();
    assert_eq!(
        parties,
        [
            ["care", "names"].as_slice(),
            ["middle", "names", "other"].as_slice()
        ]
    );
}

/// A broker that gives more names does not make a set that links in bulk another one, though its chain would begin with those.
#[test]
fn a_set_that_links_in_bulk_is_told_once_whatever_brokers_add() {
    let contacts = ID.to_owned() + PLATFORM + &open("contact") + &release("identity");
    let contacts = policy("contacts", &contacts);
    let care = policy("statistics", &(ID.to_owned() + PLATFORM + &open("care")));
    assert_eq!(
        findings(&[&contacts, &care]),
        [
            "colluding (contacts, statistics): phone (contacts, opens: contact) ─ joined with statistics by record-id ─ specialty (statistics, opens: care)"
        ]
    );
}

/// What both have and what tells nothing, as one band of a number, is not among what rows are found by: 2 x 9.97 bits are.
#[test]
fn rows_are_not_found_by_what_tells_nothing() {
    let number = |name: &str, number: u8| {
        format!(
            "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"schedule\"\nrole = \"neutral\"\nwidth = 8\ntype = \"integer\"\nvalues = 1_000\n"
        )
    };
    let text = "name = \"numbers\"
        [[field]]\nname = \"name\"\nnumber = 1\nscope = \"identity\"\nrole = \"identifier\"\nwidth = 40\ntype = \"text\"\nclass = \"name\"
        [[field]]\nname = \"specialty\"\nnumber = 2\nscope = \"care\"\nwidth = 40\ntype = \"text\"\nclass = \"text\"\nvalues = 60\n"
        .to_owned()
        + &number("room", 3)
        + &number("slot", 4)
        + &number("floor", 5);
    let schema = Schema::from_toml(&text).unwrap();
    let both = keep("room") + &keep("slot") + &show("floor", "as = \"bands\"\nedges = [0]");
    let names = PLATFORM.to_owned() + &open("identity") + &both;
    let care = PLATFORM.to_owned() + &keep("specialty") + &both;
    assert_eq!(
        findings(&[
            &policy_for("names", &names, &schema),
            &policy_for("statistics", &care, &schema)
        ]),
        [
            "colluding (names, statistics): name (names, opens: identity) ─ joined with statistics by room, slot (19.9 of at most 11.3 bits) ─ specialty (statistics, shown)"
        ]
    );
}
