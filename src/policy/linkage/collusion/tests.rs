//! What the search leaves out, and when it gives up.

use super::*;
use crate::{
    policy::{Policy, linkage::leaks::Leaks},
    schema::Schema,
};

const PLATFORM: &str =
    "[holds]\nrows = 50_000\nsubjects = 20_000\nvisits = 6\n[tenancy]\nspecialties = 12\n";

/// A name of three, so that it is worth less than it tells; a weight and an age of the person, a day and a quarter of
/// the visit; `file` and `case` are nobody's.
fn schema(facts: &str) -> Schema {
    let field = |number: u8, name: &str, scope: &str, role: &str, rest: &str| {
        format!(
            "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"{scope}\"\nrole = \"{role}\"\nwidth = 8\n{rest}\n"
        )
    };
    let quasi = "quasi-identifier";
    let integer = |values: u32| format!("type = \"integer\"\nvalues = {values}");
    let unknown = integer(1_000_000) + "\nfrequencies = \"unknown\"";
    let text = "name = \"visit\"\n".to_owned()
        + &field(1, "name", "identity", "identifier", &integer(3))
        + &field(2, "age", "identity", quasi, &integer(121))
        + &field(3, "weight", "identity", quasi, &integer(16))
        + &field(4, "day", "schedule", quasi, "type = \"date\"\ndays = 1_096")
        + &field(5, "quarter", "schedule", quasi, &integer(2))
        + &field(6, "file", "identity", "neutral", &unknown)
        + &field(7, "case", "schedule", "neutral", &unknown)
        + &field(8, "specialty", "care", "sensitive", &integer(60))
        + facts;
    Schema::from_toml(&text).unwrap()
}

fn policy(domain: &str, rest: &str, schema: &Schema) -> Policy {
    let head =
        format!("domain = \"{domain}\"\nschema = \"visit\"\nrecord_id = \"unbound\"\n{rest}");
    Policy::from_toml(&head, schema).unwrap_or_else(|error| panic!("{error}\n{head}"))
}

fn show(field: &str, how: &str) -> String {
    format!("[show.{field}]\n{how}\nreason = \"test\"\n")
}

fn keep(field: &str) -> String {
    show(field, "as = \"keep\"")
}

fn index(bits: u8) -> String {
    format!("[index.ix]\nof = [\"file\"]\nbits = {bits}\ndistinct = 20_000\nreason = \"test\"\n")
}

/// Whether two views are looked at together, and whether they tell together who somebody is; the same either way round.
fn looked_at(one: &str, two: &str, schema: &Schema) -> (bool, bool) {
    let policies = [policy("one", one, schema), policy("two", two, schema)];
    let leaks = Leaks::new(&policies);
    let [one, two] =
        [&policies[0], &policies[1]].map(|policy| leaks.bulk(policy.domain().as_str()).unwrap());
    let may = one.may_identify_with(two, &leaks.universe);
    assert_eq!(may, two.may_identify_with(one, &leaks.universe));
    let mut both = one.clone();
    both.add(two, &leaks.universe);
    both.close(&leaks.universe);
    (may, both.is_identity())
}

/// Whoever tells together who somebody is, is looked at.
#[test]
fn who_identifies_together_is_looked_at() {
    let plain = schema("");
    let year = show("day", "as = \"truncate\"\nto = \"year\"");
    let person = "[pseudonym.person]\nof = [\"file\"]\nreason = \"test\"\n";
    let on = |rest: &str| PLATFORM.to_owned() + rest;
    let sixteen = PLATFORM.replace("20_000", "320");
    let unbounded = PLATFORM.replace("visits = 6\n", "");
    let four = PLATFORM.replace("visits = 6", "visits = 4");
    for (why, one, two) in [
        ("one is named", on(&keep("name")), on("")),
        // 6.92 + 4 bits, over 9.97.
        ("an age and a weight", on(&keep("age")), on(&keep("weight"))),
        // log2 12 + 1 bits, over log2(320 / 20) = 4, which their product is not.
        (
            "a coarse weight and a coarse age",
            sixteen.clone()
                + &show(
                    "weight",
                    "as = \"bands\"\nedges = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]",
                ),
            sixteen + &show("age", "as = \"bands\"\nedges = [0, 18]"),
        ),
        // 2 bits of each of 6 visits.
        ("a year of each visit", on(&year), on(person)),
        ("both from one", on(&(year.clone() + person)), on("")),
        // 9 + 1 bits of indexes are over 9.97, so that rows are of one person.
        (
            "two indexes",
            on(&(year.clone() + &index(9))),
            on(&index(1)),
        ),
        // 5 bits of an index and 1 + 4 of the person are over 9.97, which neither 5 + 1 x 4 nor 5 + 4 - 1 is: the year of each visit counts.
        (
            "an index and what is told of the person",
            on(&(year.clone() + &index(5) + &show("age", "as = \"bands\"\nedges = [0, 18]"))),
            on(&keep("weight")),
        ),
        // 2 + 1 bits of each of 4 visits.
        (
            "a year and a quarter",
            four.clone() + &year + person,
            four + &keep("quarter"),
        ),
        // Without visits that tell something, it does not matter how many there are.
        (
            "visits without bound",
            unbounded.clone() + &keep("age") + person,
            unbounded + &keep("weight"),
        ),
    ] {
        assert_eq!(looked_at(&one, &two, &plain), (true, true), "{why}");
    }
    let facts = "[[determines]]\nfields = [\"file\", \"case\"]\ngives = \"age\"\nthrough = \"list\"\n\
        [[determines]]\nfields = [\"file\", \"case\"]\ngives = \"weight\"\nthrough = \"list\"\n";
    assert_eq!(
        looked_at(&on(&keep("file")), &on(&keep("case")), &schema(facts)),
        (true, true),
        "a fact of both"
    );
}

