use super::{
    super::fixture::{case, leak, of_person, specialty_of, text},
    *,
};

use crate::{
    Epoch, Scope,
    crypto::aead::SealingKey,
    secret::Secret,
    wire::envelope::{self, Aad, Flags, Header, Profile},
};

fn header(nonce: u8, profile: Profile) -> [u8; envelope::HEADER] {
    let header = Header {
        flags: Flags::default(),
        epoch: Epoch::FIRST,
        nonce: [nonce; NONCE],
    };
    header.print(profile)
}

fn key(scope: Scope) -> SealingKey {
    SealingKey::new(&Secret::fill(|key| key.fill(scope.number())))
}

/// What row `number` has in a field: of person `number`, who sees practitioner 7 · `number` + 1 of 60.
fn value(field: &str, number: u32) -> String {
    let practitioner = 1 + number * 7 % 60;
    match field {
        "start" => text(field, 1 + number * 3 % 100),
        "practitioner" => text(field, practitioner),
        "specialty" => text(field, specialty_of(practitioner)),
        _ => text(field, of_person(field, number)),
    }
}

/// Sealed as the crate seals, under a nonce of the test's.
fn record(number: u32, nonce: u8) -> String {
    let schema = Schema::appointment();
    let mut draft = Draft::default();
    draft.begin(&schema);
    for (position, field) in schema.fields().iter().enumerate() {
        set(&mut draft, position, field, &value(field.name(), number)).unwrap();
    }
    let header = header(nonce, Profile::Record);
    let mut aad = Aad::default();
    aad.begin(&header, None);
    let mut bytes = draft.plaintexts(&schema).to_vec();
    let (head, mut rest) = bytes.split_at_mut(header.len());
    head.copy_from_slice(&header);
    for group in schema.groups() {
        let key = key(group.scope).derive(&[nonce; NONCE]);
        let width = group.plaintext.len();
        let (plaintext, tag, after) =
            envelope::begin_group(rest, group.scope, width, key.commitment());
        *tag = key.seal(aad.of(group.scope, 0), plaintext);
        rest = after;
    }
    SealedRecord::from_bytes(bytes).unwrap().to_string()
}

/// The row column and two cells.
fn row(number: u32, nonce: u8) -> [String; 3] {
    let schema = Schema::appointment();
    let header = header(nonce, Profile::Row);
    let mut aad = Aad::default();
    aad.begin(&header, None);
    let mut sealed = SealedRow::begin(&header);
    let mut cells = Vec::new();
    for name in ["last_name", "specialty"] {
        let field = schema.field(name).unwrap();
        let key = key(field.scope()).derive(&[nonce; NONCE]);
        sealed.push(field.scope(), key.commitment());
        let length = CELL_HEAD + field.width();
        let mut own = SealedCell::zeroed(length);
        let (plaintext, tag) = own.parts_mut();
        plaintext.copy_from_slice(&cell(Some(&value(name, number)), length).unwrap());
        let number = field.id().number();
        *tag = key.seal_cell(number, aad.of(field.scope(), number), plaintext);
        cells.push(own.to_string());
    }
    let [last_name, specialty] = cells.try_into().unwrap();
    [sealed.to_string(), last_name, specialty]
}

/// How many rows have the true value of a field as the best candidate, and how many others.
fn read(case: &Case, way: &Way, field: &str, rows: u32) -> (usize, usize) {
    let position = case.knows.schema.position(field).unwrap();
    let reading = way
        .readings
        .iter()
        .find(|reading| reading.of == What::Field(position));
    let vocabulary = &case.knows.vocabularies[position];
    let [mut right, mut wrong] = [0; 2];
    for row in 0..rows {
        let truth = vocabulary.numbers[&value(field, row)];
        match reading.and_then(|reading| reading.at(row as usize)?.best()) {
            Some((number, weight)) if number == truth && weight > 0.99 => right += 1,
            Some(_) => wrong += 1,
            None => {}
        }
    }
    (right, wrong)
}

#[test]
fn one_nonce_for_all_rows_opens_every_group() {
    let sealed: Vec<String> = (0..120).map(|number| record(number, 1)).collect();
    let case = case(vec![leak("a", &[("sealed", &sealed[..])])]);
    let ways = Nonce.ways(&case, &[]);
    assert_eq!(ways.len(), 1);
    for field in [
        "last_name",
        "age",
        "phone",
        "start",
        "practitioner",
        "specialty",
    ] {
        let (right, wrong) = read(&case, &ways[0], field, 120);
        assert!(right >= 110 && wrong == 0, "{field}: {right}, {wrong}");
    }
}

#[test]
fn a_nonce_for_two_rows_leaves_which_is_which() {
    let sealed: Vec<String> = (0..40_u8).map(|n| record(n.into(), n / 2)).collect();
    let case = case(vec![leak("a", &[("sealed", &sealed[..])])]);
    let ways = Nonce.ways(&case, &[]);
    let position = case.knows.schema.position("specialty").unwrap();
    let reading = ways[0]
        .readings
        .iter()
        .find(|r| r.of == What::Field(position))
        .unwrap();
    let vocabulary = &case.knows.vocabularies[position];
    let (mut read, mut even) = (0, 0);
    for row in 0..40 {
        let truth = vocabulary.numbers[&value("specialty", row)];
        let Some(candidates) = reading.at(row as usize) else {
            continue;
        };
        read += 1;
        even += usize::from(candidates.weight(truth) > 0.0);
    }
    assert!(read >= 30 && even == read, "{even} of {read}");
}

#[test]
fn cells_of_the_row_profile_are_read_too() {
    let rows: Vec<[String; 3]> = (0..100).map(|number| row(number, 1)).collect();
    let column = |at: usize| rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>();
    let (sealed, names, specialties) = (column(0), column(1), column(2));
    let columns = [
        ("sealed", &sealed[..]),
        ("last_name", &names),
        ("specialty", &specialties),
    ];
    let case = case(vec![leak("a", &columns)]);
    let ways = Nonce.ways(&case, &[]);
    let (right, wrong) = read(&case, &ways[0], "last_name", 100);
    assert!(right >= 90 && wrong == 0, "{right}, {wrong}");
}

#[test]
fn rows_with_nonces_of_their_own_tell_nothing() {
    let sealed: Vec<String> = (0..120_u8).map(|n| record(n.into(), n)).collect();
    let other = ["p1.", "p1.AAAA", "Martin", ""];
    let case = case(vec![
        leak("a", &[("sealed", &sealed[..])]),
        leak("b", &[("sealed", &other[..])]),
    ]);
    assert!(Nonce.ways(&case, &[]).is_empty());
}

#[test]
fn both_profiles_tell_their_nonce() {
    assert_eq!(nonce_of(&record(3, 9)), Some([9; NONCE]));
    assert_eq!(nonce_of(&row(3, 8)[0]), Some([8; NONCE]));
    for other in ["", "p1.", "p1.AAAA", "Martin"] {
        assert_eq!(nonce_of(other), None);
    }
}

#[test]
fn prints_add_up() {
    let (a, b) = (
        b"last_name 17\0\0\0\0\0\0\0".as_slice(),
        b"first name 5 and so".as_slice(),
    );
    let sum: Vec<u8> = a.iter().zip(b).map(|(a, b)| a ^ b).collect();
    assert_eq!(print(&sum), print(a) ^ print(b));
    assert_eq!(print(b"17"), print(b"17\0\0\0\0\0\0\0\0\0"));
    assert_ne!(print(b"17"), print(b"71"));
}
