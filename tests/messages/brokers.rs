//! What is refused of releases, messages, canaries and shares.

use std::sync::Arc;

use paravent::{Broker, Log, Request, Timestamp};

use super::{errors::passphrase, *};

const QUOTA: &str = "reason = \"x\"\nper_hour = 1\ndetect_hours = 1\n";

/// A policy that is refused.
fn unread(rest: &str) -> Error {
    let toml =
        format!("schema = \"messages\"\ndomain = \"messages\"\nrecord_id = \"bound\"\n{rest}");
    Policy::from_toml(&toml, &schema()).unwrap_err()
}

fn render(to: &str, template: &str) -> Error {
    unread(&format!(
        "[render.r]\nto = \"{to}\"\ntemplate = \"{template}\"\ngateway = \"sms\"\n{QUOTA}"
    ))
}

fn canary(rest: &str) -> String {
    format!("[[canary]]\nname = \"c\"\n{rest}\n")
}

fn release(name: &str, rest: &str) -> String {
    format!("[release.{name}]\npurposes = [\"x\"]\n{QUOTA}{rest}\n")
}

pub(super) fn errors_of_policies() -> Vec<(&'static str, Error)> {
    let of_record =
        |record: &str| unread(&canary(&format!("record_id = \"x\"\nrecord = {record}")));
    let id = "record_id = \"x\"\nrecord = {}";
    let unbound = canary(id) + "[open.care]\nreason = \"x\"\n";
    let wide = format!("{{ text = \"{}\" }}", "x".repeat(41));
    let required = schema_of(&FIELDS.replacen("optional = true", "optional = false", 1));
    let head = "schema = \"messages\"\ndomain = \"messages\"\nrecord_id";
    let lacking = format!("{head} = \"bound\"\n{}", canary(id));
    let free = format!("{head} = \"unbound\"\n{}", canary(id));
    let person = format!(
        "{head} = \"bound\"\nsubject_key = \"bound\"\n{}",
        canary(id)
    );
    vec![
        (
            "Definition/requester",
            unread(&release("care", "per_requester = 2")),
        ),
        ("Definition/address", render("json", "x")),
        ("Definition/template width", render("phone", "{date:0}")),
        ("Definition/template number", render("phone", "{date:x}")),
        ("Definition/template control", render("phone", "a\\tb")),
        ("Definition/template json", render("phone", "{json}")),
        (
            "Definition/long message",
            render("phone", &"x".repeat(4097)),
        ),
        (
            "Definition/canaries",
            unread(&canary("record = {}").repeat(65)),
        ),
        (
            "Definition/canary's name twice",
            unread(&canary(id).repeat(2)),
        ),
        (
            "Definition/canary's id twice",
            unread(&(canary(id) + &canary(id).replace("\"c\"", "\"d\""))),
        ),
        ("Definition/canary's id", unread(&canary("record = {}"))),
        (
            "Definition/canary's id unbound",
            Policy::from_toml(&free, &schema()).unwrap_err(),
        ),
        (
            "Definition/canary of a person",
            Policy::from_toml(&person, &schema()).unwrap_err(),
        ),
        (
            "Definition/canary lacks",
            Policy::from_toml(&lacking, &required).unwrap_err(),
        ),
        ("Definition/canary's type", of_record("{ integer = \"1\" }")),
        ("Definition/canary's width", of_record(&wide)),
        (
            "Definition/canary apart",
            Policy::without_canaries(
                &(unbound + "[canary.record]\ntext = \"x\"\n").replace("record = {}\n", ""),
            )
            .unwrap_err(),
        ),
    ]
}

