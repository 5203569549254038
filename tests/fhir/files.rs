//! Files of resources: NDJSON, and one document on several lines.

use paravent::{Result, fhir::Refused};

use crate::kit::{Kit, NOTHING};

fn none_refused(refused: Refused<'_>) -> Result<()> {
    Err(refused.error)
}

const LINES: &str = "{\"resourceType\":\"Patient\",\"id\":\"1\",\"gender\":\"male\"}\r\n\n  \n\
    { \"resourceType\":\"Location\", \"name\":\"Nord\" } \n{\"resourceType\":\"Slot\",\"status\":\"free\"}";

#[test]
fn lines_come_back_byte_for_byte() {
    let kit = Kit::new(NOTHING);
    for lines in [
        LINES.to_owned(),
        format!("{LINES}\n"),
        String::new(),
        "\n".to_owned(),
    ] {
        let mut protected = Vec::new();
        let count = kit
            .protector
            .protect_file(lines.as_bytes(), &mut protected, none_refused)
            .unwrap()
            .messages;
        assert_eq!(count, lines.matches("resourceType").count() as u64);
        assert_eq!(
            protected.iter().filter(|&&byte| byte == b'\n').count(),
            lines.matches('\n').count()
        );
        let mut restored = Vec::new();
        assert_eq!(
            kit.revealer
                .reveal_file(&protected[..], &mut restored, none_refused)
                .unwrap()
                .messages,
            count
        );
        assert_eq!(String::from_utf8(restored).unwrap(), lines);
    }
}

#[test]
fn a_bad_line_is_named_and_nothing_of_it_is_written() {
    let kit = Kit::new(NOTHING);
    let lines = format!("{LINES}\n{{\"resourceType\":\"Patient\",\"name\":[}}\n{LINES}\n");
    let mut protected = Vec::new();
    let error = kit
        .protector
        .protect_file(lines.as_bytes(), &mut protected, none_refused)
        .unwrap_err();
    assert!(error.is_message());
    assert_eq!(error.line(), Some(6));
    let mut restored = Vec::new();
    kit.revealer
        .reveal_file(&protected[..], &mut restored, none_refused)
        .unwrap();
    assert_eq!(String::from_utf8(restored).unwrap(), format!("{LINES}\n"));

    protected.extend(b"{\"resourceType\":\"Patient\"}\n");
    let error = kit
        .revealer
        .reveal_file(&protected[..], Vec::new(), none_refused)
        .unwrap_err();
    assert!(error.is_message());
    assert_eq!(error.line(), Some(6));
}

/// Found by reading: where the first line was none, all of the file was refused as one document.
#[test]
fn a_bad_first_line_takes_no_others_with_it() {
    let kit = Kit::new(NOTHING);
    for bad in [
        "{\"resourceType\":\"Patient\",\"name\":[}",
        "MSH|^~\\&|A",
        "{}}",
    ] {
        let lines = format!("\n{bad}\n{LINES}\n");
        let (mut protected, mut left) = (Vec::new(), Vec::new());
        let summary = kit
            .protector
            .protect_file(lines.as_bytes(), &mut protected, |refused| {
                left.push((refused.error.line(), refused.message.to_vec()));
                Ok(())
            });
        assert_eq!(summary.unwrap().messages, 3);
        assert_eq!(left, [(Some(2), bad.as_bytes().to_vec())]);
    }
}

#[test]
fn a_line_that_never_ends_is_refused_within_bounds() {
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(b' ');
            self.0 += buffer.len() as u64;
            buffer[0] = b'{';
            Ok(buffer.len())
        }
    }
    let kit = Kit::new(NOTHING);
    let mut endless = Endless(0);
    let lines = std::io::BufReader::new(&mut endless);
    let error = kit
        .protector
        .protect_file(lines, Vec::new(), none_refused)
        .unwrap_err();
    assert!(error.is_message());
    assert!(endless.0 < 5 << 20, "{}", endless.0);
}

#[test]
fn errors_of_reader_and_writer_are_told() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("broken"))
        }
    }
    impl std::io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("broken"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let kit = Kit::new(NOTHING);
    let lines = std::io::BufReader::new(Broken);
    assert!(
        kit.protector
            .protect_file(lines, Vec::new(), none_refused)
            .unwrap_err()
            .is_io()
    );
    assert!(
        kit.protector
            .protect_file(LINES.as_bytes(), Broken, none_refused)
            .unwrap_err()
            .is_io()
    );
}

#[test]
fn a_document_on_several_lines_is_one() {
    let kit = Kit::new(NOTHING);
    let document = "\u{feff}\n{\n  \"resourceType\": \"Patient\",\r\n  \"id\": \"1\"\n}\n\n";
    let mut protected = Vec::new();
    let summary = kit
        .protector
        .protect_file(document.as_bytes(), &mut protected, none_refused);
    assert_eq!(summary.unwrap().messages, 1);
    let mut restored = Vec::new();
    let summary = kit
        .revealer
        .reveal_file(&protected[..], &mut restored, none_refused)
        .unwrap();
    assert_eq!((summary.messages, summary.changed), (1, 0));
    assert_eq!(String::from_utf8(restored).unwrap(), document);
}

#[test]
fn refused_lines_are_given_and_left_out() {
    let kit = Kit::new(NOTHING);
    let bad = "{\"resourceType\":\"Nobody\"}";
    let lines = format!("{LINES}\n{bad}\r\n{LINES}\n");
    let (mut protected, mut left) = (Vec::new(), Vec::new());
    let summary = kit
        .protector
        .protect_file(lines.as_bytes(), &mut protected, |refused| {
            assert_eq!(refused.error.line(), Some(6));
            left.push(refused.message.to_vec());
            Ok(())
        });
    let summary = summary.unwrap();
    assert_eq!((summary.messages, summary.refused), (6, 1));
    assert_eq!(left, [bad.as_bytes()]);
    let mut restored = Vec::new();
    kit.revealer
        .reveal_file(&protected[..], &mut restored, none_refused)
        .unwrap();
    assert_eq!(
        String::from_utf8(restored).unwrap(),
        format!("{LINES}\n{LINES}\n")
    );
}
