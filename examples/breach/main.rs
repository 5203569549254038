//! The breach of 23 July 2020, replayed.
//!
//! A booking platform lost 6,128 appointments through software of others that was connected to it. This example makes as
//! many fictional ones, lets them leak under schemes that are known to be bad, under the default policy and under the
//! policies of ten jobs, alone and together, attacks each leak with all that a thief may know, and prints whom the thief can
//! name together with a specialty. The page that it writes has the whole story.
//!
//! ```sh
//! cargo run --release --features full --example breach                        # fictional appointments, from a fixed seed
//! cargo run --release --features full --example breach FILE.csv               # yours
//! cargo run --release --features full --example breach FILE.csv REPORT.html   # and write the page here, not to the temporary folder
//! ```
//!
//! The header of FILE.csv has the names `last_name`, `first_name`, `age`, `sex` (`female`, `male`, `other`,
//! `unknown`), `phone`, `email`, `start` (`2020-07-21T09:30:00+02:00`), `practitioner` and `specialty`, in any
//! order. Age, sex, phone and e-mail may be absent; an empty cell is a missing value. `-` stands for the fictional ones. No row is printed.
//!
//! The exit code is 0 where nothing but the schemes that are known to be bad links, 1 where something else does or a control failed, 2 if there was
//! nothing to show and why.

mod generator;
mod replay;
mod table;

