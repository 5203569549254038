//! The epochs and generations of a keyring: what each state seals and opens, when it ends, and what a file of it holds
//! while it changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod file;

use paravent::{
    Appointment, CheckedPolicy, Date, Epoch, EpochState, Generation, Keyring, Protected, Protector,
    Query, Revealer, Schema,
};
use serde_json::json;

#[path = "../common/accepted.rs"]
mod accepted;

use accepted::{TODAY, accepted};

fn policy() -> CheckedPolicy {
    let toml = "domain = \"billing\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n\
                [pseudonym.patient]\nof = [\"last_name\", \"first_name\"]\nreason = \"x\"\n\
                [pseudonym.caller]\nof = [\"phone\"]\nnull = \"null\"\nreason = \"x\"\n[open.care]\nreason = \"x\"\n";
    accepted(toml, &Schema::appointment()).unwrap()
}

fn appointment() -> Appointment {
    Appointment {
        last_name: "Lefèvre".into(),
        first_name: "Zoé".into(),
        start: "2020-07-21T09:30:00+02:00".into(),
        ..Appointment::default()
    }
}

fn protect(keyring: &Keyring) -> Protected {
    let protector = Protector::new(keyring, &policy()).unwrap();
    protector.protect(&appointment()).unwrap()
}

fn reveal(keyring: &Keyring, row: &Protected) -> paravent::Result<Appointment> {
    Revealer::backend(keyring, policy().policy())?.reveal(row)
}

fn epoch(number: u32) -> Epoch {
    Epoch::new(number).unwrap()
}

fn states(keyring: &Keyring) -> Vec<EpochState> {
    keyring.epoch_infos().map(|info| info.state).collect()
}

/// A keyring of three epochs, and a row of each.
fn three() -> (Keyring, [Protected; 3]) {
    let mut keyring = Keyring::generate().unwrap();
    let rows = [1, 2, 3].map(|number| {
        if number > 1 {
            assert_eq!(keyring.start_epoch(TODAY).unwrap(), epoch(number));
        }
        protect(&keyring)
    });
    (keyring, rows)
}

#[test]
fn each_state_seals_and_opens_what_it_says() {
    use EpochState::{Active, DecryptOnly, Destroyed, Disabled};

    let (mut keyring, rows) = three();
    assert_eq!(states(&keyring), [DecryptOnly, DecryptOnly, Active]);
    let open = |keyring: &Keyring| {
        let errors = rows.each_ref().map(|row| reveal(keyring, row).err());
        errors.map(|error| error.map(|error| (error.is_unknown_epoch(), error.code())))
    };
    assert_eq!(open(&keyring), [None, None, None]);

    keyring.disable_epoch(epoch(1)).unwrap();
    assert_eq!(states(&keyring), [Disabled, DecryptOnly, Active]);
    assert_eq!(open(&keyring), [Some((true, "epoch-disabled")), None, None]);
    assert_eq!(keyring.epochs().collect::<Vec<_>>(), [epoch(2), epoch(3)]);
    let grant = keyring.grant(&policy()).unwrap();
    assert_eq!(grant.epochs(), [epoch(2), epoch(3)]);

    keyring.enable_epoch(epoch(1)).unwrap();
    assert_eq!(open(&keyring), [None, None, None]);

    keyring.disable_epoch(epoch(1)).unwrap();
    keyring.destroy_epoch(epoch(1)).unwrap();
    keyring.destroy_epoch(epoch(2)).unwrap();
    assert_eq!(states(&keyring), [Destroyed, Destroyed, Active]);
    let gone = Some((true, "epoch-destroyed"));
    assert_eq!(open(&keyring), [gone, gone, None]);

    // A number is not given again, whatever was destroyed.
    assert_eq!(keyring.start_epoch(TODAY).unwrap(), epoch(4));
    assert_eq!(protect(&keyring).sealed().epoch(), epoch(4));
}

#[test]
fn no_change_is_made_of_what_cannot_be() {
    let (mut keyring, _) = three();
    keyring.destroy_epoch(epoch(1)).unwrap();
    type Change = fn(&mut Keyring, Epoch) -> paravent::Result<()>;
    let changes: [Change; 3] = [
        Keyring::disable_epoch,
        Keyring::enable_epoch,
        |keyring, epoch| keyring.destroy_epoch(epoch).map(|_| ()),
    ];
    let before = states(&keyring);
    for change in changes {
        for (number, code) in [
            (1, "epoch-destroyed"),
            (3, "epoch-active"),
            (4, "unknown-epoch"),
        ] {
            let error = change(&mut keyring, epoch(number)).unwrap_err();
            assert_eq!(error.code(), code);
        }
    }
    assert_eq!(states(&keyring), before);
    // Twice is as once.
    for _ in 0..2 {
        keyring.disable_epoch(epoch(2)).unwrap();
    }
    for _ in 0..2 {
        keyring.enable_epoch(epoch(2)).unwrap();
    }
    assert_eq!(states(&keyring), before);
}

