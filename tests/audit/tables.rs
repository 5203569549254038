//! Tables from files of rows, good and bad.

use paravent::{
    CsvFormat, Encoding, Error, Format, Schema,
    audit::{Audit, Audited, Leak, Table},
};
use proptest::prelude::*;

fn csv(text: impl AsRef<[u8]>) -> Result<Table, Error> {
    Table::read(Format::Csv(CsvFormat::default()), text.as_ref())
}

fn ndjson(text: impl AsRef<[u8]>) -> Result<Table, Error> {
    Table::read(Format::Ndjson, text.as_ref())
}

fn cells(table: &Table) -> Vec<Vec<Option<&str>>> {
    let row = |row| {
        table
            .columns()
            .iter()
            .map(|column| column.get(row))
            .collect()
    };
    (0..table.rows()).map(row).collect()
}

fn names(table: &Table) -> Vec<&str> {
    table.columns().iter().map(|column| column.name()).collect()
}

fn failed(result: Result<Table, Error>) -> Error {
    match result {
        Ok(_) => panic!("a table was read"),
        Err(error) => error,
    }
}

#[test]
fn csv_by_the_delimiter_that_divides_the_header_most() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = "name%age%note\nZoé%34%\"a\"\"b\n%\"\n\"\"%%x\n".replace('%', delimiter);
        let table = csv(&text).unwrap();
        assert_eq!(names(&table), ["name", "age", "note"]);
        let note = format!("a\"b\n{delimiter}");
        assert_eq!(
            cells(&table),
            [
                [Some("Zoé"), Some("34"), Some(note.as_str())],
                [None, None, Some("x")],
            ]
        );
    }
    let said = CsvFormat::default().delimiter(b';');
    let table = Table::read(Format::Csv(said), "a,b;c\n1,2;3\n".as_bytes()).unwrap();
    assert_eq!(names(&table), ["a,b", "c"]);
}

#[test]
fn csv_of_one_column_and_of_other_line_ends() {
    let table = csv("age\r\n34\r\n\r\n35").unwrap();
    assert_eq!(cells(&table), [[Some("34")], [Some("35")]]);
}

#[test]
fn csv_in_the_encodings_of_spreadsheets() {
    let table = csv(b"\xEF\xBB\xBFname\nZo\xC3\xA9\n").unwrap();
    assert_eq!(names(&table), ["name"]);
    assert_eq!(cells(&table), [[Some("Zoé")]]);
    let table = csv(b"pr\xE9nom\nZo\xE9\n").unwrap();
    assert_eq!(names(&table), ["prénom"]);
    assert_eq!(cells(&table), [[Some("Zoé")]]);
}

#[test]
fn csv_errors_have_their_line() {
    let utf8 = Format::Csv(CsvFormat::default().encoding(Encoding::Utf8));
    let wrong = failed(Table::read(utf8, b"a,b\n1,2\n3,\xE9\n".as_slice()));
    assert!(wrong.is_input() && wrong.line() == Some(3), "{wrong}");

    for (text, line) in [
        ("a,b\n1,2\n\n3\n", 4),
        ("a,b\n1,2\n3,4,5\n", 3),
        ("a,b\n1,\"2\n", 2),
        ("a,b\n1,2\n\0,4\n", 3),
        ("a\0,b\n1,2\n", 1),
    ] {
        let error = failed(csv(text));
        assert!(error.is_input() && error.line() == Some(line), "{error}");
    }
    let utf16: Vec<u8> = "\u{FEFF}a,b\n1,2\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(failed(csv(utf16)).is_input());
    assert!(failed(csv("")).is_input());
    assert!(failed(csv("\n\n")).is_input());

    let twice = failed(csv("\na,b,a\n1,2,3\n"));
    assert!(twice.is_audit() && twice.line() == Some(2), "{twice}");
    let only_header = failed(csv("a,b\n"));
    assert!(only_header.is_audit(), "{only_header}");
    assert!(only_header.to_string().contains("no row"), "{only_header}");

    let quote = CsvFormat::default().delimiter(b'"');
    let quote = Table::read(Format::Csv(quote), "a\n".as_bytes());
    assert!(failed(quote).is_definition());
}

#[test]
fn no_error_has_a_value() {
    for text in [
        "a,b\nSecret,2\nSecret\n",
        "a,b\n1,\"Secret\n",
        "a\nSecret\0\n",
    ] {
        assert!(!failed(csv(text)).to_string().contains("Secret"));
    }
    for text in [
        "{\"a\":[\"Secret\"]}",
        "{\"a\":1}\n{\"a\":\"Secret\",\"b\":2}",
        "{\"a\":\"Secret",
    ] {
        assert!(!failed(ndjson(text)).to_string().contains("Secret"));
    }
}

