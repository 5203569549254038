//! Cells that hold more than one value.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use super::*;

use crate::audit::{attack::clear::Clear, case::Made};

/// One visit of the town.
struct Visit<'t> {
    town: &'t Town,
    row: usize,
}

impl Visit<'_> {
    fn get(&self, field: &str) -> &str {
        let cell = self.town.rows.column(field).unwrap().get(self.row);
        cell.unwrap_or_default()
    }
}

/// What a column shows of a visit.
type Shows<'s> = dyn Fn(&Visit<'_>) -> String + 's;

/// What is read in clear of a leak with these columns.
fn read(town: &Town, columns: &[(&str, &Shows<'_>)]) -> (Case, Truth, Vec<Reading>) {
    let mut table = Table::new(columns.iter().map(|(name, _)| *name)).unwrap();
    for row in 0..town.rows.rows() {
        let visit = Visit { town, row };
        let cells: Vec<String> = columns.iter().map(|(_, cell)| cell(&visit)).collect();
        let cells = cells.iter().map(|cell| Some(cell.as_str()));
        table
            .push(cells.map(|cell| cell.filter(|cell| !cell.is_empty())))
            .unwrap();
    }
    let (case, truth) = town.case(Leak::new("leak", table));
    let ways = Clear.ways(&case, &[Vec::new()]);
    let readings = ways.into_iter().flat_map(|way| way.readings).collect();
    (case, truth, readings)
}

/// In which share of all rows the person is among the candidates, and how many those are in the mean.
fn persons(truth: &Truth, readings: &[Reading]) -> (f64, f64) {
    let Some(reading) = readings.iter().find(|one| one.of == What::Person) else {
        return (0.0, 0.0);
    };
    let rows = truth.person_of.iter().enumerate();
    let found: Vec<usize> = rows
        .filter_map(|(row, &person)| {
            let read = reading.at(row)?;
            (read.weight(person) > 0.0).then_some(read.as_slice().len())
        })
        .collect();
    let sum: usize = found.iter().sum();
    (
        found.len() as f64 / truth.person_of.len() as f64,
        sum as f64 / found.len() as f64,
    )
}

/// Reads a column of whole names, however it is called, in every row.
fn names_are_read(name: &str, write: impl Fn(&str, &str) -> String) {
    let town = Town::new(600);
    let (_, truth, readings) = read(
        &town,
        &[(name, &|visit| {
            write(visit.get("last_name"), visit.get("first_name"))
        })],
    );
    let (found, among) = persons(&truth, &readings);
    assert!(found == 1.0 && among < 3.0, "{found} {among}");
}

/// Reads each of these fields out of one column, in nearly every row that has it.
fn fields_are_read(fields: &[&str], cell: &Shows<'_>) {
    let town = Town::new(600);
    let (case, truth, readings) = read(&town, &[("payload", cell)]);
    for field in fields {
        let position = case.knows.schema.position(field).unwrap();
        let filled = truth.rows.iter().filter(|row| row[position] != 0).count();
        let least = 0.95 * filled as f64 / truth.rows.len() as f64;
        let found = share(&case, &truth, &readings, field);
        assert!(found >= least, "{field}: {found}");
    }
}

fn json(visit: &Visit<'_>) -> String {
    serde_json::json!({
        "patient": {"last_name": visit.get("last_name"), "tel": visit.get("phone")},
        "care": [{"what": visit.get("specialty")}],
    })
    .to_string()
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

#[test]
fn a_first_name_before_a_surname() {
    names_are_read("patient", |last, first| format!("{first} {last}"));
}

/// Who renames columns hides nothing.
#[test]
fn a_field_under_the_name_of_another() {
    let town = Town::new(600);
    let (case, truth, readings) = read(
        &town,
        &[
            ("specialty", &|visit| visit.get("phone").to_owned()),
            ("phone", &|visit| visit.get("specialty").to_owned()),
        ],
    );
    for field in ["phone", "specialty"] {
        let found = share(&case, &truth, &readings, field);
        assert!(found >= 0.9, "{field}: {found}");
    }
}

#[test]
fn values_behind_a_key_that_is_a_value_itself() {
    fields_are_read(&["specialty"], &|visit| {
        let (row, specialty) = (visit.row % 9, visit.get("specialty"));
        format!(
            "Salle: {row}; vu en {specialty}, Mme {}: RAS",
            visit.get("last_name")
        )
    });
}

#[test]
fn a_surname_in_capitals_with_a_comma() {
    names_are_read("beneficiary", |last, first| {
        format!("{}, {first}", last.to_uppercase())
    });
}

#[test]
fn a_whole_name_under_the_name_of_a_part() {
    names_are_read("last_name", |last, first| format!("Mme {last} {first}"));
}

#[test]
fn compound_names_with_other_accents() {
    let mut town = Town::new(600);
    let mut rows = Table::new(town.rows.columns().iter().map(|column| column.name())).unwrap();
    for row in 0..town.rows.rows() {
        let cells = town.rows.columns().iter().map(|column| {
            let cell = column.get(row)?;
            Some(match column.name() {
                "last_name" => format!("De la {cell}é"),
                "first_name" => format!("Jean-{cell}"),
                _ => cell.to_owned(),
            })
        });
        let cells: Vec<Option<String>> = cells.collect();
        rows.push(cells.iter().map(Option::as_deref)).unwrap();
    }
    town.rows = rows;
    let (_, truth, readings) = read(
        &town,
        &[("who", &|visit| {
            let last = visit.get("last_name").to_uppercase().replace('É', "E");
            format!("{last} {}", visit.get("first_name").replace('-', " "))
        })],
    );
    assert_eq!(persons(&truth, &readings).0, 1.0);
}

#[test]
fn fields_one_behind_the_other() {
    for separator in [";", "|", "\t", ",", " / "] {
        fields_are_read(
            &["last_name", "first_name", "phone", "specialty"],
            &|visit| {
                let fields = ["last_name", "first_name", "age", "phone", "specialty"];
                fields.map(|field| visit.get(field)).join(separator)
            },
        );
    }
}

#[test]
fn lists_of_keys_and_values() {
    for (assign, separator) in [("=", ";"), ("=", "&"), (": ", ", "), ("=", " ")] {
        fields_are_read(&["email", "phone", "last_name"], &|visit| {
            let pairs = [("mail", "email"), ("phone", "phone"), ("nom", "last_name")];
            let pairs = pairs.map(|(key, field)| format!("{key}{assign}{}", visit.get(field)));
            pairs.join(separator)
        });
    }
}

#[test]
fn members_of_json() {
    fields_are_read(&["last_name", "phone", "specialty"], &json);
}

#[test]
fn elements_of_json_lists() {
    fields_are_read(&["email", "specialty"], &|visit| {
        serde_json::json!([visit.get("email"), [visit.get("specialty")]]).to_string()
    });
}

#[test]
fn json_in_base64() {
    let fields = ["last_name", "phone", "specialty"];
    fields_are_read(&fields, &|visit| BASE64.encode(json(visit).as_bytes()));
    fields_are_read(&fields, &|visit| {
        BASE64URL_NOPAD.encode(json(visit).as_bytes())
    });
}

#[test]
fn json_with_percent_signs() {
    fields_are_read(&["last_name", "phone", "specialty"], &|visit| {
        escaped(&json(visit))
    });
}

#[test]
fn json_in_json() {
    fields_are_read(&["last_name", "phone", "specialty"], &|visit| {
        serde_json::json!({"type": "visit", "body": json(visit)}).to_string()
    });
}

#[test]
fn an_address_of_the_web_with_parameters() {
    fields_are_read(&["phone", "specialty"], &|visit| {
        let (phone, specialty) = (visit.get("phone"), escaped(visit.get("specialty")));
        format!("https://example.org/book?tel={phone}&motif={specialty}")
    });
}

#[test]
fn telephone_numbers_and_addresses_in_free_text() {
    let spaced = |number: &str| {
        let pairs: Vec<&str> = (0..number.len())
            .step_by(2)
            .map(|at| &number[at..at + 2])
            .collect();
        pairs.join(" ")
    };
    fields_are_read(&["phone", "email"], &|visit| {
        let (phone, email) = (spaced(visit.get("phone")), visit.get("email"));
        format!("rappeler au {phone} svp, ou écrire à {email}.")
    });
}

#[test]
fn a_specialty_in_free_text() {
    fields_are_read(&["specialty"], &|visit| match visit.get("specialty") {
        "ENT" => String::new(),
        specialty => format!("Consultation ({}), {} min", specialty.to_uppercase(), 15),
    });
}

#[test]
fn a_surname_behind_a_title() {
    fields_are_read(&["last_name"], &|visit| {
        format!("rappeler Mme {} avant midi", visit.get("last_name"))
    });
}

#[test]
fn a_whole_name_in_free_text() {
    names_are_read("note", |last, first| {
        format!("vu ce matin {first} {last}, va mieux")
    });
}

#[test]
fn a_field_in_one_row_of_a_hundred() {
    for field in ["phone", "email"] {
        let town = Town::new(3000);
        let rng = std::cell::RefCell::new(ChaCha8Rng::seed_from_u64(5));
        let (case, truth, readings) = read(
            &town,
            &[("x", &|visit| match visit.row % 100 {
                0 => visit.get(field).to_owned(),
                _ => format!("{:032x}", rng.borrow_mut().random::<u128>()),
            })],
        );
        assert!(share(&case, &truth, &readings, field) >= 0.008, "{field}");
        let wrong = readings
            .iter()
            .any(|reading| (0..3000).any(|row| row % 100 != 0 && reading.at(row).is_some()));
        assert!(!wrong, "{field}");
    }
}

#[test]
fn a_whole_name_in_one_row_of_a_hundred() {
    let town = Town::new(3000);
    let rng = std::cell::RefCell::new(ChaCha8Rng::seed_from_u64(6));
    let (_, truth, readings) = read(
        &town,
        &[("x", &|visit| match visit.row % 100 {
            0 => format!("{} {}", visit.get("first_name"), visit.get("last_name")),
            _ => format!("{:032x}", rng.borrow_mut().random::<u128>()),
        })],
    );
    assert!(persons(&truth, &readings).0 >= 0.007);
}

#[test]
fn who_is_not_named_in_a_text_is_not_read_as_nobody() {
    let town = Town::new(600);
    let (case, _, readings) = read(
        &town,
        &[("note", &|visit| match visit.row % 3 {
            0 => format!("tel. {} ce soir", visit.get("phone")),
            _ => "à revoir".to_owned(),
        })],
    );
    let phone = case.knows.schema.position("phone").unwrap();
    let reading = readings
        .iter()
        .find(|reading| reading.of == What::Field(phone))
        .unwrap();
    assert!(reading.at(1).is_none());
}

/// What is in nobody's cells.
fn of_nobody(kind: usize, rng: &mut ChaCha8Rng) -> String {
    let words = [
        "patient", "à", "revoir", "dans", "deux", "semaines", "bilan", "sanguin", "ok",
    ];
    let hex = format!("{:032x}", rng.random::<u128>());
    match kind {
        0 => hex,
        1 => format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        ),
        2 => rng.random_range(1000..2_000_000_u32).to_string(),
        3 => rng
            .random_range(1_000_000_000..9_999_999_999_u64)
            .to_string(),
        4 => BASE64.encode(&rng.random::<[u8; 24]>()),
        5 => BASE64URL_NOPAD.encode(&rng.random::<[u8; 16]>()),
        6 => format!(
            "2020-{:02}-{:02} {:02}:{:02}:{:02}",
            rng.random_range(1..13),
            rng.random_range(1..29),
            rng.random_range(0..24),
            rng.random_range(0..60),
            rng.random_range(0..60)
        ),
        _ => {
            let count = rng.random_range(3..8);
            let text: Vec<&str> = (0..count)
                .map(|_| words[rng.random_range(0..words.len())])
                .collect();
            text.join(" ")
        }
    }
}

#[test]
fn nothing_is_read_where_nothing_is() {
    let town = Town::new(3000);
    for kind in 0..8 {
        let rng = std::cell::RefCell::new(ChaCha8Rng::seed_from_u64(kind as u64));
        let make = |_: &Visit<'_>| of_nobody(kind, &mut rng.borrow_mut());
        let (case, _, readings) = read(&town, &[("x", &make)]);
        assert!(readings.is_empty(), "kind {kind}");
        assert_eq!(case.leaks[0].columns.len(), 1, "kind {kind}");
    }
}

#[test]
fn json_of_nobody_is_unpacked_and_says_nothing() {
    let town = Town::new(600);
    let rng = std::cell::RefCell::new(ChaCha8Rng::seed_from_u64(9));
    let make = |_: &Visit<'_>| {
        let id = of_nobody(0, &mut rng.borrow_mut());
        serde_json::json!({"id": id, "n": rng.borrow_mut().random_range(1000..9000)}).to_string()
    };
    let (case, _, readings) = read(&town, &[("x", &make)]);
    assert!(readings.is_empty());
    let unpacked = case.leaks[0].columns.iter();
    let unpacked = unpacked.filter(|column| column.made == Made::Unpacked);
    assert_eq!(unpacked.count(), 2);
}

#[test]
fn digests_in_json_are_tried() {
    let town = Town::new(600);
    let digest = |text: &str| data_encoding::HEXLOWER.encode(&Sha256::digest(text));
    let (case, truth, readings) = read(
        &town,
        &[("payload", &|visit| {
            serde_json::json!({"h": digest(visit.get("email")), "s": visit.get("specialty")})
                .to_string()
        })],
    );
    let attack = crate::audit::attack::digest::Digest::new(None);
    let ways = attack.ways(&case, std::slice::from_ref(&readings));
    assert_eq!(share(&case, &truth, &ways[0].readings, "email"), 1.0);
}

#[test]
fn somebody_else_in_a_text_hides_nobody() {
    let town = Town::new(600);
    let (case, truth, readings) = read(
        &town,
        &[
            ("note", &|visit| {
                let row = (visit.row + 7) % 600;
                let other = Visit { town: &town, row };
                format!("amené par Mme {} ce jour", other.get("last_name"))
            }),
            ("last_name", &|visit| visit.get("last_name").to_owned()),
            ("email", &|visit| visit.get("email").to_owned()),
        ],
    );
    assert_eq!(readings.len(), 3);
    let readings: Vec<&Reading> = readings.iter().collect();
    let people = crate::audit::judge::link::people(&case, 0, &readings);
    for (row, &person) in truth.person_of.iter().enumerate() {
        let candidates = &people.candidates[people.codes[row] as usize];
        assert_eq!(candidates.best().map(|best| best.0), Some(person));
    }
}

#[test]
fn what_this_crate_makes_of_records_is_left_as_it_is() {
    let policy = crate::Policy::from_toml(
        r#"
        domain = "statistics"
        schema = "appointment"
        record_id = "unbound"
        [show.specialty]
        as = "keep"
        reason = "the kind of care"
        "#,
        &Schema::appointment(),
    );
    let policy = policy.unwrap_or_else(|error| panic!("{error}"));
    let town = Town::new(600);
    let composed = |kind: &str, value: &str| format!("{kind}{value};{value}");
    let leak = town.leak(
        &["specialty", "sealed:email", "last_name"],
        |field, value| {
            Some(match field {
                "email" => composed("p1.", value),
                _ => composed("", value),
            })
        },
    );
    let (case, _) = town.case(leak.with_policy(&policy));
    let columns = &case.leaks[0].columns;
    assert!(columns.iter().all(|column| column.made == Made::Leaked));
}
