//! What a service tells of what it has loaded, and of the grants that were issued.

use jiff::civil::date;
use paravent::{CheckedPolicy, Due, GrantRegister, Policy};

use super::*;

fn checked(name: &str) -> CheckedPolicy {
    let policy = Policy::from_toml(&policy(name, OPENS_CARE), &Schema::appointment()).unwrap();
    policy.check(TODAY).unwrap()
}

/// Records a grant of the keyring in its first `epoch` epochs.
fn record_grant(place: &Place, name: &str, file: &str, epoch: usize, until: Option<Date>) {
    let keyring = Keyring::from_key_file(&KEY_FILES[epoch - 1], &passphrase()).unwrap();
    let mut grant = keyring.grant(&checked(name)).unwrap();
    if let Some(until) = until {
        grant = grant.with_term("statistics office", until).unwrap();
    }
    let register = GrantRegister::open(place.path("grants.ndjson"));
    let active = keyring.active_epoch();
    register.record(&grant, file, TODAY, active).unwrap();
}

#[test]
fn of_a_service_without_grants() {
    let place = Place::new();
    place.put_keyring(2);
    let health = place.start().health(TODAY);
    let digest = |name, rest: &str| {
        let policy = Policy::from_toml(&policy(name, rest), &Schema::appointment()).unwrap();
        policy.digest().to_string()
    };
    assert_eq!(
        serde_json::to_value(&health).unwrap(),
        json!({
            "loaded": "2026-11-24", "reload_failure": null, "schema": Schema::appointment().digest().to_string(),
            "epochs": [1, 2], "active_epoch": 2, "active_until": null, "generation": 1,
            "domains": [
                { "domain": "a", "policy": digest("a", ""), "key_use": "fine", "grants": [] },
                { "domain": "b", "policy": digest("b", OPENS_CARE), "key_use": "fine", "grants": [] },
            ],
            "other_grants": [], "broken_lines": [], "register_failure": null,
        })
    );
}

#[test]
fn shows_the_grants_of_each_domain_and_why_they_are_due() {
    let place = Place::new();
    place.put_keyring(2);
    let service = place.start();
    let june = Some(date(2027, 6, 30));
    record_grant(&place, "b", "ended", 2, Some(date(2026, 11, 23)));
    record_grant(&place, "b", "last day", 2, Some(TODAY));
    record_grant(&place, "b", "soon", 2, Some(date(2026, 12, 24)));
    record_grant(&place, "b", "in time", 2, Some(date(2026, 12, 25)));
    record_grant(&place, "b", "old", 1, june);
    record_grant(&place, "b", "endless", 2, None);
    record_grant(&place, "a", "other policy", 2, june);
    record_grant(&place, "gone", "gone", 2, Some(date(2026, 1, 1)));
    let health = service.health(TODAY);
    let [a, b] = &health.domains[..] else {
        panic!("{health:?}");
    };
    let due = |grants: &[paravent::GrantHealth]| -> Vec<(String, Option<Due>)> {
        let grants = grants.iter();
        grants
            .map(|one| (one.issued.file.clone(), one.due))
            .collect()
    };
    let expected = |list: &[(&str, Option<Due>)]| -> Vec<(String, Option<Due>)> {
        let list = list.iter();
        list.map(|&(file, due)| (file.to_owned(), due)).collect()
    };
    assert_eq!(
        due(&a.grants),
        expected(&[("other policy", Some(Due::OtherPolicy))])
    );
    assert_eq!(
        due(&b.grants),
        expected(&[
            ("ended", Some(Due::Ended)),
            ("endless", None),
            ("in time", None),
            ("last day", Some(Due::EndsSoon)),
            ("old", Some(Due::OldEpoch)),
            ("soon", Some(Due::EndsSoon)),
        ])
    );
    assert_eq!(
        due(&health.other_grants),
        expected(&[("gone", Some(Due::Ended))])
    );
    // The day is that of the question.
    let later = service.health(date(2026, 12, 25));
    assert_eq!(later.loaded, TODAY);
    assert_eq!(later.domains[1].grants[5].due, Some(Due::Ended));

    let told = serde_json::to_value(&health).unwrap();
    let ended = &told["domains"][1]["grants"][0];
    assert_eq!(ended["owner"], "statistics office");
    assert_eq!(ended["until"], "2026-11-23");
    assert_eq!(ended["due"], "ended");
    assert_eq!(told["domains"][1]["grants"][1]["due"], Value::Null);
}

#[test]
fn a_new_epoch_makes_every_grant_due() {
    let place = Place::new();
    record_grant(&place, "b", "x", 1, None);
    let service = place.start();
    let due = |service: &Service| service.health(TODAY).domains[1].grants[0].due;
    assert_eq!(due(&service), None);
    place.put_keyring(2);
    service.reload(TODAY).unwrap();
    assert_eq!(due(&service), Some(Due::OldEpoch));
    record_grant(&place, "b", "x", 2, None);
    assert_eq!(due(&service), None);
}

#[test]
fn a_register_with_broken_lines_or_that_is_none_is_told() {
    let place = Place::new();
    record_grant(&place, "b", "x", 1, None);
    let path = place.path("grants.ndjson");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}{}", &text[..20])).unwrap();
    let service = place.start();
    let health = service.health(TODAY);
    assert_eq!(health.broken_lines, [2]);
    assert_eq!(health.domains[1].grants.len(), 1);
    assert_eq!(health.register_failure, None);

    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let health = service.health(TODAY);
    let told = health.register_failure.unwrap();
    assert!(told.contains("grants.ndjson"), "{told}");
}
