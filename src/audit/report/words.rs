//! Figures and names as text.

/// 6128 as "6,128".
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "1 draw", "20 draws".
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A gain or another share, with as many digits as it takes to see a person of ten thousand.
pub(super) fn share(value: f64) -> String {
    if value.is_nan() {
        return "—".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let digits = if value.abs() < 0.01 { 4 } else { 3 };
    let text = format!("{:.digits$}", value.abs());
    match text.contains(|c: char| ('1'..='9').contains(&c)) {
        false => "0".to_owned(),
        true if value < 0.0 => format!("−{text}"),
        true => text,
    }
}

/// As [`share`], rounded up: what a bound says must hold.
pub(super) fn share_above(value: f64) -> String {
    let steps = if value.abs() < 0.01 {
        10_000.0
    } else {
        1_000.0
    };
    // A figure that is a multiple already must not become the next one by its last bit.
    share((value * steps - 1e-9).ceil() / steps)
}

/// What a gain is under. Nothing is over 1, so that a bound there bounds nothing.
pub(super) fn bound(value: Option<f64>) -> String {
    match value {
        None => "—".to_owned(),
        Some(value) if value > 0.999 => "up to 1".to_owned(),
        Some(value) => format!("under {}", share_above(value)),
    }
}

/// A p.
pub(super) fn chance(p: f64) -> String {
    if p.is_nan() {
        return "—".to_owned();
    }
    match p {
        p if p < 0.0005 => "under 0.001".to_owned(),
        p => format!("{p:.3}"),
    }
}

/// A share of all in per cent.
pub(super) fn percent(value: f64) -> String {
    if !value.is_finite() {
        return "—".to_owned();
    }
    let percent = value * 100.0;
    let digits = usize::from(percent != percent.round());
    format!("{percent:.digits$} %")
}

/// Bits, or any figure of which two digits tell enough.
pub(super) fn two_digits(value: f64) -> String {
    if !value.is_finite() {
        return share(value);
    }
    let text = format!("{:.2}", value.abs());
    match text.as_str() {
        "0.00" => "0".to_owned(),
        _ if value < 0.0 => format!("−{text}"),
        _ => text,
    }
}

/// Text from elsewhere, such as the name of a column, without what could move a cursor or turn the reading direction.
pub(super) fn plain(text: &str) -> String {
    let moves = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if moves(c) { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_text() {
        assert_eq!(
            ["1", "999", "1,000", "1,234,567"],
            [1, 999, 1000, 1_234_567].map(count).as_slice()
        );
        assert_eq!(
            [
                "0",
                "0.0004",
                "−0.0004",
                "0.010",
                "0.624",
                "1.000",
                "∞",
                "—"
            ],
            [
                0.000_04,
                0.0004,
                -0.0004,
                0.01,
                0.624,
                1.0,
                f64::INFINITY,
                f64::NAN
            ]
            .map(share)
            .as_slice()
        );
        assert_eq!(
            ["0.001", "0.050", "1.000", "under 0.001"],
            [0.001, 0.05, 1.0, 0.000_1].map(chance).as_slice()
        );
        assert_eq!(
            ["0.1 %", "5 %", "100 %"],
            [0.001, 0.05, 1.0].map(percent).as_slice()
        );
        assert_eq!(
            ["0", "3.17", "−0.25"],
            [0.0, 3.17, -0.25].map(two_digits).as_slice()
        );
    }

    #[test]
    fn a_bound_is_never_rounded_down() {
        assert_eq!(share_above(0.006_71), "0.0068");
        assert_eq!(share_above(0.0067), "0.0067");
        assert_eq!(share_above(0.651_2), "0.652");
        assert_eq!(bound(None), "—");
        assert_eq!(bound(Some(0.998_5)), "under 0.999");
        assert_eq!(bound(Some(0.999_5)), "up to 1");
    }

    #[test]
    fn names_from_elsewhere_move_nothing() {
        assert_eq!(
            plain("a\u{1b}[2J\u{202e}b\n"),
            "a\u{fffd}[2J\u{fffd}b\u{fffd}"
        );
    }
}
