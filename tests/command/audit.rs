use std::fmt::Write as _;

use super::{Clinic, json, rows, stderr, stdout, write_secret};

/// Little: enough to see that it is run and told.
const LITTLE: &str = "--permutations 99 --enumerate-seconds 1";

const SPECIALTIES: [&str; 5] = [
    "Dermatologie",
    "Cardiologie",
    "Pédiatrie",
    "Gynécologie",
    "Psychiatrie",
];

/// Truth, and what two connectors lost of it, with an id that both have; some rows of each, in orders of their own.
fn shared_id(clinic: &Clinic, people: usize) {
    let mut truth = String::from("rdv,last_name,age,sex,specialty\n");
    let mut contacts = vec![String::new(); people];
    let mut visits = vec![String::new(); people];
    for person in 0..people {
        let specialty = SPECIALTIES[person * person % 11 % 5];
        let age = 30 + person % 3;
        let _ = writeln!(truth, "a-{person},Martin-{person},{age},F,{specialty}");
        contacts[person * 7 % people] = format!("a-{person},{:x},Martin-{person}\n", person * 7919);
        visits[person * 11 % people] = format!("a-{person},{:x},{specialty}\n", person * 7919);
    }
    clinic.write("truth.csv", truth);
    clinic.write(
        "contacts.csv",
        format!("rdv,token,last_name\n{}", contacts.concat()),
    );
    clinic.write(
        "visits.csv",
        format!("rdv,token,specialty\n{}", visits.concat()),
    );
}

