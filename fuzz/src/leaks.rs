//! Any bytes as what leaked, beside a small truth.

use std::{collections::BTreeSet, sync::LazyLock, time::Duration};

use paravent::{
    CsvFormat, Encoding, Format, Schema,
    audit::{Audit, Leak, Origin, Outcome, Report, Table},
};
use serde_json::Value;

use super::check::{json, parse};

/// More would be slow, and show nothing else.
const ROWS: usize = 64;
const COLUMNS: usize = 12;
/// Shorter values may be parts of any word.
const TELLING: usize = 6;

/// Two leaks are apart where this stands.
const APART: &[u8] = b"\n---\n";

struct Town {
    schema: Schema,
    truth: Table,
    /// What reports say without any leak's help.
    words: String,
}

static TOWN: LazyLock<Town> = LazyLock::new(|| {
    let schema = Schema::appointment();
    let mut truth = Table::new([
        "id",
        "last_name",
        "first_name",
        "age",
        "sex",
        "phone",
        "start",
        "practitioner",
        "specialty",
    ])
    .unwrap();
    let specialties = ["Dermatologie", "Cardiologie", "Urologie"];
    for row in 0..24 {
        let cells = [
            format!("visit-{row:04}"),
            format!("Martin-{}", row / 2),
            ["Zoé", "Noël"][row / 2 % 2].to_owned(),
            (30 + row / 2 % 3).to_string(),
            ["female", "male"][row / 2 % 2].to_owned(),
            format!("06399812{:02}", row / 2),
            format!("2020-07-{:02}T09:30:00+02:00", 1 + row),
            format!("Dr Lef\u{e8}vre-{}", row % 5),
            specialties[row % 5 % 3].to_owned(),
        ];
        truth
            .push(cells.iter().map(|cell| Some(cell.as_str())))
            .unwrap();
    }
    let mut town = Town {
        schema,
        truth,
        words: String::new(),
    };
    // Names of attacks, and what they need.
    let report = town.audited(vec![Leak::new("rows", town.truth.clone())], true);
    let mut words = Vec::new();
    texts(&parse(&json(&report.unwrap())), &mut words);
    town.words = words.join("\n");
    town
});

impl Town {
    fn audited(&self, leaks: Vec<Leak>, scored: bool) -> paravent::Result<Report> {
        let audit = Audit::new(&self.schema)
            .permutations(99)
            .enumeration_limit(Duration::ZERO)
            .without_controls();
        match scored {
            true => audit.draw(self.truth.clone(), leaks).run(),
            false => audit.unscored(leaks),
        }
    }
}

/// A byte that says how, and bytes that may be files of rows, one leak or two.
pub fn audit(data: &[u8]) {
    let Some((how, bytes)) = data.split_first() else {
        return;
    };
    let format = match how & 3 {
        0 => Format::Csv(CsvFormat::default()),
        1 => Format::Csv(CsvFormat::default().encoding(Encoding::Windows1252)),
        2 => Format::Csv(CsvFormat::default().delimiter(b';')),
        _ => Format::Ndjson,
    };
    let apart = bytes.windows(APART.len()).position(|part| part == APART);
    let files = match apart {
        Some(at) => vec![&bytes[..at], &bytes[at + APART.len()..]],
        None => vec![bytes],
    };
    let mut tables = Vec::new();
    for file in files {
        match Table::read(format.clone(), file) {
            Ok(table) if table.rows() > ROWS || table.columns().len() > COLUMNS => return,
            Ok(table) => tables.push(table),
            Err(error) => {
                return assert!(
                    error.is_input() || error.is_record() || error.is_audit(),
                    "{error}"
                );
            }
        }
    }
    let leaks = || {
        let leaks = tables.iter().zip(["one", "two"]);
        leaks.map(|(table, name)| {
            let leak = Leak::new(name, table.clone());
            match how >> 2 & 1 {
                0 => leak,
                _ => leak.with_origin(Origin::Column("id".to_owned())),
            }
        })
    };
    let scored = how >> 3 & 1 == 0;
    match TOWN.audited(leaks().collect(), scored) {
        Ok(report) => check(&report, &tables, scored),
        Err(error) => assert!(error.is_audit(), "{error}"),
    }
}

/// A report is read back, is no pass, and has no value of a cell in it.
fn check(report: &Report, tables: &[Table], scored: bool) {
    // Without controls, and without truth, nothing is.
    match scored {
        true => assert_eq!(report.outcome, Outcome::Blind),
        false => assert!(matches!(
            report.outcome,
            Outcome::Unscored | Outcome::Reversed { .. }
        )),
    }
    let printed = json(report);
    let back: Report = parse(&printed);
    // Figures are read but for their last bit.
    assert_eq!(back.outcome, report.outcome);
    assert_eq!(back.attacks.len(), report.attacks.len());
    let page = report.to_html();
    assert!(!page.to_ascii_lowercase().contains("<script"));
    assert_eq!(page.matches("</style").count(), 1);
    assert!(
        !report
            .to_string()
            .contains(|c: char| c.is_control() && c != '\n')
    );

    let mut said = Vec::new();
    texts(&parse(&printed), &mut said);
    let columns = || tables.iter().flat_map(Table::columns);
    let names: Vec<&str> = columns().map(|column| column.name()).collect();
    let values: BTreeSet<&str> = columns()
        .flat_map(|column| (0..column.rows()).filter_map(|row| column.get(row)))
        .filter(|value| value.chars().count() >= TELLING)
        .collect();
    for value in values {
        let is_known = TOWN.words.contains(value) || names.iter().any(|name| name.contains(value));
        let is_told = said.iter().any(|text| text.contains(value));
        assert!(is_known || !is_told, "{value:?} is told");
    }
}

/// All texts in a JSON value but keys.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|value| texts(value, into)),
        Value::Object(all) => all.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}
