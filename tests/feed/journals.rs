use std::fs;

use super::journal::{Done, Journal, look};

#[test]
fn what_is_half_written_goes_and_what_is_whole_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.journal");
    let (mut journal, pending) = Journal::open(path.clone()).unwrap();
    assert!(pending.is_empty());
    journal.append("d1".to_owned(), b"first".to_vec()).unwrap();
    let before = fs::read(&path).unwrap().len();
    journal.append("d2".to_owned(), b"second".to_vec()).unwrap();
    drop(journal);
    let whole = fs::read(&path).unwrap();
    for length in before..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(look(&path).unwrap().torn, length > before, "{length}");
        let (journal, pending) = Journal::open(path.clone()).unwrap();
        assert_eq!(pending.len(), 1, "{length}");
        assert!(journal.has_seen("d1") && !journal.has_seen("d2"));
        assert_eq!(fs::read(&path).unwrap(), whole[..before]);
    }
    // Any other byte is noticed, too.
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&path, &changed).unwrap();
    let (mut journal, _) = Journal::open(path.clone()).unwrap();
    let entry = journal.append("d3".to_owned(), b"third".to_vec()).unwrap();
    assert_eq!(entry.number, 2);
    let messages: Vec<_> = look(&path)
        .unwrap()
        .pending
        .iter()
        .map(|entry| entry.message.clone())
        .collect();
    assert_eq!(messages, [b"first", b"third"]);
}

#[test]
fn what_the_receiver_has_is_not_handed_on_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.journal");
    let (mut journal, _) = Journal::open(path.clone()).unwrap();
    for number in 1..=3 {
        journal.append(format!("d{number}"), vec![number]).unwrap();
    }
    let mut done = Done::open(&path).unwrap();
    done.mark(1).unwrap();
    done.mark(2).unwrap();
    let numbers = || -> Vec<u64> {
        look(&path)
            .unwrap()
            .pending
            .iter()
            .map(|entry| entry.number)
            .collect()
    };
    assert_eq!(numbers(), [3]);
    // Noted by half, it counts for nothing: the receiver knows doubles, and nobody finds what is lost.
    let noted = fs::read(path.with_extension("done")).unwrap();
    for length in 0..noted.len() {
        fs::write(path.with_extension("done"), &noted[..length]).unwrap();
        assert_eq!(numbers(), [1, 2, 3]);
    }
    fs::write(path.with_extension("done"), &noted).unwrap();
    // Without its file the numbers go on behind what the receiver has.
    drop(journal);
    fs::remove_file(&path).unwrap();
    let (mut journal, pending) = Journal::open(path.clone()).unwrap();
    assert!(pending.is_empty());
    let entry = journal.append("d9".to_owned(), vec![9]).unwrap();
    assert_eq!(entry.number, 3);
    assert_eq!(numbers(), [3]);
}

#[test]
fn a_journal_that_is_written_anew_has_what_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.journal");
    let (mut journal, _) = Journal::open(path.clone()).unwrap();
    let message = vec![7; 64 << 10];
    let mut entries = Vec::new();
    while !journal.is_long() {
        let digest = format!("d{}", entries.len() + 1);
        entries.push(journal.append(digest, message.clone()).unwrap());
    }
    let long = fs::metadata(&path).unwrap().len();
    let (first, last) = entries.split_at(entries.len() - 2);
    Done::open(&path)
        .unwrap()
        .mark(first.last().unwrap().number)
        .unwrap();
    journal.shorten(last).unwrap();
    assert!(fs::metadata(&path).unwrap().len() < long / 10 && !journal.is_long());
    let next = journal.append("next".to_owned(), b"next".to_vec()).unwrap();
    assert_eq!(next.number, entries.len() as u64 + 1);
    drop(journal);
    let (journal, pending) = Journal::open(path).unwrap();
    let numbers: Vec<u64> = pending.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [next.number - 2, next.number - 1, next.number]);
    assert!(journal.has_seen("d1") && journal.has_seen("next"));
}
