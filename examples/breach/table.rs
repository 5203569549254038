//! Reads appointments from a CSV file whose header has the schema's field names.
//!
//! Errors name the line and the field, never a value: such files hold people.

use std::{error::Error, fs, path::Path};

use csv::{ByteRecord, ErrorKind, Position, ReaderBuilder, Trim};
use paravent::{Appointment, Sex};

const FIELDS: [&str; 9] = [
    "last_name",
    "first_name",
    "age",
    "sex",
    "phone",
    "email",
    "start",
    "practitioner",
    "specialty",
];
const OPTIONAL: [&str; 4] = ["age", "sex", "phone", "email"];

/// Reads a whole file. Its columns may be in any order, those of optional fields may be absent, and an empty
/// cell is a missing value.
pub(crate) fn read(path: &Path) -> Result<Vec<Appointment>, Box<dyn Error>> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(parse(path, &text)?)
}

fn parse(path: &Path, text: &[u8]) -> Result<Vec<Appointment>, String> {
    let file = path.display();
    let at = |byte, what| format!("{file}, line {}: {what}", line(text, byte));
    let failed = |error: csv::Error| match error.kind() {
        ErrorKind::UnequalLengths {
            pos: Some(position),
            expected_len,
            len,
        } => at(
            position.byte(),
            format!("there are {len} cells for {expected_len} columns"),
        ),
        _ => format!("{file}: {error}"),
    };
    let mut reader = ReaderBuilder::new().trim(Trim::Headers).from_reader(text);
    let header = reader.byte_headers().map_err(failed)?.clone();
    if header.is_empty() {
        return Err(format!("{file} is empty"));
    }
    let columns = Columns::of(&header).map_err(|what| at(0, what))?;
    let mut rows = Vec::new();
    for record in reader.into_byte_records() {
        let record = record.map_err(failed)?;
        let start = record.position().map_or(0, Position::byte);
        rows.push(
            columns
                .appointment(&record)
                .map_err(|what| at(start, what))?,
        );
    }
    if rows.is_empty() {
        return Err(format!("{file} holds no appointment"));
    }
    Ok(rows)
}

/// The line of a record that the reader found at `byte`. Its own count is one behind where lines end in CR LF: it
/// ends a record at the CR, and leaves the LF to the next.
fn line(text: &[u8], byte: u64) -> usize {
    let byte = usize::try_from(byte).unwrap_or(text.len()).min(text.len());
    let (before, after) = text.split_at(byte);
    let blank = after
        .iter()
        .take_while(|&&byte| matches!(byte, b'\r' | b'\n'));
    1 + before
        .iter()
        .chain(blank)
        .filter(|&&byte| byte == b'\n')
        .count()
}

/// In which column each field is.
struct Columns([Option<usize>; FIELDS.len()]);

impl Columns {
    fn of(header: &ByteRecord) -> Result<Columns, String> {
        let mut columns = [None; FIELDS.len()];
        for (column, name) in header.iter().enumerate() {
            let Some(field) = FIELDS.iter().position(|field| field.as_bytes() == name) else {
                // Not by its name: a file without a header has a person there.
                return Err(format!(
                    "column {} is not named after a field: {}",
                    column + 1,
                    FIELDS.join(", ")
                ));
            };
            if columns[field].replace(column).is_some() {
                return Err(format!(
                    "there are two columns for field \"{}\"",
                    FIELDS[field]
                ));
            }
        }
        let absent = FIELDS
            .iter()
            .zip(columns)
            .find(|(field, column)| column.is_none() && !OPTIONAL.contains(field));
        match absent {
            Some((field, _)) => Err(format!("there is no column for field \"{field}\"")),
            None => Ok(Columns(columns)),
        }
    }

