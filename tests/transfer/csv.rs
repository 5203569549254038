//! CSV, there and back.

use super::*;

#[test]
fn a_row_comes_back_as_it_was() {
    let domain = Domain::new(UNBOUND);
    let clear = HEADER.to_owned() + ZOE;
    let (protected, summary) = run(domain.protecting(), &clear).unwrap();
    assert_eq!((summary.rows(), summary.quarantined()), (1, 0));
    assert!(protected.starts_with("sealed\np1."), "{protected}");
    let (revealed, summary) = run(domain.revealing(), &protected).unwrap();
    assert_eq!(revealed, clear);
    assert_eq!((summary.rows(), summary.window()), (1, None));
}

#[test]
fn what_is_shown_stands_in_the_order_of_its_columns() {
    let domain = Domain::new(SHOWING);
    let clear = "specialty,phone,age,last_name,first_name,start,practitioner\n\
        \"A \"\"b\"\", c\",06 39 98 12 34,34,B,C,2020-07-21T09:30:00+02:00,D\n";
    let protected = text(domain.protecting(), clear);
    let (header, row) = protected.split_once('\n').unwrap();
    assert_eq!(header, "specialty,age,patient,sealed");
    assert!(row.starts_with("\"A \"\"b\"\", c\",34,t1."), "{row}");

    // The domain opens nothing: what is shown stays where it is.
    let nothing = policy("archive", SHOWING);
    let open = SHOWING.to_owned() + "[open.schedule]\nreason = \"x\"\n";
    assert_ne!(
        nothing.policy().digest(),
        policy("archive", &open).policy().digest()
    );
    let domain = Domain::new(&open);
    let protected = text(domain.protecting(), clear);
    let connector = domain.connector();
    let revealed = text(Transfer::reveal(&connector).from(super::csv()), &protected);
    let (header, row) = revealed.split_once('\n').unwrap();
    assert_eq!(header, "specialty,age,patient,start");
    assert!(row.ends_with(",2020-07-21T09:30:00+02:00\n"), "{row}");
    // The backend reveals all: no field is there twice.
    let revealed = text(domain.revealing(), &protected);
    assert!(
        revealed.starts_with(&("patient,".to_owned() + HEADER)),
        "{revealed}"
    );
}

#[test]
fn columns_have_the_names_that_the_policy_says() {
    let domain = Domain::new(
        "record_id = \"unbound\"\n[source]\ndrop = [\"Remarques\"]\n[source.columns]\nlast_name = \"Nom\"\n\
         first_name = \"Prénom\"\n",
    );
    let clear = "Nom,Remarques,Prénom,start,practitioner,specialty\nA,\"x\ny\",B,2020-07-21T09:30:00+02:00,C,D\n";
    let protected = text(domain.protecting(), clear);
    assert_eq!(
        text(domain.revealing(), &protected),
        "Nom,Prénom,age,sex,phone,email,start,practitioner,specialty\nA,B,,,,,2020-07-21T09:30:00+02:00,C,D\n"
    );
    // The field's own name is not that of its column.
    let error = refused(domain.protecting(), clear.replacen("Nom", "last_name", 1));
    assert!(
        error
            .to_string()
            .contains("column 1 of the header is not known"),
        "{error}"
    );
}

#[test]
fn cells_become_what_their_fields_hold() {
    let domain = visits("");
    let clear = "text,count,paid,day,extra,at.place\n\
        a,-7,true,2020-07-21,\"{\"\"k\"\": [1,  2]}\",home\n\
        ,,,,,\n\
        \" b \",0,false,,1.50,\n";
    let protected = text(domain.protecting().window(rows(1)), clear);
    assert_eq!(
        text(domain.revealing(), &protected),
        clear.replace("\" b \"", " b ")
    );
    for (cells, code) in [
        ("a,x,,,,", "wrong-type"),
        ("a,1.5,,,,", "wrong-type"),
        ("a,+1,,,,", "wrong-type"),
        ("a,01,,,,", "wrong-type"),
        ("a,-0,,,,", "wrong-type"),
        ("a,9223372036854775808,,,,", "wrong-type"),
        ("a,,True,,,", "wrong-type"),
        ("a,,1,,,", "wrong-type"),
        ("a,,,21/07/2020,,", "wrong-type"),
        ("a,,,2020-02-30,,", "wrong-type"),
        ("a,,,,{k},", "shape"),
        ("a,,,,,0123456789012345678901234", "too-wide"),
    ] {
        let input = format!("text,count,paid,day,extra,at.place\n{cells}\n");
        let error = refused(domain.protecting(), input);
        assert_eq!(
            (error.code(), error.line()),
            (code, Some(2)),
            "{cells}: {error}"
        );
    }
}

#[test]
fn a_file_with_a_header_only_has_no_rows() {
    let domain = Domain::new(UNBOUND);
    for input in [HEADER, HEADER.trim_end(), &format!("\n\n{HEADER}\n\r\n")] {
        let (protected, summary) = run(domain.protecting(), input).unwrap();
        assert_eq!((&*protected, summary.rows()), ("sealed\n", 0));
        assert_eq!(text(domain.revealing(), protected), HEADER);
    }
}

