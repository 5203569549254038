//! What the policy shows, and where: only where the message says what the record says.

use paravent::{Schema, hl7v2::Profile};

use crate::{
    Domain, FEED, MESSAGE, SEALED, accepted,
    parts::{field, fields, segments},
};

/// A domain that is shown this in addition to nothing.
fn showing(rules: &str) -> Domain {
    Domain::new(&(SEALED.to_owned() + rules))
}

/// Why profile and policy do not go together.
fn refused(policy: &str, profile: &str) -> String {
    let schema = Schema::scheduling();
    let policy = accepted::accepted(policy, &schema).unwrap();
    let profile = Profile::from_toml(profile, &schema).unwrap();
    let keyring = paravent::test_kit::keyring();
    let made = paravent::hl7v2::MessageProtector::new(&keyring, &policy, profile);
    let error = made.unwrap_err();
    assert!(error.is_definition());
    error.to_string()
}

const DATES: [&str; 6] = ["SCH-11.4", "TQ1-7", "AIS-4", "AIG-8", "AIL-6", "AIP-6"];

/// A message with the start in all six places, and other times beside it.
const TIMES: &str = "MSH|^~\\&|A|B|||202611241130+0100||SIU^S14|9|P|2.5\r\
    SCH|1|2|||||||||^^30^202611280930+0100^202611281000+0100\r\
    TQ1|1||||||20261128093000+0100|20261128100000+0100\r\
    AIS|1|A|ECG|202611280930\r\
    AIG|1|A|R^Room|||||202611280930|||\r\
    AIL|1|A|^^^HERE|||202611280930\r\
    AIP|1|A|77|||202611280930\r\
    AIP|2|A|78|||202611281015\r\
    AIS|2|A|ECHO|202611290930~202611280930\r";

#[test]
fn the_day_of_the_start_stands_in_all_its_places_and_no_other_day_in_any() {
    let domain = Domain::new(FEED);
    let protected = domain.protect(TIMES.as_bytes());
    for part in DATES {
        assert_eq!(field(&protected, part), "20261128", "{part}");
    }
    assert_eq!(field(&protected, "MSH-7"), "202611");
    // The end is not shown, nor are days of visits that are others.
    assert_eq!(field(&protected, "SCH-11.5"), "");
    assert_eq!(field(&protected, "TQ1-8"), "");
    assert_eq!(fields(&protected, "AIP-6"), ["20261128", ""]);
    assert_eq!(fields(&protected, "AIS-4"), ["20261128", ""]);
    assert!(!String::from_utf8(protected).unwrap().contains("20261129"));
}

#[test]
fn a_date_is_cut_to_what_the_policy_shows() {
    for (to, shown) in [("day", "20261128"), ("month", "202611"), ("year", "2026")] {
        let rule = format!("[show.start]\nas = \"truncate\"\nto = \"{to}\"\nreason = \"x\"\n");
        let protected = showing(&rule).protect(TIMES.as_bytes());
        assert_eq!(field(&protected, "TQ1-7"), shown);
        assert_eq!(field(&protected, "MSH-7"), "");
    }
    let kept = "[show.start]\nas = \"keep\"\nreason = \"x\"\n[show.birth_date]\nas = \"keep\"\nreason = \"x\"\n";
    let protected = showing(kept).protect(MESSAGE.as_bytes());
    assert_eq!(field(&protected, "TQ1-7"), "20261128093000+0100");
    assert_eq!(field(&protected, "PID-7"), "19880517");
}

#[test]
fn a_week_or_a_quarter_is_no_time() {
    for to in ["week", "quarter"] {
        let rule = format!("[show.start]\nas = \"truncate\"\nto = \"{to}\"\nreason = \"x\"\n");
        let policy = SEALED.to_owned() + &rule;
        assert_eq!(
            refused(&policy, Profile::siu_text()),
            "field \"start\" is shown by a period that no time of HL7 v2 is; truncate it to day, month or year, or take it from [show] in the profile"
        );
        // A profile that writes it nowhere may.
        let lines = Profile::siu_text().lines();
        let text: Vec<&str> = lines
            .filter(|line| !line.ends_with("= \"start\""))
            .collect();
        let profile = Profile::from_toml(&text.join("\n"), &Schema::scheduling()).unwrap();
        let protected = Domain::with(&policy, profile).protect(TIMES.as_bytes());
        assert_eq!(field(&protected, "TQ1-7"), "");
    }
}

