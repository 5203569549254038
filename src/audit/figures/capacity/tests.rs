#![allow(clippy::unwrap_used)]

use super::*;

use crate::{policy::Policy, schema::Schema};

fn capacity_of(text: &str, schema: &Schema) -> Capacity {
    let head = "domain = \"d\"\nrecord_id = \"unbound\"\n";
    let text = format!("{head}schema = \"{}\"\n{text}", schema.name());
    let policy = Policy::from_toml(&text, schema).unwrap();
    capacity(&CheckedPolicy::unchecked(policy)).unwrap()
}

fn show(field: &str, how: &str) -> String {
    format!("[show.{field}]\n{how}\nreason = \"r\"\n")
}

fn keep(field: &str) -> String {
    show(field, "as = \"keep\"")
}

fn pseudonym(of: &str) -> String {
    format!("[pseudonym.p]\nof = {of}\nreason = \"r\"\nnull = \"null\"\n")
}

fn passes(text: &str) -> bool {
    capacity_of(text, &Schema::appointment()).passes_swap_test
}

#[test]
fn all_permutations_are_tried() {
    let mut all = Vec::new();
    permutations(&mut [0, 1, 2, 3], 0, &mut |items| all.push(items.to_vec()));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 24);
    for permutation in all {
        assert!((0..4).all(|item| permutation.contains(&item)));
    }
}

#[test]
fn one_side_alone_passes() {
    for text in [
        String::new(),
        keep("age") + &keep("sex"),
        keep("start") + &keep("specialty"),
        pseudonym("[\"last_name\", \"phone\"]"),
        pseudonym("[\"practitioner\"]"),
        "[open.identity]\nreason = \"r\"\n".to_owned(),
        "[open.care]\nreason = \"r\"\n[open.schedule]\nreason = \"r\"\n".to_owned(),
    ] {
        assert!(passes(&text), "{text}");
    }
}

#[test]
fn both_sides_together_do_not() {
    for text in [
        keep("sex") + &keep("specialty"),
        keep("age") + &show("start", "as = \"truncate\"\nto = \"year\""),
        show("age", "as = \"bands\"\nedges = [0, 18]") + &keep("practitioner"),
        show("age", "as = \"round\"\nto = 10") + &keep("start"),
        show("last_name", "as = \"mask\"\nfirst = 1") + &keep("specialty"),
        show(
            "specialty",
            "as = \"bucket\"\nlists = { a = [\"A\"], b = [\"B\", \"C\"] }",
        ) + &keep("sex"),
        // Visits of one person are known to be so.
        pseudonym("[\"last_name\"]") + &keep("start"),
        pseudonym("[\"practitioner\"]") + &keep("sex"),
        // A stand-in for both is there twice only where somebody has a visit twice.
        pseudonym("[\"last_name\", \"specialty\"]"),
        show(
            "start",
            "as = \"shift\"\nweeks = 4\nsubject = [\"last_name\"]",
        ) + &keep("sex"),
        "[open.identity]\nreason = \"r\"\n".to_owned() + &keep("specialty"),
        "[open.identity]\nreason = \"r\"\n[open.care]\nreason = \"r\"\n".to_owned(),
    ] {
        assert!(!passes(&text), "{text}");
    }
    assert!(!passes(
        &("knows = [\"start\"]\n".to_owned() + &keep("sex"))
    ));
}

#[test]
fn stand_ins_of_people_and_of_visits_together_do_not() {
    let two = pseudonym("[\"phone\"]") + "[pseudonym.q]\nof = [\"specialty\"]\nreason = \"r\"\n";
    assert!(!passes(&two));
    let index = "[holds]\nrows = 500000\nsubjects = 120000\n[index.i]\nof = [\"phone\"]\nbits = 9\ndistinct = 110000\nnull = \"null\"\nreason = \"r\"\n";
    assert!(passes(index));
    assert!(!passes(&(index.to_owned() + &keep("start"))));
}

#[test]
fn what_protecting_refuses_to_be_null_is_not() {
    let refusing = "[pseudonym.p]\nof = [\"phone\"]\nreason = \"r\"\n";
    assert!(passes(refusing));
    let by_phone = "as = \"shift\"\nweeks = 4\nsubject = [\"phone\"]";
    assert!(!passes(&show("start", by_phone)));
}

