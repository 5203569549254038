use data_encoding::{BASE64, BASE64URL_NOPAD};

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use super::*;
use crate::audit::{
    attack::shape::Shape,
    case::{Meaning, NULL},
};

/// Bytes that tell nothing but their length.
fn sealed(rng: &mut ChaCha8Rng, length: usize) -> Vec<u8> {
    (0..length).map(|_| rng.random()).collect()
}

/// In how many rows the candidates are exactly the values as long as the true one.
fn as_long(case: &Case, truth: &Truth, reading: &Reading, cell: impl Fn(usize) -> usize) -> f64 {
    let What::Field(field) = reading.of else {
        panic!("a person")
    };
    let values = &case.knows.vocabularies[field].values;
    let mut right = 0;
    for (row, numbers) in truth.rows.iter().enumerate() {
        let length = cell(values[numbers[field] as usize].len());
        let expected: Vec<u32> = match numbers[field] {
            NULL => vec![NULL],
            _ => (1..values.len() as u32)
                .filter(|&number| cell(values[number as usize].len()) == length)
                .collect(),
        };
        let found = reading.at(row).map_or(&[][..], |found| found.as_slice());
        right += usize::from(found.iter().map(|one| one.0).eq(expected));
    }
    right as f64 / truth.rows.len() as f64
}

#[test]
fn lengths_of_unpadded_and_of_padded_values() {
    let town = Town::new(2000);
    let rng = &mut ChaCha8Rng::seed_from_u64(3);
    let columns = ["last_name", "email", "practitioner", "specialty"];
    // Short names are all in one block.
    for (overhead, block, varying) in [(28, 1, 4), (16, 16, 3)] {
        let cell = |length: usize| overhead + (length + block / 16).div_ceil(block) * block;
        let leak = town.leak(&columns, |_, value| {
            Some(BASE64.encode(&sealed(rng, cell(value.len()))))
        });
        let (case, truth) = town.case(leak);
        let (_, ways) = ways(&Shape, &case);
        assert_eq!(ways.len(), 1);
        assert_eq!(ways[0].how, "all columns");
        for reading in &ways[0].readings {
            let right = as_long(&case, &truth, reading, cell);
            let What::Field(field) = reading.of else {
                panic!("a person")
            };
            let name = case.knows.schema.fields()[field].name();
            assert_eq!(right, 1.0, "{name} in blocks of {block}");
        }
        assert_eq!(ways[0].readings.len(), varying);
    }
}

#[test]
fn who_has_no_telephone_is_read() {
    let town = Town::new(500);
    let leak = town.leak(&["phone"], |field, value| Some(stand_in(field, value)));
    let (case, truth) = town.case(leak);
    let (_, ways) = ways(&Shape, &case);
    let phone = case.knows.schema.position("phone").unwrap();
    for (row, numbers) in truth.rows.iter().enumerate() {
        let read = ways[0].readings[0].at(row).and_then(|read| read.best());
        let null = numbers[phone] == NULL;
        assert_eq!(read, null.then_some((NULL, 1.0)));
    }
}

#[test]
fn lengths_that_do_not_vary_tell_nothing() {
    let town = Town::new(500);
    let rng = &mut ChaCha8Rng::seed_from_u64(3);
    let columns = ["last_name", "practitioner", "specialty"];
    let leak = town.leak(&columns, |_, _| Some(BASE64.encode(&sealed(rng, 80))));
    let (case, _) = town.case(leak);
    assert!(ways(&Shape, &case).1.is_empty());
}

#[test]
fn a_sealed_column_of_varying_length() {
    let town = Town::new(2000);
    let rng = &mut ChaCha8Rng::seed_from_u64(3);
    let mut row = 0;
    let leak = town.leak(&["sealed:practitioner"], |_, value| {
        let specialty = town.rows.column("specialty").unwrap().get(row).unwrap();
        row += 1;
        let bytes = sealed(rng, 61 + value.len() + specialty.len());
        Some(format!("p1.{}", BASE64URL_NOPAD.encode(&bytes)))
    });
    let (case, truth) = town.case(leak);
    assert_eq!(case.leaks[0].columns[0].meaning, Meaning::Sealed);
    let (_, ways) = ways(&Shape, &case);
    let how: Vec<&str> = ways.iter().map(|way| way.how.as_str()).collect();
    assert_eq!(
        how,
        [
            "sealed length is that of specialty",
            "sealed length is that of practitioner",
            "sealed length is that of practitioner and specialty",
            "sealed length is that of last_name and first_name and age and sex and phone and email and start and practitioner and specialty",
        ]
    );
    let right = |way: &Way| share(&case, &truth, &way.readings, "specialty");
    let others = [right(&ways[0]), right(&ways[1]), right(&ways[3])];
    let (believed, right) = belief(&case, &truth, &ways[2].readings, "specialty");
    assert!(others.iter().all(|other| *other < right));
    assert!(right > 0.4 && (believed - right).abs() < 0.05);
}
