//! Keyring and policies are loaded anew while calls go on: whole, or not at all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

use super::*;

const THREADS: usize = 8;

/// Ends the threads of a test that fails, too.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a service has loaded.
fn loaded(service: &Service) -> (usize, Vec<(String, String)>) {
    let health = service.health(TODAY);
    let domains = health.domains.iter();
    let digests = domains.map(|one| (one.domain.to_string(), one.policy.to_string()));
    (health.epochs.len(), digests.collect())
}

/// Reloads, and expects an error that leaves all as it was.
#[track_caller]
fn fails(service: &Service) -> Error {
    let before = loaded(service);
    let error = service.reload(TODAY).unwrap_err();
    assert_eq!(loaded(service), before);
    let failure = service.health(TODAY).reload_failure.unwrap();
    assert_eq!(failure.on, TODAY);
    assert_eq!(failure.error, error.code());
    assert_eq!(failure.message, error.to_string());
    assert!(!failure.message.contains("MARKED"), "{failure:?}");
    let row = protect(service, "a", &record(1)).unwrap();
    assert_eq!(reveal(service, "a", &row).unwrap(), record(1));
    error
}

#[test]
fn eight_threads_lose_no_row_while_everything_is_loaded_anew() {
    let place = Place::new();
    let service = Arc::new(place.start());
    let stop = AtomicBool::new(false);
    let epochs = KEY_FILES.len();
    let rows: Vec<(usize, Protected)> = thread::scope(|scope| {
        let work = |thread: usize| {
            let (service, stop) = (&service, &stop);
            move || {
                let mut rows = Vec::new();
                for number in (thread..).step_by(THREADS) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let row = protect(service, "a", &record(number)).unwrap();
                    assert_eq!(reveal(service, "a", &row).unwrap(), record(number));
                    rows.push((number, row));
                    // Leaves the one who loads a share of a small machine.
                    thread::sleep(Duration::from_micros(200));
                }
                rows
            }
        };
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(work(thread)))
            .collect();
        let stopped = Stop(&stop);
        for epoch in 1..=epochs {
            place.put_keyring(epoch);
            let rest = if epoch % 2 == 0 { OPENS_CARE } else { "" };
            place.write("policies/b.toml", &policy("b", rest));
            service.reload(TODAY).unwrap();
            // What does not load changes nothing.
            let bad = place.write("policies/c.toml", "domain = \"c\"\nshema = 1\n");
            let error = service.reload(TODAY).unwrap_err();
            assert_eq!((error.file(), error.line()), (Some(bad.as_path()), Some(2)));
            fs::remove_file(bad).unwrap();
            // Rows are sealed under the new epoch before the next one comes.
            let epoch = u32::try_from(epoch).unwrap();
            let sealed = || {
                let seals = &service.counters().seals[&domain("a")];
                seals
                    .iter()
                    .any(|(one, &rows)| one.number() == epoch && rows > 0)
            };
            while !sealed() && !threads.iter().all(ScopedJoinHandle::is_finished) {
                thread::yield_now();
            }
        }
        drop(stopped);
        let rows = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        rows.collect()
    });
    let counters = service.counters();
    assert_eq!(counters.protected, rows.len() as u64);
    assert_eq!(counters.revealed, rows.len() as u64);
    assert!(counters.failures.is_empty(), "{counters:?}");
    assert_eq!(counters.seals[&domain("a")].len(), epochs);
    for (&epoch, &count) in &counters.seals[&domain("a")] {
        let of_epoch = rows.iter().filter(|(_, row)| row.sealed().epoch() == epoch);
        assert_eq!(of_epoch.count() as u64, count, "{epoch}");
    }
    // Each row opens under what is there at the end.
    for (number, row) in &rows {
        assert_eq!(reveal(&service, "a", row).unwrap(), record(*number));
    }
}

#[test]
fn a_policy_comes_is_changed_and_goes() {
    let place = Place::new();
    let service = place.start();
    assert_eq!(
        protect(&service, "c", &record(1)).unwrap_err().code(),
        "no-such-domain"
    );
    let path = place.write("policies/c.toml", &policy("c", ""));
    service.reload(TODAY).unwrap();
    let row = protect(&service, "c", &record(1)).unwrap();
    assert_eq!(loaded(&service).1.len(), 3);
    let before = loaded(&service);
    place.write("policies/c.toml", &policy("c", OPENS_CARE));
    service.reload(TODAY).unwrap();
    assert_ne!(loaded(&service), before);
    assert_eq!(reveal(&service, "c", &row).unwrap(), record(1));
    fs::remove_file(path).unwrap();
    service.reload(TODAY).unwrap();
    let error = reveal(&service, "c", &row).unwrap_err();
    assert!(
        error.is_misuse() && error.to_string().contains("\"c\""),
        "{error}"
    );
}

