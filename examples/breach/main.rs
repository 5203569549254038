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
//! The exit code is 0 where nothing but the schemes that are known to be bad links, 1 where something else does or the audit cannot tell, 2 if there was
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

const LEAKED: usize = 6_128;
const SEED: u64 = 20_200_723;

/// Fewer than the 999 of an audit, so that it takes seconds.
const PERMUTATIONS: u32 = 199;

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

/// Replays it, and whether nothing but the known-bad links.
fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<bool, Box<dyn Error>> {
    let input = arguments
        .next()
        .filter(|name| name != "-")
        .map(PathBuf::from);
    let page = arguments.next().map_or_else(
        || env::temp_dir().join("paravent-breach.html"),
        PathBuf::from,
    );
    let is_option = |path: &Path| path.to_string_lossy().starts_with('-');
    if arguments.next().is_some() || input.as_deref().is_some_and(is_option) || is_option(&page) {
        return Err("usage: breach [FILE.csv | - [REPORT.html]]".into());
    }
    let appointments = match &input {
        Some(path) => table::read(path)?,
        None => generator::appointments(LEAKED, SEED),
    };
    let start = Instant::now();
    let report = audited(&appointments, input.as_deref())?;
    fs::write(&page, report.to_html()).map_err(|error| format!("{}: {error}", page.display()))?;
    let story = tell(&report, &page, start.elapsed().as_secs_f64())?;
    match io::stdout().write_all(story.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(report.outcome == Outcome::Unlinkable),
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
            let worst = match (&scheme.worst, scheme.home) {
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
        "often the thief is right than by guessing from age and sex. {} permutations, where an audit takes 999.",
        report.permutations
    )?;
    writeln!(
        story,
        "\n{seconds:.1} s; the whole report is in {}",
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