#[test]
fn two_leaks_with_an_id_link() {
    let clinic = Clinic::new();
    shared_id(&clinic, 300);
    let run =
        format!("audit contacts.csv care=visits.csv --truth truth.csv --id rdv {LITTLE} --seed 5");
    let told = clinic
        .run(&format!("{run} --html report.html --report report.json"))
        .code(7);
    let text = stdout(&told);
    assert!(text.contains("contacts with care"), "{text}");
    assert!(text.contains("300 of 300"), "{text}");
    assert_eq!(
        stderr(&told),
        "paravent: report.html: the whole report, as a page\n"
    );
    let page = clinic.read("report.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("contacts with care"));
    // Rows have numbers there, and no values.
    let whole = format!("{page}{text}");
    assert!(!whole.contains("Martin-7") && !whole.contains("7919"));

    let report = json(&clinic.read("report.json"));
    assert_eq!(report["outcome"]["kind"], "links");
    assert_eq!(
        (&report["seed"], &report["people"]),
        (&5.into(), &300.into())
    );
    assert_eq!(
        report["command"],
        "paravent audit contacts.csv care=visits.csv --truth truth.csv --id rdv \
         --permutations 99 --seed 5 --enumerate-seconds 1"
    );
    let together = report["schemes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|scheme| scheme["name"] == "contacts with care")
        .unwrap();
    assert_eq!(together["links"], true);

    // The same seed gives the same report, and files that are there stay.
    let printed = clinic.run(&format!("{run} --json")).code(7).stderr("");
    assert_eq!(json(&stdout(&printed)), report);
    let told = stderr(
        &clinic
            .run(&format!("{run} --html report.html"))
            .code(2)
            .stdout(""),
    );
    assert!(told.contains("there is a file already"), "{told}");
    clinic
        .run(&format!("{run} --html report.html --force -q"))
        .code(7)
        .stderr("");
}

#[test]
fn one_of_two_leaks_links_nothing_and_the_page_is_offered() {
    let clinic = Clinic::new();
    shared_id(&clinic, 300);
    let told = clinic
        .run(&format!("audit visits.csv --truth truth.csv {LITTLE}"))
        .code(9);
    assert_eq!(
        stderr(&told),
        "paravent: --html FILE writes the whole report as a page\n"
    );
}

#[test]
fn protected_rows_that_are_few_tell_nothing() {
    let clinic = Clinic::new();
    clinic
        .run_open("protect appointments.csv --policy policies/statistics.toml -o statistics.csv")
        .code(0);
    // Its policy is found by its domain, in the folder of the configuration.
    let run = format!("audit statistics.csv --truth appointments.csv {LITTLE} --json");
    let found = json(&stdout(&clinic.run(&run).code(9).stderr("")));
    assert_eq!(found["outcome"]["kind"], "too-few");
    assert!(found["outcome"]["rows"].as_u64().unwrap() > 12, "{found}");
    let run = format!("{run} --policy policies/statistics.toml");
    let said = json(&stdout(&clinic.run(&run).code(9)));
    assert_eq!(found["schemes"], said["schemes"]);
}

#[test]
fn protected_rows_that_are_many_do_not_link() {
    let clinic = Clinic::new();
    clinic.write("many.csv", rows::table(1_000));
    clinic.write(
        "archive.toml",
        "domain = \"archive\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n",
    );
    clinic
        .run_open("protect many.csv --policy archive.toml -o archive.csv")
        .code(0);
    let run = format!("audit archive.csv --truth many.csv --policy archive.toml {LITTLE}");
    let told = clinic.run(&run).code(0);
    assert!(stdout(&told).contains("archive"), "{}", stdout(&told));
}

#[test]
fn what_a_grant_opens_is_attacked_too() {
    let clinic = Clinic::new();
    write_secret(&clinic.at("connector"), "of the connector");
    clinic
        .run_open(
            "grant --policy policies/sms-reminders.toml --owner reminders --until 9999-06-30 -o sms.grant \
             --grant-passphrase-file connector",
        )
        .code(0);
    let policy = clinic
        .read("policies/sms-reminders.toml")
        .replace("\"unbound\"", "\"bound\"")
        + "\n[source]\nrecord_id = \"rdv\"\n";
    clinic.write("bound.toml", policy);
    clinic
        .run_open("protect appointments.csv --policy policies/sms-reminders.toml -o rows.csv")
        .code(0);
    let run = format!(
        "audit sms-reminders=rows.csv --truth appointments.csv --grant sms.grant --passphrase-file connector {LITTLE} --json"
    );
    let found = json(&stdout(&clinic.run(&run).code(9)));
    let shown = found["shown"].as_array().unwrap();
    assert!(
        shown.iter().any(|column| column["column"] == "phone"),
        "{shown:?}"
    );
    let command = found["command"].as_str().unwrap();
    assert!(
        command.contains("--grant sms.grant") && !command.contains("connector"),
        "{command}"
    );

    // A passphrase that is not its own, rows of no domain, rows of another policy.
    clinic
        .run_open(&format!(
            "audit sms-reminders=rows.csv --truth appointments.csv --grant sms.grant {LITTLE}"
        ))
        .code(5);
    let told = clinic
        .run(&format!(
            "audit rows.csv --truth appointments.csv --grant sms.grant --passphrase-file connector {LITTLE}"
        ))
        .code(2);
    assert!(stderr(&told).contains("sms-reminders"), "{}", stderr(&told));
    clinic
        .run(&format!(
            "audit rows.csv --truth appointments.csv --policy bound.toml --grant sms.grant --passphrase-file connector {LITTLE}"
        ))
        .code(5);
}

#[test]
fn rows_are_opened_under_their_ids() {
    let clinic = Clinic::new();
    write_secret(&clinic.at("connector"), "of the connector");
    let policy = clinic
        .read("policies/sms-reminders.toml")
        .replace("\"unbound\"", "\"bound\"")
        + "\n[source]\nrecord_id = \"rdv\"\n";
    clinic.write("policies/sms-reminders.toml", policy);
    let clear: String = clinic
        .read("appointments.csv")
        .lines()
        .enumerate()
        .map(|(number, line)| match number {
            0 => format!("rdv,{line}\n"),
            _ => format!("a-{number},{line}\n"),
        })
        .collect();
    clinic.write("appointments.csv", clear);
    clinic
        .run_open(
            "grant --policy policies/sms-reminders.toml --owner reminders --until 9999-06-30 -o sms.grant \
             --grant-passphrase-file connector",
        )
        .code(0);
    clinic
        .run_open(
            "protect appointments.csv --policy policies/sms-reminders.toml -o sms-reminders.csv",
        )
        .code(0);
    let run = format!(
        "audit sms-reminders.csv --truth appointments.csv --id rdv --grant sms.grant --passphrase-file connector {LITTLE}"
    );
    clinic.run(&run).code(9);
    let moved = clinic
        .read("sms-reminders.csv")
        .replace("a-3,", "a-x,")
        .replace("a-4,", "a-3,")
        .replace("a-x,", "a-4,");
    clinic.write("sms-reminders.csv", moved);
    let told = stderr(&clinic.run(&run).code(3).stdout(""));
    assert!(told.starts_with("paravent: sms-reminders.csv: "), "{told}");
    clinic.write("sms-reminders.csv", "phone\nx\n");
    let told = stderr(&clinic.run(&run).code(3).stdout(""));
    assert!(told.contains("no column \"sealed\""), "{told}");
}

#[test]
fn without_truth_digests_of_telephone_numbers_are_told_and_nothing_passes() {
    let clinic = Clinic::new();
    // SHA-256 of 06 39 98 12 01 to 03, in a column whose name does not say so.
    clinic.write(
        "offered.csv",
        "patient,specialty\n\
         fa4d63d9485f8cf103205116368aa1fbcd084730b2894bc08e6205e3d3366195,Urologie\n\
         3b0376ad2fffd80f3fdc819c4bdb0354edd467ebfcf0d9a1fea634504e080912,Psychiatrie\n\
         a3f48ffb4ca120d9bf81a194b9ae023edd7f4025fadb532074295c10d0a97c69,Cardiologie\n",
    );
    let run = "audit offered.csv --enumerate-seconds 30";
    let told = clinic
        .run(&format!("{run} --html offered.html --report offered.json"))
        .code(7);
    let text = stdout(&told);
    assert!(
        text.starts_with(
            "3 telephone numbers can be read out of these rows\n3 of 3 SHA-256 digests"
        ),
        "{text}"
    );
    assert!(text.contains("--truth FILE"), "{text}");
    assert!(
        text.contains("No control ran") && !text.contains("none failed"),
        "{text}"
    );
    let page = clinic.read("offered.html");
    assert!(page.contains("SHA-256") && !page.contains("0639981201"));
    let report = json(&clinic.read("offered.json"));
    assert_eq!(
        report["outcome"],
        serde_json::json!({"kind": "reversed", "numbers": 3})
    );
    assert_eq!(report["reversed"][0]["column"], "patient");
    assert_eq!(
        report["command"],
        "paravent audit offered.csv --seed 1 --enumerate-seconds 30"
    );
    clinic.write("clear.csv", "age,specialty\n34,Urologie\n");
    let told = stdout(&clinic.run("audit clear.csv --html clear.html").code(9));
    assert!(
        told.starts_with("Not scored: the true rows are not known\n1 row of 1 leak with 2 columns"),
        "{told}"
    );
    let page = clinic.read("clear.html");
    assert!(page.contains("not given: nothing was scored"));
    assert!(!page.contains("0 draws") && !page.contains("<dt>People</dt>"));
    clinic.write("header.csv", "patient,specialty\n");
    clinic.run("audit header.csv").code(3).stdout("");
}

#[test]
fn names_from_elsewhere_move_no_cursor() {
    let clinic = Clinic::new();
    clinic.write("bad\u{1b}[2J\u{202e}\nx.csv", "rdv,specialty\na-1\n");
    clinic.write(
        "odd.csv",
        "a\u{1b}[2J,last_name,specialty\nx,Roux,Urologie\ny,Petit,Neurologie\n",
    );
    for script in [
        "$PARAVENT audit bad*",
        "$PARAVENT inspect --file bad*",
        "$PARAVENT protect bad* --policy policies/statistics.toml --passphrase-file passphrase",
        "$PARAVENT audit odd.csv --enumerate-seconds 1 --html 'page\u{1b}[2J.html'",
        "$PARAVENT audit odd.csv '--no\u{1b}[2J'",
        "$PARAVENT audit odd.csv --truth odd.csv --id 'b\u{1b}[2J'",
    ] {
        let told = clinic.shell(script);
        let told = format!("{}{}", stdout(&told), stderr(&told));
        assert!(
            !told.contains(['\u{1b}', '\u{202e}']) && !told.contains("\nx.csv"),
            "{script}: {told:?}"
        );
        assert!(
            // What clap prints has no control characters at all.
            told.contains("\\u{1b}") || script.contains("--no"),
            "{script}: {told:?}"
        );
    }
}

#[test]
fn a_pipe_that_nobody_writes_to_is_told() {
    let clinic = Clinic::new();
    clinic.write("age.csv", "age,specialty\n34,Urologie\n");
    for command in [
        "audit pipe.csv",
        "inspect --file pipe.csv",
        "verify pipe.csv --policy policies/statistics.toml --passphrase-file passphrase",
    ] {
        let told = clinic.shell(&format!(
            "rm -f pipe.csv; mkfifo pipe.csv; (sleep 2; cat age.csv > pipe.csv) & $PARAVENT {command}; code=$?; wait; exit $code"
        ));
        let told = stderr(&told);
        assert!(
            told.starts_with("paravent: pipe.csv: a pipe that nobody writes to yet"),
            "{command}: {told}"
        );
    }
    // What is written at once is read, and nothing is told of it.
    let told = clinic
        .shell("cat age.csv | $PARAVENT audit rows=/dev/stdin --format csv")
        .code(9);
    assert!(stdout(&told).contains("1 row of 1 leak"));
    assert!(!stderr(&told).contains("a pipe"), "{}", stderr(&told));
}

/// Each leaves nothing behind.
#[test]
fn what_cannot_be_audited_is_told() {
    let clinic = Clinic::new();
    shared_id(&clinic, 30);
    clinic.write("ragged.csv", "rdv,specialty\na-1,Urologie\na-2\n");
    clinic.write(
        "latin.csv",
        b"rdv,specialty\na-1,Cardiologie\na-2,P\xe9diatrie\n",
    );
    clinic.write("empty.csv", "");
    clinic.write("header.csv", "rdv,specialty\n");
    clinic.write("others.csv", "rdv,specialty\nb-1,Urologie\n");
    clinic.write("one.csv", "rdv,specialty\na-1,Urologie\nb-1,Urologie\n");
    clinic.write("twice.csv", "rdv,specialty\na-1,Urologie\na-1,Urologie\n");
    clinic.write("nested.ndjson", "{\"rdv\":\"a-1\"}\n{\"rdv\":[]}\n");
    clinic.write("bare.csv", "rdv,last_name\na-1,Martin-1\n");
    clinic.write("nobody.csv", "rdv,specialty\na-1,Urologie\n");
    let before = clinic.names();
    let refused = |run: &str, code: i32, says: &[&str]| {
        let run = format!("audit {run} --html report.html --report report.json {LITTLE}");
        let told = stderr(&clinic.run(&run).code(code).stdout(""));
        for word in says {
            assert!(told.contains(word), "{run}: {told}");
        }
        assert_eq!(clinic.names(), before, "{run}");
    };
    for (run, says) in [
        (
            "ragged.csv --truth truth.csv",
            &["ragged.csv: line 3: "][..],
        ),
        ("visits.csv --truth ragged.csv", &["ragged.csv: line 3: "]),
        (
            "latin.csv --truth truth.csv --encoding utf-8",
            &["latin.csv: line 3: "],
        ),
        ("empty.csv --truth truth.csv", &["empty.csv: ", "empty"]),
        ("header.csv --truth truth.csv", &["header.csv: ", "no row"]),
        ("visits.csv --truth header.csv", &["header.csv: ", "no row"]),
        ("none.csv --truth truth.csv", &["none.csv"]),
        ("visits.csv --truth none.csv", &["none.csv"]),
        (
            "visits.csv --truth truth.csv --policy none.toml",
            &["none.toml"],
        ),
        (
            "nested.ndjson --truth truth.csv",
            &["nested.ndjson: line 2: "],
        ),
        (
            "others.csv --truth truth.csv --id rdv",
            &["\"others\"", "in common"],
        ),
        (
            "one.csv --truth truth.csv --id rdv",
            &["one.csv: row 2: ", "does not have"],
        ),
        (
            "twice.csv --truth truth.csv --id rdv",
            &["twice.csv: row 2: ", "one id twice"],
        ),
        (
            "visits.csv --truth truth.csv --id none",
            &["no column \"none\""],
        ),
        (
            "others.csv --truth truth.csv --in-order",
            &["others.csv: ", "1 row", "30"],
        ),
        ("visits.csv --truth bare.csv", &["no column \"specialty\""]),
        ("visits.csv --truth nobody.csv", &["no field of the person"]),
        (
            "visits.csv --truth truth.csv --target sex",
            &["\"sex\" is not sensitive"],
        ),
        (
            "visits.csv --truth truth.csv --target none",
            &["\"none\" is not in the schema"],
        ),
        (
            "visits.csv --truth truth.csv --tenant none",
            &["no column \"none\""],
        ),
        (
            "visits.csv --truth truth.csv --person none",
            &["no column \"none\""],
        ),
        (
            "visits.csv --truth truth.csv --reference empty.csv",
            &["empty.csv: "],
        ),
        // Of the reference, and not of the truth, though the words are the same.
        (
            "visits.csv --truth truth.csv --reference bare.csv",
            &["paravent: bare.csv: "],
        ),
        (
            "visits.csv --truth truth.csv --reference header.csv",
            &["paravent: header.csv: ", "no row"],
        ),
        // A leak with the words of another error in its name.
        (
            "the_truth=others.csv --truth truth.csv --id rdv",
            &["paravent: others.csv: ", "in common"],
        ),
    ] {
        refused(run, 3, says);
    }
    for (run, says) in [
        ("visits.csv --id rdv", &["--truth"][..]),
        ("visits.csv --in-order", &["--truth"]),
        ("visits.csv --known-dates 2", &["--truth"]),
        (
            "visits.csv visits.csv --truth truth.csv",
            &["called \"visits\"", "NAME=FILE"],
        ),
        ("=visits.csv --truth truth.csv", &["NAME=FILE"]),
        (
            "visits.csv --truth truth.csv --id rdv --in-order",
            &["--in-order"],
        ),
        (
            "visits.csv contacts.csv --truth truth.csv --policy policies/statistics.toml",
            &["no leak is called \"statistics\""],
        ),
        (
            "visits.txt=visits.csv - --truth truth.csv --format csv -- -",
            &["standard input"],
        ),
    ] {
        refused(run, 2, says);
    }
    clinic
        .run("audit visits.csv --truth truth.csv --permutations 98")
        .code(2);
    for files in [
        "--html truth.csv",
        "--html visits.csv",
        "--report -",
        "--html x --report x",
    ] {
        clinic
            .run(&format!(
                "audit visits.csv --truth truth.csv --force {files}"
            ))
            .code(2)
            .stdout("");
    }
    // What is read beside rows is not replaced, nor is a pipe.
    clinic.write(
        "schema.toml",
        include_str!("../../src/bin/paravent/init/schema.toml"),
    );
    let pipe = clinic.path().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let before = clinic.names();
    for files in [
        "--policy policies/statistics.toml --html policies/statistics.toml",
        "--schema schema.toml --report schema.toml",
        "--passphrase-file passphrase --html passphrase",
        "--html paravent.toml",
        "--html pipe",
    ] {
        clinic
            .run(&format!(
                "audit visits.csv --truth truth.csv --force {files}"
            ))
            .code(2)
            .stdout("");
    }
    assert_eq!(clinic.names(), before);
}
