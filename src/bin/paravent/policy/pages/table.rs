//! Policies × fields: a table to take in at a glance, then each policy in words.

use paravent::{FieldReport, Policy, PolicySet, Report, Schema};

use super::page::{Page, Tone, WIDTH, length};

const LEGEND: [&str; 3] = [
    "·  sealed, and nothing else       K  shown as it is          O  opened in every row by its grant",
    "=  a keyed stand-in shows where   C  shown coarser           R  released, one record a call",
    "   it is equal                    F  follows from others     M  in messages that a broker sends",
];

const NUMBERS: &str = "A number is what a leak of the policy's rows and grant tells of the field, of one visit and in bits: with what \
    follows by directories, and of a stand-in with what its shape and known frequencies give away; ∞ where nobody says how many \
    values there are.";

/// The table, in blocks of as many fields as a line holds.
pub(super) fn matrix(page: &mut Page, set: &PolicySet, report: &Report) {
    page.line("");
    for line in LEGEND {
        page.line(format!("  {line}"));
    }
    page.words("  ", 2, NUMBERS);
    // Policies of several schemas have a table each.
    let mut schemas: Vec<&Schema> = Vec::new();
    for policy in set.policies() {
        if !schemas.contains(&policy.schema()) {
            schemas.push(policy.schema());
        }
    }
    for schema in &schemas {
        if schemas.len() > 1 {
            page.line("");
            page.line(format!("  schema {}", schema.name()));
        }
        let (names, rows): (Vec<&str>, Vec<&[FieldReport]>) = by_policy(set, report)
            .filter(|(policy, _)| policy.schema() == *schema)
            .map(|(policy, fields)| (policy.domain().as_str(), fields))
            .unzip();
        blocks(page, &names, &columns(&rows));
    }
}

/// The table of the policies of one schema.
fn blocks(page: &mut Page, names: &[&str], columns: &[Column]) {
    let first = names.iter().map(|name| length(name)).max().unwrap_or(0);
    let needed = |gap: usize| {
        first
            + columns
                .iter()
                .map(|column| gap + column.width)
                .sum::<usize>()
    };
    let gap = if needed(2) <= WIDTH { 2 } else { 1 };
    let mut left = columns;
    while !left.is_empty() {
        let mut room = WIDTH.saturating_sub(first);
        let fits = |column: &&Column| {
            let fits = gap + column.width <= room;
            room = room.saturating_sub(gap + column.width);
            fits
        };
        let (now, later) = left.split_at(left.iter().take_while(fits).count().max(1));
        block(page, names, first, gap, now);
        left = later;
    }
}

/// What each policy gives, in words.
pub(super) fn details(page: &mut Page, set: &PolicySet, report: &Report) {
    for (policy, fields) in by_policy(set, report) {
        page.title(policy.domain().as_str());
        if let Some(place) = policy.goes_to() {
            page.words("  goes to ", 10, place);
        }
        let (given, sealed): (Vec<&FieldReport>, Vec<&FieldReport>) =
            fields.iter().partition(|field| letters(field) != "·");
        let width = given
            .iter()
            .map(|field| length(&field.field))
            .max()
            .unwrap_or(0);
        for field in given {
            let first = format!("  {:width$}  ", field.field);
            page.words(&first, width + 4, &in_words(field));
        }
        let sealed: Vec<&str> = sealed.iter().map(|field| field.field.as_str()).collect();
        if !sealed.is_empty() {
            page.wrapped("  only sealed: ", 15, &sealed, ", ");
        }
    }
}

struct Column {
    /// Bottom line last.
    header: Vec<String>,
    cells: Vec<String>,
    width: usize,
}

fn columns(rows: &[&[FieldReport]]) -> Vec<Column> {
    let fields = rows.first().copied().unwrap_or_default();
    let column = |(number, field): (usize, &FieldReport)| {
        let header: Vec<String> = field
            .field
            .split_inclusive('_')
            .map(str::to_owned)
            .collect();
        let cells: Vec<String> = rows
            .iter()
            .filter_map(|row| row.get(number))
            .map(cell)
            .collect();
        let width = header
            .iter()
            .chain(&cells)
            .map(|text| length(text))
            .max()
            .unwrap_or(0);
        Column {
            header,
            cells,
            width,
        }
    };
    fields.iter().enumerate().map(column).collect()
}

