//! What an officer is told: the rows of a report, how many findings there are, by what rows find each other.

use paravent::FieldReport;

use super::*;

fn field(report: &Report, name: &str) -> FieldReport {
    let row = report.fields().iter().find(|row| row.field == name);
    row.unwrap().clone()
}

/// Each stand-in and each message that a field is part of, and no other.
#[test]
fn a_report_says_what_a_field_is_part_of() {
    let message = "[render.reminder]\nto = \"phone\"\ntemplate = \"Le {start}\"\ngateway = \"sms\"\nreason = \"test\"\nper_hour = 1\ndetect_hours = 1\n";
    let rest = PLATFORM.to_owned()
        + &pseudonym("patient", "[\"last_name\", \"phone\"]")
        + &index("phone_ix", "[\"phone\"]", 8, 20_000)
        + message;
    let report = report(&[&policy("d", &rest)]);
    let of = |name: &str| {
        let row = field(&report, name);
        (row.stand_ins, row.rendered)
    };
    let words = |words: &[&str]| -> Vec<String> { words.iter().map(|&word| word.into()).collect() };
    assert_eq!(
        of("phone"),
        (
            words(&["pseudonym patient", "index phone_ix"]),
            words(&["reminder"])
        )
    );
    assert_eq!(of("last_name"), (words(&["pseudonym patient"]), words(&[])));
    assert_eq!(of("start"), (words(&[]), words(&["reminder"])));
    assert_eq!(of("age"), (words(&[]), words(&[])));
}

/// What is refused, and how many more; a report with an acceptance that matches nothing is not clean, nor is one with a finding.
#[test]
fn a_refusal_says_how_many_more_there_are() {
    let links = PLATFORM.to_owned() + &open("contact") + &open("care");
    let one = policy("d", &links);
    assert!(!one.report(TODAY).is_clean());
    let said = one.check(TODAY).unwrap_err().to_string();
    assert!(!said.contains("more"), "{said}");
    let two = policy("d", &(links + &index("phone_ix", "[\"phone\"]", 1, 20_000)));
    let said = two.check(TODAY).unwrap_err().to_string();
    assert!(said.contains(", and 1 more"), "{said}");
    let accept = format!(
        "[[accept]]\nfinding = \"{}\"\nreason = \"test\"\nowner = \"test\"\nuntil = \"2027-06-30\"\n",
        "ab".repeat(32)
    );
    let nothing = policy("d", &(PLATFORM.to_owned() + &accept));
    assert!(!nothing.report(TODAY).is_clean());
    assert!(policy("d", PLATFORM).report(TODAY).is_clean());
}

/// A change that only shows more is one, and so is one that only links: of fewer people, the same fields say who they are.
#[test]
fn a_change_is_what_is_shown_or_what_is_found() {
    let set = |policy: &Policy| PolicySet::new([policy.clone()]);
    let nothing = policy("d", PLATFORM);
    let sex = policy("d", &(PLATFORM.to_owned() + &keep("sex")));
    let gains = set(&nothing).diff(&set(&sex), TODAY);
    assert_eq!((gains.gains().len(), gains.findings().len()), (1, 0));
    assert!(!gains.is_empty());
    let shown = keep("sex") + &keep("specialty");
    let many = policy("d", &(PLATFORM.to_owned() + &shown));
    // log2(20 / 20) = 0.
    let few = policy("d", &(PLATFORM.replace("20_000", "20") + &shown));
    let found = set(&many).diff(&set(&few), TODAY);
    assert_eq!((found.gains().len(), found.findings().len()), (0, 1));
    assert!(!found.is_empty());
}

/// A sex that a register has of who is named by a telephone number; of one band of ages nothing is shared.
#[test]
fn what_joins_is_named_with_whence_it_is() {
    let id = "shares = [\"record-id\"]\n".to_owned() + PLATFORM;
    let band = show("age", "as = \"bands\"\nedges = [0]");
    let contacts = policy("contacts", &(id.clone() + &open("contact") + &band));
    let care = policy(
        "statistics",
        &(id + &keep("sex") + &keep("specialty") + &band),
    );
    assert_eq!(
        findings(&[&contacts, &care]),
        [
            "colluding (contacts, statistics): phone (contacts, opens: contact) ─ joined with statistics by record-id ─ specialty (statistics, shown)"
        ]
    );
}

