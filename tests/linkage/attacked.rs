//! What an attacker of the check found: each was once passed over, refused for nothing, or never ended.

use super::*;

fn text(name: &str, number: u8, scope: &str, role: &str, rest: &str) -> String {
    format!(
        "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"{scope}\"\nrole = \"{role}\"\nwidth = 40\ntype = \"text\"\nclass = \"exact\"\n{rest}\n"
    )
}

fn fact(of: &str, gives: &str) -> String {
    format!("[[determines]]\nfields = {of}\ngives = \"{gives}\"\nthrough = \"list\"\n")
}

fn schema(name: &str, rest: &str) -> Schema {
    Schema::from_toml(&format!("name = \"{name}\"\n{rest}")).unwrap()
}

fn shared(rest: &str) -> String {
    "shares = [\"record-id\"]\n".to_owned() + PLATFORM + rest
}

/// Whoever lists practitioners may have listed them by specialty.
#[test]
fn a_directory_survives_lists() {
    let lists = "as = \"bucket\"\nlists = { derm = [\"a\", \"b\", \"c\"], onco = [\"g\", \"h\", \"i\"] }\nother = \"rest\"";
    let both = policy(
        "d",
        &(PLATFORM.to_owned() + &open("identity") + &show("practitioner", lists)),
    );
    let found = findings(&[&both]);
    assert!(
        found[0].ends_with("public directory of practitioners ─ specialty"),
        "{found:?}"
    );
}

/// Who knows a start and sees it shifted by specialty reads the specialty.
#[test]
fn a_shift_by_what_is_sensitive_stands_for_it() {
    let shift = show(
        "start",
        "as = \"shift\"\nweeks = 520\nsubject = [\"specialty\"]",
    );
    let found = findings(&[&policy(
        "d",
        &(PLATFORM.to_owned() + &open("identity") + &shift),
    )]);
    assert!(
        found[0].starts_with("linked (d)") && found[0].contains("specialty (shown: shift"),
        "{found:?}"
    );
}

/// A prefix, a mask, and both: each gives the specialty of a site.
#[test]
fn two_forms_survive_where_one_does() {
    let sites = schema(
        "sites",
        &(text("name", 1, "identity", "identifier", "values = 100_000")
            + &text("site", 2, "schedule", "neutral", "values = 1_000")
            + &text("specialty", 3, "care", "sensitive", "values = 60")
            + &fact("[\"site\"]", "specialty")),
    );
    let x = policy_for("x", &shared(&open("identity")), &sites);
    let y = policy_for(
        "y",
        &shared(&show("site", "as = \"truncate\"\nto = 4")),
        &sites,
    );
    let round = show(
        "site",
        "as = \"bucket\"\nlists = { a = [\"1\", \"2\", \"3\"], b = [\"4\", \"5\", \"6\"] }\nother = \"c\"",
    );
    let z = policy_for("z", &shared(&round), &sites);
    let [with_y, with_z, all] = [
        findings(&[&x, &y]),
        findings(&[&x, &z]),
        findings(&[&x, &y, &z]),
    ];
    assert_eq!((with_y.len(), with_z.len()), (1, 1));
    assert!(
        with_y
            .iter()
            .chain(&with_z)
            .all(|finding| all.contains(finding)),
        "{all:?}"
    );
}

/// What another schema says of a name never makes what this one says safer.
#[test]
fn the_worst_of_two_schemas_counts() {
    let mine = |rest: &str| {
        schema(
            "mine",
            &(text(
                "ref",
                1,
                "identity",
                "neutral",
                "values = 1_000_000\nfrequencies = \"unknown\"",
            ) + "[[field]]\nname = \"day\"\nnumber = 2\nscope = \"schedule\"\nrole = \"quasi-identifier\"\nwidth = 10\ntype = \"date\"\ndays = 1_000\n"
                + &text("specialty", 3, "care", "sensitive", "values = 60")
                + rest),
        )
    };
    let month = show("day", "as = \"truncate\"\nto = \"month\"");
    let follows = pseudonym("person", "[\"ref\"]") + &month + &keep("specialty");
    let paths = policy_for("paths", &(PLATFORM.to_owned() + &follows), &mine(""));
    let alone = findings(&[&paths]);
    assert_eq!(alone.len(), 1);
    for theirs in [
        text(
            "ref",
            1,
            "care",
            "neutral",
            "values = 1_000_000\nfrequencies = \"unknown\"",
        ),
        text("ref", 1, "identity", "neutral", "values = 1_000_000"),
        text("specialty", 1, "care", "neutral", "values = 1_000_000"),
    ] {
        let other = policy_for("other", "", &schema("theirs", &theirs));
        let both = findings(&[&paths, &other]);
        assert!(
            !both.is_empty() && both[0].starts_with("linked (paths)"),
            "{theirs}: {both:?}"
        );
    }
}

