//! The transforms that need a value and nothing else, each over text, an integer or a date. Each either shows or says why
//! it cannot, without the value.

use std::fmt::Write;

use jiff::{ToSpan, civil::Date};

use super::Period;

const NO_INTEGER: &str = "it is not an integer";
const NO_DATE: &str = "it is not a date";
const FAR_DATE: &str = "what would be shown is beyond the years 0000 to 9999";
const BELOW: &str = "it is below the first edge";
const BEYOND: &str = "the multiple next to it is beyond 64 bits";
const SHORT: &str = "it has fewer characters than are shown";

pub(super) fn integer(value: &str) -> Result<i64, &'static str> {
    value.parse().map_err(|_| NO_INTEGER)
}

/// The date of a date, or the local date of a date-time: its first ten characters.
pub(crate) fn local_date(value: &str) -> Result<Date, &'static str> {
    let date = || {
        let date = value.get(..10)?;
        let number = |range: std::ops::Range<usize>| date.get(range)?.parse::<i16>().ok();
        Date::new(
            number(0..4)?,
            number(5..7)?.try_into().ok()?,
            number(8..10)?.try_into().ok()?,
        )
        .ok()
    };
    date().ok_or(NO_DATE)
}

/// Appends the first and last integer of the band, `18-39`; of the last one `65+`, and of one integer only that.
pub(super) fn band(edges: &[i64], value: i64, text: &mut String) -> Result<(), &'static str> {
    let above = edges.partition_point(|&edge| edge <= value);
    let first = *above
        .checked_sub(1)
        .and_then(|at| edges.get(at))
        .ok_or(BELOW)?;
    // Ascending edges: the next one is at least one more.
    let written = match edges.get(above).map(|next| next - 1) {
        None => write!(text, "{first}+"),
        Some(last) if last == first => write!(text, "{first}"),
        Some(last) => write!(text, "{first}-{last}"),
    };
    infallible(written)
}

/// Appends the period that the date is in.
pub(super) fn truncate(period: Period, date: Date, text: &mut String) -> Result<(), &'static str> {
    let (year, month) = (date.year(), date.month());
    let written = match period {
        Period::Day => write!(text, "{year:04}-{month:02}-{:02}", date.day()),
        Period::Week => {
            let week = date.iso_week_date();
            // The first days of the year 0000 are in a week of the year before.
            if week.year() < 0 {
                return Err(FAR_DATE);
            }
            write!(text, "{:04}-W{:02}", week.year(), week.week())
        }
        Period::Month => write!(text, "{year:04}-{month:02}"),
        Period::Quarter => write!(text, "{year:04}-Q{}", (month - 1) / 3 + 1),
        Period::Year => write!(text, "{year:04}"),
    };
    infallible(written)
}

/// The first `count` characters.
pub(super) fn prefix(count: usize, value: &str) -> Result<&str, &'static str> {
    if value.chars().take(count).count() < count {
        return Err(SHORT);
    }
    let end = value.char_indices().nth(count).map(|(at, _)| at);
    Ok(&value[..end.unwrap_or(value.len())])
}

/// The nearest multiple; a half is rounded up.
pub(super) fn round(to: u64, value: i64) -> Result<i64, &'static str> {
    let (to, value) = (i128::from(to), i128::from(value));
    let multiple = (2 * value + to)
        .checked_div_euclid(2 * to)
        .map(|count| count * to);
    multiple
        .and_then(|multiple| multiple.try_into().ok())
        .ok_or(BEYOND)
}

/// Appends the first and last characters with three asterisks between them; three asterisks alone where there is nothing
/// between.
pub(super) fn mask(first: usize, last: usize, value: &str, text: &mut String) {
    let mut between = value.chars();
    between.by_ref().take(first).for_each(drop);
    let start = value.len() - between.as_str().len();
    between.by_ref().rev().take(last).for_each(drop);
    let end = start + between.as_str().len();
    let (first, last) = if start < end {
        (&value[..start], &value[end..])
    } else {
        ("", "")
    };
    for part in [first, "***", last] {
        text.push_str(part);
    }
}