#[test]
fn ndjson_of_flat_objects() {
    let text = "{\"b\":\"Zo\\u00e9\",\"a\":null}\n\n{\"a\":1.50,\"b\":true}\n{\"b\":\"\",\"a\":-0}";
    let table = ndjson(text).unwrap();
    assert_eq!(names(&table), ["b", "a"]);
    assert_eq!(
        cells(&table),
        [
            [Some("Zoé"), None],
            [Some("true"), Some("1.50")],
            [Some(""), Some("-0")],
        ]
    );
}

#[test]
fn ndjson_errors_have_their_line() {
    for (text, line) in [
        ("{\"a\":1}\n{\"b\":1}", 2),
        ("{\"a\":1}\n{\"a\":1,\"b\":1}", 2),
        ("{\"a\":1,\"b\":1}\n\n{\"a\":1}", 3),
        ("{\"a\":{}}", 1),
        ("{\"a\":1}\n{\"a\":[]}", 2),
        ("{\"a\":1}\n{\"a\":\"\\ud800\"}", 2),
    ] {
        let error = failed(ndjson(text));
        assert!(error.is_input() && error.line() == Some(line), "{error}");
    }
    let bytes = failed(ndjson(b"{\"a\":1}\n{\"a\":\"\xE9\"}\n"));
    assert!(bytes.is_input() && bytes.line() == Some(2), "{bytes}");
    for text in [
        "{\"a\":1}\n[1]",
        "{\"a\":1}\n{\"a\":",
        "{\"a\":1}\n{\"a\":\"\0\"}",
    ] {
        let error = failed(ndjson(text));
        assert!(error.is_record() && error.line() == Some(2), "{error}");
    }
    let twice = failed(ndjson("{\"a\":1,\"a\":2}"));
    assert!(twice.is_duplicate_field() && twice.line() == Some(1));
    for text in ["", "\n \n"] {
        assert!(failed(ndjson(text)).is_audit());
    }
    let bare = failed(ndjson("{}"));
    assert!(bare.is_audit() && bare.line() == Some(1), "{bare}");
}

proptest! {
    /// Null and the empty cell are one in CSV.
    #[test]
    fn what_is_written_is_read(
        rows in proptest::collection::vec(proptest::collection::vec("[ -~é\n]{1,6}", 3), 1..20),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b", "c"]).unwrap();
        let mut lines = String::new();
        for row in &rows {
            writer.write_record(row).unwrap();
            let object = serde_json::json!({"a": row[0], "b": row[1], "c": row[2]});
            lines.push_str(&format!("{object}\n"));
        }
        let text = writer.into_inner().unwrap();
        let wanted: Vec<Vec<Option<&str>>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| Some(cell.as_str())).collect())
            .collect();
        // Both are said: what is found is the subject of other tests.
        let utf8 = Format::Csv(CsvFormat::default().encoding(Encoding::Utf8).delimiter(b','));
        let tables = [Table::read(utf8, text.as_slice()).unwrap(), ndjson(&lines).unwrap()];
        for table in &tables {
            prop_assert_eq!(&cells(table), &wanted);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = csv(&bytes);
        let _ = ndjson(&bytes);
    }
}

/// A thief who is sure of what is wrong lets no attack be better, and everything would pass.
#[test]
fn a_reference_of_other_people_is_refused() {
    let specialties = ["Urologie", "Neurologie", "Cardiologie", "Dermatologie"];
    let mut truth = Table::new(["last_name", "age", "specialty"]).unwrap();
    for person in 0..400 {
        let (name, age) = (format!("Martin-{person}"), (person % 50).to_string());
        truth
            .push([&*name, &*age, specialties[person % 4]].map(Some))
            .unwrap();
    }
    let mut reference = Table::new(["last_name", "age", "specialty"]).unwrap();
    for person in 0..400 {
        let (name, age) = (format!("Roux-{person}"), (person % 50).to_string());
        reference
            .push([&*name, &*age, specialties[0]].map(Some))
            .unwrap();
    }
    let leak = Leak::new("leak", truth.clone());
    let audit = Audit::new(&Schema::appointment())
        .draw(truth, vec![leak])
        .reference(reference)
        .permutations(99);
    let error = audit.run().unwrap_err();
    assert!(error.is_audit(), "{error}");
    assert_eq!(error.audited(), Some(&Audited::Reference), "{error}");
}

