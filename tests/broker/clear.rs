//! No person stands in a log in clear.

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use paravent::SplitGrant;

use super::*;

const REQUESTER: &str = "Gwenaëlle Kerbrat";
const APPROVER: &str = "Aurélien Tanguy";
const REASON: &str = "dossier Kerguelen, rappel";

fn rules() -> String {
    RULES.to_owned()
        + r#"
    [release.care]
    reason = "two agree"
    purposes = ["complaint"]
    two_persons = true
    per_hour = 9
    detect_hours = 1
    [[canary]]
    name = "nobody"
    record_id = "rdv-nobody-4411"
    record = { last_name = "Vasseur", first_name = "Ode-Lise", phone = "06 39 98 77 77", start = "2026-12-03T10:15:00+01:00", practitioner = "Dr Morellet", specialty = "Urologie" }
"#
}

/// Whether a text has a value as it is, in base64 at any offset, or in hexadecimal digits.
fn has(text: &[u8], value: &str) -> bool {
    let value = value.as_bytes();
    let mut forms = vec![
        value.to_vec(),
        HEXLOWER.encode(value).into_bytes(),
        HEXUPPER.encode(value).into_bytes(),
    ];
    for base64 in [BASE64, BASE64URL] {
        for offset in 0..3 {
            let moved = [&vec![0; offset], value].concat();
            let encoded = base64.encode(&moved).into_bytes();
            // Characters that the neighbours do not bear on.
            let first = (offset * 8).div_ceil(6);
            let last = moved.len() * 8 / 6;
            forms.push(encoded[first..last].to_vec());
        }
    }
    let is_in = |form: &Vec<u8>| text.windows(form.len()).any(|part| part == form);
    forms.iter().any(is_in)
}

/// All files of a folder.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

fn split(desk: &Desk) -> SplitGrant {
    let holders = [REQUESTER, APPROVER];
    desk.keyring
        .split_release(&desk.policy, "care", &holders)
        .unwrap()
}

#[test]
fn nothing_of_a_person_is_in_any_file() {
    let desk = Desk::new(&rules());
    let broker = desk.broker();
    let id = "rdv-brocéliande-2207";
    let record = Appointment {
        last_name: "Quéméneur".into(),
        first_name: "Maëlys-Anne".into(),
        sex: Some(paravent::Sex::Female),
        practitioner: "Dr Trévidic".into(),
        specialty: "Hépatologie".into(),
        ..zoe()
    };
    let row = desk.row_of(id, &record);
    let domain = desk.policy.policy().domain();
    let good = asks(REQUESTER, 0).reason(REASON);
    let release = |name, request: &Request<'_>| {
        broker.release::<Value>(domain, bound(id), &row, name, request)
    };
    let render = |fails: bool| {
        broker.render(domain, bound(id), &row, "reminder", &good, |message| {
            (!fails).then_some(()).ok_or(message.text().to_owned())
        })
    };
    release("contact", &good).unwrap();
    release("last_name", &good).unwrap();
    render(false).unwrap();
    assert!(render(true).unwrap_err().is_not_sent());
    broker.log().rotate(at(0)).unwrap();
    let split = split(&desk);
    let (first, second) = (&split.shares()[0], &split.shares()[1]);
    let two = good
        .purpose("complaint")
        .shares(split.key_file(), first, second);
    release("care", &two).unwrap();
    assert!(release("care", &good.purpose("complaint")).is_err());
    assert!(release("contact", &good.purpose("Quéméneur")).is_err());
    let planted = Protector::new(&desk.keyring, &desk.policy).unwrap();
    let planted = planted.canaries().unwrap();
    broker
        .release::<Value>(
            domain,
            bound("rdv-nobody-4411"),
            planted[0].row(),
            "contact",
            &good,
        )
        .unwrap();
    let found = desk.verify();
    assert_eq!((found.releases, found.renders), (4, 2));
    assert_eq!((found.refusals, found.alarms), (2, 1));

    let files = files(desk.path.parent().unwrap());
    assert_eq!(files.len(), 3);
    let mut values = vec![
        REQUESTER.to_owned(),
        APPROVER.to_owned(),
        REASON.to_owned(),
        "Kerbrat".to_owned(),
        "Kerguelen".to_owned(),
        id.to_owned(),
        "rdv-nobody-4411".to_owned(),
    ];
    let of = |record: Value| record.as_object().unwrap().clone().into_values();
    let texts = of(serde_json::to_value(&record).unwrap());
    // Shorter ones stand anywhere by chance.
    values.extend(
        texts
            .filter_map(|value| Some(value.as_str()?.to_owned()))
            .filter(|value| value.len() > 4),
    );
    values.extend(["Vasseur", "Ode-Lise", "06 39 98 77 77", "Dr Morellet"].map(Into::into));
    assert!(values.len() > 15, "{values:?}");
    for (path, text) in &files {
        for value in &values {
            let normal = value.to_lowercase();
            assert!(
                !has(text, value) && !has(text, &normal),
                "{value} in {path:?}"
            );
        }
    }
    // It would find them.
    assert!(files.iter().any(|(_, text)| has(text, "call back")));
}

#[test]
fn the_search_finds_each_form() {
    let value = "Quéméneur".as_bytes();
    for offset in 0..3 {
        let bytes = [&b"xyz"[..offset], value, b"12"].concat();
        for text in [
            bytes.clone(),
            BASE64.encode(&bytes).into_bytes(),
            BASE64URL.encode(&bytes).into_bytes(),
            HEXLOWER.encode(&bytes).into_bytes(),
            HEXUPPER.encode(&bytes).into_bytes(),
        ] {
            assert!(has(&text, "Quéméneur"));
            assert!(!has(&text, "Quémeneur"));
        }
    }
}
