//! What forms are worth, by the table of `docs/linkage.md`, and what is known to who has two.

use super::*;

/// 1,000 values without days.
fn facts() -> Facts {
    Facts {
        name: "field".to_owned(),
        identifier: false,
        quasi: true,
        sensitive: false,
        of_person: true,
        of_visit: false,
        frequencies_known: true,
        frequencies_unknown: false,
        optional: false,
        values: 1_000.0,
        fewest: 1_000.0,
        days: f64::INFINITY,
    }
}

/// 8,192 starts on 1,024 days: 8 a day.
fn dates() -> Facts {
    Facts {
        values: 8_192.0,
        fewest: 8_192.0,
        days: 1_024.0,
        ..facts()
    }
}

fn shown(transform: &Transform, facts: &Facts) -> Form {
    Form::shown(transform, facts, f64::INFINITY).unwrap()
}

fn bands(edges: &[i64]) -> Form {
    let edges = edges.to_vec();
    shown(&Transform::Bands { edges }, &facts())
}

fn mask(first: usize, last: usize) -> Form {
    // log2(36^n + 1) of so many values that it is not capped.
    let facts = Facts {
        values: f64::INFINITY,
        fewest: f64::INFINITY,
        ..facts()
    };
    shown(&Transform::Mask { first, last }, &facts)
}

fn period(period: Period) -> Form {
    shown(&Transform::Truncate(period), &dates())
}

/// A period leaves as many starts as its days have: 8 on a day, 28 x 8 in a month; of fewer than one a day, its days.
#[test]
fn a_period_leaves_the_starts_of_its_days() {
    assert_eq!(period(Period::Day).leaves(), 8.0);
    assert_eq!(period(Period::Month).leaves(), 224.0);
    let seldom = Facts {
        values: 10.0,
        fewest: 10.0,
        ..dates()
    };
    let day = shown(&Transform::Truncate(Period::Day), &seldom);
    assert_eq!(day.leaves(), 1.0);
    assert!(day.tells_value() && !period(Period::Day).tells_value());
}

/// First and last characters are as good as each other: 36^(2 + 1) + 1.
#[test]
fn a_mask_counts_both_ends() {
    assert_eq!(mask(2, 1).bits(), (36_f64.powi(3) + 1.0).log2());
    assert!(mask(2, 1).tells_value());
}

/// Where values begin is not known: the first or last multiple may stand for one.
#[test]
fn a_rounded_value_stands_for_one_at_its_worst() {
    let round = shown(&Transform::Round(500), &facts());
    assert!(round.tells_value() && !round.tells_single());
}

/// Where nobody says how many values there are, the open band may have one; where somebody does, it has the rest.
#[test]
fn the_open_band_has_the_rest() {
    assert_eq!(bands(&[0, 10]).leaves(), 10.0);
    assert_eq!(bands(&[0, 998]).leaves(), 2.0);
    let endless = Facts {
        values: f64::INFINITY,
        fewest: f64::INFINITY,
        ..facts()
    };
    let edges = vec![0, 10];
    assert_eq!(shown(&Transform::Bands { edges }, &endless).leaves(), 1.0);
}

/// The rest of a bucket likewise, and null is one more class.
#[test]
fn a_bucket_has_a_rest_and_null() {
    let list = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let bucket = |other: Option<&str>| Transform::Bucket {
        lists: vec![
            ("a".to_owned(), list(&["1", "2", "3"])),
            ("b".to_owned(), list(&["4", "5", "6", "7"])),
        ],
        other: other.map(str::to_owned),
    };
    let nine = Facts {
        values: 9.0,
        fewest: 9.0,
        ..facts()
    };
    let form = shown(&bucket(Some("rest")), &nine);
    assert_eq!((form.bits(), form.leaves()), (3_f64.log2(), 2.0));
    assert_eq!(shown(&bucket(None), &nine).leaves(), 3.0);
    let optional = Facts {
        optional: true,
        ..nine
    };
    assert_eq!(shown(&bucket(None), &optional).bits(), 3_f64.log2());
}

/// As many classes as values: each is told. One class more than half of them: some class has one.
#[test]
fn many_classes_leave_little() {
    let few = |values: f64| Facts {
        values,
        fewest: values,
        ..dates()
    };
    let month = |values: f64| shown(&Transform::Truncate(Period::Month), &few(values)).leaves();
    // 38 months at most.
    assert_eq!(month(38.0), 1.0);
    assert_eq!(month(40.0), 3.0);
}

/// A shift hides no more than its subject differs.
#[test]
fn a_shift_hides_what_its_subject_differs() {
    let shift = Transform::Shift {
        weeks: 1,
        subject: vec![0],
    };
    let by = |subject: f64| Form::shown(&shift, &dates(), subject).unwrap().worth(1.0);
    assert_eq!(by(1.0), 9.0);
    assert_eq!(by(2.0), 10.0 - 3_f64.log2());
}