fn block(page: &mut Page, names: &[&str], first: usize, gap: usize, columns: &[Column]) {
    page.line("");
    let gap = " ".repeat(gap);
    let height = columns
        .iter()
        .map(|column| column.header.len())
        .max()
        .unwrap_or(0);
    for level in (0..height).rev() {
        let mut line = " ".repeat(first);
        for column in columns {
            let word = column
                .header
                .iter()
                .rev()
                .nth(level)
                .map_or("", String::as_str);
            line.push_str(&format!("{gap}{word:width$}", width = column.width));
        }
        page.line(page.toned(line.trim_end(), Tone::Strong));
    }
    for (row, name) in names.iter().enumerate() {
        let mut line = format!("{name:first$}");
        for column in columns {
            let cell = column.cells.get(row).map_or("", String::as_str);
            let padding = " ".repeat(column.width.saturating_sub(length(cell)));
            let cell = match cell {
                "·" => page.toned(cell, Tone::Weak),
                _ => cell.to_owned(),
            };
            line.push_str(&format!("{gap}{cell}{padding}"));
        }
        page.line(line);
    }
}

fn by_policy<'a>(
    set: &'a PolicySet,
    report: &'a Report,
) -> impl Iterator<Item = (&'a Policy, &'a [FieldReport])> {
    let mut left = report.fields();
    set.policies().iter().map(move |policy| {
        let (fields, later) = left.split_at(policy.schema().fields().len());
        left = later;
        (policy, fields)
    })
}

fn cell(field: &FieldReport) -> String {
    let letters = letters(field);
    if field.bits > 0.0 {
        format!("{letters} {}", bits(field.bits))
    } else {
        letters
    }
}

/// The ways in which it is given, as in the legend.
fn letters(field: &FieldReport) -> String {
    let stands_in = matches!(field.shown.as_deref(), Some("reversible" | "phone"));
    let shown = match field.shown.as_deref() {
        Some("keep") => 'K',
        _ => 'C',
    };
    let ways = [
        (field.opened, 'O'),
        (field.shown.is_some() && !stands_in, shown),
        (stands_in || !field.stand_ins.is_empty(), '='),
        (field.released, 'R'),
        (!field.rendered.is_empty(), 'M'),
    ];
    let letters: String = ways
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, letter)| *letter)
        .collect();
    match letters.is_empty() {
        true if field.bits > 0.0 => "F".to_owned(),
        true => "·".to_owned(),
        false => letters,
    }
}

fn in_words(field: &FieldReport) -> String {
    let mut ways = Vec::new();
    if field.opened {
        ways.push("opened".to_owned());
    }
    match field.shown.as_deref() {
        Some("keep") => ways.push("shown as it is".to_owned()),
        Some("reversible") => ways.push("shown: stand-in that the platform turns back".to_owned()),
        Some("phone") => ways.push("shown: stand-in in the shape of a number".to_owned()),
        Some(shown) => ways.push(format!("shown: {shown}")),
        None => {}
    }
    ways.extend(field.stand_ins.iter().cloned());
    if field.released {
        let by = if field.two_persons {
            ", by two people"
        } else {
            ""
        };
        ways.push(format!("released, one record a call{by}"));
    }
    ways.extend(field.rendered.iter().map(|name| format!("message {name}")));
    if ways.is_empty() {
        ways.push("follows from others".to_owned());
    }
    if field.bits > 0.0 {
        ways.push(format!("{} bits", bits(field.bits)));
    }
    ways.join("; ")
}

fn bits(bits: f64) -> String {
    if bits.is_finite() {
        format!("{bits:.1}")
    } else {
        "∞".to_owned()
    }
}
