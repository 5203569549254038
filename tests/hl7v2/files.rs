//! Files of messages, batches and frames; messages from a connection.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use paravent::{
    Error,
    hl7v2::{FileSummary, Frames, frame},
};

use crate::{Domain, FEED, MESSAGE, SEALED, needles};

/// Gives a few bytes a call, and is interrupted now and then.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 += 1;
        if self.1.is_multiple_of(7) {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let length = self.0.len().min(1).min(buffer.len());
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

fn none_refused(refused: paravent::hl7v2::Refused<'_>) -> Result<(), Error> {
    Err(refused.error)
}

/// What a file becomes, and how many messages it has. It comes back.
fn both_ways(domain: &Domain, file: &[u8]) -> (Vec<u8>, u64) {
    let mut protected = Vec::new();
    let summary = domain
        .protector
        .protect_file(file, &mut protected, none_refused)
        .unwrap();
    let mut restored = Vec::new();
    let back = domain
        .backend
        .reveal_file(&protected[..], &mut restored, none_refused)
        .unwrap();
    assert!(restored == file, "{:?}", String::from_utf8_lossy(file));
    assert_eq!(
        (back.messages, back.refused, back.changed),
        (summary.messages, 0, 0)
    );
    // However it is read.
    let (mut slowly, mut again) = (Vec::new(), Vec::new());
    domain
        .protector
        .protect_file(Slow(file, 0), &mut slowly, none_refused)
        .unwrap();
    domain
        .backend
        .reveal_file(Slow(&slowly, 0), &mut again, none_refused)
        .unwrap();
    assert!(again == file);
    (protected, summary.messages)
}

const FHS: &str = "FHS|^~\\&|CARDIO|CENTRE|||202611241130||night.hl7|for Dr LEFEVRE only|F1\r";
const BHS: &str = "BHS|^~\\&|CARDIO|CENTRE|||202611241130||batch of MARTIN|comment by LEFEVRE|B1\r";
const BTS: &str = "BTS|2|of MARTIN|17\r";
const FTS: &str = "FTS|1|end of LEFEVRE\r";

/// Each is a piece of a file for itself, however many of them were read at once.
#[test]
fn bytes_of_frames_alone_pass_as_they_are() {
    let domain = Domain::new(FEED);
    let message = &MESSAGE.as_bytes()[..MESSAGE.len() - 1];
    for byte in [&b"\x0B"[..], b"\x1C", b"\x1C\r", b"\x0B\x1C\r"] {
        let none = byte.repeat(70_000);
        let (protected, messages) = both_ways(&domain, &none);
        assert!(protected == none && messages == 0, "{byte:?}");
        let some = [&none[..], b"\x0B", message, b"\x1C\r", &none].concat();
        let (_, messages) = both_ways(&domain, &some);
        assert_eq!(messages, 1, "{byte:?}");
    }
}

#[test]
fn batches() {
    for policy in [FEED, SEALED] {
        let domain = Domain::new(policy);
        for line_end in ["\r", "\n", "\r\n"] {
            let file = [
                FHS,
                BHS,
                MESSAGE,
                &MESSAGE.replace("4711", "4712"),
                BTS,
                FTS,
            ]
            .concat();
            let file = file.replace('\r', line_end);
            let (protected, messages) = both_ways(&domain, file.as_bytes());
            assert_eq!(messages, 2);
            for gone in ["MARTIN", "LEFEVRE", "CARDIO", "night.hl7"] {
                assert!(needles::found_in(&protected, gone).is_empty(), "{gone}");
            }
            let text = String::from_utf8(protected).unwrap();
            let lines: Vec<&str> = text.split(line_end).collect();
            // Counts are kept, and where batches begin and end.
            assert!(lines.contains(&"BTS|2||") && lines.contains(&"FTS|1|"));
            let heads: Vec<&str> = lines
                .iter()
                .filter_map(|line| {
                    line.get(..3)
                        .filter(|name| ["FHS", "BHS", "MSH", "BTS", "FTS"].contains(name))
                })
                .collect();
            assert_eq!(heads, ["FHS", "BHS", "MSH", "MSH", "BTS", "FTS"]);
        }
    }
}

/// Found by testing: what ends a file was read by the delimiters of the last message, which may be others than those of its header.
#[test]
fn batches_of_several_delimiters() {
    let other = "BHS#*~!%#CARDIO\rMSH#*~!%#A#B#####SIU*S12#1#P#2.5\rPID#1##4711\rBTS#1#MARTIN\r";
    let inner = "MSH#*~!%#A#B#####SIU*S12#1#P#2.5\rPID#1##4711\r";
    let file = [FHS, BHS, MESSAGE, inner, BTS, other, FTS].concat();
    let (protected, messages) = both_ways(&Domain::new(FEED), file.as_bytes());
    assert_eq!(messages, 3);
    assert!(needles::found_in(&protected, "MARTIN").is_empty());
    let text = String::from_utf8(protected).unwrap();
    for end in ["\rBTS|2||\r", "\rBTS#1#\r", "\rFTS|1|\r"] {
        assert!(text.contains(end), "{end:?}");
    }
    // Without headers those of the last message hold.
    assert_eq!(
        both_ways(&Domain::new(FEED), [MESSAGE, BTS, FTS].concat().as_bytes()).1,
        1
    );
}

#[test]
fn ends_without_a_header_are_refused() {
    let mut lines = Vec::new();
    let domain = Domain::new(FEED);
    let file = [BTS, MESSAGE, FTS].concat();
    let mut protected = Vec::new();
    let summary = domain
        .protector
        .protect_file(file.as_bytes(), &mut protected, |refused| {
            lines.push((refused.error.line(), refused.message.to_vec()));
            Ok(())
        })
        .unwrap();
    assert_eq!((summary.messages, summary.refused), (1, 1));
    assert_eq!(lines, [(Some(1), BTS.as_bytes().to_vec())]);
    assert!(needles::found_in(&protected, "MARTIN").is_empty());
}

#[test]
fn frames_in_a_file() {
    let domain = Domain::new(FEED);
    let short = MESSAGE.trim_end();
    for file in [
        frame(MESSAGE.as_bytes()),
        frame(short.as_bytes()),
        [frame(MESSAGE.as_bytes()), frame(MESSAGE.as_bytes())].concat(),
        [
            frame(MESSAGE.as_bytes()),
            b"\r\n\r\n".to_vec(),
            frame(short.as_bytes()),
            b"\n".to_vec(),
        ]
        .concat(),
        [b"\n\n\r", &frame(MESSAGE.as_bytes())[..], b"\r"].concat(),
        // The end of the last frame is missing in part.
        [b"\x0B", MESSAGE.as_bytes(), b"\x1C"].concat(),
        [
            b"\x0B",
            MESSAGE.as_bytes(),
            b"\x1C\x0B",
            MESSAGE.as_bytes(),
            b"\x1C\n",
        ]
        .concat(),
        [b"\x0B\x0B", MESSAGE.as_bytes(), b"\x1C\x1C\r"].concat(),
        frame([BHS, MESSAGE, BTS].concat().as_bytes()),
    ] {
        let (protected, messages) = both_ways(&domain, &file);
        let begun = file.windows(4).filter(|window| window == b"MSH|").count();
        assert_eq!(messages, begun as u64);
        let marks = |bytes: &[u8]| -> Vec<u8> {
            bytes
                .iter()
                .copied()
                .filter(|byte| matches!(byte, 0x0B | 0x1C))
                .collect()
        };
        assert_eq!(marks(&protected), marks(&file));
        assert!(needles::found_in(&protected, "MARTIN").is_empty());
    }
}

#[test]
fn files_with_nothing_in_them() {
    let domain = Domain::new(FEED);
    for file in [&b""[..], b"\r\n", b"\x0B\x1C\r", b"\n\n\x0B"] {
        assert_eq!(both_ways(&domain, file), (file.to_vec(), 0));
    }
}

#[test]
fn without_an_end_of_the_last_line() {
    let domain = Domain::new(FEED);
    let file = MESSAGE.to_owned() + MESSAGE.trim_end();
    assert_eq!(both_ways(&domain, file.as_bytes()).1, 2);
    let (head, _) = MESSAGE.split_once('\r').unwrap();
    assert_eq!(
        both_ways(
            &domain,
            format!("{head}\n{head}\r{head}\r\n\r\n{head}").as_bytes()
        )
        .1,
        4
    );
    assert_eq!(
        both_ways(&domain, format!("\u{feff}{MESSAGE}\n{MESSAGE}").as_bytes()).1,
        2
    );
    assert_eq!(
        both_ways(&domain, [BHS, MESSAGE, BTS.trim_end()].concat().as_bytes()).1,
        1
    );
}

/// What is no message is sealed whole or refused, never passed.
#[test]
fn noise_between_messages_does_not_pass() {
    let domain = Domain::new(FEED);
    for noise in [
        "MARTIN ZOE",
        "PID|9||4711||MARTIN",
        "mar|MARTIN",
        "\u{e9}MARTIN\u{1c}MARTIN",
        "BTSMARTIN",
        "MSHMARTIN",
    ] {
        for file in [
            format!("{noise}\r{MESSAGE}"),
            format!("{MESSAGE}{noise}\r{MESSAGE}"),
            format!("{MESSAGE}\u{1c}\r{noise}\u{b}{MESSAGE}\u{1c}\r"),
            format!("{MESSAGE}{noise}"),
        ] {
            let (mut protected, mut refused) = (Vec::new(), 0);
            let summary = domain
                .protector
                .protect_file(file.as_bytes(), &mut protected, |of| {
                    assert!(of.error.is_message() && of.error.line().is_some());
                    refused += 1;
                    Ok(())
                })
                .unwrap();
            assert_eq!(summary.refused, refused);
            assert!(
                needles::found_in(&protected, "MARTIN").is_empty(),
                "{file:?}"
            );
        }
    }
}

#[test]
fn a_file_of_three_thousand_messages() {
    let domain = Domain::new(FEED);
    let short = "MSH|^~\\&|A|||||SIU|SIU^S12|17|P|2.5\rPID|1||4711||MARTIN^ZOE\r";
    let message = |number: usize| {
        short
            .replace("4711", &number.to_string())
            .replace("17|P", &format!("M{number}|P"))
    };
    let mut file: Vec<u8> = (0..3_000)
        .flat_map(|number| message(number).into_bytes())
        .collect();
    let mut protected = Vec::new();
    let summary = domain
        .protector
        .protect_file(&file[..], &mut protected, none_refused)
        .unwrap();
    assert_eq!((summary.messages, summary.refused), (3_000, 0));
    let mut restored = Vec::new();
    domain
        .backend
        .reveal_file(&protected[..], &mut restored, none_refused)
        .unwrap();
    assert!(restored == file);

    // One in the middle is refused: it is left out, or ends the call.
    let middle = file
        .windows(7)
        .position(|window| window == b"|M1500|")
        .unwrap();
    file[middle + 8] = b'X';
    let start = file[..middle]
        .windows(7)
        .rposition(|window| window == b"SIU^S12")
        .unwrap();
    file[start] = b'X';
    let (mut protected, mut left) = (Vec::new(), Vec::new());
    let summary = domain
        .protector
        .protect_file(&file[..], &mut protected, |refused| {
            assert_eq!(refused.error.line(), Some(3_001));
            left.extend_from_slice(refused.message);
            Ok(())
        })
        .unwrap();
    assert_eq!((summary.messages, summary.refused), (2_999, 1));
    assert!(left.starts_with(b"MSH") && left.ends_with(b"||1500||MARTIN^ZOE\r"));
    let mut until = Vec::new();
    let error = domain
        .protector
        .protect_file(&file[..], &mut until, none_refused)
        .unwrap_err();
    assert!(error.is_message() && error.line() == Some(3_001));
    // What was written is whole messages.
    let mut restored = Vec::new();
    let summary: FileSummary = domain
        .backend
        .reveal_file(&until[..], &mut restored, none_refused)
        .unwrap();
    assert_eq!(summary.messages, 1_500);
    assert!(file.starts_with(&restored));
}

#[test]
fn protected_files_that_were_changed() {
    let domain = Domain::new(FEED);
    let file = [BHS, MESSAGE, MESSAGE, BTS].concat();
    let (protected, _) = both_ways(&domain, file.as_bytes());
    let text = String::from_utf8(protected).unwrap();
    // Other line ends: all of it is there, and the summary tells.
    let mut restored = Vec::new();
    let other = text.replace('\r', "\n");
    let summary = domain
        .backend
        .reveal_file(other.as_bytes(), &mut restored, none_refused)
        .unwrap();
    assert_eq!((summary.messages, summary.changed), (2, 4));
    assert_eq!(
        String::from_utf8(restored).unwrap(),
        file.replace('\r', "\n")
    );
    // A message that lost its seal is refused, and the others come back.
    let start = text.rfind("MSH|").unwrap();
    let seal = start + text[start..].find("ZPV|").unwrap();
    let end = text.rfind("BTS|").unwrap();
    let cut = text[..seal].to_owned() + &text[end..];
    let (mut restored, mut refused) = (Vec::new(), 0);
    let summary = domain
        .backend
        .reveal_file(cut.as_bytes(), &mut restored, |_| {
            refused += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!((summary.messages, summary.refused, refused), (1, 1, 1));
    assert_eq!(restored, [BHS, MESSAGE, BTS].concat().as_bytes());
}

#[test]
fn what_is_too_large_ends_the_call() {
    struct Endless;
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(b'A');
            Ok(buffer.len())
        }
    }
    let domain = Domain::new(FEED);
    let mut to = Vec::new();
    let error = domain
        .protector
        .protect_file(Endless, &mut to, |_| Ok(()))
        .unwrap_err();
    assert!(error.is_message() && error.line() == Some(1));
    assert!(to.is_empty());
    let error = Frames::new((&b"\x0B"[..]).chain(Endless))
        .read()
        .unwrap_err();
    assert!(error.is_message());
    assert!(
        error
            .to_string()
            .starts_with("the message has more than 4194304 bytes")
    );
}

/// Found by reading: in a frame a message of the most bytes was refused, or one of some more taken, as the connection gave them.
#[test]
fn a_frame_has_as_many_bytes_as_a_message() {
    struct Uneven<'a>(&'a [u8]);
    impl Read for Uneven<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = buffer.len().min(4_097);
            self.0.read(&mut buffer[..length])
        }
    }
    const MOST: usize = 4 << 20;
    for length in MOST - 2..=MOST + 3 {
        let framed = frame(&vec![b'A'; length]);
        for read in [
            Frames::new(&framed[..]).read(),
            Frames::new(Uneven(&framed)).read(),
        ] {
            assert_eq!(read.is_ok(), length <= MOST, "{length}");
        }
    }
}