pub(super) fn errors_of_shares() -> Vec<(&'static str, Error)> {
    let rest = release("care", "two_persons = true") + &release("identity", "");
    let policy = policy(&rest);
    let keyring = test_kit::keyring();
    let split = |name: &str, holders: &[&str]| keyring.split_release(&policy, name, holders);
    let refused = |name: &str, holders: &[&str]| split(name, holders).unwrap_err();
    let [one, other] = [(), ()].map(|()| split("care", &["a", "b"]).unwrap());
    let open = |file: &SplitGrant, first: &Share, second: &Share| {
        Grant::from_shares(file.key_file(), first, second).unwrap_err()
    };
    let [a, b] = one.shares() else {
        panic!("there are two");
    };
    vec![
        ("NoSuchRule/release", refused("contact", &["a", "b"])),
        ("Definition/one person", refused("identity", &["a", "b"])),
        ("Definition/holders", refused("care", &["a"])),
        ("Definition/holder", refused("care", &["a", ""])),
        ("Definition/holder twice", refused("care", &["a", "a"])),
        ("OtherSplit", open(&one, a, &other.shares()[1])),
        ("SameShare", open(&one, a, a)),
        ("SharesOfOther", open(&other, a, b)),
        (
            "KeyFileHolds/share",
            Share::from_key_file(one.key_file(), &passphrase()).unwrap_err(),
        ),
    ]
}

pub(super) fn errors_of_brokers() -> Vec<(&'static str, Error)> {
    let rest = release("care", "two_persons = true")
        + &release("contact", "")
        + &format!(
            "[render.r]\nto = \"phone\"\ntemplate = \"x\"\ngateway = \"sms\"\n{}",
            QUOTA.replace("hour = 1", "hour = 9")
        );
    let policy = policy(&rest);
    let keyring = test_kit::keyring();
    let folder = tempfile::tempdir().unwrap();
    let now: Timestamp = "2026-11-29T06:40:12Z".parse().unwrap();
    let log = Log::open(
        folder.path().join("log"),
        folder.path().join("heads"),
        &keyring,
        now,
    );
    let broker = Broker::new(&keyring, [&policy], Arc::new(log.unwrap())).unwrap();
    let row = Protector::new(&keyring, &policy).unwrap();
    let row = row.protect(&json!({})).unwrap();
    let domain = policy.policy().domain();
    let ask = |name: &str, request: Request<'_>| {
        let released = broker.release::<Value>(domain, Binding::NONE, &row, name, &request);
        released.unwrap_err()
    };
    let ask_well = |requester, seconds: i64| {
        let at = Timestamp::from_second(now.as_second() + 100 + seconds).unwrap();
        let request = Request::new(requester, at).purpose("x").reason("x");
        broker.release::<Value>(domain, Binding::NONE, &row, "contact", &request)
    };
    let by = |requester| Request::new(requester, now).purpose("x").reason("x");
    let split = keyring.split_release(&policy, "care", &["a", "b"]).unwrap();
    let shared =
        |requester| by(requester).shares(split.key_file(), &split.shares()[0], &split.shares()[1]);
    ask_well("x", 0).unwrap();
    let (spent, late) = (
        ask_well("y", 0).unwrap_err(),
        ask_well("y", -61).unwrap_err(),
    );
    let later = Timestamp::from_second(now.as_second() + 100).unwrap();
    let render = Request::new("x", later);
    let sink = |_: &paravent::Message<'_>| Ok::<(), Error>(());
    let render = broker.render(domain, Binding::NONE, &row, "r", &render, sink);
    vec![
        (
            "Definition/two policies",
            Broker::new(&keyring, [&policy, &policy], broker.log().clone()).unwrap_err(),
        ),
        ("Request/requester", ask("contact", by(" "))),
        ("Request/requester's line", ask("contact", by("a\nb"))),
        (
            "Request/requester's character",
            ask("contact", by("a\u{378}")),
        ),
        ("UnknownPurpose", ask("contact", by("x").purpose(MARK))),
        ("Request/reason", ask("contact", by("x").reason(""))),
        (
            "Request/reason's line",
            ask("contact", by("x").reason("a\nb")),
        ),
        ("TwoPersons", ask("care", by("x"))),
        ("Request/shares", ask("contact", shared("a"))),
        ("NotHolder", ask("care", shared("c"))),
        ("Quota/domain", spent),
        ("ClockBack", late),
        ("NotSent", render.unwrap_err()),
        (
            "Definition/log's domain",
            Policy::from_toml(
                "domain = \"paravent.log\"\nschema = \"messages\"\nrecord_id = \"unbound\"\n",
                &schema(),
            )
            .unwrap_err(),
        ),
    ]
}