/// Equality of so few values is by chance, and makes the most of orders to try.
#[test]
fn indexes_of_both_sides_do_not_and_are_soon_done() {
    let index = |name: &str, of: &str| {
        format!(
            "[index.{name}]\nof = {of}\nbits = 2\ndistinct = 110000\nnull = \"null\"\nreason = \"r\"\n"
        )
    };
    let text = "[holds]\nrows = 500000\nsubjects = 120000\n".to_owned()
        + &index("i", "[\"last_name\", \"specialty\"]")
        + &index("j", "[\"first_name\", \"practitioner\"]")
        + &index("k", "[\"phone\", \"start\"]");
    let start = std::time::Instant::now();
    for _ in 0..20 {
        assert!(!passes(&text));
    }
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn seals_that_are_bound_are_made_up_too() {
    let schema = Schema::appointment();
    let text = "domain = \"d\"\nschema = \"appointment\"\nrecord_id = \"bound\"\nsubject_key = \"bound\"\n[pseudonym.p]\nof = [\"last_name\"]\nerasable = true\nreason = \"r\"\n";
    let policy = Policy::from_toml(text, &schema).unwrap();
    assert!(
        capacity(&CheckedPolicy::unchecked(policy))
            .unwrap()
            .passes_swap_test
    );
}

#[test]
fn schemas_of_other_types_and_nested_names() {
    let field = |name: &str, number: u8, rest: &str| {
        format!("[[field]]\nname = \"{name}\"\nnumber = {number}\n{rest}\n")
    };
    let person = "scope = \"identity\"\nrole = \"quasi-identifier\"";
    let text = "name = \"other\"\n".to_owned()
        + &field(
            "person.born",
            1,
            &format!("{person}\nwidth = 10\ntype = \"date\"\nclass = \"exact\"\noptional = true"),
        )
        + &field(
            "person.smokes",
            2,
            &format!("{person}\nwidth = 5\ntype = \"boolean\"\nclass = \"exact\""),
        )
        + &field(
            "code",
            3,
            "scope = \"care\"\nwidth = 3\ntype = \"text\"\nclass = \"exact\"",
        )
        + &field(
            "more",
            4,
            "scope = \"care\"\nwidth = 64\ntype = \"json\"\nclass = \"exact\"",
        )
        + &field(
            "count",
            5,
            "scope = \"care\"\nwidth = 4\ntype = \"integer\"\nclass = \"exact\"",
        );
    let schema = Schema::from_toml(&text).unwrap();
    assert!(capacity_of("", &schema).passes_swap_test);
    let code = show("code", "as = \"truncate\"\nto = 3");
    assert!(
        capacity_of(&(code.clone() + &keep("more") + &keep("count")), &schema).passes_swap_test
    );
    for person in [keep("\"person.born\""), keep("\"person.smokes\"")] {
        assert!(!capacity_of(&(code.clone() + &person), &schema).passes_swap_test);
        assert!(!capacity_of(&(keep("more") + &person), &schema).passes_swap_test);
    }
}

#[test]
fn bits_are_those_of_what_is_shown() {
    let bits = |text: &str| capacity_of(text, &Schema::appointment()).bits_a_row;
    assert_eq!(bits("").to_bits(), 0f64.to_bits());
    assert_eq!(bits("[open.identity]\nreason = \"r\"\n"), 0.0);
    // Two bands and null.
    let age = show("age", "as = \"bands\"\nedges = [0, 18]");
    assert!((bits(&age) - 3f64.log2()).abs() < 1e-12);
    assert!((bits(&(age.clone() + &keep("specialty"))) - 180f64.log2()).abs() < 1e-12);
    // A stand-in: of 60 specialties; of 200,000 last names, or as many as there are rows.
    assert!((bits(&pseudonym("[\"specialty\"]")) - 60f64.log2()).abs() < 1e-9);
    let holds = "[holds]\nrows = 1024\nsubjects = 1024\n";
    let names = pseudonym("[\"last_name\"]");
    assert!((bits(&names) - 200_000f64.log2()).abs() < 1e-9);
    assert!((bits(&(holds.to_owned() + &names)) - 10.0).abs() < 1e-9);
    // Null is one value more: of three sexes.
    assert!((bits(&pseudonym("[\"sex\"]")) - 2.0).abs() < 1e-9);
    // An index has as many as it says.
    let index = "[holds]\nrows = 500000\nsubjects = 120000\n[index.i]\nof = [\"last_name\"]\nbits = 6\ndistinct = 110000\nreason = \"r\"\n";
    assert!((bits(index) - 6.0).abs() < 1e-9);
    assert_eq!(capacity_of(holds, &Schema::appointment()).rows, Some(1024));
    assert_eq!(capacity_of("", &Schema::appointment()).rows, None);
}
