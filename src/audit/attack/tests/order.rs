use super::*;

use crate::audit::attack::order::Order;

/// An increasing function of an age, in hexadecimal.
fn ascending(value: &str) -> String {
    let mut sum = 0_u64;
    for age in 0..=value.parse::<u64>().unwrap() {
        let step = stand_in("step", &age.to_string());
        sum += 1 + u64::from_str_radix(&step[..8], 16).unwrap();
    }
    format!("{sum:016x}")
}

#[test]
fn ages_in_order_are_read() {
    let town = Town::new(6128);
    for plain in [true, false] {
        let leak = town.leak(&["age"], |_, value| {
            let text = ascending(value);
            Some(match plain {
                true => u64::from_str_radix(&text, 16).unwrap().to_string(),
                false => text,
            })
        });
        let (case, truth) = town.case(leak);
        let (clear, ways) = ways(&Order, &case);
        assert!(clear.is_empty());
        let share = share(&case, &truth, &ways[0].readings, "age");
        assert!(share >= 0.99, "{share}");
    }
}

#[test]
fn stand_ins_in_no_order_are_not_read() {
    let town = Town::new(2000);
    let leak = town.leak(&["age", "start"], |field, value| {
        Some(stand_in(field, value))
    });
    let (case, _) = town.case(leak);
    assert!(ways(&Order, &case).1.is_empty());
}
