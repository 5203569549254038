//! Encodings, found and said.

use super::*;
use paravent::Encoding;

fn in_encoding(encoding: Encoding) -> Format {
    Format::Csv(CsvFormat::default().encoding(encoding))
}

/// Each character below U+0100 as one byte; and the euro and Œ where Windows-1252 has them.
fn windows(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| match c {
            '€' => 0x80,
            'Œ' => 0x8C,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect()
}

#[test]
fn utf8_is_found_with_and_without_its_mark() {
    let domain = Domain::new(UNBOUND);
    let clear = HEADER.to_owned() + ZOE;
    for input in [clear.clone(), format!("\u{FEFF}{clear}")] {
        let (protected, summary) = run(domain.protecting(), &input).unwrap();
        assert_eq!(summary.encoding(), Some(Encoding::Utf8));
        assert_eq!(text(domain.revealing(), protected), clear);
        // Where it is said too.
        let said = domain.protecting().from(in_encoding(Encoding::Utf8));
        assert_eq!(text(domain.revealing(), text(said, &input)), clear);
    }
    // A character that the first 64 KiB cut.
    for shift in 0..2 {
        let file = HEADER.to_owned()
            + &" ".repeat(shift)
            + &ZOE.replace("Dr Martin, Paul", "éééé").repeat(1000);
        let (_, summary) = run(domain.protecting(), &file).unwrap();
        assert_eq!(
            (summary.encoding(), summary.rows()),
            (Some(Encoding::Utf8), 1000)
        );
    }
}

#[test]
fn windows_1252_is_found_or_said() {
    let domain = Domain::new(UNBOUND);
    let clear = HEADER.to_owned() + &ZOE.replace("Martin", "Œuvrard-€-É").repeat(1500);
    let bytes = windows(&clear);
    assert!(bytes.len() > 2 * 64 * 1024);
    for format in [csv(), in_encoding(Encoding::Windows1252)] {
        let (protected, summary) = run(domain.protecting().from(format), &bytes).unwrap();
        assert_eq!(summary.encoding(), Some(Encoding::Windows1252));
        assert_eq!(text(domain.revealing(), protected), clear);
    }
    // Its header too.
    let french =
        Domain::new("record_id = \"unbound\"\n[source.columns]\nfirst_name = \"Prénom\"\n");
    let clear = windows(&clear.replace("first_name", "Prénom"));
    assert_eq!(run(french.protecting(), &clear).unwrap().1.rows(), 1500);
    // Said to be UTF-8, it has no header.
    let error = refused(
        french.protecting().from(in_encoding(Encoding::Utf8)),
        &clear,
    );
    assert!(
        error.is_input() && error.to_string().contains("the header is not UTF-8"),
        "{error}"
    );
}

#[test]
fn what_is_not_utf8_behind_the_first_64_kib_is_a_bad_row() {
    let domain = Domain::new(UNBOUND);
    let plain = ZOE.replace("Lefèvre,Zoé", "Martin,Paul");
    let mut file = (HEADER.to_owned() + &plain.repeat(1000)).into_bytes();
    file.extend(windows(ZOE));
    file.extend(plain.as_bytes());
    let error = refused(domain.protecting(), &file);
    assert_eq!(
        (error.code(), error.line()),
        ("input", Some(1002)),
        "{error}"
    );
    assert!(
        error.to_string().contains("the row is not UTF-8"),
        "{error}"
    );

    let mut told = Vec::new();
    let (_, summary) = run(domain.protecting().quarantine(&mut told), &file).unwrap();
    assert_eq!((summary.rows(), summary.quarantined()), (1001, 1));
    assert_eq!(told, b"{\"line\":1002,\"error\":\"input\"}\n");
}

/// One byte would turn each é before it into two letters.
#[test]
fn one_byte_that_is_not_utf8_behind_characters_that_are_is_no_other_encoding() {
    let domain = Domain::new(UNBOUND);
    for ends in ["\n", "\r\n", "\r"] {
        let mut file = (HEADER.to_owned() + ZOE + ZOE)
            .replace('\n', ends)
            .into_bytes();
        file.extend(windows(&ZOE.replace('\n', ends)));
        let error = refused(domain.protecting(), &file);
        assert_eq!((error.code(), error.line()), ("input", Some(4)), "{error}");
        let told = error.to_string();
        assert!(
            told.contains("UTF-8") && told.contains("say the file's encoding"),
            "{told}"
        );
        // As it was said, it is read.
        let said = |encoding| domain.protecting().from(in_encoding(encoding));
        let mut bad = Vec::new();
        let transfer = said(Encoding::Utf8).quarantine(&mut bad);
        assert_eq!(run(transfer, &file).unwrap().1.quarantined(), 1);
        assert_eq!(run(said(Encoding::Windows1252), &file).unwrap().1.rows(), 3);
    }
}

#[test]
fn a_character_that_a_delimiter_cuts_is_none() {
    let domain = Domain::new(UNBOUND);
    let mut file = HEADER.as_bytes().to_vec();
    file.extend(b"a\xC3,\xA9b,34,,,,2020-07-21T09:30:00+02:00,C,D\n");
    let said = domain.protecting().from(in_encoding(Encoding::Utf8));
    let error = refused(said, &file);
    assert!(
        error.to_string().contains("line 2: the row is not UTF-8"),
        "{error}"
    );
}

#[test]
fn utf16_is_refused() {
    let domain = Domain::new(UNBOUND);
    let clear = format!("\u{FEFF}{HEADER}{ZOE}");
    let little: Vec<u8> = clear.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = clear.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for file in [&little, &big] {
        for transfer in [
            domain.protecting(),
            domain.protecting().from(in_encoding(Encoding::Windows1252)),
            domain.protecting().from(Format::Ndjson),
        ] {
            let error = refused(transfer, file);
            assert!(
                error.is_input() && error.to_string().contains("UTF-16"),
                "{error}"
            );
        }
        // Without its mark it has NULs, or a header that nobody knows.
        let error = refused(domain.protecting(), &file[2..]);
        assert!(error.is_input(), "{error}");
    }
}

#[test]
fn a_mark_that_is_not_what_is_said_is_refused() {
    let domain = Domain::new(UNBOUND);
    let said = domain.protecting().from(in_encoding(Encoding::Windows1252));
    let error = refused(said, format!("\u{FEFF}{HEADER}{ZOE}"));
    assert!(error.is_input(), "{error}");
    let error = refused(
        domain.protecting().to(in_encoding(Encoding::Windows1252)),
        HEADER,
    );
    assert!(error.is_definition(), "{error}");
}
