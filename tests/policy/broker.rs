//! What is said of releases and renders and refused, each with its line.

use super::{
    refused::{Case, HEAD, check, visit},
    *,
};

const RELEASE: &str =
    "[release.care]\nreason = \"x\"\npurposes = [\"x\"]\nper_hour = 30\ndetect_hours = 24\n";

fn error(rest: &str) -> String {
    match Policy::from_toml(&format!("{HEAD}{rest}"), &visit()) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

fn render(template: &str) -> String {
    error(&format!(
        "[render.r]\nto = \"phone\"\ntemplate = {template}\ngateway = \"sms\"\nreason = \"x\"\nper_hour = 1\ndetect_hours = 1\n"
    ))
}

#[test]
fn two_persons_is_said_or_not() {
    for said in ["two_persons = true", "two_persons = false", ""] {
        assert_eq!(error(&format!("{RELEASE}{said}")), "", "{said}");
    }
    let message = error(&format!("{RELEASE}two_persons = 2"));
    assert!(
        message.starts_with("line 10: invalid type: integer"),
        "{message}"
    );
    // Messages are sent by nobody's hand.
    let render = "[render.r]\nto = \"phone\"\ntemplate = \"x\"\ngateway = \"sms\"\nreason = \"x\"\nper_hour = 1\ndetect_hours = 1\n\
                  two_persons = true\n";
    let message = error(render);
    assert!(
        message.starts_with("line 12: unknown key `two_persons`"),
        "{message}"
    );
}

#[test]
fn what_takes_two_persons_no_single_one_gets_otherwise() {
    let shared = format!("{RELEASE}two_persons = true\n");
    let opened = error(&format!("{shared}[open.care]\nreason = \"x\"\n"));
    assert!(
        opened.contains("release \"care\" takes two people, and the grant opens scope care to one"),
        "{opened}"
    );
    let field = RELEASE.replace("[release.care]", "[release.code]");
    let released = error(&format!("{shared}{field}"));
    assert!(
        released.contains("and release \"code\" gives of it to one"),
        "{released}"
    );
    assert!(released.starts_with("line "), "{released}");
    assert_eq!(error(&format!("{shared}{field}two_persons = true\n")), "");
    let message = "[render.r]\nto = \"phone\"\ntemplate = \"{code}\"\ngateway = \"sms\"\nreason = \"x\"\nper_hour = 1\n\
                   detect_hours = 1\n";
    let sent = error(&format!("{shared}{message}"));
    assert!(
        sent.contains("and render \"r\" sends of it for one"),
        "{sent}"
    );
}

#[test]
fn a_requester_gets_no_more_than_all() {
    for (most, fits) in [(1, true), (30, true), (31, false), (0, false), (-1, false)] {
        let expected = if fits {
            String::new()
        } else {
            format!(
                "line 10: `per_requester` of release \"care\" is {most}, not 1 to 30; give a number in that range"
            )
        };
        assert_eq!(error(&format!("{RELEASE}per_requester = {most}")), expected);
    }
    let render = "[render.r]\nto = \"phone\"\ntemplate = \"x\"\ngateway = \"sms\"\nreason = \"x\"\nper_hour = 1\nper_requester = 2\n\
                  detect_hours = 1\n";
    assert_eq!(
        error(render),
        "line 11: `per_requester` of render \"r\" is 2, not 1 to 1; give a number in that range"
    );
}

#[test]
fn an_address_is_no_json() {
    const CASES: &[Case] = &[(
        "[render.r]\nto = \"notes\"\ntemplate = \"x\"\ngateway = \"sms\"\nreason = \"x\"\nper_hour = 1\ndetect_hours = 1",
        6,
        "render \"r\" is sent to field \"notes\", which is of type json; send to a field with an address, such as a telephone number",
    )];
    check(CASES);
}

#[test]
fn templates_give_each_value_its_room() {
    for good in [
        "\"{start:1}\"",
        "\"{start:40}\"",
        "\"{start} {start:5} {start}\"",
        "\"\"\"Bonjour,\nle {start}\"\"\"",
        "\"{age} {first} {day} {code}\"",
    ] {
        assert_eq!(render(good), "", "{good}");
    }
    let grammar = "write {field} for a field's value, {field:20} for at most 20 bytes of it, {{ and }} for braces";
    for (template, message) in [
        ("\"{start:0}\"", "the width of field \"start\" in the template of render \"r\" is 0, not 1 to 40; give a number in that range".to_owned()),
        ("\"{start:41}\"", "the width of field \"start\" in the template of render \"r\" is 41, not 1 to 40; give a number in that range".to_owned()),
        ("\"{start:x}\"", format!("the template of render \"r\" has a width that is not a number; {grammar}")),
        ("\"{start:99999999999999999999}\"", format!("the template of render \"r\" has a width that is not a number; {grammar}")),
        ("\"{:5}\"", format!("the template of render \"r\" has braces without a name; {grammar}")),
        ("\"{strat:5}\"", "the policy names the field \"strat\", which the schema does not list (did you mean \"start\"?); name fields of the schema".to_owned()),
        ("\"{notes}\"", "the template of render \"r\" names field \"notes\", which is of type json; name fields whose values can be read in a message".to_owned()),
        ("\"{notes:5}\"", "the template of render \"r\" names field \"notes\", which is of type json; name fields whose values can be read in a message".to_owned()),
    ] {
        assert_eq!(render(template), format!("line 7: {message}"));
    }
    let control = "line 7: the template of render \"r\" has a control character; break its lines by \\n, and leave other control characters out";
    for template in [
        "\"a\\tb\"",
        "\"a\\r\\nb\"",
        "\"a\\u0000\"",
        "\"a\\u007F\"",
        "\"a\\u0085\"",
        "\"a\\u2028\"",
        "\"x\\u2029\"",
    ] {
        assert_eq!(render(template), control, "{template}");
    }
}

#[test]
fn a_message_has_at_most_4096_bytes() {
    let room = |text: usize| format!("\"{}{{start:6}}\"", "é".repeat(text));
    assert_eq!(render(&room(2045)), "");
    assert_eq!(
        render(&room(2046)),
        "line 7: the messages of render \"r\" have 4098 bytes, more than 4096; give its fields less room, such as {field:20}, or shorten its text"
    );
}