#[test]
fn a_pseudonym_stands_in_the_first_segment_of_its_name_only() {
    let message = MESSAGE.replace(
        "PV1|1",
        "PID|2||815^^^CLINIC||DUPONT^LEA||20010101|F\rNTE|1||of the second\rPV1|2|O|X\rPV1|1",
    );
    let domain = Domain::new(FEED);
    let protected = domain.protect(message.as_bytes());
    let patients = fields(&protected, "PID-3");
    assert!(patients[0].starts_with("t1.") && !patients[0].contains(['^', '~']));
    assert_eq!(patients[1], "");
    assert_eq!(fields(&protected, "PID-1"), ["1", "2"]);
    assert_eq!(fields(&protected, "PID-5"), ["^^^^^^S", "^^^^^^S"]);
    // The same patient has the same pseudonym in another message, another patient another one.
    assert_eq!(
        field(&domain.protect(MESSAGE.as_bytes()), "PID-3"),
        patients[0]
    );
    let other = domain.protect(MESSAGE.replace("4711", "4712").as_bytes());
    assert_ne!(field(&other, "PID-3"), patients[0]);
    assert_eq!(
        domain.backend.reveal(&protected).unwrap().as_bytes(),
        message.as_bytes()
    );
}

#[test]
fn a_message_without_patient_has_no_pseudonym() {
    let protected = Domain::new(FEED).protect(TIMES.as_bytes());
    assert!(
        !String::from_utf8(protected.clone())
            .unwrap()
            .contains("\rPID|")
    );
    let empty = TIMES.to_owned() + "PID|1||^^^X\r";
    let protected = Domain::new(FEED).protect(empty.as_bytes());
    assert_eq!(field(&protected, "PID-3"), "");
}

#[test]
fn a_telephone_number_has_a_stand_in_and_a_specialty_a_list() {
    let domain = showing(
        "[show.phone]\nas = \"phone\"\nreason = \"x\"\n\
         [show.specialty]\nas = \"bucket\"\nother = \"other\"\nlists = { heart = [\"Cardiology\"] }\nreason = \"x\"\n",
    );
    let protected = domain.protect(MESSAGE.as_bytes());
    let phone = field(&protected, "PID-13.1");
    assert!(
        phone.starts_with("+33") || phone.starts_with('0'),
        "{phone}"
    );
    assert!(phone != "0639981234" && phone.len() >= 10);
    assert_eq!(field(&protected, "PID-13"), phone);
    assert_eq!(field(&protected, "AIP-4.2"), "heart");
    let other = MESSAGE.replace("Cardiology", "Urology");
    assert_eq!(field(&domain.protect(other.as_bytes()), "AIP-4.2"), "other");
}

#[test]
fn an_index_and_a_mask_are_written() {
    let rules = "[show.last_name]\nas = \"mask\"\nfirst = 1\nlast = 0\nreason = \"x\"\n";
    let protected = showing(rules).protect(MESSAGE.as_bytes());
    let name = field(&protected, "PID-5.1");
    assert!(name.starts_with('M') && name.contains('*'), "{name}");
    assert_eq!(field(&protected, "PID-5.7"), "S");
    // One that says something else than the record does is not written over.
    let second = MESSAGE.replace("PV1|1", "PID|2||8||ROUX^LEA\rPV1|1");
    let protected = showing(rules).protect(second.as_bytes());
    assert_eq!(fields(&protected, "PID-5")[1], "^^^^^^S");
}

const MESSAGE_PSEUDONYM: &str =
    "[pseudonym.message]\nof = [\"message_id\"]\nnull = \"null\"\nreason = \"acknowledgements\"\n";