/// Half have names and half have care, all under one id: every pair, and that soon.
#[test]
fn many_pairs_are_told_apart() {
    let names: Vec<String> = (0..24).map(|number| format!("d{number:02}")).collect();
    let policies: Vec<Policy> = names
        .iter()
        .enumerate()
        .map(|(number, name)| {
            policy(
                name,
                &shared(&open(if number % 2 == 0 { "identity" } else { "care" })),
            )
        })
        .collect();
    let found = report(&policies.iter().collect::<Vec<_>>());
    assert_eq!(found.findings().len(), 12 * 12);
    assert!(
        found
            .findings()
            .iter()
            .all(|finding| finding.domains().len() == 2)
    );
}

/// 18 domains of 4 bits each, any three of which are more than 9.97: 816 sets, or one that says that they were too many.
#[test]
fn sets_that_are_too_many_are_not_passed_over() {
    let traits: Vec<String> = (0..18)
        .map(|number| format!("[[field]]\nname = \"t{number}\"\nnumber = {}\nscope = \"identity\"\nrole = \"quasi-identifier\"\nwidth = 8\ntype = \"integer\"\nvalues = 16\n", number + 1))
        .collect();
    let schema = schema(
        "traits",
        &(traits.concat() + &text("specialty", 20, "care", "sensitive", "values = 60")),
    );
    let policies: Vec<Policy> = (0..18)
        .map(|number| {
            policy_for(
                &format!("d{number:02}"),
                &shared(&(keep(&format!("t{number}")) + &keep("specialty"))),
                &schema,
            )
        })
        .collect();
    let found = report(&policies.iter().collect::<Vec<_>>());
    let whole = found.findings().iter().any(|finding| {
        finding.domains().len() == 18 && finding.to_string().ends_with("too many to look through")
    });
    assert!(
        found.findings().len() == 816 || whole,
        "{}",
        found.findings().len()
    );
}

/// Somebody else's messages are no part of what a domain holds itself.
#[test]
fn a_gateway_that_is_a_domain_answers_for_its_own_rows_alone() {
    let g = policy(
        "g",
        &(PLATFORM.to_owned() + &open("identity") + &open("care")),
    );
    let render = "[render.m]\nto = \"phone\"\ntemplate = \"{start}\"\ngateway = \"g\"\nreason = \"test\"\nper_hour = 1\ndetect_hours = 1\n";
    let a = policy("a", &("[tenancy]\nspecialties = 2\n".to_owned() + render));
    let alone = report(&[&g]).findings()[0].clone();
    let together = report(&[&a, &g]);
    assert!(
        together
            .findings()
            .iter()
            .any(|finding| finding.digest() == alone.digest())
    );
}

#[test]
fn an_index_of_two_policies_is_one() {
    let rest = |bits| PLATFORM.to_owned() + &index("by", "[\"phone\"]", bits, 20_000);
    let two = |bits| {
        findings(&[
            &policy("d", &rest(bits)),
            &policy("d", &(rest(bits) + &keep("sex"))),
        ])
    };
    assert_eq!(two(5), [""; 0]);
    assert_eq!(two(1).len(), 1);
}

/// Policies of one domain in any order have one digest and one chain.
#[test]
fn the_order_of_a_domains_policies_does_not_matter() {
    let policies = [
        policy(
            "d",
            &(PLATFORM.to_owned() + &open("identity") + &keep("specialty")),
        ),
        policy(
            "d",
            &(PLATFORM.to_owned() + &open("care") + &show("last_name", "as = \"mask\"\nfirst = 1")),
        ),
        policy(
            "d",
            &(PLATFORM.to_owned() + &show("last_name", "as = \"mask\"\nlast = 1")),
        ),
    ];
    let [a, b, c] = &policies;
    let orders = [[a, b, c], [c, b, a], [b, a, c]];
    let found: Vec<Vec<String>> = orders
        .iter()
        .map(|order| {
            report(order)
                .findings()
                .iter()
                .map(|finding| format!("{finding} {}", finding.digest()))
                .collect()
        })
        .collect();
    assert!(found.iter().all(|one| one == &found[0]), "{found:?}");
}