use std::{
    env,
    error::Error,
    ffi::OsString,
    fmt::Write as _,
    fs,
    io::{self, IsTerminal, Write as _},
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use paravent::{
    Appointment, Schema,
    audit::{self, Audit, Outcome, Progress, Report, report::SchemeKind},
};

use replay::Policies;

const USAGE: &str = "\
usage: breach [FILE.csv | - [REPORT.html]]

Attacks what would have leaked of 6,128 fictional appointments, or of those in FILE.csv, under schemes that are known to be bad and under the
bundled policies. Prints one table, and writes the whole report to REPORT.html, or to paravent-breach.html in the temporary folder.
";

const LEAKED: usize = 6_128;
const SEED: u64 = 20_200_723;

/// Fewer than the 999 of an audit, so that it takes seconds.
const PERMUTATIONS: u32 = 199;

/// Less than the 0.05 of an audit: rows are sealed anew in each run, and one in 20 would find a link where none is.
const LEVEL: f64 = 0.01;

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

/// What it is asked for.
#[derive(Debug, PartialEq)]
enum Asked {
    Help,
    Replay {
        /// The fictional ones where there is none.
        input: Option<PathBuf>,
        page: PathBuf,
    },
}

fn asked(arguments: impl Iterator<Item = OsString>) -> Result<Asked, String> {
    let mut paths = Vec::new();
    for argument in arguments {
        match argument.to_str() {
            Some("--help" | "-h") => return Ok(Asked::Help),
            Some(option) if option.starts_with('-') && option != "-" => {
                return Err(format!("there is no option {option:?}\n{USAGE}"));
            }
            _ => paths.push(PathBuf::from(argument)),
        }
    }
    let mut paths = paths.into_iter();
    let input = paths.next().filter(|path| path.as_os_str() != "-");
    let page = paths
        .next()
        .unwrap_or_else(|| env::temp_dir().join("paravent-breach.html"));
    match paths.len() {
        0 => Ok(Asked::Replay { input, page }),
        more => Err(format!(
            "there are {} arguments, and two at most are taken\n{USAGE}",
            more + 2
        )),
    }
}

/// Refuses, before anything takes long, a place where the page cannot be.
fn check_place(page: &Path) -> Result<(), String> {
    let folder = match page.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let wrong = if page.is_dir() {
        "there is a folder of that name"
    } else if !folder.is_dir() {
        "its folder is not there"
    } else {
        return Ok(());
    };
    Err(format!(
        "{page:?}: {wrong}; name another file for the report, or make the folder"
    ))
}

/// Replays it, and whether nothing but the known-bad links.
fn run(arguments: impl Iterator<Item = OsString>) -> Result<bool, Box<dyn Error>> {
    let (input, page) = match asked(arguments)? {
        Asked::Help => return print(USAGE).map(|()| true),
        Asked::Replay { input, page } => (input, page),
    };
    check_place(&page)?;
    let appointments = match &input {
        Some(path) => table::read(path)?,
        None => generator::appointments(LEAKED, SEED),
    };
    let start = Instant::now();
    let report = audited(&appointments, input.as_deref())?;
    write(&page, &report.to_html()).map_err(|error| format!("{}: {error}", page.display()))?;
    print(&tell(&report, &page, start.elapsed().as_secs_f64())?)?;
    Ok(matches!(
        report.outcome,
        Outcome::Unlinkable | Outcome::TooFew { .. }
    ))
}

/// Prints, whether anybody reads to the end or not.
/// Writes a page that only its owner may read, where none is there: row numbers lead to people.
fn write(page: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(page)?.write_all(text.as_bytes())
}

fn print(text: &str) -> Result<(), Box<dyn Error>> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn audited(appointments: &[Appointment], input: Option<&Path>) -> Result<Report, Box<dyn Error>> {
    let policies = Policies::load()?;
    let leaks = policies.leaks(appointments, SEED)?;
    let command = match input {
        Some(_) => "cargo run --release --features full --example breach FILE.csv",
        None => "cargo run --release --features full --example breach",
    };
    let shows = io::stderr().is_terminal();
    let observer = move |progress: &Progress| {
        if shows {
            let _ = write!(
                io::stderr(),
                "\r\x1b[2K{} of {}: {}",
                progress.done,
                progress.all,
                progress.what
            );
        }
        ControlFlow::Continue(())
    };
    let mut audit = Audit::new(&Schema::appointment());
    for policy in &policies.checked {
        audit = audit.policy(policy)?;
    }
    let report = audit
        .draw(audit::Table::from_records(appointments)?, leaks)
        .accepted(&policies.report)
        .permutations(PERMUTATIONS)
        .level(LEVEL)
        .seed(SEED)
        .command(command)
        .observe(&observer)
        .run();
    if shows {
        let _ = write!(io::stderr(), "\r\x1b[2K");
    }
    Ok(report?)
}

fn tell(report: &Report, page: &Path, seconds: f64) -> Result<String, Box<dyn Error>> {
    let mut story = String::new();
    writeln!(
        story,
        "{} appointments of {} people leaked. Whose specialty can the thief name for certain?\n",
        grouped(report.rows),
        grouped(report.people)
    )?;
    writeln!(
        story,
        "{:<40} {:>7} {:>10} {:>8}   worst attack",
        "scheme", "people", "by chance", "gain"
    )?;
    let kinds = [
        (SchemeKind::KnownBad, "known to be bad"),
        (SchemeKind::Leak, "paravent, each connector alone"),
        (SchemeKind::Coalition, "paravent, connectors together"),
    ];
    for (kind, title) in kinds {
        let mut first = true;
        for scheme in report.schemes.iter().filter(|scheme| scheme.kind == kind) {
            if std::mem::take(&mut first) {
                writeln!(story, "{title}")?;
            }
            let worst = match (&scheme.worst, scheme.may_link) {
                (Some(worst), true) => format!("{worst} (accepted: one practice's own)"),
                (Some(worst), false) => worst.clone(),
                (None, _) => "—".to_owned(),
            };
            writeln!(
                story,
                "  {:<38} {:>7} {:>10} {:>7.1} %   {worst}",
                scheme.name,
                grouped(scheme.outed),
                grouped(scheme.outed_by_chance),
                100.0 * scheme.gain,
            )?;
        }
    }
    writeln!(story)?;
    for accepted in report
        .accepted
        .iter()
        .filter(|accepted| accepted.exposure.is_some())
    {
        let exposure = accepted.exposure.map(grouped).unwrap_or_default();
        writeln!(
            story,
            "{}: a broker may release at most {exposure} records before a misuse is noticed",
            accepted.domains.join(", ")
        )?;
    }
    writeln!(
        story,
        "\nBy chance: as many would be named where people of one age and sex exchange what they came for. Gain: how much more"
    )?;
    writeln!(
        story,
        "often the thief is right than by guessing from age and sex. {} permutations, where an audit takes 999;\na link is what chance would show in {} of 100 runs or fewer.",
        report.permutations,
        100.0 * report.level
    )?;
    // What the exit code says, in words.
    let summary = report.to_string();
    let headline = match report.outcome {
        Outcome::TooFew { .. } => {
            "No link was found; one leak of so many rows does not bound every gain under 0.01, as 20 leaks do"
        }
        _ => summary.lines().next().unwrap_or_default(),
    };
    writeln!(story, "\n{headline}.")?;
    writeln!(
        story,
        "{seconds:.1} s; the whole report is in {}",
        page.display()
    )?;
    Ok(story)
}

/// 6128 as "6,128".
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn asked_of(words: &str) -> Result<Asked, String> {
        asked(words.split_whitespace().map(OsString::from))
    }

    #[test]
    fn arguments_are_files_or_told() {
        let replay = |input: Option<&str>, page: &str| {
            Ok(Asked::Replay {
                input: input.map(PathBuf::from),
                page: page.into(),
            })
        };
        assert_eq!(asked_of("- x.html"), replay(None, "x.html"));
        assert_eq!(asked_of("a.csv x.html"), replay(Some("a.csv"), "x.html"));
        assert_eq!(asked_of("a.csv --help"), Ok(Asked::Help));
        for (words, says) in [
            ("--rows", "there is no option \"--rows\"\nusage: "),
            ("a.csv -o", "there is no option \"-o\""),
            ("a b c", "there are 3 arguments"),
        ] {
            assert!(asked_of(words).unwrap_err().starts_with(says), "{words}");
        }
    }

    #[test]
    fn a_page_that_cannot_be_is_refused_before_the_replay() {
        let folder = env::temp_dir();
        assert_eq!(check_place(&folder.join("page.html")), Ok(()));
        assert_eq!(check_place(Path::new("page.html")), Ok(()));
        let missing = folder.join("paravent-no-such-folder").join("page.html");
        let told = check_place(&missing).unwrap_err();
        assert!(
            told.contains("its folder is not there; name another"),
            "{told}"
        );
        let told = check_place(&folder).unwrap_err();
        assert!(told.contains("there is a folder of that name"), "{told}");
    }
}
