use paravent::{Date, Keyring, Passphrase, Policy, Schema};

use super::{Clinic, PASSPHRASE, json, stderr, stdout, write_secret};

const ISSUE: &str = "grant --policy policies/sms-reminders.toml --owner reminders --until 9999-06-30 \
    -o sms.grant --grant-passphrase-file connector";
const REVEAL: &str = "reveal rows.csv --policy policies/sms-reminders.toml --grant sms.grant \
    --grant-passphrase-file connector";

/// With a grant `sms.grant` under the passphrase in `connector`, and rows for it.
fn granted() -> Clinic {
    let clinic = Clinic::new();
    write_secret(&clinic.at("connector"), "of the connector");
    clinic.run_open(ISSUE).code(0).stderr("");
    clinic
        .run_open(
            "protect appointments.csv --policy policies/sms-reminders.toml -o rows.csv --window 1",
        )
        .code(0);
    clinic
}

#[test]
fn a_connector_reveals_what_its_grant_opens() {
    let clinic = granted();
    assert_eq!(clinic.mode("sms.grant"), 0o600);
    let revealed = stdout(&clinic.run(REVEAL).code(0));
    assert!(
        revealed.starts_with("phone,email\n06 39 98 12 34,zoe.martin@example.org\n"),
        "{revealed}"
    );
    let told = stderr(&clinic.run(&format!("{REVEAL} --only care")).code(5));
    assert!(told.contains("scope care"), "{told}");
    // The keyring's passphrase is another one.
    clinic
        .run_open("reveal rows.csv --policy policies/sms-reminders.toml --grant sms.grant")
        .code(5);
    // The connector has the policy and the grant, and nothing else.
    for name in ["backend.keyring", "paravent.toml", "schema.toml"] {
        std::fs::remove_file(clinic.at(name)).unwrap();
    }
    clinic.run(REVEAL).code(0);
}

#[test]
fn what_was_issued_is_listed_with_what_is_due() {
    let clinic = granted();
    assert_eq!(clinic.mode("grants.ndjson"), 0o600);
    let list = json(&stdout(&clinic.run("grant list --json").code(0).stderr("")));
    let grant = &list["grants"][0];
    assert_eq!(
        (&grant["domain"], &grant["file"]),
        (&"sms-reminders".into(), &"sms.grant".into())
    );
    assert_eq!(
        (&grant["owner"], &grant["until"]),
        (&"reminders".into(), &"9999-06-30".into())
    );
    assert!(grant["due"].is_null() && list["active_epoch"].is_null());
    let page = stdout(&clinic.run_open("grant list").code(0));
    assert!(page.ends_with("\n0 of 1 due\n"), "{page}");

    let soon = stdout(&clinic.run("grant list --within 4000000").code(0));
    assert!(
        soon.contains("it ends soon") && soon.contains("epoch was not looked at"),
        "{soon}"
    );

    clinic
        .run("keygen next.keyring --from backend.keyring --from-passphrase-file passphrase --passphrase-file passphrase")
        .code(0);
    clinic.run_open("rotate --keyring next.keyring").code(0);
    let old = clinic
        .run_open("grant list --keyring next.keyring --json")
        .code(0);
    let old = json(&stdout(&old));
    assert_eq!(
        (&old["active_epoch"], &old["grants"][0]["due"]),
        (&2.into(), &"old-epoch".into())
    );

    let policy = clinic.read("policies/sms-reminders.toml")
        + "\n[open.schedule]\nreason = \"it says when\"\n";
    clinic.write("policies/sms-reminders.toml", policy);
    let other = json(&stdout(&clinic.run("grant list --json").code(0)));
    assert_eq!(other["grants"][0]["due"], "other-policy");
    clinic.run("grant list --passphrase-file connector").code(5);
}

