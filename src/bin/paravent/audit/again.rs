//! The command line that runs an audit again.

use std::path::Path;

use clap::ValueEnum;

use super::AuditArguments;
use crate::settings::Settings;

/// The command that does it again: without passphrases, without what it writes, and with no more of a grant's path than its name
/// where the path is absolute.
pub(super) fn again(arguments: &AuditArguments, settings: &Settings) -> String {
    let mut words: Vec<String> = vec!["paravent".to_owned(), "audit".to_owned()];
    words.extend(arguments.leaks.iter().map(|leak| quoted(leak)));
    let mut option = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            words.extend([format!("--{name}"), quoted(value)]);
        }
    };
    let path = |path: &Path| path.display().to_string();
    option("truth", arguments.truth.as_deref().map(path).as_deref());
    for policy in &arguments.policy {
        option("policy", Some(&path(policy)));
    }
    for grant in &arguments.grant {
        let name = grant.file_name().filter(|_| grant.is_absolute());
        option("grant", Some(&path(name.map_or(&**grant, Path::new))));
    }
    option("id", arguments.id.as_deref());
    option("person", arguments.person.as_deref());
    option("tenant", arguments.tenant.as_deref());
    option(
        "reference",
        arguments.reference.as_deref().map(path).as_deref(),
    );
    option("target", arguments.target.as_deref());
    option("schema", arguments.schema.as_deref().map(path).as_deref());
    option("config", settings.config_file().map(path).as_deref());
    if arguments.known_dates > 0 {
        option("known-dates", Some(&arguments.known_dates.to_string()));
    }
    if arguments.truth.is_some() {
        option("permutations", Some(&arguments.permutations.to_string()));
    }
    option("seed", Some(&arguments.seed.to_string()));
    option(
        "enumerate-seconds",
        Some(&arguments.enumerate_seconds.to_string()),
    );
    option("format", arguments.format.map(value).as_deref());
    let delimiter = arguments.delimiter.map(|byte| match byte {
        b'\t' => "tab".to_owned(),
        byte => char::from(byte).to_string(),
    });
    option("delimiter", delimiter.as_deref());
    option("encoding", arguments.encoding.map(value).as_deref());
    if arguments.in_order {
        words.push("--in-order".to_owned());
    }
    words.join(" ")
}

fn value(of: impl ValueEnum) -> String {
    of.to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=,:@%+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(quoted("sms=out/rows-1.csv"), "sms=out/rows-1.csv");
        assert_eq!(quoted("N° RDV"), "'N° RDV'");
        assert_eq!(quoted("d'accord; rm"), "'d'\\''accord; rm'");
        assert_eq!(quoted(""), "''");
    }
}