/// People with a name, an e-mail and an age each, some of whose specialties differ.
fn town(name: &str) -> Table {
    let specialties = ["Urologie", "Neurologie", "Cardiologie", "Dermatologie"];
    let mut table = Table::new(["last_name", "email", "age", "specialty", "practice"]).unwrap();
    for person in 0..200 {
        let (age, practice) = ((person % 50).to_string(), (person % 7).to_string());
        let email = format!("{name}{}@example.org", person % 150);
        let last_name = format!("{name} {}", person % 150);
        let cells = [
            &*last_name,
            &*email,
            &*age,
            specialties[person % 4],
            &*practice,
        ];
        table.push(cells.map(Some)).unwrap();
    }
    table
}

fn columns(table: &Table, columns: &[(&str, &str)], change: impl Fn(&str) -> String) -> Table {
    let mut of = Table::new(columns.iter().map(|(_, to)| *to)).unwrap();
    for row in 0..table.rows() {
        let cell = |(from, _): &(&str, &str)| change(table.column(from).unwrap().get(row).unwrap());
        let cells: Vec<String> = columns.iter().map(cell).collect();
        of.push(cells.iter().map(|cell| Some(cell.as_str())))
            .unwrap();
    }
    of
}

/// Nothing is tried for a field that the truth lacks, and nothing found is no good news then.
#[test]
fn a_truth_without_a_column_of_the_leak_is_refused() {
    let town = town("Martin");
    let leak = columns(
        &town,
        &[("last_name", "last_name"), ("specialty", "specialty")],
        str::to_owned,
    );
    let misspelt = [
        ("last_name", "lastname"),
        ("email", "email"),
        ("age", "age"),
        ("specialty", "specialty"),
    ];
    let truth = columns(&town, &misspelt, str::to_owned);
    let audit = Audit::new(&Schema::appointment()).draw(truth, vec![Leak::new("leak", leak)]);
    let error = audit.permutations(99).run().unwrap_err();
    assert_eq!(error.audited(), Some(&Audited::Leak("leak".to_owned())));
    let told = error.to_string();
    assert!(
        told.contains("\"last_name\"") && !told.contains("Martin"),
        "{told}"
    );
}

#[test]
fn a_leak_of_other_people_is_refused() {
    let audited = |leak: Table| {
        let audit = Audit::new(&Schema::appointment())
            .draw(town("Martin"), vec![Leak::new("leak", leak)])
            .permutations(99);
        audit.run()
    };
    let names = [
        ("last_name", "last_name"),
        ("email", "email"),
        ("specialty", "specialty"),
    ];
    let strangers = columns(&town("Roux"), &names, str::to_owned);
    let upper = [
        ("last_name", "NAME"),
        ("email", "EMAIL"),
        ("specialty", "specialty"),
    ];
    for leak in [strangers, columns(&town("Roux"), &upper, str::to_owned)] {
        let error = audited(leak).unwrap_err();
        assert_eq!(
            error.audited(),
            Some(&Audited::Leak("leak".to_owned())),
            "{error}"
        );
        assert!(!error.to_string().contains("Roux"), "{error}");
    }
    // The same people, written otherwise; with the e-mails of others, which are known all the same; with ids that are no e-mails.
    audited(columns(&town("Martin"), &names, str::to_uppercase)).unwrap();
    let masked = |text: &str| match text.split_once('@') {
        Some((_, host)) => format!("***@{host}"),
        None => text.to_owned(),
    };
    audited(columns(&town("Roux"), &names, masked)).unwrap();
    let own = town("Martin");
    let mut shuffled = Table::new(["last_name", "email", "specialty"]).unwrap();
    for row in 0..own.rows() {
        let of = |name: &str, row: usize| own.column(name).unwrap().get(row);
        let email = of("email", (row + 31) % own.rows());
        shuffled
            .push([of("last_name", row), email, of("specialty", row)])
            .unwrap();
    }
    audited(shuffled).unwrap();
}

#[test]
fn a_person_of_several_practices_and_what_a_truth_lacks_are_noted() {
    let truth = town("Martin");
    let leak = columns(
        &truth,
        &[("age", "age"), ("specialty", "specialty")],
        str::to_owned,
    );
    let audit = Audit::new(&Schema::appointment())
        .draw(truth, vec![Leak::new("leak", leak)])
        .tenant_column("practice")
        .permutations(99);
    let notes = audit.run().unwrap().notes.join("\n");
    assert!(notes.contains("rows of several practices"), "{notes}");
    assert!(
        notes.contains("no column for first_name, sex, phone, start"),
        "{notes}"
    );
}