#[test]
fn lines_end_in_feeds_returns_or_both() {
    let domain = Domain::new(UNBOUND);
    let clear = HEADER.to_owned() + ZOE + "\n" + &ZOE.replace("Zoé", "\"Zo\né\"");
    for ending in ["\n", "\r\n", "\r"] {
        let input = clear.replace('\n', ending);
        let (protected, summary) = run(domain.protecting().window(rows(1)), &input).unwrap();
        assert_eq!(summary.rows(), 2, "{ending:?}");
        let revealed = text(domain.revealing(), protected);
        // A break in quotes is a value's own.
        let expected = clear
            .replace("\n\n", "\n")
            .replace("Zo\né", &format!("Zo{ending}é"));
        assert_eq!(revealed, expected, "{ending:?}");
    }
    // The last line needs no end.
    let revealed = text(
        domain.revealing(),
        text(domain.protecting(), (HEADER.to_owned() + ZOE).trim_end()),
    );
    assert_eq!(revealed, HEADER.to_owned() + ZOE);
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    let domain = Domain::new(UNBOUND);
    let mut long = ZOE.replace("Zoé", &"x".repeat(49));
    long.push('\n');
    for ending in ["\n", "\r\n", "\r"] {
        for (before, line) in [
            (String::new(), 2),
            (ZOE.to_owned(), 3),
            ("\n\n".to_owned(), 4),
            (ZOE.replace("Zoé", "\"Zo\n\né\""), 5),
            (ZOE.repeat(1000), 1002),
            (
                format!("{}\n\n", ZOE.replace("Zoé", "\"Z\né\"")).repeat(700),
                2802,
            ),
        ] {
            let input = (HEADER.to_owned() + &before + &long).replace('\n', ending);
            let error = refused(domain.protecting(), input);
            assert!(error.is_too_wide(), "{error}");
            assert_eq!(error.line(), Some(line), "{ending:?} {}", before.len());
        }
    }
}

#[test]
fn a_nul_in_a_value_is_a_character() {
    let domain = Domain::new(UNBOUND);
    let clear = HEADER.to_owned() + &ZOE.replace("Zoé", "Z\0é");
    assert_eq!(
        text(domain.revealing(), text(domain.protecting(), &clear)),
        clear
    );
}

#[test]
fn a_row_of_one_empty_cell_is_a_row() {
    let schema = Schema::from_toml(
        "name = \"visit\"\n[[field]]\nname = \"text\"\nnumber = 1\nscope = \"identity\"\nrole = \"neutral\"\nwidth = 8\n\
         type = \"text\"\nclass = \"text\"\noptional = true\n",
    )
    .unwrap();
    let head = "domain = \"archive\"\nschema = \"visit\"\nrecord_id = \"unbound\"\n";
    let domain = Domain::of(accepted(head, &schema).unwrap());
    let clear = "text\n\"\"\na\n\"\"\n";
    let (protected, summary) = run(domain.protecting().window(rows(1)), clear).unwrap();
    assert_eq!(summary.rows(), 3);
    assert_eq!(text(domain.revealing(), protected), clear);
}

#[test]
fn what_a_connector_added_is_kept() {
    let domain = Domain::new(UNBOUND);
    let protected = text(domain.protecting(), HEADER.to_owned() + ZOE);
    let (_, sealed) = protected.split_once('\n').unwrap();
    let held = format!("state,sealed,\"n,o\"\nsent,{},\"1,2\"\n", sealed.trim_end());
    assert_eq!(
        text(domain.revealing(), &held),
        format!(
            "state,{},\"n,o\"\nsent,{},\"1,2\"\n",
            HEADER.trim_end(),
            ZOE.trim_end()
        )
    );
    // But for what has the name of a field that is revealed and not shown.
    let held = held.replacen("state", "Nom", 1);
    let named = policy(
        "archive",
        "record_id = \"unbound\"\n[source.columns]\nlast_name = \"Nom\"\n",
    );
    let keyring = &domain.keyring;
    let revealer = Revealer::backend(keyring, named.policy()).unwrap();
    let error = refused(Transfer::reveal(&revealer).from(super::csv()), held);
    assert!(error.is_input() && error.line() == Some(1), "{error}");
}

/// It was left out, as if the policy showed that field.
#[test]
fn what_a_connector_added_under_the_name_of_a_field_is_not_lost() {
    let domain = Domain::new(
        "record_id = \"unbound\"\n[source.columns]\nlast_name = \"Nom\"\nage = \"Âge\"\n",
    );
    let clear = HEADER.replace("last_name", "Nom").replace("age", "Âge");
    let protected = text(domain.protecting(), clear.clone() + ZOE);
    let (_, sealed) = protected.split_once('\n').unwrap();
    let sealed = sealed.trim_end();
    let held = format!("sealed,last_name,age\n{sealed},mine,7\n");
    assert_eq!(
        text(domain.revealing(), &held),
        format!(
            "{},last_name,age\n{},mine,7\n",
            clear.trim_end(),
            ZOE.trim_end()
        )
    );
    let error = refused(
        domain.revealing(),
        held.replacen("last_name,age", "last_name,Nom", 1),
    );
    assert!(error.is_input() && error.line() == Some(1), "{error}");
}
