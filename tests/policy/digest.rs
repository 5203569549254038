//! What a policy's digest depends on.

use super::*;

fn digest(toml: &str) -> String {
    load(toml).unwrap().digest().to_string()
}

#[test]
fn comments_order_layout_reasons_and_defaults_do_not_change_it() {
    let (head, rest) = GOOD.split_once("[open.contact]").unwrap();
    let (open, rest) = rest.split_once("[show.start]").unwrap();
    let (show, pseudonym) = rest.split_once("[pseudonym.patient]").unwrap();
    for (what, same) in [
        (
            "a comment",
            with("[open.contact]", "# scopes\n[open.contact] # here"),
        ),
        ("white space", GOOD.replace(" = ", "=\t")),
        ("line ends", GOOD.replace('\n', "\r\n")),
        (
            "the order of tables",
            format!("{head}[pseudonym.patient]{pseudonym}[show.start]{show}[open.contact]{open}"),
        ),
        (
            "a reason to open",
            with("the gateway sends to the phone", "as agreed"),
        ),
        (
            "a reason to show",
            with("reminders go out the day before", "as agreed"),
        ),
        (
            "a reason to link",
            with("one reminder a person and day", "as agreed"),
        ),
        (
            "inline",
            with(
                "[open.contact]\nreason = \"the gateway sends to the phone\"",
                "[open]\ncontact = { reason = 'x' }",
            ),
        ),
        (
            "redact by default",
            with("[show.age]\nas = \"redact\"\n", ""),
        ),
    ] {
        assert_eq!(digest(&same), digest(GOOD), "{what}");
    }
    assert_eq!(
        digest(&with("null = \"null\"\n", "")),
        digest(&with("null = \"null\"\n", "null = \"refuse\"\n"))
    );
    let unbound = with("erasable = true", "").replace("subject_key = \"bound\"\n", "");
    assert_eq!(
        digest(&unbound),
        digest(
            &with("erasable = true", "erasable = false")
                .replace("subject_key = \"bound\"", "subject_key = \"unbound\"")
        )
    );
}

#[test]
fn whatever_the_crate_acts_on_changes_it() {
    let changes = [
        ("sms-reminders", "sms"),
        (r#"record_id = "unbound""#, r#"record_id = "bound""#),
        ("[open.contact]", "[open.care]"),
        (
            "[open.contact]",
            "[open.care]\nreason = \"x\"\n[open.contact]",
        ),
        (
            "[open.contact]\nreason = \"the gateway sends to the phone\"\n",
            "",
        ),
        ("[show.start]", "[show.sex]"),
        (r#"as = "keep""#, r#"as = "redact""#),
        (r#"as = "redact""#, "as = \"keep\"\nreason = \"x\""),
        ("[pseudonym.patient]", "[pseudonym.person]"),
        (
            r#"of = ["last_name", "first_name"]"#,
            r#"of = ["first_name", "last_name"]"#,
        ),
        (
            r#"of = ["last_name", "first_name"]"#,
            r#"of = ["last_name"]"#,
        ),
        (r#"null = "null""#, r#"null = "refuse""#),
        ("erasable = true", "erasable = false"),
        ("subject_key = \"bound\"\n", ""),
    ];
    let mut digests: BTreeSet<String> = changes
        .iter()
        .map(|(from, to)| {
            let mut toml = with(from, to);
            if !toml.contains("subject_key") {
                toml = toml.replace("erasable = true", "");
            }
            digest(&toml)
        })
        .collect();
    digests.insert(digest(GOOD));
    assert_eq!(digests.len(), changes.len() + 1);

    // Its schema too, under one name.
    let wider =
        include_str!("../../src/schema/appointment.toml").replace("width = 24", "width = 25");
    let wider = Schema::from_toml(&wider).unwrap();
    let wider = Policy::from_toml(GOOD, &wider).unwrap();
    assert_ne!(wider.digest().to_string(), digest(GOOD));
}

/// Grants outlive releases, and this is what tells their policy.
#[test]
fn of_the_good_policy_is_known() {
    assert_eq!(
        digest(GOOD),
        "25078b843b60fe4800e3fd1ab088e428c2dce04c4b7a58037cc5c59b73629061"
    );
    // On the schema as it was before it said anything of values.
    let old = include_str!("../data/compat/v1/appointment.toml");
    let old = Policy::from_toml(GOOD, &Schema::from_toml(old).unwrap()).unwrap();
    assert_eq!(
        old.digest().to_string(),
        "837f951a9202e1566303b63a4c8ff404046543a36c4ffddfcd46bf82f5a4b48e"
    );
}
