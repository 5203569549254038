//! RFC 3339 §5.6, by the letter: what a `date` and a `date-time` may be. Values are kept as they were written.
//!
//! Checked on every record, so by hand: a date library parses more than the RFC and takes longer than a seal.

/// `full-date`.
pub(crate) fn is_date(text: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else {
        return false;
    };
    let (Some(century), Some(years), Some(month), Some(day)) =
        (two([y1, y2]), two([y3, y4]), two([m1, m2]), two([d1, d2]))
    else {
        return false;
    };
    (1..=days_of(u32::from(century) * 100 + u32::from(years), month)).contains(&day)
}

/// `date-time`: with an offset, a fraction of a second or a leap second where there is one.
pub(crate) fn is_date_time(text: &[u8]) -> bool {
    let Some((date, rest)) = text.split_at_checked(10) else {
        return false;
    };
    let Some(([b'T' | b't', h1, h2, b':', m1, m2, b':', s1, s2], rest)) = rest.split_first_chunk()
    else {
        return false;
    };
    let (Some(hour), Some(minute), Some(second)) =
        (two([*h1, *h2]), two([*m1, *m2]), two([*s1, *s2]))
    else {
        return false;
    };
    is_date(date) && hour < 24 && minute < 60 && second <= 60 && is_fraction_and_offset(rest)
}

fn is_fraction_and_offset(mut bytes: &[u8]) -> bool {
    if let [b'.', rest @ ..] = bytes {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return false;
        }
        bytes = &rest[digits..];
    }
    match *bytes {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            two([h1, h2]).is_some_and(|hour| hour < 24)
                && two([m1, m2]).is_some_and(|minute| minute < 60)
        }
        _ => false,
    }
}

fn two([tens, ones]: [u8; 2]) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

fn days_of(year: u32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_by_the_letter() {
        for good in [
            "2020-07-21",
            "2020-02-29",
            "2000-02-29",
            "1904-02-29",
            "0000-01-01",
            "9999-12-31",
        ] {
            assert!(is_date(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "2020-7-21",
            "2020-0:-01",
            "2021-02-29",
            "1900-02-29",
            "2020-04-31",
            "2020-00-01",
            "2020-13-01",
            "2020-01-00",
            "20-07-2020",
            "2020-07-21 ",
            "+2020-07-21",
            "２020-07-21",
        ] {
            assert!(!is_date(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn date_times_by_the_letter() {
        for good in [
            "2020-07-21T09:30:00+02:00",
            "2020-07-21t09:30:00z",
            "2020-07-21T23:59:60Z",
            "2020-07-21T09:30:00.123456789Z",
            "2020-07-21T09:30:00-00:00",
        ] {
            assert!(is_date_time(good.as_bytes()), "{good}");
        }
        for bad in [
            "2020-07-21",
            "2020-07-21T09:30:00",
            "2020-07-21 09:30:00Z",
            "2020-07-21T24:00:00Z",
            "2020-07-21T09:60:00Z",
            "2020-07-21T09:30:61Z",
            "2020-07-21T09:30:00.Z",
            "2020-07-21T09:30:00+0200",
            "2020-07-21T09:30:00+24:00",
            "2020-07-21T09:30Z",
            "2020-07-21T09:30:00ZZ",
            "2020-02-30T09:30:00Z",
            "2020-07-2é09:30:00Z",
            "2020-07-21Té9:30:00Z",
        ] {
            assert!(!is_date_time(bad.as_bytes()), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_passes_is_a_real_date(text in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]") {
            prop_assert_eq!(is_date(text.as_bytes()), text.parse::<jiff::civil::Date>().is_ok());
        }

        #[test]
        fn what_passes_is_a_real_instant(text in "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-5][0-9](Z|\\+0[0-9]:[0-6]0)") {
            prop_assert_eq!(is_date_time(text.as_bytes()), text.parse::<jiff::Timestamp>().is_ok());
        }
    }
}