#[test]
fn an_epoch_ends_on_its_day_or_with_the_next_one() {
    let mut keyring = Keyring::generate().unwrap();
    let first = |keyring: &Keyring| keyring.epoch(Epoch::FIRST).unwrap();
    assert_eq!(
        (first(&keyring).since, first(&keyring).not_after),
        (None, None)
    );
    let end = Date::constant(2027, 1, 31);
    keyring.end_active_epoch(end).unwrap();
    keyring.check_active(end).unwrap();
    let error = keyring.check_active(end.tomorrow().unwrap()).unwrap_err();
    assert!(error.is_ended(), "{error}");

    // It ends with the next one, before its day or after.
    let mut early = Keyring::generate().unwrap();
    early.end_active_epoch(end).unwrap();
    early.start_epoch(TODAY).unwrap();
    assert_eq!(first(&early).not_after, Some(TODAY));
    let late = Date::constant(2027, 3, 1);
    keyring.start_epoch(late).unwrap();
    assert_eq!(first(&keyring).not_after, Some(late));
    assert_eq!(keyring.epoch(epoch(2)).unwrap().since, Some(late));

    // A clock that was set back.
    let before = late.yesterday().unwrap();
    for error in [
        keyring.start_epoch(before).unwrap_err(),
        keyring.check_active(before).unwrap_err(),
    ] {
        assert!(error.is_clock(), "{error}");
    }
    assert!(
        keyring
            .end_active_epoch(before)
            .unwrap_err()
            .is_definition()
    );
    assert_eq!(keyring.active_epoch(), epoch(2));
}

#[test]
fn epochs_are_due_once_their_youngest_row_is_too_old() {
    let mut keyring = Keyring::generate().unwrap();
    let ends = [
        Date::constant(2025, 1, 31),
        Date::constant(2025, 7, 31),
        Date::constant(2026, 1, 31),
    ];
    for end in ends {
        keyring.start_epoch(end).unwrap();
    }
    let due = |keyring: &Keyring, today, days| {
        let due = keyring.due_for_erasure(today, days);
        due.into_iter().map(Epoch::number).collect::<Vec<_>>()
    };
    // A year after the end the youngest row is a year old, and not more.
    assert_eq!(due(&keyring, Date::constant(2026, 1, 31), 365), [0_u32; 0]);
    assert_eq!(due(&keyring, Date::constant(2026, 2, 1), 365), [1]);
    assert_eq!(due(&keyring, Date::constant(2030, 1, 1), 365), [1, 2, 3]);
    assert_eq!(
        due(&keyring, Date::constant(2030, 1, 1), u32::MAX),
        [0_u32; 0]
    );
    keyring.destroy_epoch(epoch(2)).unwrap();
    keyring.disable_epoch(epoch(3)).unwrap();
    assert_eq!(due(&keyring, Date::constant(2030, 1, 1), 0), [1, 3]);
}

#[test]
fn what_an_erasure_leaves_is_told() {
    let (mut keyring, _) = three();
    let remains = keyring.destroy_epoch(epoch(2)).unwrap();
    assert_eq!(remains.epoch(), epoch(2));
    let told = remains.to_string();
    for word in ["epoch 2", "backups", "grants", "pseudonyms"] {
        assert!(told.contains(word), "{told}");
    }
}

#[test]
fn while_generations_change_what_is_looked_for_has_one_of_each() {
    let mut keyring = Keyring::generate().unwrap();
    let old = protect(&keyring);
    let first = keyring.generation();
    let second = keyring.start_generation().unwrap();
    let new = protect(&keyring);
    assert_ne!(old.pseudonym("patient"), new.pseudonym("patient"));
    // Epochs are as they were: either keyring opens either row.
    assert_eq!(reveal(&keyring, &old).unwrap(), appointment());
    assert_eq!(new.sealed().epoch(), Epoch::FIRST);

    let policy = policy();
    let query = Query::new(&keyring, policy.policy()).unwrap();
    let both = vec![
        (first, old.pseudonym("patient").unwrap()),
        (second, new.pseudonym("patient").unwrap()),
    ];
    let person = json!({ "last_name": "LEFEVRE", "first_name": "Zoe" });
    assert_eq!(query.pseudonym("patient", &person).unwrap(), both);
    // The caller's is null, and left out.
    let all = query.pseudonyms(&appointment()).unwrap();
    assert_eq!(all, [("patient", both)].into());
    let part = json!({ "last_name": "Lefèvre" });
    assert!(query.pseudonyms(&part).unwrap_err().is_record());

    let error = keyring.destroy_generation(second).unwrap_err();
    assert_eq!(error.code(), "generation-live");
    keyring.destroy_generation(first).unwrap();
    let error = keyring.destroy_generation(first).unwrap_err();
    assert_eq!(error.code(), "unknown-generation");
    assert_eq!(keyring.generations().collect::<Vec<Generation>>(), [second]);
    let query = Query::new(&keyring, policy.policy()).unwrap();
    assert_eq!(query.pseudonym("patient", &person).unwrap().len(), 1);
}

#[test]
fn keys_seal_2_to_the_47_rows_and_no_more() {
    use paravent::KeyUse::{Fine, UsedUp, Worn};

    let keyring = Keyring::generate().unwrap();
    let after = |rows| {
        Protector::new(&keyring, &policy())
            .unwrap()
            .after_seals(rows)
    };
    for (rows, found) in [
        (0, Fine),
        ((1 << 46) - 1, Fine),
        (1 << 46, Worn),
        (1 << 47, UsedUp),
        (u64::MAX, UsedUp),
    ] {
        assert_eq!(after(rows).key_use(), found, "{rows}");
    }
    let protector = after((1 << 47) - 100);
    let sealed: usize = std::thread::scope(|scope| {
        let work = || {
            let tries = (0..50).map(|_| protector.protect(&appointment()));
            tries
                .filter(|row| match row {
                    Ok(_) => true,
                    Err(error) => {
                        assert!(error.is_used_up(), "{error}");
                        false
                    }
                })
                .count()
        };
        let threads = [(); 4].map(|()| scope.spawn(work));
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!((sealed, protector.seals()), (100, 1 << 47));
    // A record that is refused uses nothing.
    let fresh = after(0);
    assert!(fresh.protect(&json!({ "nobody": 1 })).is_err());
    fresh.protect_row(&appointment()).unwrap();
    assert_eq!(fresh.seals(), 1);
}
