use super::*;

#[test]
fn rows_in_order_join_and_shuffled_ones_do_not() {
    let all = visits();
    let sms = || made("sms", all.clone(), &[("phone", &phone)]);
    let backwards: Vec<Visit> = all.iter().rev().copied().collect();
    for (order, how, right) in [
        (all.clone(), "row order", 100..101),
        (backwards, "row order, reversed", 100..101),
        (shuffled(&all, 4), "row order", 0..20),
    ] {
        let (ways, visits) = attacked(
            vec![sms(), made("billing", order, &[("specialty", &specialty)])],
            nothing,
        );
        let told = told(way(&ways, how), &visits);
        assert!(right.contains(&told), "{how} {told}");
    }
}

/// One leak lacks a row in twenty; both show age and sex, which many have in common.
#[test]
fn rows_in_order_join_where_one_leak_lacks_some() {
    let age = |visit: &Visit| text("age", of_person("age", visit.person));
    let sex = |visit: &Visit| text("sex", of_person("sex", visit.person));
    let mut all = shuffled(&visits(), 5);
    let sms = || {
        let shows: [(&str, &Shows<'_>); 3] = [("phone", &phone), ("age", &age), ("sex", &sex)];
        made("sms", all.clone(), &shows)
    };
    let some: Vec<Visit> = (0..)
        .zip(&all)
        .filter(|(row, _)| row % 20 != 7)
        .map(|(_, visit)| *visit)
        .collect();
    let backwards: Vec<Visit> = some.iter().rev().copied().collect();
    let of_others: Vec<Visit> = shuffled(&some, 8);
    let shows: [(&str, &Shows<'_>); 3] = [("specialty", &specialty), ("age", &age), ("sex", &sex)];
    let [how, reversed] = [
        "row order, rows left out",
        "row order, reversed, rows left out",
    ];
    for (visits, how) in [(some, how), (backwards, reversed)] {
        let (ways, visits) = attacked(vec![sms(), made("billing", visits, &shows)], nothing);
        let told = told(way(&ways, how), &visits);
        assert!((90..=95).contains(&told), "{how} {told}");
    }
    let (ways, _) = attacked(vec![sms(), made("billing", of_others, &shows)], nothing);
    assert!(ways.iter().all(|way| !way.how.contains("order")));
    // As many rows, of which one is missing on either side.
    let mut others = all.clone();
    others.remove(3);
    all.pop();
    let sms = made(
        "sms",
        all,
        &[("phone", &phone), ("age", &age), ("sex", &sex)],
    );
    let (ways, visits) = attacked(vec![sms, made("billing", others, &shows)], nothing);
    let [plain, aligned] = ["row order", how].map(|how| told(way(&ways, how), &visits));
    assert!(plain < 20 && aligned > 97, "{plain} {aligned}");
}

/// Where both show what nearly all rows have in common, any order can be aligned.
#[test]
fn an_order_that_any_rows_could_have_does_not_join() {
    let rare = |visit: &Visit| {
        if visit.id.is_multiple_of(40) {
            "yes"
        } else {
            "no"
        }
        .to_owned()
    };
    let all = shuffled(&visits(), 5);
    let sms = made("sms", all.clone(), &[("phone", &phone), ("flag", &rare)]);
    let some = shuffled(&all, 6)[..590].to_vec();
    let billing = made(
        "billing",
        some,
        &[("specialty", &specialty), ("flag", &rare)],
    );
    let (ways, _) = attacked(vec![sms, billing], nothing);
    assert!(ways.iter().all(|way| !way.how.contains("order")));
}
