//! What one domain tells alone, worked out by hand: who somebody is, which rows are of one person, and the words of it.

use super::*;

/// The fewest fields that narrow enough are named: an exact start, 16.68 bits, does it alone.
#[test]
fn a_chain_names_no_more_fields_than_it_needs() {
    let shown = keep("age") + &keep("sex") + &keep("start") + &keep("specialty");
    assert_eq!(
        findings(&[&policy("d", &(PLATFORM.to_owned() + &shown))]),
        ["linked (d): start (shown) ─ 16.7 of at most 10.0 bits ─ same row ─ specialty (shown)"]
    );
}

/// As many bits as are allowed, log2(320 / 20) = 4, are not enough: 2 of an age or none, 2 of a year, and log2 3 of a sex or none are more.
#[test]
fn a_chain_names_as_many_fields_as_are_more_than_the_limit() {
    let shown = show("age", "as = \"bands\"\nedges = [0, 18, 65]")
        + &show("start", "as = \"truncate\"\nto = \"year\"")
        + &show(
            "sex",
            "as = \"bucket\"\nlists = { f = [\"f\"] }\nother = \"rest\"",
        )
        + &keep("specialty");
    let few = PLATFORM.replace("20_000", "320");
    assert_eq!(
        findings(&[&policy("d", &(few + &shown))]),
        [
            "linked (d): age (shown: bands 0, 18, 65) + start (shown: truncate to year) + sex (shown: bucket f, rest) ─ 5.6 of at most 4.0 bits ─ same row ─ specialty (shown)"
        ]
    );
}

/// A part of an identifier is one field among others: a day, 10.1 bits, comes before a first letter, 5.2.
#[test]
fn a_part_of_an_identifier_names_nobody() {
    let shown = show("last_name", "as = \"mask\"\nfirst = 1")
        + &show("start", "as = \"truncate\"\nto = \"day\"")
        + &keep("specialty");
    assert_eq!(
        findings(&[&policy("d", &(PLATFORM.to_owned() + &shown))]),
        [
            "linked (d): start (shown: truncate to day) ─ 10.1 of at most 10.0 bits ─ same row ─ specialty (shown)"
        ]
    );
}

/// The year of each of 6 visits, 6 x 2 bits, and an age, once: 18.9 bits, over log2(2,000,000 / 20) = 16.6.
#[test]
fn fields_of_the_person_are_not_of_each_visit() {
    let shown = show("start", "as = \"truncate\"\nto = \"year\"")
        + &keep("age")
        + &keep("specialty")
        + &pseudonym("patient", "[\"last_name\", \"first_name\", \"phone\"]");
    let many = PLATFORM.replace(
        "rows = 50_000\nsubjects = 20_000",
        "rows = 5_000_000\nsubjects = 2_000_000",
    );
    assert_eq!(
        findings(&[&policy("d", &(many + &shown))]),
        [
            "linked (d): start (shown: truncate to year) of 6 visits by pseudonym patient + age (shown) ─ 18.9 of at most 16.6 bits ─ same row ─ specialty (shown)"
        ]
    );
}

/// Where nobody says how many visits a person has, they have no end.
#[test]
fn visits_without_bound() {
    let shown = show("start", "as = \"truncate\"\nto = \"year\"")
        + &keep("specialty")
        + &pseudonym("patient", "[\"last_name\", \"first_name\", \"phone\"]");
    let behind = PLATFORM.replace("visits = 6\n", "");
    assert_eq!(
        findings(&[&policy("d", &(behind + &shown))]),
        [
            "linked (d): start (shown: truncate to year) of all visits by pseudonym patient ─ unbounded of at most 10.0 bits ─ same row ─ specialty (shown)"
        ]
    );
}

/// An index of more bits than log2(20,000 / 20) = 9.97 is next to a pseudonym: it tells which rows are of one person.
/// Of log2(20,480 / 20) = 10 bits, 10 are not more.
#[test]
fn an_index_that_is_too_wide_tells_persons_apart() {
    let shown = index("phone_ix", "[\"phone\"]", 10, 20_000)
        + &show("start", "as = \"truncate\"\nto = \"month\"")
        + &keep("specialty");
    assert_eq!(
        findings(&[&policy("d", &(PLATFORM.to_owned() + &shown))]),
        [
            "linked (d): start (shown: truncate to month) of 6 visits ─ 32.1 of at most 10.0 bits ─ same row ─ specialty (shown)",
            "narrow index (d): index phone_ix: 10.00 of at most 9.97 bits",
        ]
    );
    let enough = PLATFORM.replace("20_000", "20_480");
    assert_eq!(findings(&[&policy("d", &(enough + &shown))]), [""; 0]);
}

/// Two bits are enough for a search.
#[test]
fn an_index_of_two_bits_narrows_a_search() {
    let phone = index("phone_ix", "[\"phone\"]", 2, 20_000);
    assert_eq!(
        findings(&[&policy("d", &(PLATFORM.to_owned() + &phone))]),
        [""; 0]
    );
}