/// A mask and a list, once and again with another mask: no more than each kind once, in any order.
#[test]
fn a_form_that_is_there_already_adds_nothing() {
    let forms = [
        "as = \"mask\"\nfirst = 2",
        "as = \"mask\"\nlast = 1",
        "as = \"bucket\"\nlists = { a = [\"A\"], b = [\"B\"] }\nother = \"rest\"",
    ];
    let worth = |order: &[usize]| {
        let policies: Vec<Policy> = order
            .iter()
            .map(|&form| policy("d", &show("practitioner", forms[form])))
            .collect();
        let report = report(&policies.iter().collect::<Vec<_>>());
        report
            .fields()
            .iter()
            .find(|row| row.field == "practitioner")
            .unwrap()
            .bits
    };
    // log2(36^3 + 1) of both masks, and log2 3 of the lists.
    assert!((worth(&[0, 1, 2]) - (46_657_f64.log2() + 3_f64.log2())).abs() < 0.000_5);
    assert_eq!(worth(&[0, 1, 2]), worth(&[2, 0, 1]));
    assert_eq!(worth(&[0, 1, 0]), worth(&[0, 1]));
    assert!(worth(&[0, 1]) < worth(&[0, 1, 2]));
}

/// Free text of two parts gives everything, and of parts no more than they are.
#[test]
fn a_fact_that_gives_everything_gives_no_more_of_its_parts() {
    let free = schema(
        "free",
        &(text("a", 1, "identity", "neutral", "values = 1_000_000")
            + &text("b", 2, "identity", "neutral", "values = 1_000_000")
            + &text(
                "zip",
                3,
                "identity",
                "quasi-identifier",
                "values = 1_000_000",
            )
            + "[[determines]]\nfields = [\"a\", \"b\"]\ngives = \"*\"\nthrough = \"text\"\nexact = true\n"),
    );
    let one = show("a", "as = \"truncate\"\nto = 1");
    let part = policy_for(
        "d",
        &(one.clone() + &show("b", "as = \"truncate\"\nto = 1")),
        &free,
    );
    let letter = 36_f64.log2();
    assert_eq!(
        (bits(&part, "a"), bits(&part, "b"), bits(&part, "zip")),
        (letter, letter, 2.0 * letter)
    );
    let whole = policy_for("d", &(keep("a") + &keep("b")), &free);
    assert!((bits(&whole, "zip") - 1_000_000_f64.log2()).abs() < 1e-9);
}

/// Each policy gives at most its own rows, and one that states none is not bounded by another.
#[test]
fn exposures_of_a_domains_policies_add_up() {
    let release = |rows: &str| {
        let holds = rows.to_owned()
            + "subjects = 1_000\nvisits = 1\n[tenancy]\nspecialties = 12\npractices = 40\n";
        let rest = "[release.contact]\nreason = \"test\"\npurposes = [\"test\"]\nper_hour = 2_000\ndetect_hours = 24\n";
        policy(
            "d",
            &("[holds]\n".to_owned() + &holds + rest + &keep("specialty")),
        )
    };
    let exposure = |policies: &[&Policy]| {
        report(policies)
            .findings()
            .iter()
            .filter_map(Finding::exposure)
            .max()
    };
    assert_eq!(exposure(&[&release("rows = 1_000\n")]), Some(1_000));
    assert_eq!(exposure(&[&release("")]), Some(48_000));
    assert_eq!(
        exposure(&[&release("rows = 1_000\n"), &release("")]),
        Some(49_000)
    );
}

/// Null or not of a field that gives by two steps what is sensitive.
#[test]
fn presence_tells_also_by_several_steps() {
    let steps = schema(
        "steps",
        &(text("name", 1, "identity", "identifier", "values = 100_000")
            + &text(
                "a",
                2,
                "care",
                "neutral",
                "optional = true\nfrequencies = \"unknown\"",
            )
            + &text("b", 3, "care", "neutral", "")
            + &text("specialty", 4, "care", "sensitive", "values = 60")
            + &fact("[\"a\"]", "b")
            + &fact("[\"b\"]", "specialty")),
    );
    let shown = open("identity") + &show("a", "as = \"reversible\"");
    let found = findings(&[&policy_for("d", &(PLATFORM.to_owned() + &shown), &steps)]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("shaped (d)"), "{found:?}");
}
