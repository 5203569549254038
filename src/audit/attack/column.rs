//! What several attacks ask of a column.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};

use crate::audit::case::{ColumnView, Knowledge, LeakView, Meaning, NULL};

/// Rows from which frequencies of these fields are known: the register, where it has them, else rows of other people.
pub(super) fn source(knows: &Knowledge, mut fields: impl Iterator<Item = usize>) -> &[Vec<u32>] {
    if fields.all(|field| is_registered(knows, field)) {
        &knows.people
    } else {
        &knows.reference
    }
}

/// Whether the register has a field.
pub(super) fn is_registered(knows: &Knowledge, field: usize) -> bool {
    !knows.people_with[field].is_empty()
}

/// How often each value of a field occurs, as far as the thief knows, by its number; more than 0 for each.
pub(super) fn frequencies(knows: &Knowledge, field: usize) -> Vec<f32> {
    let mut counts = vec![0_u32; knows.vocabularies[field].values.len()];
    for row in source(knows, [field].into_iter()) {
        let number = row.get(field).copied().unwrap_or(NULL);
        if let Some(count) = counts.get_mut(number as usize) {
            *count += 1;
        }
    }
    // A value that nobody was seen with is still possible.
    counts.iter().map(|&count| count as f32 + 0.5).collect()
}

/// How many rows of a column have each of its different values.
pub(super) fn counts(column: &ColumnView) -> Vec<u32> {
    let mut counts = vec![0; column.codes.first.len()];
    for &code in &column.codes.of {
        if let Some(count) = counts.get_mut(code as usize) {
            *count += 1;
        }
    }
    counts
}

/// The field that a column is made of, alone.
pub(super) fn field_of(column: &ColumnView) -> Option<usize> {
    match &column.meaning {
        Meaning::Field(field) => Some(*field),
        Meaning::StandIn(fields) => match fields[..] {
            [field] => Some(field),
            _ => None,
        },
        Meaning::Sealed | Meaning::Unknown => None,
    }
}

/// The bytes of each different value: decoded where all of them are hexadecimal or base64, else as they are.
pub(super) fn bytes(view: &LeakView, column: &ColumnView) -> Vec<Vec<u8>> {
    let texts: Vec<&str> = view.values(column).map(behind_prefix).collect();
    // Short words are hexadecimal or base64 by accident.
    if texts.iter().all(|text| text.len() >= 8) {
        let decoders = [
            HEXLOWER_PERMISSIVE,
            BASE64,
            BASE64URL,
            BASE64_NOPAD,
            BASE64URL_NOPAD,
        ];
        for decoder in decoders {
            let decoded = texts
                .iter()
                .map(|text| decoder.decode(text.as_bytes()).ok());
            if let Some(all) = decoded.collect() {
                return all;
            }
        }
    }
    view.values(column)
        .map(|text| text.as_bytes().to_vec())
        .collect()
}

/// What is behind `p1.`, `v1.` and the like.
pub(super) fn behind_prefix(text: &str) -> &str {
    match text.split_once('.') {
        Some((prefix, rest)) if prefix.len() <= 3 => rest,
        _ => text,
    }
}
