//! Text that is written as base64, hexadecimal or with percent signs.

use data_encoding::{
    BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, Encoding, HEXLOWER_PERMISSIVE,
};

use super::Part;

/// How the cells of a column are written.
pub(super) struct Encoded {
    writing: Writing,
    /// Whether all cells of the sample are written so.
    pub(super) is_whole: bool,
}

/// How text is written.
pub(super) enum Writing {
    Bytes(Encoding),
    /// RFC 3986 §2.1, with `+` for a space as forms have it.
    Percent,
    /// The claims of a JSON Web Token (RFC 7519).
    Token,
}

/// Shorter texts look encoded by chance.
const SHORTEST: usize = 12;

impl Encoded {
    /// As four of five cells are written; of percent signs, which few characters need, one of twenty.
    pub(super) fn of(sample: &[&str]) -> Option<Self> {
        let encodings = [
            HEXLOWER_PERMISSIVE,
            BASE64,
            BASE64URL,
            BASE64_NOPAD,
            BASE64URL_NOPAD,
        ];
        if sample.is_empty() {
            return None;
        }
        let bytes = encodings
            .into_iter()
            .map(Writing::Bytes)
            .chain([Writing::Token])
            .find_map(|writing| {
                let decoded = sample.iter().filter(|cell| writing.decode(cell).is_some());
                let decoded = decoded.count();
                (decoded * 5 >= sample.len() * 4).then_some(Self {
                    writing,
                    is_whole: decoded == sample.len(),
                })
            });
        bytes.or_else(|| {
            let decoded = |cell: &&&str| Writing::Percent.decode(cell).is_some();
            let decoded: Vec<&&str> = sample.iter().filter(decoded).collect();
            let escaped = decoded.iter().filter(|cell| cell.contains('%')).count();
            (escaped > 0 && escaped * 20 >= sample.len()).then_some(Self {
                writing: Writing::Percent,
                is_whole: decoded.len() == sample.len(),
            })
        })
    }

    /// The text of each cell that has one.
    pub(super) fn part(&self, values: &[Option<&str>]) -> Part {
        Part {
            name: "decoded".to_owned(),
            values: values
                .iter()
                .map(|cell| self.writing.decode((*cell)?))
                .collect(),
        }
    }
}

impl Writing {
    /// `None` where it is not written so, or no text.
    pub(super) fn decode(&self, cell: &str) -> Option<String> {
        let bytes = match self {
            Self::Bytes(_) if cell.len() < SHORTEST => return None,
            Self::Bytes(encoding) => encoding.decode(cell.trim().as_bytes()).ok()?,
            Self::Percent => unescaped(cell)?,
            Self::Token => claims(cell.trim())?,
        };
        text(bytes)
    }
}

/// What bytes are as text: UTF-8, or what programs for one country write.
fn text(bytes: Vec<u8>) -> Option<String> {
    let is_text = |text: &String| {
        text.chars()
            .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
    };
    let bytes = match String::from_utf8(bytes) {
        Ok(text) if is_text(&text) => return Some(text),
        Ok(text) => text.into_bytes(),
        Err(error) => error.into_bytes(),
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let of_latin = |read: fn([u8; 2]) -> u16| -> Option<Vec<u16>> {
        let units: Vec<u16> = pairs.iter().map(|pair| read(*pair)).collect();
        let units = units.strip_prefix(&[BYTE_ORDER]).unwrap_or(&units);
        let is_latin = !units.is_empty() && units.iter().all(|unit| *unit < 0x100);
        (rest.is_empty() && is_latin).then(|| units.to_vec())
    };
    if let Some(units) = of_latin(u16::from_le_bytes).or_else(|| of_latin(u16::from_be_bytes)) {
        return String::from_utf16(&units).ok().filter(is_text);
    }
    // Latin-1, where most is plain: any bytes would be some text.
    let plain = bytes.iter().filter(|byte| matches!(byte, b' '..=b'~'));
    let is_plain = plain.count() * 4 >= bytes.len() * 3;
    let latin = || bytes.iter().map(|&byte| char::from(byte)).collect();
    is_plain.then(latin).filter(is_text)
}

/// What UTF-16 may begin with.
const BYTE_ORDER: u16 = 0xFEFF;

/// The second of three parts, of which the first is a head in JSON.
fn claims(cell: &str) -> Option<Vec<u8>> {
    let cell = cell.strip_prefix("Bearer ").unwrap_or(cell);
    let (head, rest) = cell.split_once('.')?;
    let (claims, signature) = rest.split_once('.')?;
    let head = BASE64URL_NOPAD.decode(head.as_bytes()).ok()?;
    let is_token = head.starts_with(b"{") && head.ends_with(b"}") && !signature.contains('.');
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).ok()?;
    is_token.then_some(claims)
}

/// The bytes of a text with its percent signs resolved; `None` where one stands for itself.
fn unescaped(cell: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(cell.len());
    let mut rest = cell.as_bytes();
    while let [first, behind @ ..] = rest {
        let (byte, behind) = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                let byte = HEXLOWER_PERMISSIVE.decode(&[*high, *low]).ok()?;
                (*byte.first()?, behind)
            }
            (b'%', _) => return None,
            // Before a digit it begins a telephone number.
            (b'+', behind) if !behind.first().is_some_and(u8::is_ascii_digit) => (b' ', behind),
            (byte, behind) => (*byte, behind),
        };
        bytes.push(byte);
        rest = behind;
    }
    Some(bytes)
}
