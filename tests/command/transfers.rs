use std::fs;

use super::{Clinic, json, sorted_rows, stderr, stdout};

const PROTECT: &str = "protect appointments.csv --policy policies/statistics.toml";

#[test]
fn formats_are_found_by_name_or_said() {
    let clinic = Clinic::new();
    clinic
        .run_open(&format!("{PROTECT} -o rows.ndjson --window 1"))
        .code(0);
    let first = clinic.read("rows.ndjson");
    let first = json(first.lines().next().unwrap());
    assert_eq!(first["specialty"], "Dermatologie");

    let revealed = clinic
        .run_open("reveal rows.ndjson --policy policies/statistics.toml --output-format csv")
        .code(0);
    let (revealed, clear) = (stdout(&revealed), clinic.read("appointments.csv"));
    assert_eq!(sorted_rows(&revealed), sorted_rows(&clear));

    fs::copy(clinic.at("rows.ndjson"), clinic.at("rows.txt")).unwrap();
    let reveal = "reveal rows.txt --policy policies/statistics.toml";
    let told = stderr(&clinic.run_open(reveal).code(2).stdout(""));
    assert!(told.contains("--format"), "{told}");
    clinic
        .run_open(&format!("{reveal} --format ndjson"))
        .code(0);
    let told = stderr(&clinic.run_open(&format!("{reveal} --format csv")).code(3));
    assert!(told.starts_with("paravent: rows.txt: "), "{told}");
    clinic
        .run_open(&format!("{reveal} --format ndjson --delimiter ;"))
        .code(2);
}

#[test]
fn rows_go_through_pipes() {
    let clinic = Clinic::new();
    let clear = clinic.read("appointments.csv");
    let protected = clinic
        .command("protect - --format csv --policy policies/statistics.toml --window 1 --passphrase-file passphrase")
        .write_stdin(clear.clone())
        .assert()
        .code(0);
    let revealed = clinic
        .command("reveal - --format csv --policy policies/statistics.toml --passphrase-file passphrase -q")
        .write_stdin(stdout(&protected))
        .assert()
        .code(0)
        .stderr("");
    assert_eq!(stdout(&revealed), clear);
    // Nothing tells what rows on the standard input are.
    clinic
        .command("reveal - --policy policies/statistics.toml --passphrase-file passphrase")
        .write_stdin(stdout(&protected))
        .assert()
        .code(2);
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let clinic = Clinic::new();
    let row = clinic
        .read("appointments.csv")
        .lines()
        .nth(1)
        .unwrap()
        .to_owned()
        + "\n";
    let header = clinic
        .read("appointments.csv")
        .lines()
        .next()
        .unwrap()
        .to_owned()
        + "\n";
    clinic.write("many.csv", header + &row.repeat(20_000));
    let ended = clinic
        .shell(
            "{ $PARAVENT protect many.csv --policy policies/statistics.toml --passphrase-file passphrase; \
             echo $? > code; } | head -c 1000 > /dev/null",
        )
        .code(0);
    assert_eq!(clinic.read("code"), "141\n");
    assert_eq!(stderr(&ended), "");
    clinic
        .shell("{ $PARAVENT --help; echo $? > code; } | true")
        .code(0);
    assert!(["0\n", "141\n"].contains(&&*clinic.read("code")));
}

