use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::{
    super::{
        super::case::LeakView,
        fixture::{case, leak, of_person, text},
    },
    *,
};

fn sha256(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

fn ways(leaks: Vec<LeakView>) -> (Case, Vec<Way>, Vec<String>) {
    let case = case(leaks);
    let attack = Digest::new(Some(Duration::from_secs(300)));
    let ways = attack.ways(&case, &[]);
    let notes = attack.notes();
    (case, ways, notes)
}

#[test]
fn values_are_found_under_their_field_in_any_spelling() {
    let names: Vec<String> = (0..50)
        .map(|person| sha256(&text("last_name", of_person("last_name", person)).to_uppercase()))
        .collect();
    let sexes: Vec<String> = (0..50)
        .map(|person| sha256(&text("sex", of_person("sex", person))))
        .collect();
    let columns = [("last_name", &names[..]), ("sex", &sexes)];
    let (case, ways, notes) = ways(vec![leak("a", &columns)]);
    assert_eq!((ways.len(), ways[0].readings.len()), (1, 2));
    assert!(notes.is_empty(), "{notes:?}");
    for (reading, field) in ways[0].readings.iter().zip(["last_name", "sex"]) {
        assert_eq!(
            reading.of,
            What::Field(case.knows.schema.position(field).unwrap())
        );
        for person in 0..50 {
            let best = reading.at(person as usize).and_then(Candidates::best);
            assert_eq!(best, Some((of_person(field, person), 1.0)));
        }
    }
}

#[test]
fn two_names_in_one_digest_tell_the_person() {
    let both: Vec<String> = (0..50)
        .map(|person| {
            let name = |field| text(field, of_person(field, person)).to_lowercase();
            sha256(&format!("{}|{}", name("last_name"), name("first_name")))
        })
        .collect();
    let (_, ways, _) = ways(vec![leak("a", &[("patient", &both[..])])]);
    let reading = &ways[0].readings[0];
    assert_eq!(reading.of, What::Person);
    for person in 0..50 {
        let best = reading.at(person as usize).and_then(Candidates::best);
        assert_eq!(best, Some((person, 1.0)));
    }
}

#[test]
fn numbers_that_no_register_has_are_counted() {
    let phones: Vec<String> = (0..20)
        .map(|row| sha256(&format!("06399812{row:02}")))
        .collect();
    let (_, found, notes) = ways(vec![leak("a", &[("phone", &phones[..])])]);
    assert!(found.is_empty());
    assert_eq!(notes.len(), 1);
    assert!(
        notes[0].contains("20 of 20") && notes[0].contains("0NNNNNNNNN"),
        "{notes:?}"
    );

    let others: Vec<String> = (0..20).map(|row| sha256(&format!("x{row}"))).collect();
    let case = case(vec![leak("a", &[("mobile", &others[..])])]);
    let attack = Digest::new(Some(Duration::ZERO));
    assert!(attack.ways(&case, &[]).is_empty());
    assert!(attack.notes()[0].contains("time was up"));
}

#[test]
fn keyed_values_and_clear_ones_tell_nothing() {
    let keyed: Vec<String> = (0..50)
        .map(|row| sha256(&format!("secret {row}")))
        .collect();
    let clear: Vec<String> = (1..51)
        .map(|number| text("first_name", number % 20 + 1))
        .collect();
    let columns = [("last_name", &keyed[..]), ("first_name", &clear)];
    let (_, ways, notes) = ways(vec![leak("a", &columns)]);
    assert!(ways.is_empty() && notes.is_empty());
}
