//! `paravent audit`: what a thief of rows would learn, found out by attacking them.

mod again;
mod leaks;

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use paravent::{
    PolicySet,
    audit::{Audit, Outcome as Verdict, Progress, Table},
};

use self::{
    again::again,
    leaks::{Given, named, policies, read, refused, revealers},
};
use crate::{
    arguments::{Encoded, PassphraseArguments, Rows, delimiter},
    failure::{Exit, Failure, Outcome},
    output::{self, NewFile, Readers},
    progress::Way,
    rows,
    settings::{self, Settings},
};

const AFTER: &str = "\
The rows are attacked as a thief would who knows everybody's name, telephone
number, e-mail, age and sex, public directories, and what people come for elsewhere. The
truth is what the rows were made of: its columns are named after the fields of
the schema. No attack sees it; it only scores what attacks claim. Each row of
the truth is one visit; leaked rows may be in any order.

A leak is CSV or NDJSON of any scheme, and is called after its file, or by
NAME=FILE. Several are what several connectors lost: they are attacked each
alone and together. Columns with the name of a field are taken to be made of
it. A policy belongs to the leak with the name of its domain, or to the only
leak; those of the configuration are found by domain. A grant opens what the
connector could open of its rows.

Without --truth nothing can be scored: the report has what leaks show, their
classes, and whether digests in them are of telephone numbers, and is no pass.
Numbers that are found so are identity in clear, and exit code 7 says so.

The summary is printed; --html writes the whole as a page, with rows by their
number and never a value. Each run has controls: schemes that are known to be
bad must break, and random bytes must not.

EXIT CODES
  0      nothing links people to what they came for, within the bound
  3      rows that cannot be audited: ragged, empty, of other people, ids twice
  7      something links, or telephone numbers were read out of digests
  8      blind: a control failed, so that the run tells nothing
  9      too few rows to tell, or no truth to score by

Of rows that link nothing one run in 20 finds a link by chance: what is there
comes again with other rows, or with the same ones protected anew.

EXAMPLES
  What a connector's export tells, before it goes live:

    paravent protect appointments.csv --policy policies/statistics.toml \\
      -o statistics.csv
    paravent audit statistics.csv --truth appointments.csv \\
      --policy policies/statistics.toml --html report.html

  Two connectors that leak together, with what one of them opens:

    paravent audit statistics.csv sms-reminders=reminders.csv \\
      --truth appointments.csv --grant sms-reminders.grant

  Rows of another scheme, matched to the truth by an id:

    paravent audit stolen.ndjson --truth appointments.csv --id appointment_id

  Whether rows that somebody offers have digests of telephone numbers:

    paravent audit offered.csv --html offered.html
";

