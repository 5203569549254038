//! Rows of two connectors, as this build of the crate makes them, under the audit: nothing links them, and where the build was
//! sabotaged (`tests/sabotage/run`), the attack that is meant for it does.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, env};

use paravent::{
    CheckedPolicy, CsvFormat, Date, Format, Keyring, Policy, Protector, Revealer, Schema, Transfer,
    audit::{Audit, Leak, Origin, Outcome, Report, Table},
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

const CONTACT: &str = r#"
    domain = "contact"
    schema = "appointment"
    record_id = "unbound"
    [open.contact]
    reason = "the service writes to the phone or the e-mail address"
    [pseudonym.patient]
    of = ["last_name", "first_name", "phone"]
    reason = "one message a patient"
    [tenancy]
    specialties = 12
"#;

const STATISTICS: &str = r#"
    domain = "statistics"
    schema = "appointment"
    record_id = "unbound"
    [open.care]
    reason = "the dashboard counts visits by specialty"
    [pseudonym.patient]
    of = ["last_name", "first_name", "phone"]
    reason = "counts patients, not only visits"
    [holds]
    subjects = 500
"#;

/// Each sabotage, and the family of attacks that has to find it.
const SABOTAGES: [(&str, &str); 4] = [
    ("repeated-nonce", "repeated nonces"),
    ("unpadded-group", "shape"),
    ("rows-in-order", "joins"),
    ("one-pseudonym", "joins"),
];

/// That only puts together what others read.
const TOGETHER: &str = "everything at once";

#[test]
fn this_build_links_where_it_is_sabotaged_and_only_there() {
    let sabotage = env::var("SABOTAGE").unwrap_or_default();
    let report = audit();
    let told = told(&report);
    if sabotage.is_empty() {
        assert!(
            !matches!(report.outcome, Outcome::Links | Outcome::Blind),
            "{told}"
        );
        assert!(
            report.attacks.iter().all(|attack| attack.p > 0.05),
            "{told}"
        );
        return;
    }
    let family = SABOTAGES
        .iter()
        .find_map(|(name, family)| (*name == sabotage).then_some(*family))
        .expect("it is a sabotage");
    let first = report
        .attacks
        .iter()
        .find(|attack| attack.family != TOGETHER);
    let first = first.filter(|attack| attack.p <= 0.05);
    let first = first.map(|attack| attack.family.as_str());
    assert_eq!(first, Some(family), "{told}");
}

/// One line an attack, the widest reach first.
fn told(report: &Report) -> String {
    let mut told = format!("{:?}\n", report.outcome);
    for attack in &report.attacks {
        let (family, how, leaks) = (&attack.family, &attack.how, attack.leaks.join(" "));
        let (p, gain) = (attack.p, attack.gain);
        told += &format!("{family} ({how}) into {leaks}: p {p}, gain {gain:.3}\n");
    }
    told
}

/// Three draws of 500 people with two visits each.
fn audit() -> Report {
    let schema = Schema::appointment();
    let mut audit = Audit::new(&schema).permutations(199);
    for seed in 1..=3 {
        let rows = rows(seed);
        let keyring = Keyring::generate().unwrap();
        let leaks = [CONTACT, STATISTICS].map(|policy| leak(policy, &keyring, &rows));
        audit = audit.draw(table(FIELDS, &rows), leaks.into());
    }
    audit.run().unwrap()
}

const FIELDS: [&str; 9] = [
    "last_name",
    "first_name",
    "age",
    "sex",
    "phone",
    "email",
    "start",
    "practitioner",
    "specialty",
];

type Row = [String; 9];

const LAST: [&str; 25] = [
    "Martin",
    "Bernard",
    "Lefèvre",
    "Nguyen",
    "da Silva",
    "Roux",
    "Garnier",
    "Benali",
    "Moreau",
    "Fontaine",
    "Chevalier",
    "Robin",
    "Masson",
    "Haddad",
    "Gauthier",
    "Perrin",
    "Morel",
    "Dupuis",
    "Lopez",
    "Brunet",
    "Meunier",
    "Diallo",
    "Renard",
    "Colin",
    "Vidal",
];

const FIRST: [&str; 20] = [
    "Zoé",
    "Louis",
    "Anne-Marie",
    "Karim",
    "Chloé",
    "Jean",
    "Inès",
    "Paul",
    "Maëlle",
    "Hugo",
    "Lina",
    "Youssef",
    "Jade",
    "Théo",
    "Sarah",
    "Noé",
    "Élise",
    "Marc",
    "Aya",
    "Simon",
];

/// Of lengths that differ.
const SPECIALTIES: [&str; 12] = [
    "ORL",
    "Urologie",
    "Oncologie",
    "Pédiatrie",
    "Pneumologie",
    "Dermatologie",
    "Médecine générale",
    "Gynécologie médicale",
    "Chirurgie orthopédique et traumatologie",
    "Médecine physique et de réadaptation",
    "Psychiatrie de l'enfant et de l'adolescent",
    "Endocrinologie, diabète, maladies métaboliques",
];

/// The visits of 500 people, two each and in no order. What somebody comes for has nothing to do with who they are.
fn rows(seed: u64) -> Vec<Row> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let mut rows = Vec::new();
    for person in 0..LAST.len() * FIRST.len() {
        let (last, first) = (LAST[person % 25], FIRST[person / 25]);
        let number = 500 * seed as usize + person;
        let age = rng.random_range(18..68_u8).to_string();
        let sex = ["female", "male"][rng.random_range(0..2)];
        let phone = format!("06 39 98 {:02} {:02}", number / 100, number % 100);
        // One specialty a person, or what they come for would not be one thing.
        let care = rng.random_range(0..SPECIALTIES.len());
        for _ in 0..2 {
            let doctor = 5 * care + rng.random_range(0..5);
            let start = format!(
                "2020-{:02}-{:02}T{:02}:{:02}:00+02:00",
                rng.random_range(1..=12),
                rng.random_range(1..=28),
                rng.random_range(8..=18),
                15 * rng.random_range(0..4),
            );
            rows.push([
                last.to_owned(),
                first.to_owned(),
                age.clone(),
                sex.to_owned(),
                phone.clone(),
                format!("patient.{number}@example.org"),
                start,
                format!("Dr {} {}", FIRST[doctor % 20], LAST[doctor % 25]),
                SPECIALTIES[care].to_owned(),
            ]);
        }
    }
    rows.shuffle(rng);
    rows
}