#[test]
fn what_cannot_be_read_or_written_is_told() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("broken"))
        }
    }
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let domain = Domain::new(FEED);
    assert!(
        domain
            .protector
            .protect_file(Broken, Vec::new(), |_| Ok(()))
            .unwrap_err()
            .is_io()
    );
    assert!(
        domain
            .protector
            .protect_file(MESSAGE.as_bytes(), Broken, |_| Ok(()))
            .unwrap_err()
            .is_io()
    );
    assert!(Frames::new(Broken).read().unwrap_err().is_io());
}

#[test]
fn frames_of_a_connection_with_pauses() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let domain = Domain::new(FEED);
    let sender = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let framed = frame(MESSAGE.as_bytes());
        for piece in [
            &framed[..1],
            &framed[1..300],
            &framed[300..framed.len() - 1],
        ] {
            stream.write_all(piece).unwrap();
            thread::sleep(Duration::from_millis(80));
        }
        // The end of the first, two more in one go, and the begin of a fourth.
        let rest = [
            &framed[framed.len() - 1..],
            &framed,
            b"\r\n",
            &framed,
            &framed[..40],
        ]
        .concat();
        stream.write_all(&rest).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
    });
    let (stream, _) = listener.accept().unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    let mut frames = Frames::new(stream);
    let (mut messages, mut waited) = (0, 0);
    let ended = loop {
        match frames.read() {
            Ok(Some(message)) => {
                assert!(message == MESSAGE.as_bytes());
                let protected = domain.protect(&message);
                assert!(domain.backend.reveal(&protected).unwrap().as_bytes() == message);
                messages += 1;
            }
            Ok(None) => panic!("it ended inside of a message"),
            Err(error) if error.is_io() => waited += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(messages, 3);
    assert!(waited > 0);
    assert_eq!(
        ended.to_string(),
        "the connection ended inside of a message; let the sender send it again"
    );
    assert!(frames.get_ref().peer_addr().is_ok());
    sender.join().unwrap();
}

#[test]
fn bytes_outside_of_frames_are_refused() {
    for bytes in [&b"MSH|"[..], b"\x0BMSH|\x1C\rX", b"\x1C\r", b"\r\n X"] {
        let mut frames = Frames::new(bytes);
        let error = loop {
            match frames.read() {
                Ok(message) => assert!(message.is_some()),
                Err(error) => break error,
            }
        };
        assert_eq!(
            error.to_string(),
            "there are bytes outside of frames; let the sender begin each message with 0x0B and end it with 0x1C 0x0D, and close the connection"
        );
    }
    for byte_by_byte in [
        &b"\x0BA\x1C\r\x0BB\x1C\r"[..],
        b"\n\r\x0BA\x1C\r\n\x0BB\x1C\r",
    ] {
        let mut frames = Frames::new(Slow(byte_by_byte, 0));
        assert_eq!(frames.read().unwrap().unwrap(), b"A");
        assert_eq!(frames.read().unwrap().unwrap(), b"B");
        assert_eq!(frames.read().unwrap(), None);
        assert_eq!(frames.read().unwrap(), None);
    }
}

/// Found by reading: half a message was protected as if it were a whole one.
#[test]
fn a_message_whose_frame_is_cut_is_refused() {
    let domain = Domain::new(SEALED);
    let whole = format!("\x0B{MESSAGE}\x1C\r");
    let cut = format!("\x0B{}", &MESSAGE[..400]);
    for (file, kept) in [
        (format!("{cut}{whole}"), true),
        (format!("{whole}{cut}"), true),
        (format!("{}\x1C\r", &MESSAGE[..400]), false),
    ] {
        let (mut protected, mut left) = (Vec::new(), 0);
        let summary = domain
            .protector
            .protect_file(file.as_bytes(), &mut protected, |refused| {
                assert!(
                    refused
                        .error
                        .to_string()
                        .contains("the frame of the message is cut")
                );
                left += refused.message.len();
                Ok(())
            });
        assert_eq!(summary.unwrap().refused, 1);
        assert_eq!(left, 400);
        let frames = protected.iter().filter(|&&byte| byte == 0x0B).count();
        assert_eq!(frames, usize::from(kept));
    }
}

/// Found by reading: a refused message left an empty frame, and a stray segment passed as if it began a batch.
#[test]
fn nothing_is_left_of_what_is_refused() {
    let domain = Domain::new(SEALED);
    let file = format!(
        "\x0B{}\x1C\r\x0B{MESSAGE}\x1C\r",
        MESSAGE.replace("SIU^S12", "ADT^A01")
    );
    let mut protected = Vec::new();
    domain
        .protector
        .protect_file(file.as_bytes(), &mut protected, |_| Ok(()))
        .unwrap();
    assert!(protected.starts_with(b"\x0BMSH|") && protected.ends_with(b"\x1C\r"));
    assert_eq!(protected.iter().filter(|&&byte| byte == 0x1C).count(), 1);

    let file = format!("{MESSAGE}\x0BPID|1||4711\r\x1C\r");
    let error = domain
        .protector
        .protect_file(file.as_bytes(), Vec::new(), |refused| Err(refused.error));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("a segment outside of messages")
    );
}