#[test]
fn a_spreadsheet_s_export_is_read() {
    let clinic = Clinic::new();
    let text = "last_name;first_name;age;sex;phone;email;start;practitioner;specialty\r\n\
        Lefèvre;Zoé;34;F;06 39 98 12 34;;2026-11-30T09:30:00+01:00;\"Dr Noé;\r\nAnnexe\";Pédiatrie\r\n";
    let bytes: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    clinic.write("export.csv", bytes);
    let protect = "protect export.csv --policy policies/statistics.toml";
    let said = format!("{protect} --delimiter ; --encoding windows-1252 -o said.csv");
    clinic.run_open(&said).code(0);
    let found = clinic
        .run_open(&format!("{protect} -o found.csv --json"))
        .code(0)
        .stderr("");
    let found = json(&stdout(&found));
    assert_eq!(
        (&found["delimiter"], &found["encoding"]),
        (&";".into(), &"windows-1252".into())
    );
    for file in ["said.csv", "found.csv"] {
        let reveal =
            format!("reveal {file} --policy policies/statistics.toml --output-format ndjson");
        let row = json(&stdout(&clinic.run_open(&reveal).code(0)));
        assert_eq!(row["last_name"], "Lefèvre");
        assert_eq!(row["practitioner"], "Dr Noé;\r\nAnnexe");
    }
    let told = stderr(
        &clinic
            .run_open(&format!("{protect} --encoding utf-8"))
            .code(3),
    );
    assert!(told.starts_with("paravent: export.csv: "), "{told}");
}

#[test]
fn a_bad_row_stops_with_its_line_and_leaves_nothing() {
    let clinic = Clinic::new();
    let bad = clinic
        .read("appointments.csv")
        .replace("Robert,Inès,29", "Robert,Inès,SECRET");
    clinic.write("appointments.csv", bad);
    let before = clinic.names();
    let told = clinic
        .run_open(&format!("{PROTECT} -o out.csv"))
        .code(3)
        .stdout("");
    let told = stderr(&told);
    assert!(
        told.starts_with("paravent: appointments.csv: line 6: "),
        "{told}"
    );
    assert!(
        told.contains("\"age\"") && !told.contains("SECRET") && !told.contains("Robert"),
        "{told}"
    );
    assert_eq!(clinic.names(), before);

    let told = clinic
        .run_open(&format!("{PROTECT} -o out.csv --json"))
        .code(3)
        .stdout("");
    let error = json(&stderr(&told));
    assert_eq!(error["line"], 6);
    assert_eq!(error["error"], "wrong-type");
    assert!(
        error["advice"]
            .as_str()
            .is_some_and(|advice| !advice.is_empty())
    );
    assert_eq!(clinic.names(), before);
}

#[test]
fn bad_rows_go_to_quarantine() {
    let clinic = Clinic::new();
    let clear = clinic.read("appointments.csv");
    let bad = clear
        .replace("Robert,Inès,29", "Robert,Inès,SECRET")
        .replace("Simon,Paul,,", "Simon,Paul");
    clinic.write("appointments.csv", bad);
    let run = format!("{PROTECT} -o out.csv --on-error quarantine bad.ndjson");
    let told = clinic.run_open(&run).code(6).stdout("");
    assert!(
        stderr(&told).ends_with("; 2 rows in quarantine\n"),
        "{}",
        stderr(&told)
    );
    assert_eq!(clinic.read("out.csv").lines().count(), 11);

    assert_eq!(clinic.mode("bad.ndjson"), 0o600);
    let quarantine = clinic.read("bad.ndjson");
    assert!(!quarantine.contains("SECRET") && !quarantine.contains("Simon"));
    let lines: Vec<_> = quarantine.lines().map(json).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["line"], &lines[0]["error"]),
        (&6.into(), &"wrong-type".into())
    );
    assert_eq!(lines[0]["field"], "age");
    assert_eq!(lines[1]["line"], 11);

    // It is a file like others.
    let told = stderr(&clinic.run_open(&run).code(2));
    assert!(told.contains("there is a file already"), "{told}");
    let told = clinic
        .run_open(&format!("{run} --force --json"))
        .code(6)
        .stderr("");
    let summary = json(&stdout(&told));
    assert_eq!(
        (&summary["rows"], &summary["quarantined"]),
        (&10.into(), &2.into())
    );
    assert_eq!(summary["failures"]["wrong-type"], 1);

    // It is there where nothing was bad, too.
    clinic.write("appointments.csv", clear);
    clinic.run_open(&format!("{run} --force")).code(0);
    assert_eq!(clinic.read("bad.ndjson"), "");
}

