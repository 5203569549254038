//! The breach of July 2020, with and without `paravent`.
//!
//! A booking platform lost 6,128 appointments through software of others that was connected to it. This
//! example makes as many fictional ones, protects them for two connectors, and shows what a thief of the rows
//! sees, what each connector's grant opens, and that the backend gets every row back unchanged.
//!
//! ```sh
//! cargo run --release --example breach                         # fictional appointments, from a fixed seed
//! cargo run --release --example breach FILE.csv                # yours
//! cargo run --release --example breach FILE.csv OUT.ndjson     # and write the rows for statistics to a new file
//! ```
//!
//! The header of FILE.csv has the names `last_name`, `first_name`, `age`, `sex` (`female`, `male`, `other`,
//! `unknown`), `phone`, `email`, `start` (`2020-07-21T09:30:00+02:00`), `practitioner` and `specialty`, in any
//! order. Age, sex, phone and e-mail may be absent; an empty cell is a missing value. Two of its rows are printed
//! in clear.
//!
//! The exit code is 0 if all came back unchanged, 1 if not, 2 if there was nothing to show and why.

mod generator;
mod table;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    env,
    error::Error,
    ffi::OsString,
    fmt::{self, Display, Write as _},
    fs::{self, File},
    io::{self, IsTerminal, Write as _},
    iter,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use paravent::{
    Appointment, Date, Grant, Keyring, Policy, Protected, Protector, Pseudonym, Revealer, Schema,
    Scope, Shown,
};
use serde::Deserialize;
use serde_json::Value;

use table::Table;

const LEAKED: usize = 6_128;
const SEED: u64 = 20_200_723;
const STATISTICS: &str = include_str!("policies/statistics.toml");
const CONTACT: &str = include_str!("policies/contact.toml");
/// On which no acceptance of these policies can be past its date: they have none.
const TODAY: Date = Date::constant(2026, 11, 24);
/// How many specialties the plot shows.
const BARS: usize = 12;

fn main() -> ExitCode {
    match run(env::args_os().skip(1)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Where even this cannot be written, the exit code still tells.
            let _ = writeln!(io::stderr(), "breach: {error}");
            ExitCode::from(2)
        }
    }
}

/// Tells the story, and whether all rows came back unchanged.
fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<bool, Box<dyn Error>> {
    let (input, output) = (
        arguments.next().map(PathBuf::from),
        arguments.next().map(PathBuf::from),
    );
    if arguments.next().is_some()
        || input
            .as_ref()
            .is_some_and(|path| path.to_string_lossy().starts_with('-'))
    {
        return Err("usage: breach [FILE.csv [OUT.ndjson]]".into());
    }
    let table = match &input {
        Some(path) => Table::read(path)?,
        None => Table::generated(generator::appointments(LEAKED, SEED)),
    };

    // The whole story is ready before its first line is printed, so that an error never comes in the middle.
    let (story, unchanged) = tell(&table, output.as_deref())?;
    match io::stdout().write_all(story.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(unchanged),
    }
}

fn tell(table: &Table, output: Option<&Path>) -> Result<(String, bool), Box<dyn Error>> {
    let schema = Schema::appointment();
    let keyring = Keyring::generate()?;
    let statistics = Connector::new(STATISTICS, &schema, &keyring, table)?;
    let contact = Connector::new(CONTACT, &schema, &keyring, table)?;
    let backend = Backend::check(&keyring, &statistics, table)?;
    let shown = two_people(table);

    let mut story = Story::default();
    story.leaked(table, &shown)?;
    story.stolen(&statistics, &shown)?;
    story.counted(&statistics)?;
    story.reached(&contact, &shown)?;
    story.refused(&statistics, &contact)?;
    story.told_apart(table, &statistics, &contact, shown[0])?;
    story.returned(table, &statistics, &backend)?;
    if let Some(path) = output {
        write_rows(path, &statistics.rows)?;
        story.line(format_args!(
            "{} holds the rows for statistics.",
            path.display()
        ))?;
    }
    Ok((story.text, backend.unchanged == table.rows.len()))
}

