use std::{
    fs,
    io::Read as _,
    thread,
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use rustix::process::{Pid, Signal, kill_process};

use super::{
    messages, needles,
    processes::{Place, Process, command},
};

const SENDERS: usize = 3;
const SEED: u64 = 0x5EED;

/// How often a process is killed, and how often at least while a message is between the two answers.
const KILLS: usize = 44;
const HITS: usize = 20;

#[test]
fn no_message_is_lost_or_doubled_where_either_side_is_killed() {
    let place = Place::new();
    let mut receiver = place.receiver("127.0.0.1:0");
    let to_receiver = receiver.address.clone();
    let mut screen = place.screen("127.0.0.1:0", &to_receiver);
    let to_screen = screen.address.clone();
    let (senders, seed) = (SENDERS.to_string(), SEED.to_string());
    let mut sender = command(&[
        "send",
        "--to",
        &to_screen,
        "--connections",
        &senders,
        "--seed",
        &seed,
        "--rate",
        "150",
        "--until-closed",
    ])
    .spawn()
    .unwrap();

    let mut random = ChaCha8Rng::seed_from_u64(29);
    let begin = Instant::now();
    let (mut kills, mut of_screen, mut hits, mut torn) = (0, 0, 0, 0);
    while kills < KILLS || hits < HITS {
        assert!(
            begin.elapsed() < Duration::from_secs(120),
            "{hits} of {kills} kills hit a message on its way"
        );
        thread::sleep(Duration::from_millis(random.random_range(5..300)));
        kills += 1;
        let is_screen = random.random_bool(0.5);
        let found = if is_screen {
            of_screen += 1;
            screen.kill();
            place.journals()
        } else {
            // What the journals tell is of the moment of the kill.
            let stopped = stop(&screen);
            receiver.kill();
            let found = place.journals();
            kill_process(stopped, Signal::CONT).unwrap();
            found
        };
        let is_hit = found
            .iter()
            .any(|found| found.torn || !found.pending.is_empty());
        hits += usize::from(is_hit);
        torn += usize::from(found.iter().any(|found| found.torn));
        thread::sleep(Duration::from_millis(random.random_range(0..80)));
        if is_screen {
            screen = place.screen(&to_screen, &to_receiver);
        } else {
            receiver = place.receiver(&to_receiver);
        }
    }

    drop(sender.stdin.take());
    let mut told = String::new();
    sender
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert!(sender.wait().unwrap().success(), "{told}");
    place.wait();
    drop((screen, receiver));
    println!(
        "{kills} kills, {of_screen} of them of the screen; {hits} while a message was accepted and not yet answered for, \
         {torn} of them while one was being written\n{told}"
    );
    assert!(hits >= HITS && of_screen > 5 && of_screen + 5 < kills);

    let accepted: Vec<u64> = (1..=SENDERS)
        .map(|sender| {
            let name = format!("sender {sender}: ");
            let line = told.lines().find_map(|line| line.strip_prefix(&name));
            line.unwrap().parse().unwrap()
        })
        .collect();
    assert!(accepted.iter().all(|&accepted| accepted > 100), "{told}");
    check_all_is_there_once_in_order(&place, &accepted);
    check_nothing_is_in_clear(&place);
}

/// Stops a process, until it is told to go on.
fn stop(process: &Process) -> Pid {
    let pid = Pid::from_child(&process.child);
    kill_process(pid, Signal::STOP).unwrap();
    // It is stopped once the kernel says so.
    let status = format!("/proc/{}/stat", process.child.id());
    let begin = Instant::now();
    while let Ok(text) = fs::read_to_string(&status) {
        let state = text.rsplit_once(") ").unwrap().1.chars().next();
        if matches!(state, Some('T')) || begin.elapsed() > Duration::from_secs(1) {
            break;
        }
    }
    pid
}

fn check_all_is_there_once_in_order(place: &Place, accepted: &[u64]) {
    let revealer = place.revealer();
    let mut next = [1; SENDERS];
    for message in place.kept() {
        let revealed = revealer.reveal(&message).unwrap();
        assert_eq!(revealed.is_original(), Some(true));
        let id = paravent::hl7v2::message_id(revealed.as_bytes()).unwrap();
        let id = std::str::from_utf8(id).unwrap();
        let sender: usize = id.split('.').nth(1).unwrap().parse().unwrap();
        let expected = messages::message(SEED, sender, next[sender - 1]);
        assert!(
            revealed.as_bytes() == expected,
            "{id} came where {} was to come",
            messages::id(SEED, sender, next[sender - 1])
        );
        next[sender - 1] += 1;
    }
    let came: Vec<u64> = next.iter().map(|next| next - 1).collect();
    assert_eq!(came, accepted);
}

fn check_nothing_is_in_clear(place: &Place) {
    let mut files = vec![place.at("kept.hl7")];
    for entry in fs::read_dir(place.at("journal")).unwrap() {
        files.push(entry.unwrap().path());
    }
    assert!(files.len() > SENDERS + 1);
    for file in files {
        let bytes = fs::read(&file).unwrap();
        // Once, and as text, whose search is quick in builds that are not optimised.
        let text = String::from_utf8_lossy(&bytes);
        let words = messages::SURNAMES.iter().chain(&messages::SERVICES);
        for word in words.chain(&["0639980", "AGENDA1", "CABINET1"]) {
            for form in needles::forms(word) {
                let form = String::from_utf8_lossy(&form);
                assert!(!text.contains(&*form), "{}: {form}", file.display());
            }
        }
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(
            !name.contains("AGENDA") && !name.contains("CABINET"),
            "{name}"
        );
    }
    // They would have been found.
    let message = messages::message(SEED, 1, 1);
    let words = messages::SURNAMES.iter().chain(&messages::SERVICES);
    let found = words.filter(|word| !needles::found_in(&message, word).is_empty());
    assert!(found.count() >= 2);
}