#[test]
fn what_seals_are_bound_to_is_not_shown_otherwise() {
    let bound = SEALED.replace("unbound", "bound") + MESSAGE_PSEUDONYM;
    assert_eq!(
        refused(&bound, Profile::siu_text()),
        "the policy binds seals to the id of the message, and shows something else in MSH-10; leave record ids unbound, or take MSH-10 from [show] in the profile"
    );
    let domain = showing(MESSAGE_PSEUDONYM);
    let protected = domain.protect(MESSAGE.as_bytes());
    assert!(field(&protected, "MSH-10").starts_with("t1."));
    assert_eq!(
        domain.backend.reveal(&protected).unwrap().as_bytes(),
        MESSAGE.as_bytes()
    );
}

/// Found by reading: the seal was bound to an id that the message did not have, so that nobody could open it.
#[test]
fn what_seals_are_bound_to_is_not_kept_or_written_otherwise() {
    let bound = SEALED.replace("unbound", "bound");
    for (section, rule) in [
        (
            "keep",
            "\"MSH-10\" = { values = [\"MSG-17\"], reason = \"a test\" }",
        ),
        ("write", "\"MSH-10\" = \"1\""),
    ] {
        let head = format!("[{section}]\n");
        let text = Profile::siu_text().replace(&head, &format!("{head}{rule}\n"));
        assert_eq!(
            refused(&bound, &text),
            "the policy binds seals to the id of the message, and the profile keeps or writes another one in MSH-10; leave record ids unbound, or take MSH-10 from [keep] and [write] in the profile"
        );
        let profile = Profile::from_toml(&text, &Schema::scheduling()).unwrap();
        let domain = Domain::with(SEALED, profile);
        let protected = domain.protect(MESSAGE.as_bytes());
        let id = if section == "keep" { "MSG-17" } else { "1" };
        assert_eq!(field(&protected, "MSH-10"), id);
        assert_eq!(
            domain.backend.reveal(&protected).unwrap().as_bytes(),
            MESSAGE.as_bytes()
        );
    }
}

/// Found by reading: a message without an id got none, and under a policy that binds ids it never opened again.
#[test]
fn a_message_without_an_id_gets_one_and_loses_it() {
    for policy in [FEED, SEALED] {
        let domain = Domain::new(policy);
        let message = MESSAGE.replace("|MSG-17|", "||");
        let protected = domain.protect(message.as_bytes());
        assert_eq!(field(&protected, "MSH-10").len(), 20);
        assert_eq!(
            domain.backend.reveal(&protected).unwrap().as_bytes(),
            message.as_bytes()
        );
        // Nothing else has to be taken out of it; or there is something, and it is no id.
        for id in ["", "^^", "~", "&", "17^18~19"] {
            let bare = format!("MSH|^~\\&|||||||SIU^S12|{id}|P|2.5\r");
            let protected = domain.protect(bare.as_bytes());
            assert_eq!(field(&protected, "MSH-10").len(), 20, "{id}");
            let restored = domain.backend.reveal(&protected).unwrap();
            assert_eq!(restored.as_bytes(), bare.as_bytes());
        }
    }
}

#[test]
fn text_that_the_character_set_lacks_is_refused() {
    let domain = showing("[show.last_name]\nas = \"keep\"\nreason = \"x\"\n");
    let message = |set: &str, name: &[u8]| {
        let head = format!("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||{set}\rPID|1||1||");
        [head.as_bytes(), name, b"\r"].concat()
    };
    let protected = domain.protect(&message("8859/1", b"H\xC9BERT"));
    assert!(protected.windows(6).any(|window| window == b"H\xC9BERT"));
    let protected = domain.protect(&message("UNICODE UTF-8", "H\u{c9}BERT".as_bytes()));
    assert_eq!(field(&protected, "PID-5.1"), "H\u{c9}BERT");
    // A list of the policy's own, of which the message's set knows nothing.
    let domain = showing(
        "[show.specialty]\nas = \"bucket\"\nother = \"\u{3b1}\"\nlists = { a = [\"b\"] }\nreason = \"x\"\n",
    );
    let text = |set: &str| format!("MSH|^~\\&|||||||SIU^S12|1|P|2.5||||||{set}\rAIP|1|||X^Y\r");
    let error = domain
        .protector
        .protect(text("8859/1").as_bytes())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "what is shown of \"specialty\" has characters that the message's character set lacks; let the sender write UTF-8 and say so in MSH-18, or show it otherwise"
    );
    assert!(error.is_message());
    assert_eq!(
        field(&domain.protect(text("UNICODE UTF-8").as_bytes()), "AIP-4.2"),
        "\u{3b1}"
    );
}

