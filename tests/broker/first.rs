//! The log is before the value: on disk when it comes out, and without it nothing does.

use super::*;

#[test]
fn an_entry_is_on_disk_before_a_value_is_made() {
    let desk = Desk::new(RULES);
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    SEES.set(desk.path.clone());
    for number in 1..=3 {
        let seen: Witness = desk
            .ask(&broker, &row, "contact", &asks("a.martin", number))
            .unwrap();
        assert_eq!(
            seen.log.matches("\"event\":\"release\"").count(),
            number as usize
        );
        assert_eq!(seen.log, fs::read_to_string(&desk.path).unwrap());
    }
    // So does its head stand in the second place.
    SEES.set(desk.heads.clone());
    let seen: Witness = desk
        .ask(&broker, &row, "contact", &asks("a.martin", 4))
        .unwrap();
    assert_eq!(seen.log.lines().count(), 5);
    assert!(seen.log.lines().last().unwrap().contains("\"n\":5,"));
}

#[test]
fn an_entry_is_on_disk_before_a_message_goes() {
    let desk = Desk::new(RULES);
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let domain = desk.policy.policy().domain();
    let request = Request::new("practice 12", at(0));
    let mut seen = 0;
    broker
        .render(domain, bound("rdv-1"), &row, "reminder", &request, |_| {
            seen = desk.verify().renders;
            Ok::<(), Error>(())
        })
        .unwrap();
    assert_eq!(seen, 1);
}

/// What is done to a log, and the code by which a broker then refuses.
type Spoiled = (fn(&Desk), &'static str);

const SPOILED: [Spoiled; 7] = [
    (|desk| cut(&desk.path, 10), "log-cut-off"),
    (|desk| fs::write(&desk.path, "").unwrap(), "log-cut-off"),
    (|desk| fs::remove_file(&desk.path).unwrap(), "log-cut-off"),
    (|desk| add(&desk.path, "{\"n\":9}\n"), "log-altered"),
    (|desk| cut(&desk.heads, 10), "log-heads-altered"),
    (
        |desk| fs::remove_file(&desk.heads).unwrap(),
        "log-heads-gone",
    ),
    (|desk| add(&desk.heads, "{\"n\":9}\n"), "log-heads-altered"),
];

const HALF_A_HEAD: usize = 4;

fn cut(path: &Path, bytes: usize) {
    let text = fs::read(path).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len((text.len() - bytes) as u64).unwrap();
}

fn add(path: &Path, text: &str) {
    let before = fs::read_to_string(path).unwrap();
    // In its place, so that it stays the file that is open.
    fs::write(path, before + text).unwrap();
}

#[test]
fn without_its_log_a_broker_gives_nothing() {
    for (number, (spoil, code)) in SPOILED.into_iter().enumerate() {
        let desk = Desk::new(RULES);
        let (broker, row) = (desk.broker(), desk.row(&zoe()));
        let request = asks("a.martin", 1);
        desk.ask::<Witness>(&broker, &row, "contact", &request)
            .unwrap();
        spoil(&desk);
        for _ in 0..2 {
            let error = refused(|| desk.ask(&broker, &row, "contact", &request));
            assert!(error.is_log(), "{number}: {error}");
            assert_eq!(error.code(), code, "{number}: {error}");
            let sent = desk.send(&broker, &row, &request).unwrap_err();
            assert_eq!(sent.code(), code, "{number}: {sent}");
        }
        // Nor does it by a restart, but where a crash could have left what is found: a head that is not whole.
        let log = match desk.open() {
            Ok(log) => Arc::new(log),
            Err(error) => {
                assert!(error.is_log() && number != HALF_A_HEAD, "{number}: {error}");
                continue;
            }
        };
        assert_eq!(number, HALF_A_HEAD);
        let broker = Broker::new(&desk.keyring, [&desk.policy], log).unwrap();
        desk.ask::<Witness>(&broker, &row, "contact", &request)
            .unwrap();
        assert_eq!((desk.verify().releases, desk.verify().beyond_heads), (2, 0));
    }
}

#[test]
fn a_folder_that_is_gone_takes_no_entry() {
    let desk = Desk::new(RULES);
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let folder = desk.path.parent().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let moved = elsewhere.path().join("log");
    fs::rename(folder, &moved).unwrap();
    let error = refused(|| desk.ask(&broker, &row, "contact", &asks("a.martin", 0)));
    assert!(error.is_io(), "{error}");
    assert!(
        desk.send(&broker, &row, &asks("a.martin", 0))
            .unwrap_err()
            .is_io()
    );
    fs::rename(&moved, folder).unwrap();
    desk.ask::<Witness>(&broker, &row, "contact", &asks("a.martin", 0))
        .unwrap();
    assert_eq!(desk.verify().releases, 1);
}