/// log2 1,024 = 10 bits are log2(20,480 / 20), which is allowed; of one row fewer they are more.
#[test]
fn rows_join_by_more_than_the_limit() {
    let text = "name = \"visit\"
        [[field]]\nname = \"name\"\nnumber = 1\nscope = \"identity\"\nrole = \"identifier\"\nwidth = 40\ntype = \"text\"\nclass = \"name\"
        [[field]]\nname = \"slot\"\nnumber = 2\nscope = \"schedule\"\nrole = \"neutral\"\nwidth = 8\ntype = \"integer\"\nvalues = 1_024
        [[field]]\nname = \"specialty\"\nnumber = 3\nscope = \"care\"\nwidth = 40\ntype = \"text\"\nclass = \"text\"\nvalues = 60";
    let schema = Schema::from_toml(text).unwrap();
    let found = |rows: &str| {
        let behind = PLATFORM.replace("50_000", rows);
        let contacts = behind.clone() + &open("identity") + &keep("slot");
        let care = behind + &keep("specialty") + &keep("slot");
        let contacts = policy_for("contacts", &contacts, &schema);
        let care = policy_for("statistics", &care, &schema);
        findings(&[&contacts, &care]).len()
    };
    assert_eq!((found("20_480"), found("20_479")), (0, 1));
}

/// The pseudonym of one makes the months of the other a sequence: 6 x 5.36 bits.
#[test]
fn a_pseudonym_of_one_is_of_the_rows_of_both() {
    let id = "shares = [\"record-id\"]\n".to_owned() + PLATFORM;
    let month = show("start", "as = \"truncate\"\nto = \"month\"");
    let agenda = policy("agenda", &(id.clone() + &month));
    let patient = pseudonym("patient", "[\"last_name\", \"first_name\", \"phone\"]");
    let care = policy("statistics", &(id + &keep("specialty") + &patient));
    let [finding] = &findings(&[&agenda, &care])[..] else {
        panic!("one finding");
    };
    assert!(
        finding.starts_with("colluding (agenda, statistics): start (agenda, shown: truncate to month) of 6 visits by pseudonym patient ─ 32.1 of at most 10.0 bits"),
        "{finding}"
    );
}

/// What is shown of a field stays what it is known by, where a fact adds bits to it: of a month and an age, 5.36 + 2 bits.
#[test]
fn what_a_fact_adds_to_is_known_by_what_is_shown() {
    let text = "name = \"visit\"
        [[field]]\nname = \"age\"\nnumber = 1\nscope = \"identity\"\nrole = \"quasi-identifier\"\nwidth = 8\ntype = \"integer\"\nvalues = 121
        [[field]]\nname = \"day\"\nnumber = 2\nscope = \"schedule\"\nrole = \"quasi-identifier\"\nwidth = 8\ntype = \"date\"\ndays = 1_096
        [[field]]\nname = \"ward\"\nnumber = 3\nscope = \"care\"\nrole = \"neutral\"\nwidth = 8\ntype = \"integer\"\nvalues = 1_000
        [[determines]]\nfields = [\"age\", \"day\"]\ngives = \"ward\"\nthrough = \"plan\"\nexact = true";
    let schema = Schema::from_toml(text).unwrap();
    let month = show("day", "as = \"truncate\"\nto = \"month\"")
        + &show("age", "as = \"bands\"\nedges = [0, 18, 40, 65]");
    let nothing = policy_for("d", PLATFORM, &schema);
    let gained = |rest: &str| -> String {
        let shown = policy_for("d", &(PLATFORM.to_owned() + &month + rest), &schema);
        let diff = PolicySet::new([nothing.clone()]).diff(&PolicySet::new([shown]), TODAY);
        let ward = diff.gains().iter().find(|gain| gain.what == "ward");
        ward.unwrap().now.clone()
    };
    assert_eq!(gained(""), "plan (7.4 bits)");
    let bands = show("ward", "as = \"bands\"\nedges = [0, 500]");
    assert_eq!(gained(&bands), "shown: bands 0, 500 (7.4 bits)");
}

/// A checked policy says which it is.
#[test]
fn a_checked_policy_is_printed_as_its_policy() {
    let policy = policy("warehouse", PLATFORM);
    let checked = policy.check(TODAY).unwrap();
    assert_eq!(format!("{checked:?}"), format!("CheckedPolicy({policy:?})"));
    let digest = policy.digest();
    assert_eq!(
        format!("{policy:?}"),
        format!(
            "Policy {{ domain: {:?}, schema: \"appointment\", opens: [], digest: {digest:?}, .. }}",
            policy.domain()
        )
    );
}