/// What another schema says of a field of the same name is taken where it is worse.
#[test]
fn of_two_schemas_the_worse_is_taken() {
    let one = Facts {
        identifier: false,
        quasi: false,
        sensitive: false,
        of_person: true,
        of_visit: false,
        frequencies_known: false,
        frequencies_unknown: true,
        optional: false,
        values: 3.0,
        fewest: 3.0,
        days: 5.0,
        ..facts()
    };
    let two = Facts {
        identifier: true,
        quasi: true,
        sensitive: true,
        of_person: false,
        of_visit: true,
        frequencies_known: true,
        frequencies_unknown: false,
        optional: true,
        values: 4.0,
        fewest: 4.0,
        days: 6.0,
        ..facts()
    };
    let flags = |facts: &Facts| {
        [
            facts.identifier,
            facts.quasi,
            facts.sensitive,
            facts.of_person,
            facts.of_visit,
            facts.frequencies_known,
            facts.frequencies_unknown,
            facts.optional,
        ]
    };
    let numbers = |facts: &Facts| [facts.values, facts.fewest, facts.days];
    for (first, second) in [(&one, &two), (&two, &one)] {
        let mut both = first.clone();
        both.add(second);
        assert_eq!(flags(&both), [true; 8]);
        assert_eq!(numbers(&both), [4.0, 3.0, 6.0]);
    }
    for same in [one, two] {
        let mut both = same.clone();
        both.add(&same);
        assert_eq!(
            (flags(&both), numbers(&both)),
            (flags(&same), numbers(&same))
        );
    }
}

/// Who has a value knows no more by a part of it or another form, in either order.
#[test]
fn an_exact_value_is_not_refined() {
    let exact = Form::exact(&facts());
    for other in [
        bands(&[0, 10]),
        mask(1, 0),
        Form::part(&facts(), 2.0),
        exact.clone(),
    ] {
        assert_eq!(exact.refine(&other, &facts()), exact);
        assert_eq!(other.refine(&exact, &facts()), exact);
    }
}

/// Of one form known to two degrees the greater is known.
#[test]
fn of_one_form_the_greater_is_known() {
    let (one, more) = (bands(&[0, 10]), bands(&[0, 10]).at_least(&facts(), 3.0));
    assert_eq!((one.bits(), more.bits()), (1.0, 3.0));
    assert_eq!(one.refine(&more, &facts()), more);
    assert_eq!(more.refine(&one, &facts()), more);
}

/// Bands by all edges: 0, 10, 16, 30 are four, the narrowest 6 wide.
#[test]
fn bands_are_refined_by_all_edges() {
    let both = bands(&[0, 10, 30]).refine(&bands(&[0, 16]), &facts());
    assert_eq!((both.bits(), both.leaves()), (2.0, 6.0));
    // One band tells nothing, and so nothing where it lies.
    assert_eq!(bands(&[0]).refine(&bands(&[5]), &facts()).bits(), 0.0);
}

/// The finer of two periods holds the coarser one, but for weeks, which lie across months, quarters and years.
#[test]
fn periods_are_refined_by_the_finer() {
    for (finer, coarser) in [
        (Period::Day, Period::Week),
        (Period::Day, Period::Month),
        (Period::Month, Period::Quarter),
        (Period::Quarter, Period::Year),
        (Period::Month, Period::Year),
    ] {
        let [finer, coarser] = [finer, coarser].map(period);
        assert_eq!(finer.refine(&coarser, &dates()), finer);
        assert_eq!(coarser.refine(&finer, &dates()), finer);
    }
    let (week, month) = (period(Period::Week), period(Period::Month));
    let both = week.refine(&month, &dates());
    // 1 + ceil(1,023 / 7) = 148 weeks and 1 + ceil(1,023 / 28) = 38 months: 7.21 + 5.25 bits.
    assert_eq!(both.bits(), 148_f64.log2() + 38_f64.log2());
    assert_eq!(both, month.refine(&week, &dates()));
    assert!(both.tells_value() && !week.tells_value());
}

/// Of two masks the longer of each end is known.
#[test]
fn masks_are_refined_by_the_longer() {
    let whole = Facts {
        values: f64::INFINITY,
        fewest: f64::INFINITY,
        ..facts()
    };
    for (longer, shorter) in [
        ((2, 0), (1, 0)),
        ((0, 2), (0, 1)),
        ((2, 3), (1, 2)),
        ((1, 3), (1, 2)),
        ((3, 1), (2, 1)),
        ((2, 0), (0, 0)),
        ((4, 1), (1, 1)),
    ] {
        let [longer, shorter] = [longer, shorter].map(|(first, last)| mask(first, last));
        assert_eq!(longer.refine(&shorter, &whole), longer);
        assert_eq!(shorter.refine(&longer, &whole), longer);
    }
    for (one, two, both) in [
        ((1, 0), (0, 1), (1, 1)),
        ((3, 1), (1, 2), (3, 2)),
        ((3, 0), (0, 3), (3, 3)),
    ] {
        let [one, two, both] = [one, two, both].map(|(first, last)| mask(first, last));
        assert_eq!(one.refine(&two, &whole), both);
        assert_eq!(two.refine(&one, &whole), both);
    }
}

