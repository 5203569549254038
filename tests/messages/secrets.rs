//! What holds secrets, printed.

use super::{errors::passphrase, *};

/// What holds secrets, made of marked ones.
pub(super) fn debugs() -> Vec<(&'static str, String)> {
    let mut root = [0; 32];
    root[..MARK.len()].copy_from_slice(MARK.as_bytes());
    let keyring = || test_kit::keyring_from(Epoch::FIRST, &root, Generation::FIRST, &root);
    let rest = format!(
        "record_id = \"bound\"\nsubject_key = \"bound\"\n[open.care]\nreason = \"x\"\n[show.text]\nas = \"keep\"\nreason = \"x\"\n{}",
        pseudonym_of("text")
    );
    let policy = policy(&rest);
    let protector = Protector::new(&keyring(), &policy).unwrap();
    let grant = keyring().grant(&policy).unwrap();
    let revealer = Revealer::new(&grant, policy.policy()).unwrap();
    let two = policy_of(
        &schema(),
        "[release.care]\nreason = \"x\"\npurposes = [\"x\"]\ntwo_persons = true\nper_hour = 1\ndetect_hours = 1\n",
    );
    let split = keyring()
        .split_release(&two, "care", &["first", "second"])
        .unwrap();
    let query = Query::new(&keyring(), policy.policy()).unwrap();
    let subject = SubjectKey::from_bytes(&mut { root });
    let id = RecordId::new(MARK).unwrap();
    let binding = Binding::record(id).with_subject(&subject);
    let record = json!({ "text": MARK, "json": [MARK] });
    let row = protector.bind(binding).protect(&record).unwrap();
    let columns = protector.bind(binding).protect_row(&record).unwrap();
    let text = record.to_string();
    let appointment = Appointment {
        last_name: MARK.into(),
        phone: Some(MARK.into()),
        ..Appointment::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let (path, heads) = (folder.path().join("log"), folder.path().join("heads"));
    let log = Log::open(&path, heads, &keyring(), logs::now()).unwrap();
    let entries = Log::read(path, &keyring()).unwrap();
    fn print(debug: &dyn Debug) -> String {
        // Not more on many lines than on one.
        let (short, long) = (format!("{debug:?}"), format!("{debug:#?}"));
        let squeeze = |text: &str| text.replace([' ', '\n', ','], "");
        assert_eq!(squeeze(&long), squeeze(&short));
        short
    }
    vec![
        ("Keyring", print(&keyring())),
        ("Grant", print(&grant)),
        ("SubjectKey", print(&subject)),
        ("SplitGrant", print(&split)),
        ("Share", print(&split.shares()[0])),
        ("Passphrase", print(&passphrase())),
        ("RecordId", print(&id)),
        ("Binding", print(&binding)),
        ("Protector", print(&protector)),
        ("BoundProtector", print(&protector.bind(binding))),
        ("Revealer", print(&revealer)),
        ("BoundRevealer", print(&revealer.bind(binding))),
        ("Query", print(&query)),
        ("BoundQuery", print(&query.bind(binding))),
        ("Appointment", print(&appointment)),
        ("JsonRecord", print(&JsonRecord::parse(&text).unwrap())),
        ("Protected", print(&row)),
        ("ProtectedRow", print(&columns)),
        ("SealedRecord", print(row.sealed())),
        ("SealedRow", print(columns.sealed())),
        ("SealedCell", print(columns.cell("text").unwrap())),
        ("PhoneStandIn", print(&phone())),
        ("Nonces/pooled", print(&Nonces::pooled())),
        ("Nonces/system", print(&Nonces::system())),
        (
            "Nonces/fixed",
            print(&test_kit::fixed_nonces(vec![[7; 24]])),
        ),
        ("Nonces/seeded", print(&test_kit::seeded_nonces(7))),
        ("Policy", print(policy.policy())),
        ("CheckedPolicy", print(&policy)),
        ("Schema", print(&schema())),
        ("Log", print(&log)),
        ("Entries", print(&entries)),
        ("Error", print(&refused(&record_too_wide()))),
    ]
}

fn phone() -> Shown<'static> {
    let rest = "[show.phone]\nas = \"phone\"\nreason = \"x\"\n";
    let row = protector(rest).protect(&json!({ "phone": "06 39 98 12 34" }));
    match row.unwrap().shown("phone") {
        Some(Shown::Phone(phone)) => Shown::Phone(phone),
        _ => panic!("no phone is shown"),
    }
}

fn record_too_wide() -> Value {
    json!({ "text": MARK.repeat(9) })
}