/// Who could not is not: that is what makes it quick.
#[test]
fn who_does_not_is_not() {
    let plain = schema("");
    let on = |rest: &str| PLATFORM.to_owned() + rest;
    let sixteen = PLATFORM.replace("20_000", "320");
    let enough = PLATFORM.replace("20_000", "20_480");
    let bands = |field| show(field, "as = \"bands\"\nedges = [0, 4, 8, 12]");
    for (why, one, two) in [
        ("nothing", on(""), on("")),
        // 19.9 bits each, of nobody.
        (
            "what tells nobody",
            on(&keep("file")),
            on(&(keep("case") + &keep("specialty"))),
        ),
        // 2 + 2 bits are log2(320 / 20), not more.
        (
            "as many as are allowed",
            sixteen.clone() + &bands("age"),
            sixteen + &bands("weight"),
        ),
        // 9 + 1 bits of indexes are log2(20,480 / 20), not more; 2 bits of a year are of one visit.
        (
            "indexes as wide as they may be",
            enough.clone() + &show("day", "as = \"truncate\"\nto = \"year\"") + &index(9),
            enough + &index(1),
        ),
    ] {
        assert_eq!(looked_at(&one, &two, &plain), (false, false), "{why}");
    }
}

/// Three link together, a fourth adds nothing: that they link, and that no three with the fourth and no two do, takes
/// four looks. With fewer, all that could not be looked at are told as one set.
#[test]
fn who_is_not_looked_at_is_told_as_one_set() {
    let schema = schema("");
    let on = |words: &str, rest: &str| format!("shares = [{words}]\n") + PLATFORM + rest;
    let policies = [
        policy("care", &on("\"order\"", &keep("specialty")), &schema),
        policy("middle", &on("\"order\", \"record-id\"", ""), &schema),
        policy("names", &on("\"record-id\"", &keep("name")), &schema),
        policy("other", &on("\"order\"", ""), &schema),
    ];
    let leaks = Leaks::new(&policies);
    let views: Vec<&View> = policies
        .iter()
        .map(|policy| leaks.bulk(policy.domain().as_str()).unwrap())
        .collect();
    let names = ["care", "middle", "names", "other"].map(str::to_owned);
    let naming = Naming {
        universe: &leaks.universe,
        parties: &names,
    };
    let target = Target::Value(leaks.universe.position("specialty").unwrap());
    let smallest = |looks: usize| {
        let search = Search {
            most_merged: looks * views.len(),
            ..Search::new(&views, &naming)
        };
        let (mut found, unsearched) = search.smallest(target);
        found.sort();
        (found, unsearched)
    };
    let (three, all) = (vec![0, 1, 2], vec![0, 1, 2, 3]);
    assert_eq!(smallest(4), (vec![three.clone()], Vec::new()));
    assert_eq!(smallest(3), (vec![three], vec![all.clone()]));
    assert_eq!(smallest(0), (Vec::new(), vec![all]));
}

/// Two names, one who joins them, and care: of four domains two sets of three. The whole, three parts of three and one
/// pair are looked at; the other pairs are parts of what told nothing.
#[test]
fn parts_of_what_tells_nothing_are_not_looked_at() {
    let schema = schema("");
    let on = |words: &str, rest: &str| format!("shares = [{words}]\n") + PLATFORM + rest;
    let policies = [
        policy("a", &on("\"record-id\"", &keep("name")), &schema),
        policy("b", &on("\"record-id\"", &keep("name")), &schema),
        policy("c", &on("\"order\", \"record-id\"", ""), &schema),
        policy("d", &on("\"order\"", &keep("specialty")), &schema),
    ];
    let leaks = Leaks::new(&policies);
    let views: Vec<&View> = policies
        .iter()
        .map(|policy| leaks.bulk(policy.domain().as_str()).unwrap())
        .collect();
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    let naming = Naming {
        universe: &leaks.universe,
        parties: &names,
    };
    let target = Target::Value(leaks.universe.position("specialty").unwrap());
    let search = Search {
        most_merged: 5 * views.len(),
        ..Search::new(&views, &naming)
    };
    let (mut found, unsearched) = search.smallest(target);
    found.sort();
    assert_eq!(found, [[0, 2, 3], [1, 2, 3]]);
    assert_eq!(unsearched, [[0; 0]; 0]);
}
