//! One table for each rule of how fields are shown, with its whole message and its line.

use super::{
    refused::{HEAD, check, visit},
    *,
};

#[test]
fn parameters() {
    check(&[
        (
            "[show.age]\nas = \"keep\"\nreason = \"x\"\nto = 5",
            8,
            "transform \"keep\" of field \"age\" takes no `to`; leave the key out, or choose the transform that takes it",
        ),
        (
            "[show.age]\nas = \"keep\"\nreason = \"x\"\nerasable = false",
            8,
            "transform \"keep\" of field \"age\" takes no `erasable`; leave the key out, or choose the transform that takes it",
        ),
        (
            "[show.age]\nas = \"round\"\nto = 5\nedges = [1]",
            8,
            "transform \"round\" of field \"age\" takes no `edges`; leave the key out, or choose the transform that takes it",
        ),
        (
            "[show.age]\nas = \"bands\"\nedges = [1]\nweeks = 1",
            8,
            "transform \"bands\" of field \"age\" takes no `weeks`; leave the key out, or choose the transform that takes it",
        ),
        (
            "[show.day]\nas = \"truncate\"\nto = \"day\"\nsubject = [\"name\"]",
            8,
            "transform \"truncate\" of field \"day\" takes no `subject`; leave the key out, or choose the transform that takes it",
        ),
        (
            "[show.day]\nas = \"shift\"\nfirst = 1",
            7,
            "transform \"shift\" of field \"day\" takes no `first`; leave the key out, or choose the transform that takes it",
        ),
        (
            "[show.code]\nas = \"bucket\"\nlast = 1",
            7,
            "transform \"bucket\" of field \"code\" takes no `last`; leave the key out, or choose the transform that takes it",
        ),
        (
            "[show.code]\nas = \"mask\"\nlists = { a = [\"b\"] }",
            7,
            "transform \"mask\" of field \"code\" takes no `lists`; leave the key out, or choose the transform that takes it",
        ),
        (
            "[show.code]\nas = \"mask\"\nother = \"x\"",
            7,
            "transform \"mask\" of field \"code\" takes no `other`; leave the key out, or choose the transform that takes it",
        ),
        (
            "[show.age]\nas = \"bands\"\nreason = \"x\"",
            5,
            "transform \"bands\" of field \"age\" needs `edges`; add the key; the documentation of `from_toml` lists what each transform takes",
        ),
        (
            "[show.age]\nas = \"round\"\nreason = \"x\"",
            5,
            "transform \"round\" of field \"age\" needs `to`; add the key; the documentation of `from_toml` lists what each transform takes",
        ),
        (
            "[show.day]\nas = \"truncate\"\nreason = \"x\"",
            5,
            "transform \"truncate\" of field \"day\" needs `to`; add the key; the documentation of `from_toml` lists what each transform takes",
        ),
        (
            "[show.code]\nas = \"truncate\"\nreason = \"x\"",
            5,
            "transform \"truncate\" of field \"code\" needs `to`; add the key; the documentation of `from_toml` lists what each transform takes",
        ),
        (
            "[show.day]\nas = \"shift\"\nsubject = [\"name\"]",
            5,
            "transform \"shift\" of field \"day\" needs `weeks`; add the key; the documentation of `from_toml` lists what each transform takes",
        ),
        (
            "[show.day]\nas = \"shift\"\nweeks = 1",
            5,
            "transform \"shift\" of field \"day\" needs `subject`; add the key; the documentation of `from_toml` lists what each transform takes",
        ),
        (
            "[show.code]\nas = \"mask\"\nreason = \"x\"",
            5,
            "transform \"mask\" of field \"code\" needs `first` or `last`, from 1; show a character at least, or redact the field",
        ),
        (
            "[show.code]\nas = \"bucket\"\nreason = \"x\"",
            5,
            "transform \"bucket\" of field \"code\" needs `lists`; add the key; the documentation of `from_toml` lists what each transform takes",
        ),
        (
            "[show.age]\nas = \"round\"\nto = 5",
            5,
            "transform \"round\" of field \"age\" has no reason; give a reason, or redact it",
        ),
        (
            "[show.age]\nas = \"round\"\nto = 5\nreason = \"\"",
            8,
            "a reason is empty; say why in a sentence",
        ),
        (
            "[show.age]\nas = \"round\"\nto = true",
            7,
            "invalid type: boolean `true`, expected an integer or a period as a string; mend it there; the documentation of `from_toml` lists the keys",
        ),
    ]);
}