/// Unlike forms add up, to no more than the field is worth, log2 1,000 = 9.97.
#[test]
fn unlike_forms_add_up() {
    // 1 + ceil(999 / 500) = 3 multiples.
    let round = shown(&Transform::Round(500), &facts());
    let both = bands(&[0, 10]).refine(&round, &facts());
    assert_eq!(both.bits(), 1.0 + 3_f64.log2());
    assert!(both.tells_value());
    let fine = shown(&Transform::Round(2), &facts());
    let many = bands(&(0..100).collect::<Vec<_>>());
    assert_eq!(many.refine(&fine, &facts()).bits(), 1_000_f64.log2());
    // A shift of 1,024 days to 3 places hides log2 3 of them.
    let shift = shown(
        &Transform::Shift {
            weeks: 1,
            subject: Vec::new(),
        },
        &dates(),
    );
    let year = period(Period::Year);
    let both = shift.refine(&year, &dates());
    assert_eq!(both.worth(1.0), 10.0 - 3_f64.log2() + 2.0);
    assert_eq!(both.worth(2.0), 24.0 - 3_f64.log2());
    // What the cap takes away, 10 + 2 - 11 = 1 bit, was hidden before.
    let fewer = Facts {
        values: 2_048.0,
        fewest: 2_048.0,
        ..dates()
    };
    assert_eq!(
        shift.refine(&year, &fewer).worth(1.0),
        11.0 - (3_f64.log2() - 1.0)
    );
}

/// A form that is there already adds nothing, in whatever order.
#[test]
fn several_forms_are_one_of_each_kind() {
    let (round, band) = (shown(&Transform::Round(500), &facts()), bands(&[0, 10]));
    let both = band.refine(&round, &facts());
    assert_eq!(both, round.refine(&band, &facts()));
    assert_eq!(both.refine(&band, &facts()), both);
    assert_eq!(round.refine(&both, &facts()), both);
    let finer = both.refine(&bands(&[0, 5, 10]), &facts());
    assert_eq!(finer.bits(), 2.0 * 3_f64.log2());
}

/// What a fact adds is added to what a form is worth of one visit, a shift's loss beside.
#[test]
fn at_least_is_of_one_visit() {
    let shift = shown(
        &Transform::Shift {
            weeks: 1,
            subject: Vec::new(),
        },
        &dates(),
    );
    assert_eq!(shift.at_least(&dates(), 9.0).worth(1.0), 9.0);
    assert_eq!(shift.at_least(&dates(), 2.0), shift);
    // No more than log2 8,192.
    assert_eq!(shift.at_least(&dates(), 20.0).worth(1.0), 13.0);
}

/// A fact that survives truncation holds of whatever keeps some order or list, not of shifts, stand-ins and parts.
#[test]
fn what_survives() {
    let shown = |transform| shown(&transform, &dates());
    let shift = shown(Transform::Shift {
        weeks: 1,
        subject: Vec::new(),
    });
    let bucket = shown(Transform::Bucket {
        lists: vec![("a".to_owned(), vec!["1".to_owned(), "2".to_owned()])],
        other: None,
    });
    let year = period(Period::Year);
    for form in [
        Form::exact(&facts()),
        year.clone(),
        mask(1, 1),
        shown(Transform::Prefix(1)),
        shown(Transform::Round(2)),
        bands(&[0, 10]),
        bucket,
        year.refine(&shift, &dates()),
    ] {
        assert!(form.survives(), "{form:?}");
    }
    let phone = shown(Transform::Phone);
    for form in [
        shift.clone(),
        phone.clone(),
        Form::part(&facts(), 3.0),
        shift.refine(&phone, &dates()),
    ] {
        assert!(!form.survives(), "{form:?}");
    }
}

/// The value is another step up, or more bits; never the same again.
#[test]
fn what_tells_more() {
    let (exact, coarse, fine) = (
        Form::exact(&facts()),
        bands(&[0, 10]),
        bands(&[0, 10, 20, 30]),
    );
    assert!(exact.tells_more_than(&fine) && !fine.tells_more_than(&exact));
    assert!(fine.tells_more_than(&coarse) && !coarse.tells_more_than(&fine));
    for form in [exact, coarse, fine] {
        assert!(!form.tells_more_than(&form));
    }
}

/// One band tells nothing; two tell a bit.
#[test]
fn one_band_tells_nothing() {
    assert!(bands(&[0]).is_nothing() && !bands(&[0, 10]).is_nothing());
    assert_eq!(bands(&[0]).worth(f64::INFINITY), 0.0);
}

/// Of two unlike forms what follows from a value follows where one of them shows a value for sure; overlaps are not sure.
#[test]
fn of_unlike_forms_one_may_show_a_single_value() {
    let round = shown(&Transform::Round(500), &facts());
    let single = bands(&[0, 1]).refine(&round, &facts());
    assert!(single.tells_single() && round.refine(&bands(&[0, 1]), &facts()).tells_single());
    let overlaps = bands(&[0, 10]).refine(&round, &facts());
    assert!(overlaps.tells_value() && !overlaps.tells_single());
}
