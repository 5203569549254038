//! Whether policies link a person to a specialty: what a data-protection officer reads, and what a build fails on.
//!
//! ```sh
//! cargo run --example policy_check -- examples/policies/*.toml
//! ```
//!
//! It loads the policies as one set, prints what each gives of each field, and under it all findings of the check with the
//! chain that a thief would follow. A finding that nobody answers for has the digest by which it is accepted.
//! `--help` lists the options.
//!
//! The exit code is 0 if the set is clean, 1 for a finding that nobody accepted or for an acceptance that is wrong, 2
//! for a file that does not load and for bad arguments.

mod check;

use std::{
    env,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use jiff::{Timestamp, tz::TimeZone};

fn main() -> ExitCode {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let colour =
        io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let outcome = check::run(env::args_os().skip(1), today, colour);
    // Where even this cannot be written, the exit code still tells.
    let _ = io::stderr().write_all(outcome.complaints.as_bytes());
    match io::stdout().write_all(outcome.text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr(), "policy_check: {error}");
            ExitCode::from(2)
        }
        _ => ExitCode::from(outcome.code),
    }
}