#[test]
fn shown_text_with_delimiters_is_escaped() {
    let domain = showing(
        "[show.specialty]\nas = \"bucket\"\nother = \"a|b^c&d~e\\\\f\"\nlists = { a = [\"b\"] }\nreason = \"x\"\n",
    );
    let protected = domain.protect(MESSAGE.as_bytes());
    assert_eq!(
        field(&protected, "AIP-4.2"),
        "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f"
    );
    // Other delimiters have no sequences for what does not part this message.
    let other = "MSH#*~!%#A#B#####SIU*S12#1#P#2.5\rAIP#1###X*Y\r";
    let protected = domain.protect(other.as_bytes());
    let text = String::from_utf8(protected).unwrap();
    assert!(text.contains("*a|b^c&d!R!e\\f"), "{text}");
}

/// Found by testing: a name that is read from two components was shown nowhere, since no component alone says it.
#[test]
fn a_name_of_two_components_is_shown_in_the_first() {
    let kept = showing("[show.practitioner]\nas = \"keep\"\nreason = \"x\"\n");
    let message = MESSAGE.replace("1001^LEFEVRE^ANNE|CARD", "1001^LE\\F\\FEVRE&x^ANNE|CARD");
    let protected = kept.protect(message.as_bytes());
    assert_eq!(field(&protected, "AIP-3"), "^LE\\F\\FEVRE ANNE");
    let restored = kept.backend.reveal(&protected).unwrap();
    assert_eq!(restored.as_bytes(), message.as_bytes());
    // Who is another one is not shown, even where the last name is the same.
    let message = message.replace("ZAP|", "AIP|2|A|7^LE\\F\\FEVRE&x^PAUL\rZAP|");
    assert_eq!(fields(&kept.protect(message.as_bytes()), "AIP-3")[1], "");
}

/// Found by reading: in a field whose components are of several scopes, what was written into an empty one stayed after reveal.
#[test]
fn what_was_written_where_nothing_was_goes_with_the_scope_of_the_component() {
    let text = Profile::siu_text().replace(
        "[write]\n",
        "[write]\n\"SCH-11.1\" = \"1\"\n\"SCH-11.3\" = \"0\"\n",
    );
    let profile = Profile::from_toml(&text, &Schema::scheduling()).unwrap();
    let domain = Domain::with(SEALED, profile);
    let protected = domain.protect(MESSAGE.as_bytes());
    assert_eq!(field(&protected, "SCH-11"), "1^^0");
    let care = domain
        .only(&[paravent::Scope::CARE])
        .reveal(&protected)
        .unwrap();
    assert_eq!(field(care.as_bytes(), "SCH-11"), "^^30");
    assert_eq!(
        domain.backend.reveal(&protected).unwrap().as_bytes(),
        MESSAGE.as_bytes()
    );
}

#[test]
fn segments_and_numbers_of_fields_are_those_of_the_input() {
    let protected = Domain::new(FEED).protect(MESSAGE.as_bytes());
    let was = segments(MESSAGE.as_bytes());
    let is = segments(&protected);
    // Names that no profile lists are hidden.
    let was: Vec<_> = was
        .into_iter()
        .map(|(name, fields)| match &*name {
            "ZAP" => ("ZZZ".to_owned(), fields),
            _ => (name, fields),
        })
        .collect();
    assert_eq!(is[..was.len()], was);
    assert!(is[was.len()..].iter().all(|(name, _)| name == "ZPV"));
    assert!(is.len() > was.len());
}

#[test]
fn what_has_no_place_in_a_message_is_told() {
    assert_eq!(Domain::new(FEED).protector.not_shown(), [""; 0]);
    let text = format!(
        "{SEALED}\n[pseudonym.person]\nof = [\"last_name\", \"birth_date\"]\nnull = \"null\"\nreason = \"x\"\n"
    );
    assert_eq!(Domain::new(&text).protector.not_shown(), ["person"]);
}
