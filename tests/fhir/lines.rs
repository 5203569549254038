//! NDJSON.

use crate::kit::{Kit, NOTHING};

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
            .protect_lines(lines.as_bytes(), &mut protected)
            .unwrap();
        assert_eq!(count, lines.matches("resourceType").count() as u64);
        assert_eq!(
            protected.iter().filter(|&&byte| byte == b'\n').count(),
            lines.matches('\n').count()
        );
        let mut restored = Vec::new();
        assert_eq!(
            kit.revealer
                .reveal_lines(&protected[..], &mut restored)
                .unwrap(),
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
        .protect_lines(lines.as_bytes(), &mut protected)
        .unwrap_err();
    assert!(error.is_message());
    assert_eq!(error.line(), Some(6));
    let mut restored = Vec::new();
    kit.revealer
        .reveal_lines(&protected[..], &mut restored)
        .unwrap();
    assert_eq!(String::from_utf8(restored).unwrap(), format!("{LINES}\n"));

    protected.extend(b"{\"resourceType\":\"Patient\"}\n");
    let error = kit
        .revealer
        .reveal_lines(&protected[..], Vec::new())
        .unwrap_err();
    assert!(error.is_message());
    assert_eq!(error.line(), Some(6));
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
    let error = kit.protector.protect_lines(lines, Vec::new()).unwrap_err();
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
            .protect_lines(lines, Vec::new())
            .unwrap_err()
            .is_io()
    );
    assert!(
        kit.protector
            .protect_lines(LINES.as_bytes(), Broken)
            .unwrap_err()
            .is_io()
    );
}