#[test]
fn a_bad_policy_leaves_what_was_loaded_and_tells_file_and_line() {
    let place = Place::new();
    let service = place.start();
    // A good one beside it is not taken either, nor is the new keyring.
    place.put_keyring(2);
    place.write("policies/a.toml", &policy("a", OPENS_CARE));
    let bad = place.write("policies/b.toml", &policy("b", "[opne.care]\n"));
    let error = fails(&service);
    assert!(error.is_definition(), "{error}");
    assert_eq!((error.file(), error.line()), (Some(bad.as_path()), Some(4)));

    place.write("policies/b.toml", &policy("b", OPENS_CARE));
    service.reload(TODAY).unwrap();
    assert_eq!(service.health(TODAY).reload_failure, None);
    assert_eq!(loaded(&service).0, 2);
}

#[test]
fn what_the_check_refuses_is_not_taken() {
    let place = Place::new();
    let service = place.start();
    let links = "[open.care]\nreason = \"x\"\n[open.identity]\nreason = \"x\"\n";
    place.write("policies/b.toml", &policy("b", links));
    let error = fails(&service);
    assert!(error.is_refused(), "{error}");
    assert_eq!(error.file(), Some(place.path("policies").as_path()));

    // Each alone is fine; together they link.
    let shares = |rest: &str| format!("shares = [\"record-id\"]\n{rest}");
    let contact = "[tenancy]\nspecialties = 12\n[open.contact]\nreason = \"x\"\n";
    place.write("policies/b.toml", &policy("b", &shares(OPENS_CARE)));
    service.reload(TODAY).unwrap();
    let path = place.write("policies/c.toml", &policy("c", &shares(contact)));
    assert!(fails(&service).is_refused());
    fs::remove_file(path).unwrap();

    // An acceptance has ended, or is for nothing that is found.
    let accept = format!(
        "[[accept]]\nfinding = \"{}\"\nreason = \"x\"\nowner = \"x\"\nuntil = \"2026-11-24\"\n",
        "0".repeat(64)
    );
    let bad = place.write("policies/a.toml", &policy("a", &accept));
    let error = fails(&service);
    assert!(error.is_definition(), "{error}");
    assert_eq!((error.file(), error.line()), (Some(bad.as_path()), Some(4)));
}

#[test]
fn two_policies_of_one_domain_are_refused() {
    let place = Place::new();
    let service = place.start();
    let second = place.write("policies/z.toml", &policy("a", ""));
    let error = fails(&service);
    assert!(error.is_definition(), "{error}");
    assert_eq!(error.file(), Some(second.as_path()));
}

#[test]
fn a_keyring_that_does_not_open_leaves_the_old_one() {
    let place = Place::new();
    let service = place.start();
    let keyring = place.path("backend.keyring");
    let credential = place.write("credentials/backend.keyring", "MARKED wrong");
    let error = fails(&service);
    assert!(error.is_wrong_passphrase() && error.file() == Some(keyring.as_path()));

    fs::remove_file(&credential).unwrap();
    let error = fails(&service);
    assert_eq!(error.code(), "no-passphrase", "{error}");
    assert_eq!(error.file(), Some(keyring.as_path()));
    place.write("credentials/backend.keyring", PASSPHRASE);

    place.write("backend.keyring", &KEY_FILES[1][..100]);
    assert!(fails(&service).is_damaged());
    fs::remove_file(&keyring).unwrap();
    assert!(fails(&service).is_io());
    place.put_keyring(2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        fs::set_permissions(&keyring, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(fails(&service).code(), "key-file-exposed");
        place.put_keyring(2);
    }
    service.reload(TODAY).unwrap();
    assert_eq!(loaded(&service).0, 2);
}

#[test]
fn what_does_not_start() {
    let place = Place::new();
    let started = |config: Config| Service::start(config, TODAY).map(drop);
    started(place.config()).unwrap();
    let bare = Config::new();
    let error = started(bare.clone()).unwrap_err();
    assert!(error.advice().contains("PARAVENT_POLICIES"), "{error}");
    let error = started(bare.policies(place.path("policies"))).unwrap_err();
    assert!(error.advice().contains("PARAVENT_KEYRING"), "{error}");
    let error = started(place.config().schema(place.path("none"))).unwrap_err();
    assert!(error.is_io(), "{error}");
    // A policy that is cheap to refuse is refused before the passphrase is stretched.
    fs::remove_file(place.path("backend.keyring")).unwrap();
    place.write("policies/a.toml", "domain");
    assert!(started(place.config()).unwrap_err().is_definition());
}

#[test]
fn its_debug_names_domains_and_no_key() {
    let service = Place::new().start();
    assert_eq!(
        format!("{service:?}"),
        "Service { domains: [Domain(\"a\"), Domain(\"b\")], epoch: Epoch(1), .. }"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_among_the_policies_is_refused_and_not_waited_for() {
    let place = Place::new();
    let service = Service::start(place.config(), TODAY).unwrap();
    let pipe = place.path("policies/pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let (done, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(service.reload(TODAY)));
    let minute = std::time::Duration::from_secs(60);
    let error = told.recv_timeout(minute).unwrap().unwrap_err();
    assert!(error.is_definition(), "{error}");
    assert_eq!(error.file(), Some(pipe.as_path()));
}
