//! Delimiters, found and said.

use super::*;

fn zoe(delimiter: char) -> Vec<Vec<String>> {
    cells(&(HEADER.to_owned() + ZOE), ',')
        .into_iter()
        .map(|row| {
            let each = row.into_iter();
            each.map(|cell| cell.replace(',', &delimiter.to_string()))
                .collect()
        })
        .collect()
}

/// The same rows, each cell in quotes.
fn quoted(rows: &[Vec<String>], delimiter: char) -> String {
    rows.iter()
        .map(|row| {
            row.iter()
                .map(|cell| format!("{cell:?}"))
                .collect::<Vec<_>>()
                .join(&delimiter.to_string())
                + "\n"
        })
        .collect()
}

#[test]
fn the_one_that_makes_most_columns_known_is_found() {
    let domain = Domain::new(UNBOUND);
    for delimiter in [',', ';', '\t', '|'] {
        let expected = zoe(delimiter);
        let clear = quoted(&expected, delimiter).replace("\\t", "\t");
        let (protected, summary) = run(domain.protecting(), &clear).unwrap();
        assert_eq!(summary.delimiter(), Some(delimiter));
        let (revealed, summary) = run(domain.revealing(), &protected).unwrap();
        // One column tells no delimiter.
        assert_eq!(summary.delimiter(), Some(','));
        assert_eq!(cells(&revealed, ','), expected);
    }
}

#[test]
fn what_is_read_is_written() {
    let domain = Domain::new(SHOWING);
    let expected = zoe('|');
    let (protected, _) = run(domain.protecting(), quoted(&expected, '|')).unwrap();
    assert!(
        protected.starts_with("age|specialty|patient|sealed\n34|Dermatologie|t1."),
        "{protected}"
    );
    let (revealed, summary) = run(domain.revealing(), &protected).unwrap();
    assert_eq!(summary.delimiter(), Some('|'));
    assert!(revealed.starts_with("patient|last_name|"), "{revealed}");
    assert!(revealed.contains("|\"Dr Martin| Paul\"|"), "{revealed}");
}

#[test]
fn a_comma_in_a_quoted_name_is_none() {
    let domain =
        Domain::new("record_id = \"unbound\"\n[source.columns]\nlast_name = \"Nom, de famille\"\n");
    let clear = "\"Nom, de famille\";first_name;start;practitioner;specialty\nA;B;2020-07-21T09:30:00+02:00;C;D\n";
    let (_, summary) = run(domain.protecting(), clear).unwrap();
    assert_eq!(summary.delimiter(), Some(';'));
}

#[test]
fn a_said_one_is_taken() {
    let domain = Domain::new(SHOWING);
    let format = |delimiter| Format::Csv(CsvFormat::default().delimiter(delimiter));
    let clear = quoted(&zoe('~'), '~');
    let (protected, summary) = run(domain.protecting().from(format(b'~')), &clear).unwrap();
    assert_eq!(summary.delimiter(), Some('~'));
    assert!(
        protected.starts_with("age~specialty~patient~sealed\n34~Dermatologie~t1."),
        "{protected}"
    );
    // Also one that stands in sealed text, which is quoted then.
    for other in ['|', '.', 'e', '_', ' '] {
        let (from, to) = (format(b'~'), format(other as u8));
        let protected = text(
            domain.protecting().from(from.clone()).to(to.clone()),
            &clear,
        );
        let [header, row] = &cells(&protected, other)[..] else {
            panic!("{protected}");
        };
        assert_eq!(header, &["age", "specialty", "patient", "sealed"]);
        assert!(
            row[0] == "34" && row[1] == "Dermatologie" && row[3].starts_with("p1."),
            "{row:?}"
        );
        let revealed = text(domain.revealing().from(to).to(from), protected);
        assert!(
            revealed.ends_with("~\"Dr Martin~ Paul\"~Dermatologie\n"),
            "{revealed}"
        );
    }
    for bad in [b'"', b'\r', b'\n', 0, 0xA7] {
        let said = [
            domain.protecting().from(format(bad)),
            domain.protecting().to(format(bad)),
        ];
        for transfer in said {
            let error = refused(transfer, HEADER);
            assert!(error.is_definition(), "{error}");
        }
    }
}