fn table<const N: usize>(names: [&str; N], rows: &[[String; N]]) -> Table {
    let mut table = Table::new(names).unwrap();
    for row in rows {
        table
            .push(row.each_ref().map(|cell| Some(cell.as_str())))
            .unwrap();
    }
    table
}

/// What a connector holds, in the order of its file, with what its grant opens.
fn leak(policy: &str, keyring: &Keyring, rows: &[Row]) -> Leak {
    let policy = Policy::from_toml(policy, &Schema::appointment()).unwrap();
    let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let protected = protect(keyring, &checked, rows);
    let policy = checked.policy();

    let all = reveal(&Revealer::backend(keyring, policy).unwrap(), &protected);
    let mut true_rows: BTreeMap<[String; 2], Vec<usize>> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        true_rows
            .entry([row[4].clone(), row[6].clone()])
            .or_default()
            .push(number);
    }
    let mut origin = |row: &BTreeMap<String, String>| {
        let key = [row["phone"].clone(), row["start"].clone()];
        true_rows.get_mut(&key).unwrap().pop().unwrap()
    };
    let origins = all.iter().map(&mut origin).collect();

    let grant = keyring.grant(&checked).unwrap();
    let mut opened = reveal(&Revealer::new(&grant, policy).unwrap(), &protected);
    for row in &mut opened {
        row.retain(|name, _| FIELDS.contains(&name.as_str()));
    }

    let mut reader = csv::Reader::from_reader(protected.as_slice());
    let header = reader.headers().unwrap().clone();
    let mut table = Table::new(&header).unwrap();
    for row in reader.records() {
        let row: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
        table
            .push(row.iter().map(|cell| Some(cell.as_str())))
            .unwrap();
    }
    Leak::new(policy.domain().as_str(), table)
        .with_policy(policy)
        .with_opened(opened)
        .unwrap()
        .with_origin(Origin::Rows(origins))
}

fn csv_format() -> Format {
    Format::Csv(CsvFormat::default())
}

fn protect(keyring: &Keyring, checked: &CheckedPolicy, rows: &[Row]) -> Vec<u8> {
    let mut clear = csv::Writer::from_writer(Vec::new());
    clear.write_record(FIELDS).unwrap();
    for row in rows {
        clear.write_record(row).unwrap();
    }
    let clear = clear.into_inner().unwrap();
    let protector = Protector::new(keyring, checked).unwrap();
    let mut protected = Vec::new();
    Transfer::protect(&protector)
        .from(csv_format())
        .run(clear.as_slice(), &mut protected)
        .unwrap();
    protected
}

fn reveal(revealer: &Revealer, protected: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut revealed = Vec::new();
    Transfer::reveal(revealer)
        .from(csv_format())
        .run(protected, &mut revealed)
        .unwrap();
    csv::Reader::from_reader(revealed.as_slice())
        .deserialize()
        .map(Result::unwrap)
        .collect()
}
