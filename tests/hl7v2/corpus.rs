//! Real messages, byte for byte.

use std::{fs, path::PathBuf};

use paravent::hl7v2;

use crate::{Domain, FEED, SEALED};

/// The messages of the corpus by their names; none where it is not there.
pub(crate) fn messages() -> Vec<(String, Vec<u8>)> {
    let Some(folder) = std::env::var_os("PARAVENT_CORPUS") else {
        eprintln!("skipped: PARAVENT_CORPUS does not say where the folder shared/data is");
        return Vec::new();
    };
    let folder = PathBuf::from(folder).join("hl7v2");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut messages: Vec<(String, Vec<u8>)> = files
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read(path).unwrap(),
            )
        })
        .collect();
    messages.sort();
    assert_eq!(messages.len(), 7);
    messages
}

#[test]
fn comes_back_byte_for_byte() {
    for text in [FEED, SEALED] {
        let domain = Domain::new(text);
        for (name, message) in messages() {
            for line_end in [&b"\n"[..], b"\r", b"\r\n"] {
                let message = message
                    .split(|&byte| byte == b'\n')
                    .collect::<Vec<_>>()
                    .join(line_end);
                let protected = domain.protect(&message);
                let restored = domain.backend.reveal(&protected).unwrap();
                assert!(restored.as_bytes() == message, "{name}");
                assert_eq!(restored.is_original(), Some(true), "{name}");
            }
        }
    }
}

#[test]
fn keeps_segments_and_numbers_of_fields() {
    let shape = |message: &[u8]| -> Vec<(String, usize)> {
        let segments = message
            .split(|byte| matches!(byte, b'\r' | b'\n'))
            .filter(|segment| !segment.is_empty());
        segments
            .map(|segment| {
                let name = String::from_utf8_lossy(&segment[..3]).into_owned();
                (name, segment.split(|&byte| byte == b'|').count())
            })
            .filter(|(name, _)| name != "ZPV")
            .collect()
    };
    let domain = Domain::new(FEED);
    for (name, message) in messages() {
        let protected = domain.protect(&message);
        assert_eq!(shape(&protected), shape(&message), "{name}");
        assert!(hl7v2::record_of(&protected).is_ok(), "{name}");
    }
}
