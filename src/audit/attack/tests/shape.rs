use data_encoding::{BASE64, BASE64URL_NOPAD};

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use super::*;

use crate::audit::{
    attack::{
        Family, all_ways,
        shape::{Shape, Unnamed},
    },
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

/// A leak with a column `blob` of the bytes of this field, unpadded, beside these columns.
fn with_blob(town: &Town, columns: &[&str], of: &str) -> (Case, Truth) {
    let rng = &mut ChaCha8Rng::seed_from_u64(3);
    let column = format!("blob:{of}");
    let columns: Vec<&str> = columns.iter().copied().chain([column.as_str()]).collect();
    town.case(town.leak(&columns, |field, value| {
        Some(match field == of {
            true => BASE64.encode(&sealed(rng, 28 + value.len())),
            false => value.to_owned(),
        })
    }))
}

#[test]
fn lengths_of_a_column_that_no_field_is_named_after_are_read() {
    let town = Town::new(2000);
    for of in ["specialty", "practitioner"] {
        let (case, truth) = with_blob(&town, &["last_name", "age"], of);
        assert_eq!(case.leaks[0].columns[2].meaning, Meaning::Unknown);
        let (_, ways) = ways(&Unnamed, &case);
        // What fits best is first.
        assert_eq!(ways[0].how, format!("length of blob is that of {of}"));
        let expected = What::Field(case.knows.schema.position(of).unwrap());
        let reading = ways[0]
            .readings
            .iter()
            .find(|one| one.of == expected)
            .unwrap();
        let values = &case.knows.vocabularies[case.knows.schema.position(of).unwrap()].values;
        let position = case.knows.schema.position(of).unwrap();
        for (row, numbers) in truth.rows.iter().enumerate() {
            let found = reading.at(row).unwrap().as_slice();
            let length = values[numbers[position] as usize].len();
            assert!(found.iter().any(|one| one.0 == numbers[position]) || of == "practitioner");
            assert!(
                found
                    .iter()
                    .all(|one| values[one.0 as usize].len() == length)
            );
        }
    }
}

#[test]
fn lengths_of_an_unnamed_column_narrow_whose_rows_they_are() {
    let town = Town::new(2000);
    let (case, truth) = with_blob(&town, &["age", "specialty"], "email");
    let (_, ways) = ways(&Unnamed, &case);
    let how = "length of blob is that of email";
    let way = ways.iter().find(|way| way.how == how).unwrap();
    assert_eq!(way.readings[0].of, What::Person);
    for (row, person) in truth.person_of.iter().enumerate() {
        let people = way.readings[0].at(row).unwrap();
        assert!(people.weight(*person) > 0.0);
        assert!(people.as_slice().len() * 4 < truth.people.len());
    }
}

#[test]
fn nulls_of_an_unnamed_column_tell_one_value() {
    let town = Town::new(2000);
    for (value, is_filled) in [("dermatology", false), ("psychiatry", true)] {
        let leak = town.leak(&["last_name", "blob:specialty"], |field, text| {
            let shown = field != "specialty" || (text == value) == is_filled;
            shown.then(|| stand_in(field, "the same"))
        });
        let (case, truth) = town.case(leak);
        let (_, ways) = ways(&Unnamed, &case);
        let [way] = &ways[..] else {
            panic!("{} ways", ways.len())
        };
        assert_eq!(way.how, "nulls of blob are those of one specialty");
        let target = case.knows.target;
        let number = case.knows.vocabularies[target].numbers[value];
        for (row, numbers) in truth.rows.iter().enumerate() {
            let read = way.readings[0].at(row).unwrap();
            let is_value = numbers[target] == number;
            // Others may be as frequent, but not many.
            assert_eq!(
                read.weight(number) > 0.2,
                is_value,
                "{}",
                read.weight(number)
            );
        }
    }
}

#[test]
fn nulls_of_an_unnamed_column_are_those_of_who_has_no_telephone() {
    let town = Town::new(2000);
    let leak = town.leak(&["age", "specialty", "blob:phone"], |field, text| {
        Some(match field {
            "phone" => stand_in(field, text),
            _ => text.to_owned(),
        })
    });
    let (case, truth) = town.case(leak);
    let (_, ways) = ways(&Unnamed, &case);
    let how = "nulls of blob are those of phone";
    let way = ways.iter().find(|way| way.how == how).unwrap();
    let phone = case.knows.schema.position("phone").unwrap();
    for (row, numbers) in truth.rows.iter().enumerate() {
        let read = way.readings[0].at(row).and_then(|read| read.best());
        assert_eq!(read, (numbers[phone] == NULL).then_some((NULL, 1.0)));
    }
}

#[test]
fn lengths_and_nulls_of_nothing_are_not_read() {
    let town = Town::new(2000);
    let rng = &mut ChaCha8Rng::seed_from_u64(3);
    let leak = town.leak(&["last_name", "blob:age", "flag:age"], |field, value| {
        let length = rng.random_range(200..300);
        match field {
            "age" => rng
                .random_bool(0.55)
                .then(|| BASE64.encode(&sealed(rng, length))),
            _ => Some(value.to_owned()),
        }
    });
    let (case, _) = town.case(leak);
    let how: Vec<String> = ways(&Unnamed, &case)
        .1
        .into_iter()
        .map(|way| way.how)
        .collect();
    assert!(how.is_empty(), "{how:?}");
}

/// Who is read in clear is not put together with a guess of who it is by the length of another column.
#[test]
fn a_guess_by_length_gives_way_to_what_is_read() {
    let town = Town::new(1000);
    for (column, is_combined) in [("phone", false), ("age", true)] {
        let (mut case, _) = with_blob(&town, &[column], "email");
        let (others, _) = town.case(town.leak(&["specialty"], |_, value| Some(value.to_owned())));
        case.leaks.extend(others.leaks);
        let found = all_ways(&case, None);
        let is_of_person = |way: &Way| {
            way.readings
                .iter()
                .any(|reading| reading.of == What::Person)
        };
        let combined = found.ways.iter().any(|(family, way)| {
            *family == Family::Everything && way.leak == 0 && is_of_person(way)
        });
        assert_eq!(combined, is_combined, "{column}");
    }
}