const VISIT: &str = "name = \"visit\"
    [[field]]\nname = \"name\"\nnumber = 1\nscope = \"identity\"\nrole = \"identifier\"\nwidth = 40\ntype = \"text\"\nclass = \"name\"
    [[field]]\nname = \"file_number\"\nnumber = 2\nscope = \"identity\"\nrole = \"neutral\"\nwidth = 8\ntype = \"integer\"\nvalues = 1_000_000\nfrequencies = \"unknown\"
    [[field]]\nname = \"sex\"\nnumber = 3\nscope = \"identity\"\nrole = \"quasi-identifier\"\nwidth = 8\ntype = \"text\"\nclass = \"text\"\nvalues = 3
    [[field]]\nname = \"day\"\nnumber = 4\nscope = \"schedule\"\nrole = \"quasi-identifier\"\nwidth = 8\ntype = \"date\"\ndays = 1_096
    [[field]]\nname = \"specialty\"\nnumber = 5\nscope = \"care\"\nwidth = 40\ntype = \"text\"\nclass = \"text\"\nvalues = 60
    [[field]]\nname = \"severity\"\nnumber = 6\nscope = \"care\"\nrole = \"sensitive\"\nwidth = 8\ntype = \"integer\"\nvalues = 100\noptional = true\nfrequencies = \"unknown\"\n";

/// A number of the person's that is nobody's to look up tells which rows are of one person; a sex does not.
#[test]
fn an_exact_field_of_the_person_tells_persons_apart_where_its_frequencies_are_not_known() {
    let schema = Schema::from_toml(VISIT).unwrap();
    let month = show("day", "as = \"truncate\"\nto = \"month\"") + &keep("specialty");
    let with = |shown: &str| {
        findings(&[&policy_for(
            "d",
            &(PLATFORM.to_owned() + &month + shown),
            &schema,
        )])
    };
    assert_eq!(
        with(&keep("file_number")),
        [
            "linked (d): day (shown: truncate to month) of 6 visits ─ 32.1 of at most 10.0 bits ─ same row ─ specialty (shown)"
        ]
    );
    // 5.36 + 1.58 bits.
    assert_eq!(with(&keep("sex")), [""; 0]);
}

/// A stand-in that is null where there is nothing tells whether there is something; one that is refused does not.
#[test]
fn a_stand_in_that_may_be_null_shows_whether_a_value_is_there() {
    let schema = Schema::from_toml(VISIT).unwrap();
    let with = |rule: String| {
        findings(&[&policy_for(
            "d",
            &(PLATFORM.to_owned() + &open("identity") + &rule),
            &schema,
        )])
    };
    let stand_in = pseudonym("how", "[\"severity\"]");
    let searched = index("how", "[\"severity\"]", 4, 100);
    assert_eq!(with(stand_in.clone()), [""; 0]);
    assert_eq!(with(searched.clone()), [""; 0]);
    assert_eq!(
        with(stand_in + "null = \"null\"\n"),
        ["shaped (d): name (opens: identity) ─ same row ─ severity (pseudonym how) ─ there or not"]
    );
    assert_eq!(
        with(searched + "null = \"null\"\n"),
        ["shaped (d): name (opens: identity) ─ same row ─ severity (index how) ─ there or not"]
    );
    // Of a field that each row has, it tells nothing.
    let always = pseudonym("who", "[\"file_number\"]") + "null = \"null\"\n";
    assert_eq!(with(always), [""; 0]);
}

const DISTRICT: &str = "name = \"district\"
    [[field]]\nname = \"age\"\nnumber = 1\nscope = \"identity\"\nrole = \"quasi-identifier\"\nwidth = 8\ntype = \"integer\"\nvalues = 121
    [[field]]\nname = \"district\"\nnumber = 2\nscope = \"identity\"\nrole = \"quasi-identifier\"\nwidth = 8\ntype = \"integer\"\nvalues = 10_000
    [[field]]\nname = \"plan\"\nnumber = 3\nscope = \"care\"\nrole = \"neutral\"\nwidth = 8\ntype = \"integer\"\nvalues = 10_000
    [[field]]\nname = \"specialty\"\nnumber = 4\nscope = \"care\"\nwidth = 40\ntype = \"text\"\nclass = \"text\"\nvalues = 60
    [[determines]]\nfields = [\"plan\"]\ngives = \"district\"\nthrough = \"tariffs\"\n";

/// One band tells nothing, and is not named beside what tells: the district, log2 10,000 = 13.3 bits, from the plan.
#[test]
fn what_tells_nothing_is_not_named() {
    let schema = Schema::from_toml(DISTRICT).unwrap();
    let shown = show("age", "as = \"bands\"\nedges = [0]") + &keep("plan") + &keep("specialty");
    assert_eq!(
        findings(&[&policy_for("d", &(PLATFORM.to_owned() + &shown), &schema)]),
        [
            "linked (d): district (tariffs) ─ 13.3 of at most 10.0 bits ─ same row ─ specialty (shown)"
        ]
    );
}

/// What follows wholly from something else is told by that, whatever is shown of it beside.
#[test]
fn a_chain_goes_by_the_fact_that_gives_the_value() {
    let bucket =
        "as = \"bucket\"\nlists = { a = [\"A\", \"B\", \"C\"], b = [\"D\", \"E\", \"F\"] }";
    let shown = open("contact") + &keep("practitioner") + &show("specialty", bucket);
    assert_eq!(
        findings(&[&policy("d", &(PLATFORM.to_owned() + &shown))]),
        [
            "linked (d): phone (opens: contact) ─ same row ─ practitioner (shown) ─ public directory of practitioners ─ specialty"
        ]
    );
}