/// Audit leaked rows: attack them, and say how much they link people to what they came for
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct AuditArguments {
    /// What leaked: files of rows, each with a name of its own
    #[arg(value_name = "[NAME=]FILE", required = true)]
    leaks: Vec<String>,
    /// The rows in clear that the leaked ones were made of; without it nothing can be scored
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// A policy that leaked rows were protected under; may be given several times
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// A grant that leaked with its rows; may be given several times
    #[arg(long, value_name = "FILE")]
    grant: Vec<PathBuf>,
    /// The column with an id of each row that leaks and truth both have; no attack is told
    #[arg(long, value_name = "COLUMN", requires = "truth")]
    id: Option<String>,
    /// Leaked rows are in the order of the truth; no attack is told
    #[arg(long, conflicts_with = "id", requires = "truth")]
    in_order: bool,
    /// The column of the truth that tells people apart; without it, all fields of the person together do
    #[arg(long, value_name = "COLUMN", requires = "truth")]
    person: Option<String>,
    /// The column of the truth with the practice, where the thief knows each person's
    #[arg(long, value_name = "COLUMN", requires = "truth")]
    tenant: Option<String>,
    /// True rows of other people, from which the thief knows what people come for
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
    /// The thief knows so many dates of visits of each person
    #[arg(long, value_name = "N", default_value = "0", requires = "truth")]
    known_dates: usize,
    /// The sensitive field that is guessed; without it, the one with the fewest values
    #[arg(long, value_name = "FIELD")]
    target: Option<String>,
    /// Permute the truth so many times, 99 or more
    #[arg(long, value_name = "N", default_value = "999", value_parser = clap::value_parser!(u32).range(99..=100_000))]
    permutations: u32,
    /// The seed of all that is drawn at random: the same gives the same report
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// Try a country's mobile numbers against digests for so many seconds
    #[arg(long, value_name = "N", default_value = "60")]
    enumerate_seconds: u64,
    /// Write the report as a page to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the report as JSON to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
    /// What rows are; without it, what a file's name ends with: .csv, .tsv, .ndjson, .jsonl
    #[arg(long, value_enum)]
    format: Option<Rows>,
    /// What stands between the columns of CSV: one character, or "tab"; without it, it is found
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// How CSV is encoded; without it, it is found
    #[arg(long, value_enum)]
    encoding: Option<Encoded>,
    /// The schema, if not that of the configuration or the bundled one
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: &AuditArguments, settings: &Settings) -> Outcome {
    check_files(arguments, settings)?;
    let config = settings.config()?;
    let schema = settings::schema(&config, arguments.schema.as_deref())?;
    let mut given = named(arguments)?;
    let policies = policies(arguments, &mut given, &config, &schema)?;
    // Passphrases are asked for before anything takes long.
    let mut revealers = revealers(arguments, &policies, &config)?;

    let truth = arguments
        .truth
        .as_ref()
        .map(|path| read(path, arguments))
        .transpose()?;
    let people = truth.as_ref().map(Table::rows);
    let mut leaks = Vec::new();
    for ((leak, policy), revealer) in given.iter().zip(&policies).zip(&mut revealers) {
        leaks.push(leak.read(policy.as_ref(), revealer.take(), people, arguments)?);
    }
    // What cannot be written is told before attacks take their time; row numbers lead to people, so that only the owner reads it.
    let create = |path: &PathBuf| NewFile::create(path, Readers::Owner, arguments.force);
    let page = arguments.html.as_ref().map(create).transpose()?;
    let data = arguments.report.as_ref().map(create).transpose()?;
    let way = Way::steps(settings.quiet);
    let observe = |progress: &Progress| {
        way.step(progress.done, progress.all, &progress.what);
        ControlFlow::Continue(())
    };
    let policies = PolicySet::new(policies.into_iter().flatten());
    let found = policies.report(settings.today);
    let mut audit = Audit::new(&schema)
        .known_dates(arguments.known_dates)
        .permutations(arguments.permutations)
        .seed(arguments.seed)
        .enumeration_limit(Duration::from_secs(arguments.enumerate_seconds))
        .command(again(arguments, settings))
        .accepted(&found)
        .observe(&observe);
    // What does not pass its check is attacked all the same; how many bits it shows is not told.
    for policy in policies.check(settings.today).iter().flatten() {
        audit = audit.policy(policy)?;
    }
    if let Some(field) = &arguments.target {
        audit = audit.target(field);
    }
    if let Some(column) = &arguments.person {
        audit = audit.person_column(column);
    }
    if let Some(column) = &arguments.tenant {
        audit = audit.tenant_column(column);
    }
    if let Some(path) = &arguments.reference {
        audit = audit.reference(read(path, arguments)?);
    }
    let report = match truth {
        Some(truth) => audit.draw(truth, leaks).run(),
        None => audit.unscored(leaks),
    };
    drop(way);
    let report = report.map_err(|error| refused(&error, &given, arguments))?;

    // What took long is told first: whatever comes of the files, it is there.
    let json = output::json(&report)?;
    if settings.json {
        output::print(&json)?;
    } else {
        let text = report.to_string();
        output::print(&format!("{}\n", text.trim_end()))?;
    }
    // Both are written before one gets its name.
    let page = page.map(|file| file.written(report.to_html().as_bytes()));
    let data = data.map(|file| file.written(json.as_bytes()));
    let files = [page, data].into_iter().flatten();
    for file in files.collect::<Result<Vec<_>, _>>()? {
        file.finish()?;
    }
    if !settings.json {
        match &arguments.html {
            Some(path) => {
                settings.note(&format!("{}: the whole report, as a page", path.display()))
            }
            None => settings.note("--html FILE writes the whole report as a page"),
        }
    }
    Ok(match report.outcome {
        Verdict::Unlinkable => Exit::Done,
        Verdict::Links | Verdict::Reversed { .. } => Exit::Links,
        Verdict::TooFew { .. } | Verdict::Unscored => Exit::TooFew,
        // What is not known here is no reassurance.
        _ => Exit::Blind,
    })
}

/// Refuses, before anything takes long, what cannot be read or written in the end.
fn check_files(arguments: &AuditArguments, settings: &Settings) -> Result<(), Failure> {
    let leaks = arguments.leaks.iter().map(|word| Given::new(word));
    let leaks: Vec<Given> = leaks.collect::<Result<_, _>>()?;
    let mut inputs: Vec<&Path> = leaks.iter().map(|leak| &*leak.path).collect();
    inputs.extend(arguments.truth.as_deref());
    inputs.extend(arguments.reference.as_deref());
    if inputs.iter().filter(|path| output::is_stream(path)).count() > 1 {
        return Err(Failure::usage(
            "the standard input is one file",
            "name the others",
        ));
    }
    for path in &inputs {
        rows::check_input(path, &arguments.passphrase.source())?;
    }
    // What is read beside rows is not replaced either.
    inputs.extend(
        arguments
            .policy
            .iter()
            .chain(&arguments.grant)
            .map(|path| &**path),
    );
    inputs.extend(arguments.schema.as_deref());
    inputs.extend(settings.found_config());
    let passphrase = arguments.passphrase.source().file;
    inputs.extend(passphrase.as_deref());
    let outputs: Vec<&PathBuf> = arguments.html.iter().chain(&arguments.report).collect();
    for path in &outputs {
        if output::is_stream(path) {
            return Err(Failure::usage(
                "the report goes into a file",
                "name one; --json prints the report on the standard output",
            ));
        }
        if inputs.iter().any(|input| output::is_same(path, input)) {
            return Err(Failure::usage(
                format!("{} is read and written", path.display()),
                "write the report elsewhere",
            ));
        }
        output::check_free(path, arguments.force)?;
    }
    match &*outputs {
        [page, json] if output::is_same(page, json) => Err(Failure::usage(
            "page and JSON are the same file",
            "name two",
        )),
        _ => Ok(()),
    }
}
