//! Rows that are bound to the id in one of their columns.

use super::*;

const BOUND: &str = "record_id = \"bound\"\n[source]\nrecord_id = \"rdv\"\n";

fn clear() -> String {
    format!("rdv,{HEADER}r-1,{ZOE}\"r,2\",{ZOE}")
}

#[test]
fn the_id_stands_in_clear_and_binds() {
    let domain = Domain::new(BOUND);
    let protected = text(domain.protecting().window(rows(1)), clear());
    let lines: Vec<&str> = protected.lines().collect();
    assert_eq!(lines[0], "rdv,sealed");
    assert!(lines[1].starts_with("r-1,p1.") && lines[2].starts_with("\"r,2\",p1."));
    assert_eq!(text(domain.revealing(), &protected), clear());

    let swapped = protected.replace("r-1,p1", "r-3,p1");
    let error = refused(domain.revealing(), swapped);
    assert!(error.is_tampered() && error.line() == Some(2), "{error}");

    // By the library's own call.
    use paravent::{Appointment, Binding, RecordId, SealedRecord};
    let sealed: SealedRecord = lines[1].strip_prefix("r-1,").unwrap().parse().unwrap();
    let binding = Binding::record(RecordId::new("r-1").unwrap());
    let back: Appointment = domain.revealer.bind(binding).reveal(&sealed).unwrap();
    assert_eq!(back.first_name, "Zoé");
}

#[test]
fn it_keeps_its_place_among_the_columns() {
    let domain = Domain::new(&(BOUND.to_owned() + "[show.age]\nas = \"keep\"\nreason = \"x\"\n"));
    let file = "age,rdv,last_name,first_name,start,practitioner,specialty\n34,r-1,A,B,2020-07-21T09:30:00+02:00,C,D\n";
    let protected = text(domain.protecting(), file);
    assert!(
        protected.starts_with("age,rdv,sealed\n34,r-1,p1."),
        "{protected}"
    );
}

#[test]
fn ids_that_are_missing_or_too_long_are_bad_rows() {
    let domain = Domain::new(BOUND);
    let file = clear().replace("r-1", "");
    let error = refused(domain.protecting(), file);
    assert_eq!((error.code(), error.line()), ("input", Some(2)), "{error}");
    let file = clear().replace("r-1", &"x".repeat(1025));
    assert_eq!(refused(domain.protecting(), file).line(), Some(2));
    let error = refused(domain.protecting(), HEADER);
    assert!(
        error.to_string().contains("no column for the record id"),
        "{error}"
    );
    let error = refused(domain.revealing(), "sealed\np1.x\n");
    assert!(
        error.to_string().contains("no column for the record id"),
        "{error}"
    );
}

#[test]
fn in_json_they_are_text_or_numbers() {
    let domain = Domain::new(BOUND);
    let object = |id: &str| {
        format!(
            "{{\"rdv\":{id},\"last_name\":\"A\",\"first_name\":\"B\",\"start\":\"2020-07-21T09:30:00+02:00\",\
             \"practitioner\":\"C\",\"specialty\":\"D\"}}\n"
        )
    };
    for id in ["\"r-1\"", "17", "\"é\\\"\""] {
        let protected = text(domain.protecting().from(Format::Ndjson), object(id));
        let id = id.replace("\\u00e9", "é");
        assert!(
            protected.starts_with(&format!("{{\"rdv\":{id},\"sealed\":\"p1.")),
            "{protected}"
        );
        let revealed = text(domain.revealing().from(Format::Ndjson), &protected);
        assert!(
            revealed.starts_with(&format!("{{\"rdv\":{id},\"last_name\":\"A\",")),
            "{revealed}"
        );
        // The same text in CSV.
        let table = text(
            domain.revealing().from(Format::Ndjson).to(csv()),
            &protected,
        );
        assert!(table.starts_with("rdv,last_name,"), "{table}");
    }
    for id in ["null", "true", "[1]", "{}", "\"\"", "\"\\ud800\""] {
        let error = refused(domain.protecting().from(Format::Ndjson), object(id));
        assert_eq!(
            (error.code(), error.line()),
            ("input", Some(1)),
            "{id}: {error}"
        );
    }
    let twice = object("1").replacen('{', "{\"rdv\":1,", 1);
    let error = refused(domain.protecting().from(Format::Ndjson), twice);
    assert!(error.is_duplicate_field(), "{error}");
    let without = object("1").replace("\"rdv\":1,", "");
    let error = refused(domain.protecting().from(Format::Ndjson), without);
    assert!(
        error.to_string().contains("the row has no record id"),
        "{error}"
    );
}