#[test]
fn what_a_hand_wrote_to_the_register_does_not_reach_the_terminal() {
    let clinic = granted();
    let register = clinic.read("grants.ndjson");
    let owner = r#""owner":"a\u001b[2J\nb""#;
    let changed = register
        .replace(r#""owner":"reminders""#, owner)
        .replace(r#""file":"sms.grant""#, r#""file":"sms\u0007.grant""#);
    assert!(
        changed.contains(owner) && changed.contains("u0007"),
        "{changed}"
    );
    clinic.write("grants.ndjson", changed);
    let page = stdout(&clinic.run("grant list").code(0));
    assert!(
        page.chars().all(|c| c == '\n' || !c.is_control()),
        "{page:?}"
    );
    assert!(page.contains("a\\u{1b}[2J\\nb"), "{page}");
}

#[test]
fn a_register_that_is_not_there_or_not_said_is_told() {
    let clinic = Clinic::new();
    assert_eq!(
        stdout(&clinic.run("grant list").code(0)),
        "no grant was issued\n"
    );
    clinic.write("paravent.toml", "policies = \"policies\"\n");
    let told = stderr(&clinic.run("grant list").code(2));
    assert!(told.contains("PARAVENT_GRANTS"), "{told}");
    clinic.write("paravent.toml", "grants = \"grants.ndjson\"\n");
    clinic.write("grants.ndjson", "{\"domain\":\n");
    let told = clinic.run("grant list").code(0);
    assert!(
        stderr(&told).contains("lines that hold no grant: 1"),
        "{}",
        stderr(&told)
    );
}

#[test]
fn a_grant_is_not_issued_over_a_file_or_into_the_past() {
    let clinic = granted();
    let before = (clinic.read("sms.grant"), clinic.read("grants.ndjson"));
    clinic.run_open(ISSUE).code(2).stdout("");
    let past = ISSUE
        .replace("9999-06-30", "2020-01-01")
        .replace("sms.grant", "new.grant");
    let told = stderr(&clinic.run_open(&past).code(2));
    assert!(told.contains("2020-01-01"), "{told}");
    let nothing = ISSUE
        .replace("sms-reminders.toml", "statistics.toml")
        .replace("sms.grant", "new.grant");
    let told = stderr(&clinic.run_open(&nothing).code(2));
    assert!(told.contains("opens no scope"), "{told}");
    let mut nobody = clinic.command(
        "grant --policy policies/sms-reminders.toml --until 9999-06-30 -o new.grant --owner",
    );
    nobody.args(["", "--passphrase-file", "passphrase"]);
    nobody.assert().code(2);
    assert_eq!(
        before,
        (clinic.read("sms.grant"), clinic.read("grants.ndjson"))
    );
    assert!(!clinic.at("new.grant").exists());
}

#[test]
fn a_grant_that_ended_is_refused() {
    let clinic = granted();
    let text = clinic.read("backend.keyring");
    let keyring = Keyring::from_key_file(&text, &Passphrase::new(PASSPHRASE).unwrap()).unwrap();
    let schema = Schema::appointment();
    let policy = Policy::from_toml(&clinic.read("policies/sms-reminders.toml"), &schema).unwrap();
    let checked = policy.check(Date::constant(2026, 11, 24)).unwrap();
    let grant = keyring.grant(&checked).unwrap();
    let ended = grant
        .with_term("reminders", Date::constant(2020, 1, 31))
        .unwrap();
    std::fs::remove_file(clinic.at("sms.grant")).unwrap();
    ended
        .save(
            clinic.at("sms.grant"),
            &Passphrase::new("of the connector").unwrap(),
        )
        .unwrap();
    let told = clinic.run(REVEAL).code(5).stdout("");
    assert!(
        stderr(&told).contains("sms.grant: the grant ended on 2020-01-31"),
        "{}",
        stderr(&told)
    );
    let told = clinic.run(&format!("{REVEAL} --json")).code(5);
    assert_eq!(json(&stderr(&told))["error"], "grant-ended");
}

#[test]
fn a_grant_of_another_policy_is_refused() {
    let clinic = granted();
    let other = "reveal rows.csv --policy policies/statistics.toml --grant sms.grant --grant-passphrase-file connector";
    let told = clinic.run(other).code(5).stdout("");
    assert!(
        stderr(&told).contains("another policy"),
        "{}",
        stderr(&told)
    );
    // A keyring is no grant, and a grant no keyring.
    clinic
        .run_open("reveal rows.csv --policy policies/sms-reminders.toml --grant backend.keyring")
        .code(5);
    clinic
        .run("reveal rows.csv --policy policies/sms-reminders.toml --keyring sms.grant --passphrase-file connector")
        .code(5);
}
