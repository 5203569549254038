//! `paravent policy`: whether a leak would link, and what a change gives away.

pub(crate) mod pages;
mod plant;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use paravent::{Config, Date, Policy, Report, Schema};

use crate::{
    failure::{Exit, Failure, Outcome},
    output,
    settings::{self, Settings},
};

use pages::files::{self, Loaded};

const AFTER: &str = "\
EXAMPLES
    paravent policy check
    paravent policy check policies/statistics.toml policies/sms-reminders.toml
    paravent policy diff released/policies policies
    paravent policy strip policies/support-desk.toml > copy.toml
    paravent policy plant policies/support-desk.toml -o planted.ndjson
";

const AFTER_CHECK: &str = "\
All policies are taken as one set, since connectors may leak together. The
page tells what each policy gives of each field, in letters and in bits, and
then every finding with the chain that a thief would follow. A finding that
nobody answers for has the digest by which somebody accepts it, in the policy,
with a reason, an owner and a last day.

The exit code is 0 where nothing is found that nobody answers for, 4 where
something is, or where an acceptance is wrong, and 3 where a file does not
load.

EXAMPLES
  The policies of the configuration:

    paravent policy check

  Two files, as of a day to come, for a machine:

    paravent policy check statistics.toml billing.toml \\
      --today 2027-01-01 --json
";

const AFTER_DIFF: &str = "\
What is printed is what somebody has after the change and had not before: a
field, a stand-in, more rows, a finding. The exit code is that of `policy
check` for AFTER.

EXAMPLES
    git worktree add ../released v1.4
    paravent policy diff ../released/policies policies
";

const AFTER_STRIP: &str = "\
A connector needs its policy to reveal rows, and must not know which of them are
canaries. What is printed has the same digest, and is byte for byte the file but
for the lines of its [[canary]] tables. Comments above them stay.

EXAMPLES
    paravent policy strip policies/support-desk.toml > copy.toml
";

/// Check what leaks of policies would link, compare two sets of policies, take canaries out of one or plant them
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct PolicyArguments {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    Check(CheckArguments),
    Diff(DiffArguments),
    Strip(StripArguments),
    Plant(plant::PlantArguments),
}

/// Check whether leaks of these policies would put an identity next to a sensitive field
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_CHECK)]
struct CheckArguments {
    /// The policies; without them, those of the configuration
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    of: CheckedOf,
}

/// Tell what the policies of one folder give that those of another do not
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_DIFF)]
struct DiffArguments {
    /// The folder of the policies before the change
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The folder of the policies after it
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    #[command(flatten)]
    of: CheckedOf,
}

/// Print a policy without its canaries, for the connector
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_STRIP)]
struct StripArguments {
    /// The policy
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What the check goes by.
#[derive(Debug, Args)]
struct CheckedOf {
    /// The schema, if not that of the configuration or the bundled one
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// The day of the check, such as 2026-11-24, since acceptances end; without it, today in UTC
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
}

impl CheckedOf {
    fn schema(&self, config: &Config) -> Result<Schema, Failure> {
        settings::schema(config, self.schema.as_deref())
    }

    fn today(&self, settings: &Settings) -> Date {
        self.today.unwrap_or(settings.today)
    }
}

pub(crate) fn run(arguments: &PolicyArguments, settings: &Settings) -> Outcome {
    match &arguments.command {
        PolicyCommand::Check(arguments) => check(arguments, settings),
        PolicyCommand::Diff(arguments) => diff(arguments, settings),
        PolicyCommand::Strip(arguments) => strip(&arguments.file),
        PolicyCommand::Plant(arguments) => plant::run(arguments, settings),
    }
}

fn check(arguments: &CheckArguments, settings: &Settings) -> Outcome {
    let config = settings.config()?;
    let schema = arguments.of.schema(&config)?;
    let today = arguments.of.today(settings);
    let loaded = match (&*arguments.files, config.policies_path()) {
        ([], None) => Err(Failure::usage(
            "there is no policy to check",
            "give files, or say `policies` in paravent.toml or PARAVENT_POLICIES",
        )),
        ([], Some(path)) => folder(path, &schema),
        (paths, _) => files::load(paths, &schema).map_err(unloaded),
    }?;
    let set = loaded.set();
    let report = set.report(today);
    if settings.json {
        output::print_json(&report)?;
    } else {
        let problems = pages::problems(&report, &loaded);
        let page = pages::check(&set, &report, &problems, today, output::has_colour());
        output::print(&page)?;
    }
    Ok(verdict(&report))
}

fn diff(arguments: &DiffArguments, settings: &Settings) -> Outcome {
    let schema = arguments.of.schema(&settings.config()?)?;
    let today = arguments.of.today(settings);
    let before = folder(&arguments.before, &schema)?;
    let after = folder(&arguments.after, &schema)?;
    let set = after.set();
    let diff = before.set().diff(&set, today);
    if settings.json {
        output::print_json(&diff)?;
    } else {
        output::print(&pages::change(&diff, output::has_colour()))?;
    }
    let report = set.report(today);
    for problem in pages::problems(&report, &after) {
        output::complain(&format!("paravent: {problem}\n"));
    }
    Ok(verdict(&report))
}

fn strip(path: &Path) -> Outcome {
    let stripped = files::text(path)
        .and_then(|text| Policy::without_canaries(&text).map_err(|error| files::at(path, error)));
    output::print(&stripped.map_err(|error| unloaded(vec![error]))?)?;
    Ok(Exit::Done)
}

fn folder(path: &Path, schema: &Schema) -> Result<Loaded, Failure> {
    files::folder(path, schema).map_err(unloaded)
}

/// All that does not load, a line each.
fn unloaded(errors: Vec<String>) -> Failure {
    Failure::new(Exit::Input, "definition", errors.join("\n"), String::new())
}

fn verdict(report: &Report) -> Exit {
    if report.is_clean() {
        Exit::Done
    } else {
        Exit::Refused
    }
}