/// Third-party software for one purpose: what the backend gives it, and so what a thief finds there.
struct Connector {
    policy: Policy,
    grant: Grant,
    rows: Vec<Protected>,
    took: Duration,
}

impl Connector {
    fn new(
        policy: &str,
        schema: &Schema,
        keyring: &Keyring,
        table: &Table,
    ) -> Result<Connector, Box<dyn Error>> {
        let policy = Policy::from_toml(policy, schema)?;
        let checked = policy.check(TODAY)?;
        let grant = keyring.grant(&checked)?;
        let protector = Protector::new(keyring, &checked)?;
        let protect = |(row, appointment)| {
            protector
                .protect(appointment)
                .map_err(|error| format!("{}: {error}", table.place(row)))
        };
        let start = Instant::now();
        let rows = table
            .rows
            .iter()
            .enumerate()
            .map(protect)
            .collect::<Result<_, _>>()?;
        Ok(Connector {
            policy,
            grant,
            rows,
            took: start.elapsed(),
        })
    }

    /// What this connector gets that asks for one scope of its own or of another connector's first row.
    fn open(&self, scope: Scope, of: &Connector) -> paravent::Result<Value> {
        Revealer::new(&self.grant, &self.policy)?
            .only(&[scope])?
            .reveal(&of.rows[0])
    }

    fn patients(&self) -> BTreeSet<Pseudonym> {
        self.rows
            .iter()
            .filter_map(|row| row.pseudonym("patient"))
            .collect()
    }
}

/// The platform itself, which has the keyring and so can reveal all.
struct Backend {
    unchanged: usize,
    took: Duration,
}

impl Backend {
    fn check(
        keyring: &Keyring,
        connector: &Connector,
        table: &Table,
    ) -> Result<Backend, Box<dyn Error>> {
        let revealer = Revealer::backend(keyring, &connector.policy)?;
        let same = |(row, before): &(&Protected, &Appointment)| {
            revealer
                .reveal::<Appointment>(row)
                .is_ok_and(|after| after == **before)
        };
        let start = Instant::now();
        let unchanged = connector.rows.iter().zip(&table.rows).filter(same).count();
        Ok(Backend {
            unchanged,
            took: start.elapsed(),
        })
    }
}

/// What the statistics connector wants of a row.
#[derive(Deserialize)]
struct Care {
    specialty: String,
}

#[derive(Default)]
struct Count {
    all: usize,
    women: usize,
}

/// The text, chapter by chapter.
#[derive(Default)]
struct Story {
    text: String,
    chapters: usize,
}

impl Story {
    fn chapter(&mut self, title: impl Display) -> fmt::Result {
        self.chapters += 1;
        let (bold, plain) = if io::stdout().is_terminal() {
            ("\x1b[1m", "\x1b[0m")
        } else {
            ("", "")
        };
        let gap = if self.chapters == 1 { "" } else { "\n" };
        writeln!(self.text, "{gap}{bold}{}. {title}{plain}\n", self.chapters)
    }

    fn line(&mut self, line: impl Display) -> fmt::Result {
        writeln!(self.text, "   {line}")
    }

    fn leaked(&mut self, table: &Table, shown: &[usize]) -> fmt::Result {
        let count = grouped(table.rows.len());
        if table.is_generated() {
            self.chapter(format_args!(
                "In July 2020, {count} appointments leaked in clear. Two like them, made up:"
            ))?;
        } else {
            self.chapter(format_args!(
                "Your file ({count} rows), as it would leak in clear:"
            ))?;
        }
        for row in shown.iter().map(|&row| &table.rows[row]) {
            let age = row.age.map(|age| age.to_string());
            let sex = row.sex.map(|sex| format!("{sex:?}").to_lowercase());
            let name = Some(format!("{} {}", row.first_name, row.last_name));
            let known: Vec<_> = [name, age, sex, row.phone.clone(), row.email.clone()]
                .into_iter()
                .flatten()
                .collect();
            self.line(known.join(", "))?;
            self.line(format_args!(
                "    sees {}, {}, {}",
                row.practitioner, row.specialty, row.start
            ))?;
        }
        Ok(())
    }

