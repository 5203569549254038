//! A process that is killed at random moments while it appends.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    thread,
    time::Duration,
};

use rand::{RngExt as _, SeedableRng as _, rngs::ChaCha8Rng};

use super::*;

/// How often it is killed at least; `KILLS` says otherwise. How many of these hit a write depends on the disk, so it goes on until a
/// sixth of them did, for five times as many at the most.
const KILLS: u32 = 120;

/// Four threads that append, and now and then rotate, until they are killed; tells of each number once it is had.
#[allow(clippy::print_stdout)]
fn work(place: &Place) {
    let log = place.open();
    let append = |thread| {
        for i in 1_u64.. {
            let n = log.append(release(1, thread), None).unwrap();
            println!("n {n}");
            if thread == 0 && i.is_multiple_of(10) {
                log.rotate(at(1)).unwrap();
            }
        }
    };
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || append(thread));
        }
    });
}

#[allow(clippy::print_stdout)]
#[test]
fn what_was_acknowledged_is_there() {
    if let Some(place) = own_place() {
        return work(&place);
    }
    let kills = env::var("KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let (mut mid_write, mut cut, mut rotating, mut told) = (0, 0, 0, 0);
    let mut killed = 0;
    while killed < kills || (mid_write < kills / 6 && killed < 5 * kills) {
        killed += 1;
        let last = kill_once(
            &place,
            Duration::from_micros(random.random_range(0..60_000)),
        );
        told += u32::from(last > 0);
        let found = place.verify().unwrap();
        assert!(
            found.entries >= last,
            "{killed}: {last} of {}",
            found.entries
        );
        let ends_in_half = found.cut_line || found.cut_head;
        cut += u32::from(ends_in_half);
        mid_write += u32::from(ends_in_half || found.beyond_heads > 0);
        let is_end = place
            .entries()
            .last()
            .is_some_and(|entry| entry.event == Event::End);
        rotating += u32::from(is_end);

        place.open();
        let healed = place.verify().unwrap();
        assert!(!healed.cut_line && !healed.cut_head && healed.beyond_heads == 0);
        assert!(healed.entries >= found.entries);
    }
    println!(
        "{killed} kills, {told} after an entry was had, {mid_write} before what was written had its head ({cut} in a line), \
         {rotating} in a rotation"
    );
    assert!(told >= killed / 2, "{told} of {killed}");
    assert!(mid_write >= kills / 6, "{mid_write} of {killed}");
}

/// Starts the process and kills it a while after its first entry; the last number that it told.
fn kill_once(place: &Place, after: Duration) -> u64 {
    let folder = place.path.parent().unwrap();
    let mut child = child("killed::what_was_acknowledged_is_there", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut numbers = lines
        .map_while(std::result::Result::ok)
        .filter_map(|line| line.split_once("n ")?.1.trim().parse::<u64>().ok());
    let first = numbers.next().unwrap();
    thread::sleep(after);
    child.kill().unwrap();
    let last = numbers.fold(first, u64::max);
    assert!(!child.wait().unwrap().success());
    last
}
