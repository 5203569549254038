//! What every target holds the library to.

use std::{
    fmt::{Debug, Display},
    str::FromStr,
};

use paravent::{Error, SealedCell, SealedRecord, SealedRow};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::kit::{KIT, entries_of, groups_of};

pub fn check_text<T>(text: &str)
where
    T: Debug + Display + DeserializeOwned + FromStr<Err = Error> + PartialEq + Serialize,
{
    match text.parse::<T>() {
        Ok(value) => {
            assert_eq!(value.to_string(), text);
            assert_prints(&value);
        }
        Err(error) => assert!(error.is_malformed() || error.is_unsupported(), "{error}"),
    }
}

pub fn assert_prints<T>(value: &T)
where
    T: Debug + Display + DeserializeOwned + FromStr<Err = Error> + PartialEq + Serialize,
{
    assert_eq!(&value.to_string().parse::<T>().unwrap(), value);
    assert_eq!(&parse::<T>(&json(value)), value);
}

/// The same of what is sealed: its text is appended too, and its `Debug` shows no byte of it.
pub fn assert_sealed<T>(value: &T, bytes: &[u8], append_text: fn(&T, &mut String))
where
    T: Debug + Display + DeserializeOwned + FromStr<Err = Error> + PartialEq + Serialize,
{
    assert_prints(value);
    let mut text = "before".to_owned();
    append_text(value, &mut text);
    assert_eq!(text, format!("before{value}"));
    let shown = format!("{value:?}");
    let shown = shown.split_once('(').map(|(_, shown)| shown);
    assert_eq!(shown, Some(&*format!("{} bytes)", bytes.len())));
}

/// What opens is what the kit has sealed, whole or cut.
pub fn check_record(bytes: &[u8]) {
    let record = match SealedRecord::from_bytes(bytes) {
        Ok(record) => record,
        Err(error) => {
            return assert!(error.is_malformed() || error.is_unsupported(), "{error}");
        }
    };
    assert_eq!(record.epoch().number().to_be_bytes(), bytes[4..8]);
    for revealer in &KIT.revealers {
        match revealer.bind(KIT.binding()).reveal::<IgnoredAny>(&record) {
            Ok(_) => {
                let opened = groups_of(&record, revealer);
                let genuine = KIT.records.each_ref().map(|own| groups_of(own, revealer));
                assert!(genuine.contains(&opened), "a changed record opens");
                let is_known = |scope| KIT.backend().scopes().contains(&scope);
                assert!(record.scopes().all(is_known), "a longer record opens");
            }
            Err(error) => {
                assert!(is_refusal(&error), "{error}");
                assert!(!KIT.records.contains(&record), "{error}");
            }
        }
    }
}

/// The same for a row column and its cells.
pub fn check_row(columns: &[Vec<u8>]) {
    let is_malformed = |error: &Error| error.is_malformed() || error.is_unsupported();
    let row = match SealedRow::from_bytes(&*columns[0]) {
        Ok(row) => row,
        Err(error) => return assert!(is_malformed(&error), "{error}"),
    };
    assert_eq!(row.epoch().number().to_be_bytes(), columns[0][4..8]);
    let cells: Result<Vec<_>, _> = columns[1..]
        .iter()
        .map(|cell| SealedCell::from_bytes(&**cell))
        .collect();
    let cells = match cells {
        Ok(cells) => cells,
        Err(error) => return assert!(is_malformed(&error), "{error}"),
    };
    let fields = KIT.schema().fields();
    for revealer in &KIT.revealers {
        let named = fields.iter().map(|field| field.name()).zip(&cells);
        match revealer
            .bind(KIT.binding())
            .reveal_row::<IgnoredAny>(&row, named)
        {
            Ok(_) => {
                let is_genuine = |i: usize| {
                    let genuine = fields.iter().zip(KIT.rows[i].cells());
                    entries_of(&row, revealer) == entries_of(KIT.rows[i].sealed(), revealer)
                        && genuine
                            .zip(&cells)
                            .filter(|((field, _), _)| revealer.scopes().contains(&field.scope()))
                            .all(|((_, (_, genuine)), cell)| cell == genuine)
                };
                assert!(is_genuine(0) || is_genuine(1), "a changed row opens");
                assert!(
                    row.scopes().eq(KIT.schema().scopes()),
                    "a cut or longer row opens"
                );
            }
            Err(error) => {
                assert!(is_refusal(&error), "{error}");
                assert_ne!(columns, KIT.columns(0), "{error}");
            }
        }
    }
}

/// How a revealer refuses what was sealed elsewhere, or changed.
pub fn is_refusal(error: &Error) -> bool {
    error.is_other_policy()
        || error.is_other_schema()
        || error.is_unknown_epoch()
        || error.is_missing_scope()
        || error.is_wrong_key()
        || error.is_tampered()
}

pub fn is_key_file_error(error: &Error) -> bool {
    error.is_damaged()
        || error.is_newer_version()
        || error.is_wrong_passphrase()
        || error
            .to_string()
            .starts_with("the key file does not hold a")
}

pub fn assert_record_error(error: &Error) {
    assert!(error.is_record(), "{error}");
}

pub fn assert_definition_error(error: &Error, text: &str) {
    assert!(error.is_definition(), "{error}");
    let lines = 1 + text.matches('\n').count();
    assert!(
        error.line().is_none_or(|line| (1..=lines).contains(&line)),
        "{error}"
    );
}

pub fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

pub fn parse<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}
