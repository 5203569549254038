//! Files that are refused.

use super::*;

/// A file, the line of the error and a part of its message.
fn cases() -> Vec<(String, Option<usize>, &'static str)> {
    let file = |rows: &str| HEADER.to_owned() + rows;
    vec![
        (String::new(), None, "the file is empty"),
        ("\n\r\n".to_owned(), None, "the file is empty"),
        // The header.
        (
            HEADER.replace("last_name", "lastname"),
            Some(1),
            "column 1 of the header is not known (did you mean \"last_name\"?)",
        ),
        (
            HEADER.replace("email", "remarks"),
            Some(1),
            "column 6 of the header is not known; ",
        ),
        (
            format!("\n{}", HEADER.replace("email", "")),
            Some(2),
            "column 6 of the header is not known; ",
        ),
        (
            HEADER.replace("email", "age"),
            Some(1),
            "column 6 of the header has the name of column 3",
        ),
        (
            HEADER.replace(",start", ""),
            Some(1),
            "the header has no column for field \"start\", which is not optional",
        ),
        (ZOE.to_owned(), Some(1), "no column of the header is known"),
        (
            HEADER.replace("last_name", "last\0name"),
            Some(1),
            "the header has a NUL, as UTF-16 without a byte-order mark has",
        ),
        // Rows.
        (
            file(&(ZOE.to_owned() + "a,b\n" + ZOE)),
            Some(3),
            "the row has 2 cells, and the header 9",
        ),
        (
            file(&ZOE.replace("Zoé", "Zo,é")),
            Some(2),
            "the row has 10 cells, and the header 9",
        ),
        (
            file(&ZOE.replace("Lefèvre", "")),
            Some(2),
            "field \"last_name\" is missing and not optional",
        ),
        (
            file(&ZOE.replace(",34,", ",old,")),
            Some(2),
            "the value of field \"age\" is not an integer",
        ),
        // What has no end.
        (
            file(&(ZOE.to_owned() + "\n\"Lefèvre,Zoé\n" + &ZOE.replace('"', ""))),
            Some(4),
            "a quote is left open until the end of the file",
        ),
        (
            HEADER.replace("last_name", "\"last_name"),
            Some(1),
            "a quote is left open until the end of the file",
        ),
        (
            file(&format!("{ZOE}\"{}", "a\n".repeat(9 << 20))),
            Some(3),
            "the row is longer than 16 MiB",
        ),
        (
            file(&format!("{ZOE}{}", ",".repeat(17 << 20))),
            Some(3),
            "the row is longer than 16 MiB",
        ),
    ]
}

#[test]
fn each_has_its_line_and_message() {
    let domain = Domain::new(UNBOUND);
    for (file, line, message) in cases() {
        let error = refused(domain.protecting().jobs(rows(2)), &file);
        assert!(error.is_input() || error.is_record(), "{error}");
        assert_eq!(error.line(), line, "{error}");
        assert!(
            error.to_string().contains(message),
            "{error}, not {message}"
        );
        // Never a value, and no header that is not known.
        for value in ["Lef", "Zoé", "remarks", "lastname"] {
            assert!(!error.to_string().contains(value), "{error}");
        }
    }
}

/// The first by line, whatever thread meets it first and however rows are shuffled.
#[test]
fn the_first_bad_row_is_told() {
    let domain = Domain::new(UNBOUND);
    let bad = ZOE.replace(",34,", ",old,");
    for _ in 0..5 {
        let file = HEADER.to_owned()
            + &ZOE.repeat(1234)
            + &bad
            + &ZOE.repeat(700)
            + &bad.repeat(3)
            + &ZOE.repeat(20_000)
            + "\"";
        let error = refused(domain.protecting().jobs(rows(4)), &file);
        assert_eq!(
            (error.code(), error.line()),
            ("wrong-type", Some(1236)),
            "{error}"
        );
    }
}

#[test]
fn revealing_wants_protected_rows() {
    let domain = Domain::new(UNBOUND);
    let protected = text(domain.protecting(), HEADER.to_owned() + ZOE);
    let sealed = protected.lines().nth(1).unwrap();
    for (file, line, code, message) in [
        (String::new(), None, "input", "the file is empty"),
        (
            HEADER.to_owned() + ZOE,
            Some(1),
            "input",
            "the header has no column \"sealed\"",
        ),
        (
            format!("sealed,sealed\n{sealed},{sealed}\n"),
            Some(1),
            "input",
            "has the name of column 1",
        ),
        (
            format!("sealed,a\n{sealed}\n"),
            Some(2),
            "input",
            "the row has 1 cells, and the header 2",
        ),
        (
            format!("sealed\n{sealed}\nx\n"),
            Some(3),
            "text-form",
            "is not a canonical `p1.` text",
        ),
        (
            "a,sealed\n1,\n".to_owned(),
            Some(2),
            "text-form",
            "is not a canonical `p1.` text",
        ),
    ] {
        let error = refused(domain.revealing(), &file);
        assert_eq!((error.code(), error.line()), (code, line), "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
    let others = Domain::new(UNBOUND);
    let error = refused(others.revealing(), &protected);
    assert!(error.is_wrong_key() && error.line() == Some(2), "{error}");
}

#[test]
fn policies_whose_rows_no_file_holds_are_refused() {
    let subject = Domain::new("record_id = \"unbound\"\nsubject_key = \"bound\"\n");
    let unnamed = Domain::new("record_id = \"bound\"\n");
    for (domain, message) in [
        (
            &subject,
            "the policy binds seals to subject keys, which files of rows do not hold",
        ),
        (
            &unnamed,
            "the policy binds seals to a record id, and does not say which column holds it",
        ),
    ] {
        for transfer in [domain.protecting(), domain.revealing()] {
            let error = refused(transfer, HEADER);
            assert!(
                error.is_definition() && error.to_string().starts_with(message),
                "{error}"
            );
        }
    }
}

#[test]
fn the_format_has_to_be_said() {
    let domain = Domain::new(UNBOUND);
    let error = refused(Transfer::protect(&domain.protector), HEADER);
    assert!(error.is_definition(), "{error}");
}
