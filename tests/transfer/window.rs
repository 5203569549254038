//! The order of rows: lost within a window, kept beyond it.

use super::*;

/// Rows whose age tells their place, as far as it goes, and whose name tells it all.
fn numbered(count: usize) -> String {
    let row = |i: usize| format!("n{i},a,,,,,2020-07-21T09:30:00+02:00,c,d\n");
    HEADER.to_owned() + &(0..count).map(row).collect::<String>()
}

/// In which order the rows come out.
fn order(
    domain: &Domain,
    count: usize,
    change: impl FnOnce(Transfer<'_>) -> Transfer<'_>,
) -> (Vec<usize>, Option<usize>) {
    let (protected, summary) = run(change(domain.protecting()), numbered(count)).unwrap();
    assert_eq!(summary.rows(), count as u64);
    let revealed = text(domain.revealing().jobs(rows(2)), protected);
    let number = |line: &str| line.split(',').next().unwrap()[1..].parse().unwrap();
    (
        revealed.lines().skip(1).map(number).collect(),
        summary.window(),
    )
}

#[test]
fn one_row_keeps_the_order() {
    let domain = Domain::new(UNBOUND);
    for jobs in [1, 3] {
        let (order, window) = order(&domain, 2500, |transfer| {
            transfer.window(rows(1)).jobs(rows(jobs))
        });
        assert!(order.into_iter().eq(0..2500));
        assert_eq!(window, None);
    }
}

#[test]
fn rows_are_shuffled_and_never_leave_their_window() {
    let domain = Domain::new(UNBOUND);
    for jobs in [1, 4] {
        let (order, window) = order(&domain, 1050, |transfer| {
            transfer.window(rows(100)).jobs(rows(jobs))
        });
        assert_eq!(window, Some(100));
        // The last 50 rows are too few for a window of their own.
        let windows = (0..9)
            .map(|i| i * 100..i * 100 + 100)
            .chain(std::iter::once(900..1050));
        for window in windows {
            let (first, block) = (window.start, &order[window]);
            let mut sorted = block.to_vec();
            sorted.sort_unstable();
            let all: Vec<usize> = (first..first + block.len()).collect();
            assert_eq!(sorted, all);
            // One order in 100! is this.
            assert_ne!(block, all);
        }
    }
}

/// A window of one row would tell where it stood.
#[test]
fn the_last_row_is_shuffled_too() {
    let domain = Domain::new(UNBOUND);
    let places: std::collections::BTreeSet<usize> = (0..20)
        .map(|_| {
            let (order, window) = order(&domain, 101, |transfer| transfer.window(rows(100)));
            assert_eq!(window, Some(101));
            order.iter().position(|&row| row == 100).unwrap()
        })
        .collect();
    // That 20 times one of three places comes is as good as impossible.
    assert!(places.len() > 3, "{places:?}");
}

#[test]
fn each_run_has_its_own_order() {
    let domain = Domain::new(UNBOUND);
    let orders: Vec<_> = (0..3)
        .map(|_| order(&domain, 60, |transfer| transfer))
        .collect();
    assert_ne!(orders[0].0, orders[1].0);
    assert_ne!(orders[1].0, orders[2].0);
    // All rows at once, as there are no more.
    assert_eq!(orders[0].1, Some(60));
}

/// Each of six orders of three rows comes about as often: 2,000 windows, 333 each, with a deviation of 17.
#[test]
fn all_orders_are_as_likely() {
    let domain = Domain::new(UNBOUND);
    let (order, _) = order(&domain, 6_000, |transfer| transfer.window(rows(3)));
    let mut counts = std::collections::BTreeMap::<Vec<usize>, usize>::new();
    for (number, block) in order.chunks(3).enumerate() {
        *counts
            .entry(block.iter().map(|row| row - 3 * number).collect())
            .or_default() += 1;
    }
    assert_eq!(counts.len(), 6);
    for (order, count) in counts {
        assert!((230..440).contains(&count), "{order:?}: {count}");
    }
}

#[test]
fn the_window_is_what_memory_has_room_for() {
    let domain = Domain::new("record_id = \"unbound\"\n[source]\ndrop = [\"note\"]\n");
    let row = format!("{},{}", "x".repeat(10_000), ZOE);
    let file = format!("note,{HEADER}{}", row.repeat(1000));
    let (_, summary) = run(domain.protecting(), file).unwrap();
    let window = summary.window().unwrap();
    assert!((300..500).contains(&window), "{window}");
    assert_eq!(summary.rows(), 1000);
}

#[test]
fn threads_change_nothing_but_the_order() {
    let domain = Domain::new(UNBOUND);
    let sorted = |jobs: usize| {
        let (mut order, _) = order(&domain, 1111, |transfer| transfer.jobs(rows(jobs)));
        order.sort_unstable();
        order
    };
    assert!(sorted(1).into_iter().eq(0..1111));
    assert_eq!(sorted(1), sorted(4));
}

/// With quarantine, threads and cells of all lengths, none is lost on its way into the last window.
#[test]
fn the_rows_that_are_left_keep_their_cells_and_lines() {
    let domain = Domain::new(UNBOUND);
    let row = |i: usize| {
        format!(
            "n{i},{},,,,,2020-07-21T09:30:00+02:00,c,d\n",
            "x".repeat(i % 40 + 1)
        )
    };
    let bad = "n,a,x,,,,2020-07-21T09:30:00+02:00,c,d\n";
    let file = HEADER.to_owned() + &(0..777).map(row).collect::<String>() + bad;
    let mut told = Vec::new();
    let transfer = domain.protecting().window(rows(500)).jobs(rows(3));
    let protected = text(transfer.quarantine(&mut told), &file);
    assert_eq!(
        told,
        b"{\"line\":779,\"error\":\"wrong-type\",\"field\":\"age\"}\n"
    );
    let revealed = text(domain.revealing(), protected);
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    assert_eq!(sorted(&revealed), sorted(&file.replace(bad, "")));
}
