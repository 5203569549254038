//! Interruptions: what is named is removed, the terminal is as it was, and the exit code is 128 and the signal's number.

use std::{fs, io, process, thread};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::{leftovers, passphrase, progress};

/// Ends the process on signals from now on.
pub(crate) fn watch() -> io::Result<()> {
    let ignored = ignored();
    let watched = [SIGHUP, SIGINT, SIGTERM]
        .into_iter()
        .filter(|signal| ignored & (1 << (signal - 1)) == 0);
    let mut signals = Signals::new(watched)?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if let Some(signal) = signals.forever().next() {
                end(signal);
            }
        })?;
    Ok(())
}

fn end(signal: i32) -> ! {
    leftovers::remove_all();
    passphrase::restore_terminal();
    progress::clear();
    process::exit(128 + signal)
}

/// The signals that whoever started the command had it ignore, as `nohup` does: they stay so.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