#[test]
fn the_summary_goes_where_the_rows_do_not() {
    let clinic = Clinic::new();
    let told = clinic.run_open(&format!("{PROTECT} --json")).code(0);
    assert!(stdout(&told).starts_with("age,start,"));
    let summary = json(&stderr(&told));
    assert_eq!(
        (&summary["rows"], &summary["window"]),
        (&12.into(), &12.into())
    );
    assert!(summary["seconds"].as_f64().unwrap() >= 0.0);
    clinic
        .run_open(&format!("{PROTECT} -o out.csv --quiet"))
        .code(0)
        .stdout("")
        .stderr("");
}

#[test]
fn order_is_kept_where_it_is_said() {
    let clinic = Clinic::new();
    let kept = clinic
        .run_open(&format!("{PROTECT} --window 1 --jobs 2"))
        .code(0);
    assert!(!stderr(&kept).contains("shuffled"), "{}", stderr(&kept));
    let specialties = |csv: &str| -> Vec<String> {
        csv.lines()
            .skip(1)
            .map(|line| line.split(',').nth(2).unwrap().to_owned())
            .collect()
    };
    let order = specialties(&stdout(&kept));
    assert_eq!(order[..3], ["Dermatologie", "Pédiatrie", "Cardiologie"]);
    // Twelve rows stay as they are once in five hundred million times.
    let shuffled = (0..3).any(|_| specialties(&stdout(&clinic.run_open(PROTECT).code(0))) != order);
    assert!(shuffled);
}

#[test]
fn some_scopes_are_revealed_where_they_are_named() {
    let clinic = Clinic::new();
    clinic.run_open(&format!("{PROTECT} -o rows.csv")).code(0);
    let reveal = "reveal rows.csv --policy policies/statistics.toml --only";
    let told = stdout(
        &clinic
            .run_open(&format!("{reveal} contact,schedule"))
            .code(0),
    );
    assert_eq!(told.lines().next(), Some("age,specialty,phone,email,start"));
    let told = stderr(&clinic.run_open(&format!("{reveal} kontact")).code(2));
    assert!(told.contains("identity, contact, schedule, care"), "{told}");
}

#[test]
fn rows_are_bound_to_their_ids() {
    let clinic = Clinic::new();
    let policy = clinic
        .read("policies/statistics.toml")
        .replace("record_id = \"unbound\"", "record_id = \"bound\"")
        + "\n[source]\nrecord_id = \"rdv\"\ndrop = [\"Commentaire\"]\n[source.columns]\nlast_name = \"Nom\"\n";
    clinic.write("policies/statistics.toml", policy);
    let clear: String = clinic
        .read("appointments.csv")
        .lines()
        .enumerate()
        .map(|(number, line)| match number {
            0 => format!("rdv,Commentaire,{}\n", line.replace("last_name", "Nom")),
            _ => format!("a-{number},vu,{line}\n"),
        })
        .collect();
    clinic.write("appointments.csv", clear);
    clinic
        .run_open(&format!("{PROTECT} -o rows.csv --window 1"))
        .code(0);
    let rows = clinic.read("rows.csv");
    assert!(
        rows.starts_with("rdv,age,start,specialty,sealed\na-1,"),
        "{rows}"
    );
    let reveal = "reveal rows.csv --policy policies/statistics.toml";
    let revealed = stdout(&clinic.run_open(reveal).code(0));
    assert!(
        revealed.lines().next().unwrap().contains("Nom"),
        "{revealed}"
    );
    // A row under another id is none of its own.
    clinic.write("rows.csv", rows.replace("\na-1,", "\na-2,"));
    let told = stderr(&clinic.run_open(reveal).code(3));
    assert!(told.contains("rows.csv: line 2: "), "{told}");
}

/// The memory was taken for all of them before the first.
#[test]
fn more_threads_than_there_can_be_are_as_many_as_there_can_be() {
    let clinic = Clinic::new();
    for jobs in ["1000000000", &usize::MAX.to_string()] {
        let told = clinic
            .run_open(&format!("{PROTECT} --jobs {jobs} -q"))
            .code(0)
            .stderr("");
        assert_eq!(stdout(&told).lines().count(), 13);
    }
}
