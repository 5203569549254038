//! What a command works under: the configuration, the day, how it talks.

use std::{
    env,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use paravent::{CheckedPolicy, Config, Date, Policy, PolicySet, Schema};

use crate::{
    arguments::Global,
    failure::{Exit, Failure},
    output,
    policy::pages::files,
};

/// Read where nothing else is said, if it is there.
const DEFAULT: &str = "paravent.toml";

/// Findings that a refusal lists; `policy check` lists all.
const LISTED: usize = 5;

pub(crate) struct Settings {
    config: Option<PathBuf>,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    /// In UTC.
    pub(crate) today: Date,
}

impl Settings {
    pub(crate) fn new(global: Global) -> Self {
        Self {
            config: global.config,
            json: global.json,
            quiet: global.quiet,
            today: TimeZone::UTC.to_datetime(Timestamp::now()).date(),
        }
    }

    /// The configuration's file, where it was said.
    pub(crate) fn config_file(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// The configuration's file: the one that was said, or the one that is there.
    pub(crate) fn found_config(&self) -> Option<&Path> {
        let default = Path::new(DEFAULT);
        // A link that leads nowhere is one that was to be read.
        let there = || default.symlink_metadata().is_ok().then_some(default);
        self.config_file().or_else(there)
    }

    /// The configuration of file and environment.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let config = match self.found_config() {
            Some(path) => Config::load(path),
            None => Ok(Config::new()),
        };
        config
            .and_then(|config| config.with_env(env::vars_os()))
            .map_err(|error| Failure::definition(&error))
    }

    /// One line on the standard error of what was done.
    pub(crate) fn note(&self, line: &str) {
        if !self.quiet {
            output::complain(&format!("paravent: {}\n", output::one_line(line)));
        }
    }
}

/// The schema of a configuration, unless another is given.
pub(crate) fn schema(config: &Config, given: Option<&Path>) -> Result<Schema, Failure> {
    match given {
        Some(path) => config.clone().schema(path).read_schema(),
        None => config.read_schema(),
    }
    .map_err(|error| Failure::definition(&error))
}

/// The policy in a file, unchecked: for what turns rows back.
pub(crate) fn policy(path: &Path, schema: &Schema) -> Result<Policy, Failure> {
    let text = files::bounded(path)
        .map_err(|error| Failure::file("reading", path, &error).exits(Exit::Input))?;
    Policy::from_toml(&text, &schema.for_policy(&text))
        .map_err(|error| Failure::definition(&error).at(path.display()))
}

/// The policy in a file, checked: beside those of the configuration's folder where its domain is among them, else alone.
pub(crate) fn checked_policy(
    path: &Path,
    config: &Config,
    schema: &Schema,
    today: Date,
) -> Result<CheckedPolicy, Failure> {
    let policy = policy(path, schema)?;
    let mut policies = match config.policies_path() {
        Some(_) => config
            .read_policies(schema)
            .map_err(|error| Failure::definition(&error))?
            .policies()
            .to_vec(),
        None => Vec::new(),
    };
    if !policies
        .iter()
        .any(|other| other.domain() == policy.domain())
    {
        policies.clear();
    }
    // Another policy of the same domain is one more view of it; one that means the same may have other canaries.
    match policies
        .iter_mut()
        .find(|other| other.digest() == policy.digest())
    {
        Some(same) => *same = policy.clone(),
        None => policies.push(policy.clone()),
    }
    let set = PolicySet::new(policies);
    let refused = |error: &paravent::Error| {
        let mut findings: Vec<String> = Vec::new();
        for finding in set.report(today).refused() {
            findings.push(format!(
                "\n  {}: {} [{}]",
                finding.kind().name(),
                finding.chain(),
                finding.digest()
            ));
        }
        if !error.is_refused() || findings.is_empty() {
            return Failure::from(error).at(path.display()).exits(Exit::Refused);
        }
        let number = findings.len();
        let more = match number.saturating_sub(LISTED) {
            0 => String::new(),
            more => format!("\n  and {more} more"),
        };
        findings.truncate(LISTED);
        Failure::new(
            Exit::Refused,
            error.code(),
            format!(
                "{}: the check refuses it for what nobody answers for:{}{more}",
                path.display(),
                findings.concat()
            ),
            "`paravent policy check` shows the whole; change the policy, or accept there what cannot be done otherwise",
        )
    };
    set.check(today)
        .map_err(|error| refused(&error))?
        .into_iter()
        .find(|checked| checked.policy().digest() == policy.digest())
        .ok_or_else(|| Failure::usage("the policy is not in its set", "run it again"))
}
