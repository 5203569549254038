//! Files in which some rows are protected already.

use super::*;

/// The rows of the file with every third protected: columns of both, values where they belong.
fn mixed_csv(store: &Store, count: usize) -> String {
    let protected = store.protected(&csv_text(count));
    let mut protected = protected.lines();
    assert_eq!(
        protected.next(),
        Some("start,id,age,patient,by_name,sealed")
    );
    let mut text = HEADER.join(",") + ",patient,by_name,sealed\n";
    for (i, line) in protected.enumerate() {
        if i % 3 == 0 {
            let cells: Vec<&str> = line.split(',').collect();
            let [start, id, age, patient, by_name, sealed] = cells[..] else {
                panic!("six cells: {line}");
            };
            text += &format!("{start},{id},,,{age},,,,,{patient},{by_name},{sealed}\n");
        } else {
            text += &csv_line(&object(i), ",", ",,,\n");
        }
    }
    text
}

fn seals(text: &str) -> Vec<&str> {
    let seal = |line: &'_ str| line.find("p1.").map(|at| at..line.len());
    text.lines()
        .filter_map(|line| Some(line[seal(line)?].trim_end_matches(['"', '}'])))
        .collect()
}

#[test]
fn protected_rows_of_a_csv_file_are_kept() {
    let store = Store::csv("");
    let text = mixed_csv(&store, 30);
    fs::write(&store.file, &text).unwrap();
    store.run_to(14);
    let migrated = store.run().unwrap();
    assert_eq!((migrated.protected, migrated.kept), (20, 10));
    store.holds(30);
    let after = store.text();
    let after = seals(&after);
    for seal in seals(&text) {
        assert!(after.contains(&seal), "the seal stays");
    }
    store.undo().unwrap();
    assert_eq!(store.text(), text);
}

#[test]
fn protected_rows_of_an_ndjson_file_are_kept() {
    let store = Store::ndjson("");
    let protected = store.protected(&ndjson_text(30));
    let mut text = String::new();
    for (i, line) in protected.lines().enumerate() {
        let mut row = object(i);
        match i % 3 {
            0 => text += line,
            1 => text += &serde_json::to_string(&row).unwrap(),
            _ => {
                for name in ["sealed", "patient", "by_name"] {
                    row.insert(name.to_owned(), Value::Null);
                }
                text += &serde_json::to_string(&row).unwrap();
            }
        }
        text.push('\n');
    }
    fs::write(&store.file, &text).unwrap();
    store.run_to(14);
    let migrated = store.run().unwrap();
    assert_eq!((migrated.protected, migrated.kept), (20, 10));
    store.holds(30);
    for (i, line) in protected.lines().enumerate().step_by(3) {
        assert_eq!(store.text().lines().nth(i), Some(line));
    }
}

#[test]
fn a_protected_file_stays_as_it_is() {
    for mut store in [Store::csv(""), Store::ndjson("")] {
        let text = match store.format {
            Format::Ndjson => store.protected(&ndjson_text(20)),
            _ => store.protected(&csv_text(20)),
        };
        fs::write(&store.file, &text).unwrap();
        let migrated = store.run().unwrap();
        assert_eq!((migrated.protected, migrated.kept), (0, 20));
        assert_eq!(store.text(), text);

        // Rows of an earlier epoch open as well, and stay.
        store.undo().unwrap();
        store
            .keyring
            .start_epoch(paravent::Date::constant(2026, 11, 24))
            .unwrap();
        assert_eq!(store.run().unwrap().kept, 20);
        assert_eq!(store.text(), text);
    }
}

#[test]
fn a_shown_field_has_its_own_name_beside_the_one_in_files() {
    let mut store = Store::csv("");
    let more = "[show.last_name]\nas = \"keep\"\nreason = \"a test\"\n";
    store.policy = accepted(&(POLICY.to_owned() + more), &Schema::appointment()).unwrap();
    let protected = store.protected(&csv_text(2));
    let header = protected.lines().next().unwrap();
    assert_eq!(header, "start,id,last_name,age,patient,by_name,sealed");
    let row = protected.lines().nth(1).unwrap();
    let text = format!(
        "{header},{}\n{row},,,,,,\n2020-07-02T01:30:00+02:00,rdv-1,,1,,,,Lefèvre 1,Zoé,06 39 98 00 01,Dr Œuvrard,Dermatologie,x\n",
        "Nom,first_name,phone,practitioner,specialty,remarks"
    );
    fs::write(&store.file, text).unwrap();
    let migrated = store.run().unwrap();
    assert_eq!((migrated.protected, migrated.kept), (1, 1));
    store.holds(2);
    assert_eq!(store.text().lines().next(), Some(header));
}

#[test]
fn what_belongs_to_the_other_kind_of_row_is_refused() {
    let store = Store::csv("");
    let text = mixed_csv(&store, 4);
    let lines: Vec<&str> = text.lines().collect();
    let with = |number: usize, from: &str, to: &str| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        assert!(lines[number].contains(from), "{}", lines[number]);
        lines[number] = lines[number].replacen(from, to, 1);
        fs::write(&store.file, lines.join("\n")).unwrap();
        let error = store.refused();
        is_silent(&error);
        assert_eq!(error.line(), Some(number + 1), "{error}");
        assert_eq!(store.text(), lines.join("\n"));
        store.undo().unwrap();
        error
    };
    // A value in clear beside a seal.
    let error = with(1, "rdv-0,,", "rdv-0,Lefèvre 0,");
    assert!(error.is_half_protected());
    assert_eq!(error.field(), Some("last_name"));
    // A seal of another row, whose id it is bound to.
    assert!(with(4, "rdv-3", "rdv-4").is_tampered());
    // A shown value that is not the record's.
    assert!(with(4, ",3,", ",30,").is_unaccounted());
    assert!(with(4, "2020-07", "2020-07-04T03:30:00+02:00").is_unaccounted());
    // A pseudonym without a seal.
    assert!(with(2, ",none,,,", ",none,t1.aaaaaaaaaaaaaaaaaaaaaaaaaa,,").is_unaccounted());
    // Half a seal.
    assert!(with(4, "p1.", "p1.A").code() != "migration");
    assert_eq!(store.ends(), [""]);
}