#[test]
fn transforms_that_do_not_fit() {
    const ADVICE: &str = "choose a transform that fits the field";
    let (text, dates, truncated) = (
        "text",
        "dates and date-times",
        "dates, date-times, and text of class text or exact",
    );
    let name = "text of class name";
    for (transform, fits, field, is) in [
        ("bands", "integers", "name", name),
        ("bands", "integers", "day", "an RFC 3339 date"),
        ("round", "integers", "start", "an RFC 3339 date-time"),
        ("truncate", truncated, "name", name),
        ("truncate", truncated, "phone", "text of class phone"),
        ("truncate", truncated, "email", "text of class email"),
        ("truncate", truncated, "age", "an integer"),
        ("shift", dates, "age", "an integer"),
        ("shift", dates, "code", "text of class exact"),
        ("mask", text, "age", "an integer"),
        ("mask", text, "notes", "a JSON value"),
        ("reversible", "all types but json", "notes", "a JSON value"),
        ("phone", "text of class phone", "name", name),
        ("phone", "text of class phone", "age", "an integer"),
        ("bucket", text, "first", "a boolean"),
    ] {
        let file = format!("{HEAD}[show.{field}]\nas = \"{transform}\"\nreason = \"x\"\n");
        let error = Policy::from_toml(&file, &visit()).unwrap_err();
        let message = format!(
            "line 6: transform {transform:?} fits {fits}, and field {field:?} is {is}; {ADVICE}"
        );
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn values_of_parameters() {
    check(&[
        (
            "[show.age]\nas = \"bands\"\nedges = []",
            7,
            "`edges` of transform \"bands\" of field \"age\" are 0, not 1 to 256; say where each band begins",
        ),
        (
            "[show.age]\nas = \"bands\"\nedges = [0, 18, 18]",
            7,
            "`edges` of transform \"bands\" of field \"age\" are not ascending, so that bands overlap; list each edge once, from the lowest to the highest",
        ),
        (
            "[show.age]\nas = \"bands\"\nedges = [\n0,\n40,\n18]",
            10,
            "`edges` of transform \"bands\" of field \"age\" are not ascending, so that bands overlap; list each edge once, from the lowest to the highest",
        ),
        (
            "[show.day]\nas = \"truncate\"\nto = \"moth\"",
            7,
            "`to` of transform \"truncate\" of field \"day\" is no period (did you mean \"month\"?); use day, week, month, quarter or year",
        ),
        (
            "[show.start]\nas = \"truncate\"\nto = \"hour\"",
            7,
            "`to` of transform \"truncate\" of field \"start\" is no period; use day, week, month, quarter or year",
        ),
        (
            "[show.start]\nas = \"truncate\"\nto = 4",
            7,
            "`to` of transform \"truncate\" of field \"start\" is no period; use day, week, month, quarter or year",
        ),
        (
            "[show.code]\nas = \"truncate\"\nto = \"day\"",
            7,
            "`to` of transform \"truncate\" of field \"code\" is no number; give a number: periods are for dates and date-times",
        ),
        (
            "[show.code]\nas = \"truncate\"\nto = 0",
            7,
            "`to` of transform \"truncate\" of field \"code\" is 0, not 1 to 64; give a number in that range",
        ),
        (
            "[show.code]\nas = \"truncate\"\nto = 65",
            7,
            "`to` of transform \"truncate\" of field \"code\" is 65, not 1 to 64; give a number in that range",
        ),
        (
            "[show.age]\nas = \"round\"\nto = 1",
            7,
            "`to` of transform \"round\" of field \"age\" is 1, not 2 to 1000000000; give a number in that range",
        ),
        (
            "[show.age]\nas = \"round\"\nto = 1000000001",
            7,
            "`to` of transform \"round\" of field \"age\" is 1000000001, not 2 to 1000000000; give a number in that range",
        ),
        (
            "[show.age]\nas = \"round\"\nto = \"week\"",
            7,
            "`to` of transform \"round\" of field \"age\" is no number; give a number: periods are for dates and date-times",
        ),
        (
            "[show.day]\nas = \"shift\"\nweeks = 0\nsubject = [\"name\"]",
            7,
            "`weeks` of transform \"shift\" of field \"day\" is 0, not 1 to 520; give a number in that range",
        ),
        (
            "[show.day]\nas = \"shift\"\nweeks = 521\nsubject = [\"name\"]",
            7,
            "`weeks` of transform \"shift\" of field \"day\" is 521, not 1 to 520; give a number in that range",
        ),
        (
            "[show.day]\nas = \"shift\"\nweeks = 1\nsubject = []",
            8,
            "`subject` of transform \"shift\" of field \"day\" has no fields; list the fields that tell the person",
        ),
        (
            "[show.day]\nas = \"shift\"\nweeks = 1\nsubject = [\"name\", \"name\"]",
            8,
            "`subject` of transform \"shift\" of field \"day\" has a field twice; list each field once",
        ),
        (
            "[show.day]\nas = \"shift\"\nweeks = 1\nsubject = [\"names\"]",
            8,
            "the policy names the field \"names\", which the schema does not list (did you mean \"name\"?); name fields of the schema",
        ),
        (
            "[show.code]\nas = \"mask\"\nfirst = -1\nlast = 1",
            7,
            "`first` of transform \"mask\" of field \"code\" is -1, not 0 to 64; give a number in that range",
        ),
        (
            "[show.code]\nas = \"mask\"\nlast = 65",
            7,
            "`last` of transform \"mask\" of field \"code\" is 65, not 0 to 64; give a number in that range",
        ),
        (
            "[show.code]\nas = \"mask\"\nfirst = 0\nlast = 0",
            5,
            "transform \"mask\" of field \"code\" needs `first` or `last`, from 1; show a character at least, or redact the field",
        ),
        (
            "[show.reason]\nas = \"bucket\"\nlists = {}",
            7,
            "`lists` of transform \"bucket\" of field \"reason\" is empty; name a list at least",
        ),
        (
            "[show.reason]\nas = \"bucket\"\nlists = { a = [] }",
            7,
            "list \"a\" of field \"reason\" is empty; give each list a name, which is shown, and a value at least",
        ),
        (
            "[show.reason]\nas = \"bucket\"\nlists = { \"\" = [\"x\"] }",
            7,
            "list \"\" of field \"reason\" has no name; give each list a name, which is shown, and a value at least",
        ),
        (
            "[show.reason]\nas = \"bucket\"\n[show.reason.lists]\na = [\"Pied\"]\nb = [\"Main\",\n\"PIED \"]",
            10,
            "lists \"a\" and \"b\" of field \"reason\" have a value in common; put each value on one list; values are compared in their normal form",
        ),
        (
            "[show.phone]\nas = \"bucket\"\nlists = { a = [\"06 39 98 12 34\"], b = [\"+33639981234\"] }",
            7,
            "lists \"a\" and \"b\" of field \"phone\" have a value in common; put each value on one list; values are compared in their normal form",
        ),
        (
            "[show.reason]\nas = \"bucket\"\nlists = { a = [\"Pied\", \"pied \"] }",
            7,
            "list \"a\" of field \"reason\" has a value twice; list each value once; values are compared in their normal form",
        ),
        (
            "[show.phone]\nas = \"bucket\"\nlists = { a = [\"06\"] }",
            7,
            "list \"a\" of field \"phone\" has a value that cannot be normalised as phone; mend the value: no record can have it",
        ),
        (
            "[show.reason]\nas = \"bucket\"\nlists = { a = [\"x\"] }\nother = \"a\"",
            8,
            "`other` of transform \"bucket\" of field \"reason\" is the name of a list; give what is on no list a name of its own",
        ),
        (
            "[show.reason]\nas = \"bucket\"\nlists = { a = [\"x\"] }\nother = \"\"",
            8,
            "`other` of transform \"bucket\" of field \"reason\" is empty; name what is on no list, or leave it out",
        ),
    ]);
    let edges = |count: i64| {
        let edges: Vec<i64> = (0..count).collect();
        let file = format!("{HEAD}[show.age]\nas = \"bands\"\nreason = \"x\"\nedges = {edges:?}\n");
        Policy::from_toml(&file, &visit())
    };
    edges(256).unwrap();
    let error = edges(257).unwrap_err();
    assert!(
        error.to_string().contains("are 257, not 1 to 256"),
        "{error}"
    );
}

/// A policy can be read and checked whatever the crate was built with.
#[test]
fn transforms_load_without_their_feature() {
    for (transform, field) in [("reversible", "name"), ("phone", "phone")] {
        let file = format!("{HEAD}[show.{field}]\nas = \"{transform}\"\nreason = \"x\"\n");
        let policy = Policy::from_toml(&file, &visit()).unwrap();
        assert!(policy.shows().any(|(_, shown)| shown.name() == transform));
    }
}