    fn stolen(&mut self, statistics: &Connector, shown: &[usize]) -> Result<(), Box<dyn Error>> {
        self.chapter(
            "The same two as a thief sees them now who takes the rows of the statistics connector:",
        )?;
        for row in shown.iter().map(|&row| &statistics.rows[row]) {
            let sealed = row.sealed().to_string();
            self.line(serde_json::to_string(row)?.replace(&sealed, &shortened(&sealed)))?;
        }
        let lengths: BTreeSet<_> = statistics
            .rows
            .iter()
            .map(|row| row.sealed().to_string().len())
            .collect();
        match (lengths.first(), lengths.last()) {
            (Some(least), Some(most)) if least == most => {
                self.line(format_args!(
                    "\"sealed\" has {most} characters in every row, whatever it holds."
                ))?;
                Ok(())
            }
            _ => Err("sealed rows differ in length".into()),
        }
    }

    fn counted(&mut self, statistics: &Connector) -> Result<(), Box<dyn Error>> {
        let revealer = Revealer::new(&statistics.grant, &statistics.policy)?;
        let mut specialties: BTreeMap<String, Count> = BTreeMap::new();
        for row in &statistics.rows {
            let care: Care = revealer.reveal(row)?;
            let count = specialties.entry(care.specialty).or_default();
            count.all += 1;
            count.women += usize::from(row.shown("sex") == Some(Shown::Text("female")));
        }
        let mut specialties: Vec<_> = specialties.into_iter().collect();
        specialties.sort_by_key(|(_, count)| Reverse(count.all));

        let all = grouped(statistics.rows.len());
        let patients = match statistics.patients().len() {
            0 => String::new(), // nobody gave a phone, so nobody has a pseudonym
            patients => format!(", {} patients", grouped(patients)),
        };
        self.chapter(format_args!(
            "With its grant, which opens care: {all} appointments{patients}, no name:"
        ))?;
        let most = specialties.first().map_or(1, |(_, count)| count.all);
        let any_woman = specialties.iter().any(|(_, count)| count.women > 0);
        for (specialty, count) in specialties.iter().take(BARS) {
            let (name, bar) = (
                cut(specialty, 40),
                "█".repeat((count.all * 30).div_ceil(most)),
            );
            let women = match count.women * 100 / count.all {
                women if any_woman => format!("{women:>4} % women"),
                _ => String::new(),
            };
            self.line(format_args!(
                "{name:>40} {bar:30} {:>6}{women}",
                grouped(count.all)
            ))?;
        }
        if specialties.len() > BARS {
            let others = format!("and {} others", specialties.len() - BARS);
            self.line(format_args!("{others:>40}"))?;
        }
        Ok(())
    }

    fn reached(&mut self, contact: &Connector, shown: &[usize]) -> Result<(), Box<dyn Error>> {
        self.chapter(
            "The contact connector's grant opens contact, and nothing else of the same two rows:",
        )?;
        let revealer = Revealer::new(&contact.grant, &contact.policy)?;
        for &row in shown {
            self.line(revealer.reveal::<Value>(&contact.rows[row])?)?;
        }
        Ok(())
    }

    fn refused(
        &mut self,
        statistics: &Connector,
        contact: &Connector,
    ) -> Result<(), Box<dyn Error>> {
        self.chapter("A grant does not open what it lacks:")?;
        let tries = [
            (
                "the statistics grant, asked for contact",
                statistics.open(Scope::CONTACT, statistics),
            ),
            (
                "the contact grant, asked for care",
                contact.open(Scope::CARE, contact),
            ),
            (
                "the contact grant, on a row for statistics",
                contact.open(Scope::CONTACT, statistics),
            ),
        ];
        for (who, result) in tries {
            match result {
                Ok(_) => return Err(format!("{who}: was opened").into()),
                Err(error) => self.line(format_args!("{who}:\n      {error}"))?,
            }
        }
        Ok(())
    }