    fn appointment(&self, record: &ByteRecord) -> Result<Appointment, String> {
        let optional = |name: &str| -> Result<Option<String>, String> {
            let field = FIELDS.iter().position(|field| *field == name);
            let cell = field
                .and_then(|field| record.get(self.0[field]?))
                .unwrap_or_default();
            let text =
                str::from_utf8(cell).map_err(|_| format!("field \"{name}\" is not UTF-8"))?;
            Ok((!text.is_empty()).then(|| text.to_owned()))
        };
        let required = |name: &str| {
            optional(name)?.ok_or_else(|| format!("field \"{name}\" is empty and not optional"))
        };
        let age = |age: String| {
            age.parse()
                .map_err(|_| "field \"age\" is not a whole number from 0 to 255".to_owned())
        };
        let sex = |sex: String| match sex.to_lowercase().as_str() {
            "female" | "f" => Ok(Sex::Female),
            "male" | "m" => Ok(Sex::Male),
            "other" => Ok(Sex::Other),
            "unknown" => Ok(Sex::Unknown),
            _ => Err("field \"sex\" is not female, male, other or unknown".to_owned()),
        };
        Ok(Appointment {
            last_name: required("last_name")?,
            first_name: required("first_name")?,
            age: optional("age")?.map(age).transpose()?,
            sex: optional("sex")?.map(sex).transpose()?,
            phone: optional("phone")?,
            email: optional("email")?,
            start: required("start")?,
            practitioner: required("practitioner")?,
            specialty: required("specialty")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "last_name,first_name,age,sex,phone,email,start,practitioner,specialty";
    const ROW: &str =
        "Petit,Zoé,34,female,,,2020-07-21T09:30:00+02:00,\"Dr Noël\nBrun\",Dermatologie";

    fn refusal(lines: &[&str], end: &str) -> String {
        let table = parse(Path::new("f.csv"), lines.join(end).as_bytes());
        table.err().unwrap_or_default()
    }

    #[test]
    fn columns_go_by_their_name_and_empty_cells_are_missing() {
        let lines = [
            "start,sex,specialty,practitioner,first_name,last_name,age",
            "2020-07-21T09:30:00+02:00,,Dermatologie,\"Dr Noël\nBrun\",Zoé,Petit,34",
        ];
        let table = parse(Path::new("f.csv"), lines.join("\n").as_bytes());
        let appointment = Appointment {
            last_name: "Petit".to_owned(),
            first_name: "Zoé".to_owned(),
            age: Some(34),
            start: "2020-07-21T09:30:00+02:00".to_owned(),
            practitioner: "Dr Noël\nBrun".to_owned(),
            specialty: "Dermatologie".to_owned(),
            ..Appointment::default()
        };
        assert!(table.is_ok_and(|rows| rows == [appointment]));
    }

    #[test]
    fn an_error_has_its_line_and_field_and_no_value() {
        for end in ["\n", "\r\n"] {
            let bad_age = "Petit,Zoé,SECRET,,,,2020-07-21T09:30:00+02:00,Dr Brun,Dermatologie";
            assert_eq!(
                refusal(&[HEADER, ROW, ROW, "", bad_age], end),
                // Each ROW takes two lines.
                "f.csv, line 7: field \"age\" is not a whole number from 0 to 255"
            );
            assert_eq!(
                refusal(
                    &[
                        HEADER,
                        "Petit,Zoé,34,SECRET,,,2020-07-21T09:30:00+02:00,Dr Brun,x"
                    ],
                    end
                ),
                "f.csv, line 2: field \"sex\" is not female, male, other or unknown"
            );
            assert_eq!(
                refusal(
                    &[HEADER, ",Zoé,34,,,,2020-07-21T09:30:00+02:00,Dr Brun,x"],
                    end
                ),
                "f.csv, line 2: field \"last_name\" is empty and not optional"
            );
            assert_eq!(
                refusal(&[HEADER, ROW, "SECRET,Zoé"], end),
                "f.csv, line 4: there are 2 cells for 9 columns"
            );
            assert_eq!(
                refusal(&["last_name,SECRET", "a,b"], end),
                format!(
                    "f.csv, line 1: column 2 is not named after a field: {}",
                    FIELDS.join(", ")
                )
            );
            assert_eq!(
                refusal(&["age,age"], end),
                "f.csv, line 1: there are two columns for field \"age\""
            );
            assert_eq!(
                refusal(&["age"], end),
                "f.csv, line 1: there is no column for field \"last_name\""
            );
        }
    }

    #[test]
    fn a_table_without_rows_is_refused() {
        assert_eq!(refusal(&[], ""), "f.csv is empty");
        assert_eq!(refusal(&[HEADER], ""), "f.csv holds no appointment");
    }

    #[test]
    fn text_that_is_not_utf_8_has_its_line_and_field() {
        let latin1 = b"Petit,Zo\xe9,34,,,,2020-07-21T09:30:00+02:00,Dr Brun,x";
        let text = [HEADER.as_bytes(), b"\r\n", latin1].concat();
        let refusal = parse(Path::new("f.csv"), &text).err();
        assert_eq!(
            refusal.as_deref(),
            Some("f.csv, line 2: field \"first_name\" is not UTF-8")
        );
    }
}
