//! What holds for every record.

use proptest::prelude::*;

use super::*;

fn text_of(row: &Protected) -> BTreeMap<String, String> {
    let value = serde_json::to_value(row).unwrap();
    let fields = value.as_object().unwrap().iter();
    fields
        .filter(|(name, _)| *name != "sealed")
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No transform shows more of a value than its output says.
    #[test]
    fn no_value_comes_through(
        name in "[A-Z][a-z]{5,12}",
        phone in "06[0-9]{8}",
        age in 0..120_i64,
        month in 1..=12_u8,
        day in 1..=28_u8,
        postcode in "[0-9]{5}",
        visit in "rdv-[0-9]{6}",
        specialty in "[A-Z][a-z]{6,20}",
    ) {
        let date = format!("2020-{month:02}-{day:02}");
        let record = json!({
            "name": name, "phone": phone, "age": age, "day": date, "start": format!("{date}T09:30:00+02:00"),
            "postcode": postcode, "specialty": specialty, "visit": visit,
        });
        let protector = protector(every_transform(), vec![index("by_phone", &["phone"], 9)]);
        let row = text_of(&protector.protect(&record).unwrap());
        let whole = row.values().cloned().collect::<String>();
        let national = &phone[1..];
        for value in [name.as_str(), national, &postcode, &visit, &specialty, "09:30"] {
            prop_assert!(!whole.contains(value), "{value} in {whole}");
        }
        prop_assert!(!row["start"].contains(&date));
        // A shift may be of no weeks.
        prop_assert!(row["day"].len() == 12);
        prop_assert!(["\"0-17\"", "\"18-39\"", "\"40-64\"", "\"65+\""].contains(&row["age"].as_str()));
        // The same record is shown alike.
        prop_assert_eq!(text_of(&protector.protect(&record).unwrap()), row);
    }

    #[test]
    fn a_shift_keeps_weekdays_and_intervals_of_a_person(
        name in "[A-Z][a-z]{2,12}",
        days in proptest::collection::vec(0..3000_i32, 2..5),
        weeks in 1..=520_u16,
    ) {
        use jiff::{ToSpan, civil::{Date, date}};

        let protector = protector(vec![show("day", shift(weeks))], Vec::new());
        let moved = |days: i32| {
            let before = date(2015, 1, 1) + days.days();
            let record = json!({ "name": name, "phone": "0639981234", "day": before.to_string() });
            let row = protector.protect(&record).unwrap();
            let Some(Shown::Text(after)) = row.shown("day") else { panic!("a date") };
            (before, after.parse::<Date>().unwrap())
        };
        let (before, after) = moved(days[0]);
        let by = (after - before).get_days();
        prop_assert!(by % 7 == 0 && by.abs() <= 7 * i32::from(weeks));
        for &other in &days {
            let (before, after) = moved(other);
            prop_assert_eq!(before.weekday(), after.weekday());
            prop_assert_eq!((after - before).get_days(), by);
        }
    }

    #[cfg(feature = "phone")]
    #[test]
    fn different_numbers_have_different_stand_ins(a in "06[0-9]{8}", b in "06[0-9]{8}") {
        let of = |phone: &str| shown(&json!({ "phone": phone }), "phone", Transform::Phone).unwrap();
        let stand_in = of(&a);
        prop_assert_eq!(of(&format!("+33 6 {}", &a[2..])), stand_in.clone());
        prop_assert_eq!(of(&b) == stand_in, a == b);
        let text = stand_in.as_str().unwrap();
        prop_assert!(text.starts_with("+336") && text.len() == 12);
        prop_assert!(text[1..].bytes().all(|byte| byte.is_ascii_digit()));
    }

    #[cfg(feature = "reversible")]
    #[test]
    fn stand_ins_are_as_long_whatever_the_value_and_come_back(a in "\\PC{0,6}", b in "\\PC{0,6}") {
        let rule = || vec![show("visit", Transform::Reversible)];
        let protector = protector(rule(), Vec::new());
        let query = Query::new(&keyring(1), &policy("", rule(), Vec::new())).unwrap();
        let of = |value: &str| {
            let row = protector.protect(&json!({ "visit": value })).unwrap();
            let Some(Shown::Reversible(stand_in)) = row.shown("visit") else { panic!("a stand-in") };
            stand_in.clone()
        };
        prop_assert_eq!(of(&a).as_bytes().len(), 16 + 2 + 24);
        prop_assert_eq!(of(&a) == of(&b), a == b);
        prop_assert_eq!(query.reverse("visit", &of(&a)).unwrap(), [(Generation::FIRST, a)]);
    }
}
