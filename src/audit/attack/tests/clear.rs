use super::*;

use crate::{
    Policy,
    audit::{attack::clear::Clear, case::NULL},
};

fn read(case: &Case) -> Vec<Reading> {
    let ways = Clear.ways(case, &[Vec::new()]);
    ways.into_iter().flat_map(|way| way.readings).collect()
}

/// In every row: the candidates are those values whose shown form is the row's, and the true one is among them.
fn holds(case: &Case, truth: &Truth, field: &str, show: impl Fn(&str) -> String) {
    let position = case.knows.schema.position(field).unwrap();
    let readings = read(case);
    let reading = readings
        .iter()
        .find(|one| one.of == What::Field(position))
        .unwrap();
    let values = &case.knows.vocabularies[position].values;
    for (row, numbers) in truth.rows.iter().enumerate() {
        let shown = show(&values[numbers[position] as usize]);
        let expected: Vec<u32> = (1..values.len() as u32)
            .filter(|&number| show(&values[number as usize]) == shown)
            .collect();
        let found: Vec<u32> = reading
            .at(row)
            .unwrap()
            .as_slice()
            .iter()
            .map(|one| one.0)
            .collect();
        assert_eq!(found, expected, "{field}");
    }
}

#[test]
fn values_as_they_are_and_in_normal_form() {
    let town = Town::new(600);
    let leak = town.leak(
        &["last_name", "who:first_name", "age", "phone", "n:age"],
        |field, value| {
            Some(match field {
                "last_name" => value.to_uppercase(),
                _ => value.to_owned(),
            })
        },
    );
    let (case, truth) = town.case(leak);
    let readings = read(&case);
    for field in ["last_name", "first_name", "age", "phone"] {
        assert_eq!(share(&case, &truth, &readings, field), 1.0, "{field}");
    }
    // Who has no telephone is read as such.
    let phone = case.knows.schema.position("phone").unwrap();
    let nulls = truth.rows.iter().filter(|row| row[phone] == NULL).count();
    assert!(nulls > 0);
}

#[test]
fn what_a_policy_shows() {
    let policy = Policy::from_toml(
        r#"
        domain = "statistics"
        schema = "appointment"
        record_id = "unbound"
        [show.age]
        as = "bands"
        edges = [0, 18, 40, 65]
        reason = "children, adults and the old"
        [show.start]
        as = "truncate"
        to = "month"
        reason = "monthly figures"
        [show.specialty]
        as = "bucket"
        other = "rest"
        reason = "the kind of care"
        [show.specialty.lists]
        surgery = ["urology", "gynaecology"]
        "#,
        &Schema::appointment(),
    );
    let policy = policy.unwrap_or_else(|error| panic!("{error}"));
    let band = |value: &str| match value.parse::<u32>().unwrap() {
        0..18 => "0-17",
        18..40 => "18-39",
        40..65 => "40-64",
        _ => "65+",
    };
    let list = |value: &str| match value {
        "urology" | "gynaecology" => "surgery",
        _ => "rest",
    };
    let town = Town::new(600);
    let leak = town.leak(&["age", "start", "specialty"], |field, value| {
        Some(match field {
            "age" => band(value).to_owned(),
            "start" => value[..7].to_owned(),
            _ => list(value).to_owned(),
        })
    });
    let (case, truth) = town.case(leak.with_policy(&policy));
    holds(&case, &truth, "age", |value| band(value).to_owned());
    holds(&case, &truth, "start", |value| value[..7].to_owned());
    holds(&case, &truth, "specialty", |value| list(value).to_owned());
}

#[test]
fn coarser_forms_are_found_by_looking() {
    let town = Town::new(600);
    let columns = ["last_name", "first_name", "age", "start"];
    let first = |value: &str| value.chars().take(1).collect::<String>();
    let two = |value: &str| value.chars().take(2).collect::<String>();
    let band = |value: &str| match value.parse::<u32>().unwrap() {
        0..18 => "<18".to_owned(),
        age @ 18..65 => {
            format!("{}-{}", age / 10 * 10, age / 10 * 10 + 9).replace("10-19", "18-19")
        }
        _ => "65+".to_owned(),
    };
    // `60-69` and `65+` overlap.
    let band = |value: &str| band(value).replace("60-69", "60-64");
    let leak = town.leak(&columns, |field, value| {
        Some(match field {
            "last_name" => first(value) + "***",
            "first_name" => two(value),
            "age" => band(value),
            _ => value[..4].to_owned() + &value[4..10],
        })
    });
    let (case, truth) = town.case(leak);
    holds(&case, &truth, "last_name", first);
    holds(&case, &truth, "first_name", two);
    holds(&case, &truth, "age", band);
    holds(&case, &truth, "start", |value| value[..10].to_owned());
}

#[test]
fn rounded_ages_are_not_taken_for_exact_ones() {
    let town = Town::new(600);
    let rounded = |value: &str| value.parse::<u32>().unwrap() / 10 * 10;
    let (case, truth) = town.case(town.leak(&["age"], |_, value| Some(rounded(value).to_string())));
    let readings = read(&case);
    let age = case.knows.schema.position("age").unwrap();
    for (row, numbers) in truth.rows.iter().enumerate() {
        let candidates = readings[0].at(row).unwrap();
        assert!(candidates.weight(numbers[age]) > 0.0 && candidates.as_slice().len() >= 5);
    }
}

#[test]
fn what_is_hidden_is_not_read() {
    let town = Town::new(600);
    let mut visits = 0;
    let leak = town.leak(
        &["last_name", "age", "sex", "x:specialty", "minutes:start"],
        |field, value| {
            visits += 1;
            Some(match field {
                "start" => [15, 20, 30, 45][visits % 4].to_string(),
                _ => stand_in(field, value),
            })
        },
    );
    let (case, _) = town.case(leak);
    assert!(Clear.ways(&case, &[Vec::new()]).is_empty());
}
