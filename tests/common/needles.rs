//! Values that must not be found, in whichever form a leak may have them.

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};

/// The forms of a value in which it is looked for: as it is, escaped, in base64 at each of its three offsets, in hexadecimal.
pub(crate) fn forms(value: &str) -> Vec<Vec<u8>> {
    let bytes = value.as_bytes();
    let json = serde_json::to_string(value).unwrap();
    let unicode: String = value
        .chars()
        .map(|character| format!("\\u{:04x}", u32::from(character)))
        .collect();
    let mut forms = vec![
        bytes.to_vec(),
        json.trim_matches('"').as_bytes().to_vec(),
        unicode.into_bytes(),
        HEXLOWER.encode(bytes).into_bytes(),
        HEXUPPER.encode(bytes).into_bytes(),
    ];
    for encoding in [BASE64, BASE64URL] {
        for offset in 0..3 {
            let shifted = [&[0; 2][..offset], bytes].concat();
            let text = encoding.encode(&shifted[..shifted.len() / 3 * 3]);
            // The first characters hold bits of what stands before.
            let skipped = [0, 2, 3][offset];
            forms.push(text.as_bytes()[skipped..].to_vec());
        }
    }
    forms.sort();
    forms.dedup();
    forms
}

/// The forms of `value` that are in `text`.
pub(crate) fn found_in(text: &[u8], value: &str) -> Vec<String> {
    // As text, whose search is quick in builds that are not optimised.
    let text = String::from_utf8_lossy(text);
    let forms = forms(value).into_iter();
    let forms = forms.map(|form| String::from_utf8_lossy(&form).into_owned());
    forms.filter(|form| text.contains(form)).collect()
}