    fn told_apart(
        &mut self,
        table: &Table,
        statistics: &Connector,
        contact: &Connector,
        row: usize,
    ) -> fmt::Result {
        self.chapter("One person has one pseudonym in a domain, and another in the next:")?;
        let same = |next: &usize| person(&table.rows[*next]) == person(&table.rows[row]);
        let visits = [
            ("statistics, one visit", statistics, Some(row)),
            (
                "statistics, another visit",
                statistics,
                (row + 1..table.rows.len()).find(same),
            ),
            ("contact, the first visit", contact, Some(row)),
        ];
        for (visit, connector, row) in visits {
            if let Some(pseudonym) = row.and_then(|row| connector.rows[row].pseudonym("patient")) {
                self.line(format_args!("{visit:27} {pseudonym}"))?;
            }
        }
        let (here, there) = (statistics.patients(), contact.patients());
        if here.is_empty() {
            return self.line("None here: they are made of the phone too, and no row has one.");
        }
        let (all, both) = (
            grouped(here.len()),
            grouped(here.intersection(&there).count()),
        );
        self.line(format_args!(
            "Of {all} pseudonyms, {both} are in both domains."
        ))
    }

    fn returned(
        &mut self,
        table: &Table,
        statistics: &Connector,
        backend: &Backend,
    ) -> fmt::Result {
        let rows = table.rows.len();
        let (unchanged, all) = (grouped(backend.unchanged), grouped(rows));
        self.chapter(format_args!(
            "The backend, which has the keyring, got {unchanged} of {all} back unchanged."
        ))?;
        let speed = |took: Duration| grouped((rows as f64 / took.as_secs_f64()) as usize);
        let (protected, revealed) = (speed(statistics.took), speed(backend.took));
        self.line(format_args!(
            "One core protected {protected} rows a second, and revealed {revealed}."
        ))?;
        self.line("Pseudonymized data stays personal data: protected rows need care too.")
    }
}

/// Who a row is about, as far as the policies' pseudonyms tell people apart.
fn person(row: &Appointment) -> (&str, &str, Option<&str>) {
    (&row.last_name, &row.first_name, row.phone.as_deref())
}

/// A row of someone who comes back, where there is one, and a row of someone else.
fn two_people(table: &Table) -> Vec<usize> {
    let mut visits: BTreeMap<_, usize> = BTreeMap::new();
    for row in &table.rows {
        *visits.entry(person(row)).or_default() += 1;
    }
    let first = table
        .rows
        .iter()
        .position(|row| row.phone.is_some() && visits[&person(row)] > 1)
        .unwrap_or(0);
    let second = table
        .rows
        .iter()
        .position(|row| person(row) != person(&table.rows[first]));
    iter::once(first).chain(second).collect()
}

/// A text of at most `width` characters.
fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        Some(_) => text.chars().take(width - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// The two ends of a long text.
fn shortened(text: &str) -> String {
    let start: String = text.chars().take(20).collect();
    let end: String = text
        .chars()
        .skip(text.chars().count().saturating_sub(12))
        .collect();
    format!("{start}…{end}")
}

/// 6128 as "6,128".
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    groups.join(",")
}

/// Writes rows to a new file, one a line.
fn write_rows(path: &Path, rows: &[Protected]) -> Result<(), Box<dyn Error>> {
    let mut lines = rows
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<Vec<_>, _>>()?;
    // Not in the table's order, by which two connectors could match their files line for line.
    lines.sort_unstable();
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => format!(
            "{} is there already, and is not overwritten",
            path.display()
        ),
        _ => format!("{}: {error}", path.display()),
    };
    let mut file = File::create_new(path).map_err(failed)?;
    let written = file.write_all((lines.join("\n") + "\n").as_bytes());
    if written.is_err() {
        // Half a file is worse than none.
        let _ = fs::remove_file(path);
    }
    Ok(written.map_err(failed)?)
}