/// The date as many weeks later, or earlier.
pub(crate) fn shifted(date: Date, weeks: i64) -> Result<Date, &'static str> {
    date.checked_add(weeks.weeks())
        .ok()
        .filter(|date| date.year() >= 0)
        .ok_or(FAR_DATE)
}

fn infallible(written: std::fmt::Result) -> Result<(), &'static str> {
    match written {
        Ok(()) => Ok(()),
        Err(_) => unreachable!("text takes what is written"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::Transform, *};

    fn shown(transform: &Transform, value: &str) -> Result<String, &'static str> {
        let mut text = String::from("before ");
        let integer = match transform.show(value, &mut text) {
            Ok(integer) => integer,
            Err(why) => {
                assert_eq!(text, "before ");
                return Err(why);
            }
        };
        let text = text.strip_prefix("before ").unwrap();
        Ok(match integer {
            Some(integer) => {
                assert_eq!(text, "");
                integer.to_string()
            }
            None => text.to_owned(),
        })
    }

    fn bands(edges: &[i64]) -> Transform {
        Transform::Bands {
            edges: edges.to_vec(),
        }
    }

    fn mask_of(first: usize, last: usize) -> Transform {
        Transform::Mask { first, last }
    }

    #[test]
    fn bands_by_hand() {
        let ages = bands(&[0, 18, 40, 65]);
        for (age, band) in [
            (0, "0-17"),
            (17, "0-17"),
            (18, "18-39"),
            (39, "18-39"),
            (40, "40-64"),
            (65, "65+"),
            (i64::MAX, "65+"),
        ] {
            assert_eq!(shown(&ages, &age.to_string()).unwrap(), band);
        }
        assert_eq!(shown(&ages, "-1"), Err(BELOW));
        assert_eq!(shown(&ages, &i64::MIN.to_string()), Err(BELOW));
        assert_eq!(shown(&bands(&[5, 6]), "5").unwrap(), "5");
        assert_eq!(shown(&bands(&[5]), "5").unwrap(), "5+");
        assert_eq!(shown(&bands(&[-10, -4, 0]), "-7").unwrap(), "-10--5");
        let whole = bands(&[i64::MIN, i64::MAX]);
        assert_eq!(
            shown(&whole, "0").unwrap(),
            "-9223372036854775808-9223372036854775806"
        );
        assert_eq!(
            shown(&whole, "9223372036854775807").unwrap(),
            "9223372036854775807+"
        );
        assert_eq!(shown(&bands(&[]), "5"), Err(BELOW));
        assert_eq!(shown(&ages, "x"), Err(NO_INTEGER));
    }

    #[test]
    fn periods_by_hand() {
        use Period::{Day, Month, Quarter, Week, Year};
        for (value, period, expected) in [
            ("2020-07-21", Day, "2020-07-21"),
            ("2020-07-21T23:30:00-11:00", Day, "2020-07-21"),
            ("2020-07-21", Week, "2020-W30"),
            ("2020-07-21T09:30:00+02:00", Month, "2020-07"),
            ("2020-07-21", Quarter, "2020-Q3"),
            ("2020-03-31", Quarter, "2020-Q1"),
            ("2020-04-01", Quarter, "2020-Q2"),
            ("2020-12-31", Quarter, "2020-Q4"),
            ("2020-07-21", Year, "2020"),
            // ISO 8601: the week of the first Thursday is the first one.
            ("2018-12-31", Week, "2019-W01"),
            ("2021-01-03", Week, "2020-W53"),
            ("2024-12-30", Week, "2025-W01"),
            ("2027-01-01", Week, "2026-W53"),
            ("9999-12-31", Week, "9999-W52"),
            ("0000-01-03", Week, "0000-W01"),
            ("0000-01-01", Day, "0000-01-01"),
            ("0099-02-03", Month, "0099-02"),
            ("0007-02-03", Year, "0007"),
        ] {
            assert_eq!(
                shown(&Transform::Truncate(period), value).unwrap(),
                expected
            );
        }
        for value in ["0000-01-01", "0000-01-02T00:00:00Z"] {
            assert_eq!(shown(&Transform::Truncate(Week), value), Err(FAR_DATE));
        }
        for value in ["", "2020-07", "2021-02-29", "2020-07-2é"] {
            let shown = shown(&Transform::Truncate(Year), value);
            assert_eq!(shown, Err(NO_DATE), "{value:?}");
        }
    }

    #[test]
    fn prefixes_count_characters() {
        assert_eq!(shown(&Transform::Prefix(2), "75011").unwrap(), "75");
        assert_eq!(shown(&Transform::Prefix(2), "éà").unwrap(), "éà");
        assert_eq!(shown(&Transform::Prefix(1), "éà").unwrap(), "é");
        assert_eq!(shown(&Transform::Prefix(2), "7"), Err(SHORT));
        assert_eq!(shown(&Transform::Prefix(1), ""), Err(SHORT));
    }

    #[test]
    fn halves_are_rounded_up() {
        for (to, value, expected) in [
            (5, 0, 0),
            (5, 2, 0),
            (5, 3, 5),
            (2, 1, 2),
            (2, -1, 0),
            (2, -3, -2),
            (10, 5, 10),
            (10, -5, 0),
            (10, -6, -10),
            (10, 14, 10),
            (10, i64::MAX - 7, i64::MAX - 7),
            (1_000_000_000, 499_999_999, 0),
            (1_000_000_000, 500_000_000, 1_000_000_000),
        ] {
            let found = shown(&Transform::Round(to), &value.to_string()).unwrap();
            assert_eq!(found, expected.to_string(), "{value} to {to}");
        }
        for (to, value) in [(10, i64::MAX), (10, i64::MIN), (2, i64::MAX), (0, 5)] {
            let found = shown(&Transform::Round(to), &value.to_string());
            assert_eq!(found, Err(BEYOND), "{value} to {to}");
        }
        assert_eq!(
            shown(&Transform::Round(2), &i64::MIN.to_string()).unwrap(),
            i64::MIN.to_string()
        );
        assert_eq!(shown(&Transform::Round(2), "1.5"), Err(NO_INTEGER));
    }

    #[test]
    fn masks_hide_what_has_nothing_between() {
        for (first, last, value, expected) in [
            (1, 2, "Martin", "M***in"),
            (1, 0, "Martin", "M***"),
            (0, 2, "Martin", "***in"),
            (1, 2, "Éloïse", "É***se"),
            (1, 1, "abc", "a***c"),
            (1, 1, "ab", "***"),
            (1, 2, "ab", "***"),
            (64, 64, "ab", "***"),
            (1, 0, "", "***"),
        ] {
            assert_eq!(
                shown(&mask_of(first, last), value).unwrap(),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn shifts_end_with_the_years() {
        let date = |text| local_date(text).unwrap();
        for (from, weeks, to) in [
            ("2020-07-23", 19, "2020-12-03"),
            ("2024-02-29", -520, "2014-03-13"),
            ("0000-01-08", -1, "0000-01-01"),
            ("9999-12-24", 1, "9999-12-31"),
            ("2020-07-23", 0, "2020-07-23"),
        ] {
            assert_eq!(shifted(date(from), weeks), Ok(date(to)));
        }
        assert_eq!(shifted(date("0000-01-07"), -1), Err(FAR_DATE));
        assert_eq!(shifted(date("9999-12-25"), 1), Err(FAR_DATE));
    }

    /// Any date of RFC 3339, as text.
    fn dates() -> impl Strategy<Value = String> {
        (0..=9999_i16, 1..=12_i8, 1..=28_i8)
            .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
    }

    proptest! {
        #[test]
        fn a_value_is_in_its_band(
            edges in proptest::collection::btree_set(-1000..1000_i64, 1..20),
            value in -1100..1100_i64,
        ) {
            let edges: Vec<i64> = edges.into_iter().collect();
            let found = shown(&bands(&edges), &value.to_string());
            prop_assert_eq!(found.is_err(), value < edges[0]);
            let Ok(band) = found else { return Ok(()) };
            // Every value of the band, and no other, gives this text.
            for other in -1100..1100 {
                let between = edges.iter().any(|&edge| edge > value.min(other) && edge <= value.max(other));
                let same = shown(&bands(&edges), &other.to_string()).as_deref() == Ok(band.as_str());
                prop_assert_eq!(same, other >= edges[0] && !between);
            }
        }

        #[test]
        fn rounding_is_near_and_stays(to in 2..=1_000_000_000_u64, value: i64) {
            if let Ok(text) = shown(&Transform::Round(to), &value.to_string()) {
                let multiple: i128 = text.parse().unwrap();
                prop_assert_eq!(multiple.rem_euclid(i128::from(to)), 0);
                let above = 2 * (multiple - i128::from(value));
                prop_assert!(above > -i128::from(to) && above <= i128::from(to));
                prop_assert_eq!(shown(&Transform::Round(to), &text).unwrap(), text);
            }
        }

        /// What is shown is what it says of the date, and nothing of the day or time below it.
        #[test]
        fn dates_of_one_period_are_shown_alike(date in dates(), time in "T[01][0-9]:[0-5][0-9]:[0-5][0-9]Z") {
            for period in Period::ALL {
                let of = |value: &str| shown(&Transform::Truncate(period), value);
                prop_assert_eq!(of(&date), of(&format!("{date}{time}")));
                let Ok(text) = of(&date) else { continue };
                prop_assert!(period == Period::Week || date.starts_with(&text[..4]));
                if period > Period::Day {
                    prop_assert!(!text.contains(&date));
                }
                // The days around it are shown alike until the period ends.
                let next = local_date(&date).unwrap().tomorrow().unwrap();
                let ends = match period {
                    Period::Day => true,
                    Period::Week => next.weekday() == jiff::civil::Weekday::Monday,
                    Period::Month => next.day() == 1,
                    Period::Quarter => next.day() == 1 && [1, 4, 7, 10].contains(&next.month()),
                    Period::Year => next.day() == 1 && next.month() == 1,
                };
                prop_assert_eq!(of(&next.to_string()) != Ok(text), ends);
            }
            let day = shown(&Transform::Truncate(Period::Day), &date).unwrap();
            prop_assert_eq!(shown(&Transform::Truncate(Period::Day), &day).unwrap(), day);
        }

        #[test]
        fn a_prefix_has_its_characters_and_stays(value in "\\PC{0,12}", count in 1..=12_usize) {
            let found = shown(&Transform::Prefix(count), &value);
            prop_assert_eq!(found.is_err(), value.chars().count() < count);
            if let Ok(prefix) = found {
                prop_assert!(value.starts_with(&prefix) && prefix.chars().count() == count);
                prop_assert_eq!(shown(&Transform::Prefix(count), &prefix).unwrap(), prefix);
            }
        }

        #[test]
        fn a_mask_hides_all_but_its_ends(value in "[a-zé]{0,12}", first in 0..4_usize, last in 0..4_usize) {
            let text = shown(&mask_of(first, last), &value).unwrap();
            let (start, end) = text.split_once("***").unwrap();
            if value.chars().count() > first + last {
                prop_assert!(value.starts_with(start) && value.ends_with(end));
                prop_assert_eq!((start.chars().count(), end.chars().count()), (first, last));
            } else {
                prop_assert_eq!(text, "***");
            }
        }

        #[test]
        fn a_shift_keeps_weekdays_and_intervals(a in dates(), b in dates(), weeks in -520..=520_i64) {
            let (a, b) = (local_date(&a).unwrap(), local_date(&b).unwrap());
            let (Ok(a_shifted), Ok(b_shifted)) = (shifted(a, weeks), shifted(b, weeks)) else { return Ok(()) };
            prop_assert_eq!(a_shifted.weekday(), a.weekday());
            prop_assert_eq!((b_shifted - a_shifted).get_days(), (b - a).get_days());
            prop_assert_eq!(shifted(a_shifted, -weeks), Ok(a));
        }
    }
}
