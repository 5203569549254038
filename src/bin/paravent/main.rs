//! The command `paravent`: arguments, files, terminal and environment around what the library does.

#[cfg(not(unix))]
compile_error!("the command needs a Unix-like system: modes of files, signals, a terminal");

mod arguments;
mod attribute;
mod audit;
mod epoch;
mod failure;
mod folder;
mod grant;
mod init;
mod inspect;
mod keygen;
mod keys;
mod leftovers;
mod log;
mod manual;
mod messages;
mod migrate;
mod output;
mod passphrase;
mod pipe;
mod policy;
mod profile;
mod progress;
mod protect;
mod release;
mod reseal;
mod reveal;
mod rotate;
mod rows;
mod schema;
mod settings;
mod signals;
mod verify;

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use arguments::{Arguments, Command};
use failure::{Exit, Failure, Outcome};
use settings::Settings;

fn main() -> ExitCode {
    let given = arguments::joined(env::args_os());
    let arguments = match Arguments::try_parse_from(&given) {
        Ok(arguments) => arguments,
        Err(error) => return unparsed(&error, &given).into(),
    };
    let json = arguments.global.json;
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => complain(&failure, json).into(),
    }
}

fn run(arguments: Arguments) -> Outcome {
    signals::watch()?;
    let settings = Settings::new(arguments.global);
    match arguments.command {
        Command::Init(arguments) => init::run(&arguments, &settings),
        Command::Keygen(arguments) => keygen::run(&arguments, &settings),
        Command::Rotate(arguments) => rotate::run(&arguments, &settings),
        Command::Epoch(arguments) => epoch::run(&arguments, &settings),
        Command::Grant(arguments) => grant::run(&arguments, &settings),
        Command::Policy(arguments) => policy::run(&arguments, &settings),
        Command::Protect(arguments) => protect::run(&arguments, &settings),
        Command::Reveal(arguments) => reveal::run(&arguments, &settings),
        Command::Release(arguments) => release::run(&arguments, &settings),
        Command::Log(arguments) => log::run(&arguments, &settings),
        Command::Migrate(arguments) => migrate::run(&arguments, &settings),
        Command::Reseal(arguments) => reseal::run(&arguments, &settings),
        Command::Audit(arguments) => audit::run(&arguments, &settings),
        Command::Verify(arguments) => verify::run(&arguments, &settings),
        Command::Inspect(arguments) => inspect::run(&arguments, &settings),
        Command::Attribute(arguments) => attribute::run(&arguments, &settings),
        Command::Schema(arguments) => schema::run(&arguments, &settings),
        Command::Profile(arguments) => profile::run(&arguments, &settings),
        Command::Completions(arguments) => manual::completions(&arguments),
        Command::Man(arguments) => manual::man(&arguments),
    }
}

/// Help and version, which were asked for, or what is wrong with the arguments.
fn unparsed(error: &clap::Error, given: &[OsString]) -> Exit {
    let json = given
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument == "--json");
    if error.use_stderr() && json {
        let text = error.render().to_string();
        let words: Vec<&str> = text
            .lines()
            .map(str::trim)
            .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
            .filter(|line| !line.is_empty())
            .collect();
        let message = words.join(" ");
        let message = message.strip_prefix("error: ").unwrap_or(&message);
        return complain(&Failure::usage(message, "see --help"), true);
    }
    // Files of names that others gave may be among the arguments: `paravent audit *.csv`.
    if error.use_stderr()
        && given
            .iter()
            .any(|word| output::moves(&word.to_string_lossy()))
    {
        output::complain(&output::lines(&error.render().to_string()));
        return Exit::Usage;
    }
    match error.print() {
        Err(error) => complain(&error.into(), false),
        Ok(()) if error.use_stderr() => Exit::Usage,
        Ok(()) => Exit::Done,
    }
}

fn complain(failure: &Failure, json: bool) -> Exit {
    // Where even this cannot be written, the exit code still tells.
    let _ = io::stderr().write_all(failure.text(json).as_bytes());
    failure.exit()
}
