//! Acknowledgements, in the original mode: one answer a message, in its MSA segment.

/// What is answered to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// `AA`: whoever answers has it on disk, and answers for it from now on.
    Accepted,
    /// `AE`: it is wrong, and will be the next time.
    Wrong,
    /// `AR`: not now. The same message may come again.
    NotNow,
}

impl Answer {
    fn code(self) -> &'static str {
        match self {
            Self::Accepted => "AA",
            Self::Wrong => "AE",
            Self::NotNow => "AR",
        }
    }
}

/// The acknowledgement of a message, with a reason where it is not accepted: a word for the kind of what is wrong, and never a
/// value, since answers end up in logs.
///
/// It is written with the message's own delimiters, and names nobody: who sent the message may tell a specialty.
pub(crate) fn of(message: &[u8], answer: Answer, reason: &str) -> Vec<u8> {
    let header = header(message);
    let field = |number: usize| header.get(number - 1).copied().unwrap_or_default();
    let (delimiter, others) = match field(2) {
        others @ [component, ..] if message.starts_with(b"MSH") => {
            (message[3], (*component, others))
        }
        _ => (b'|', (b'^', &b"^~\\&"[..])),
    };
    let (component, others) = others;
    let event = field(9)
        .split(|byte| *byte == component)
        .nth(1)
        .unwrap_or_default();
    let mut ack = Vec::with_capacity(128);
    let mut part = |bytes: &[u8]| ack.extend_from_slice(bytes);
    part(b"MSH");
    part(&[delimiter]);
    part(others);
    // Fields 3 to 8 are empty: its number and the time of the message that it answers say what a log needs.
    part(&[delimiter; 7]);
    part(b"ACK");
    if !event.is_empty() {
        part(&[component]);
        part(event);
    }
    part(&[delimiter]);
    part(field(10));
    part(&[delimiter]);
    part(field(11));
    part(&[delimiter]);
    part(field(12));
    part(b"\rMSA");
    part(&[delimiter]);
    part(answer.code().as_bytes());
    part(&[delimiter]);
    part(field(10));
    if !reason.is_empty() {
        part(&[delimiter]);
        part(reason.as_bytes());
    }
    part(b"\r");
    ack
}

/// What an acknowledgement says, and of which message.
pub(crate) fn read(ack: &[u8]) -> Option<(Answer, &[u8])> {
    let delimiter = *ack.get(3)?;
    let segment = ack
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .find(|segment| segment.starts_with(b"MSA"))?;
    let mut fields = segment.split(|byte| *byte == delimiter).skip(1);
    let answer = match fields.next()? {
        b"AA" | b"CA" => Answer::Accepted,
        b"AE" | b"CE" => Answer::Wrong,
        _ => Answer::NotNow,
    };
    Some((answer, fields.next()?))
}

/// The fields of the first segment, by their number from 1; the first is the delimiter itself.
pub(crate) fn header(message: &[u8]) -> Vec<&[u8]> {
    let segment = message
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .next()
        .unwrap_or_default();
    match segment.get(3) {
        Some(&delimiter) => segment.split(|byte| *byte == delimiter).collect(),
        None => Vec::new(),
    }
}
