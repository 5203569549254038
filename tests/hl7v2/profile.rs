//! The bundled profile, rule by rule; and what a profile's file may not say.

use paravent::{Schema, Scope, hl7v2::Profile};

use crate::{Domain, MESSAGE, SEALED, needles, parts::field};

/// Who may open what is taken out of which part. The first lines are those of the specification: identity, where the specialty
/// shows, where dates repeat.
const SCOPES: [(&str, &[&str]); 5] = [
    (
        "identity",
        &[
            "PID-3", "PID-5.1", "PID-7", "PID-19", "NK1-2", "NK1-30", "GT1-3", "GT1-45", "IN1-16",
            "IN1-36", "IN2-1", "MRG-1", "PV1-5", "PV1-19", "PV1-50",
        ],
    ),
    (
        "contact",
        &[
            "PID-11", "PID-12", "PID-13", "PID-14", "PID-40", "NK1-4", "NK1-5", "NK1-6", "NK1-31",
            "NK1-32", "NK1-40", "NK1-41", "GT1-5", "GT1-6", "GT1-7", "GT1-17", "GT1-18", "GT1-46",
            "IN1-5", "IN1-7", "IN1-19", "IN1-44", "IN2-63", "IN2-64",
        ],
    ),
    (
        "schedule",
        &[
            "SCH-11.4", "SCH-11.5", "TQ1-7", "TQ1-8", "AIS-4", "AIG-8", "AIL-6", "AIP-6", "MSH-7",
            "MSH-10", "PID-33", "SCH-1", "SCH-2", "SCH-3", "SCH-4", "SCH-23", "SCH-24", "SCH-25",
            "TQ1-4", "PV1-25", "PV1-44", "PV1-45", "PV2-8", "PV2-9", "DG1-5", "DG1-19", "PR1-5",
            "ROL-5", "ROL-6",
        ],
    ),
    (
        "care",
        &[
            "SCH-7",
            "SCH-16",
            "PV1-7",
            "PV1-8",
            "PV1-9",
            "PV1-10",
            "PV1-17",
            "PV2-3",
            "DG1-3",
            "DG1-4",
            "AIS-3",
            "AIS-11",
            "AIG-3",
            "AIP-3",
            "AIP-4",
            "AIL-3",
            "AIL-4",
            "MSH-3",
            "MSH-4",
            "MSH-5",
            "MSH-6",
            "MSH-22",
            "MSH-23",
            "MSH-24",
            "MSH-25",
            "PID-34",
            "SCH-5",
            "SCH-6",
            "SCH-8",
            "SCH-9",
            "SCH-10",
            "SCH-11.1",
            "SCH-11.2",
            "SCH-11.3",
            "SCH-17",
            "SCH-18",
            "SCH-19",
            "SCH-26",
            "SCH-27",
            "TQ1-2",
            "PV1-3",
            "PV2-4",
            "PV2-13",
            "PV2-23",
            "PR1-3",
            "PD1-3",
            "PD1-4",
            "ROL-4",
            "RGS-3",
            "PID-2.4",
            "PID-2.6",
            "PID-2.9",
            "PID-2.10",
            "PID-3.4",
            "PID-3.6",
            "PID-3.9",
            "PID-3.10",
            "PID-4.4",
            "PID-4.6",
            "PID-4.9",
            "PID-4.10",
            "PID-18.4",
            "PID-18.6",
            "PID-18.9",
            "PID-18.10",
            "PID-21.4",
            "PID-21.6",
            "PID-21.9",
            "PID-21.10",
            "MRG-1.4",
            "MRG-1.6",
            "MRG-1.9",
            "MRG-1.10",
            "PV1-5.4",
            "PV1-5.6",
            "PV1-5.9",
            "PV1-5.10",
            "PV1-19.4",
            "PV1-19.6",
            "PV1-19.9",
            "PV1-19.10",
            "PV1-50.4",
            "PV1-50.6",
            "PV1-50.9",
            "PV1-50.10",
            "SCH-1.2",
            "SCH-1.3",
            "SCH-1.4",
            "SCH-2.2",
            "SCH-2.3",
            "SCH-2.4",
            "SCH-4.2",
            "SCH-4.3",
            "SCH-4.4",
            "SCH-23.2",
            "SCH-23.3",
            "SCH-23.4",
            "SCH-24.2",
            "SCH-24.3",
            "SCH-24.4",
        ],
    ),
    (
        "rest",
        &[
            "NTE-3", "OBX-3", "OBX-5", "ZPI-1", "ZAP-2", "PV2-1", "PD1-1", "MSH-8", "MSH-13",
            "MSH-21", "EVN-2", "IN3-1", "ACC-1", "PID-10", "PID-17", "PID-22", "NK1-18", "NK1-29",
            "NK1-36", "GT1-34", "GT1-47", "GT1-52", "IN1-14", "IN1-28", "SCH-12", "SCH-13",
            "SCH-14", "SCH-15", "SCH-20", "SCH-21", "SCH-22", "SCH-11.7", "SCH-11.8", "TQ1-10",
            "TQ1-11",
        ],
    ),
];

/// Values that pass.
const KEPT: [(&str, &str); 38] = [
    ("MSH-9.1", "SIU"),
    ("MSH-9.2", "S14"),
    ("MSH-9.3", "SIU_S12"),
    ("MSH-11.1", "P"),
    ("MSH-12.1", "2.5.1"),
    ("MSH-15", "AL"),
    ("MSH-16", "NE"),
    ("MSH-18", "UNICODE UTF-8"),
    ("SCH-25.1", "Booked"),
    ("TQ1-1", "1"),
    ("NTE-1", "1"),
    ("PID-1", "1"),
    ("NK1-1", "1"),
    ("GT1-1", "1"),
    ("IN1-1", "1"),
    ("PV1-1", "1"),
    ("DG1-1", "1"),
    ("OBX-1", "1"),
    ("RGS-1", "1"),
    ("AIS-1", "1"),
    ("AIG-1", "1"),
    ("AIL-1", "1"),
    ("AIP-1", "0001"),
    ("RGS-2", "A"),
    ("AIS-2", "D"),
    ("AIG-2", "U"),
    ("AIL-2", "X"),
    ("AIP-2", "A"),
    ("AIS-10.1", "Pending"),
    ("AIG-14.1", "Noshow"),
    ("AIL-12.1", "Blocked"),
    ("AIP-12.1", "Started"),
    ("MSH-3.1", "PARAVENT"),
    ("PID-5.7", "S"),
    ("BTS-1", "1234567"),
    ("FTS-1", "1"),
    // Nothing else does.
    ("PID-2", ""),
    ("NK1-3", ""),
];

/// Where what a policy shows is written.
const SHOWN: [(&str, &str); 32] = [
    ("PID-3.1", "t1."),
    ("PID-5.1", "Name"),
    ("PID-5.2", "First"),
    ("PID-7", "19880517"),
    ("PID-8", "F"),
    ("PID-11.5", "75002"),
    ("PID-13.1", "0639981234"),
    ("MSH-7", "202611241130"),
    ("MSH-10", "t1."),
    ("SCH-2.1", "t1."),
    ("SCH-11.4", "20261128093000+0100"),
    ("SCH-11.5", "20261128100000+0100"),
    ("TQ1-7", "20261128093000+0100"),
    ("TQ1-8", "20261128100000+0100"),
    ("AIS-4", "20261128093000+0100"),
    ("AIG-8", "20261128093000+0100"),
    ("AIL-6", "20261128093000+0100"),
    ("AIP-6", "20261128093000+0100"),
    ("AIP-3.2", "Doctor"),
    ("AIP-4.2", "Heart"),
    ("AIS-3.2", "Echo"),
    ("AIL-3.4", "Here"),
    ("SCH-7.2", "Check"),
    ("PID-13.4", "a@example.org"),
    ("PID-19.1", "N-1"),
    ("AIP-3.1", "P-1"),
    ("AIP-4.1", "Heart"),
    ("AIS-3.1", "Echo"),
    ("AIL-3.1", "Here"),
    ("SCH-7.1", "Check"),
    ("PV1-10.1", "Heart"),
    ("PV1-10.2", "Heart"),
];

/// A message with these values in these parts, each segment once, in the order of the parts.
fn message_of<'a>(parts: impl Iterator<Item = (&'a str, String)>) -> String {
    let mut segments: Vec<(String, Vec<Vec<String>>)> = vec![("MSH".to_owned(), Vec::new())];
    let mut put = |part: &str, value: String| {
        let (name, numbers) = part.split_once('-').unwrap();
        let (field, component) = numbers.split_once('.').unwrap_or((numbers, "1"));
        let at = match segments.iter().position(|(of, _)| of == name) {
            Some(at) => at,
            None => {
                segments.push((name.to_owned(), Vec::new()));
                segments.len() - 1
            }
        };
        let fields = &mut segments[at].1;
        let (field, component): (usize, usize) =
            (field.parse().unwrap(), component.parse().unwrap());
        fields.resize(fields.len().max(field), Vec::new());
        let components = &mut fields[field - 1];
        components.resize(components.len().max(component), String::new());
        components[component - 1] = value;
    };
    for (part, value) in [
        ("MSH-9.1", "SIU"),
        ("MSH-9.2", "S12"),
        ("MSH-12", "2.5"),
        ("MSH-2", "^~\\&"),
        ("MSH-3", "A"),
    ] {
        put(part, value.to_owned());
    }
    parts.for_each(|(part, value)| put(part, value));
    let line = |(name, fields): (String, Vec<Vec<String>>)| {
        let skipped = usize::from(name == "MSH");
        let fields: Vec<String> = fields
            .iter()
            .skip(skipped)
            .map(|components| components.join("^"))
            .collect();
        format!("{name}|{}\r", fields.join("|"))
    };
    segments.into_iter().map(line).collect()
}

/// The parts of which a profile says something else than the tables do.
fn told_of(profile: &Profile) -> Vec<String> {
    let mut told = Vec::new();
    let domain = Domain::with(SEALED, profile.clone());
    let schema = Schema::scheduling();
    let all = SCOPES
        .iter()
        .flat_map(|(scope, parts)| parts.iter().map(move |part| (*scope, *part)));
    let all: Vec<(&str, &str, String)> = all
        .enumerate()
        .map(|(number, (scope, part))| (scope, part, format!("Qa{number:06}")))
        .collect();
    let message = message_of(all.iter().map(|(_, part, canary)| (*part, canary.clone())));
    let protected = domain.protect(message.as_bytes());
    assert!(needles::found_in(&protected, "Qa0000").is_empty());
    for (scope, _) in SCOPES {
        let only = domain.only(&[schema.scope(scope).unwrap()]);
        let restored = only.reveal(&protected).unwrap();
        let text = String::from_utf8(restored.as_bytes().to_vec()).unwrap();
        for (of, part, canary) in &all {
            // MSH-10 comes back with all scopes only.
            if text.contains(canary) != (*of == scope && *part != "MSH-10") {
                told.push((*part).to_owned());
            }
        }
    }
    // Components of one field are sealed apart where their scopes differ, so that whoever opens one scope alone sees nothing of it.
    let whole = domain.backend.reveal(&protected).unwrap();
    assert_eq!(whole.as_bytes(), message.as_bytes());
    // Of MSH-10 the size of what is sealed tells.
    told.extend(kept_and_shown(profile));
    told
}

fn kept_and_shown(profile: &Profile) -> Vec<String> {
    let mut told = Vec::new();
    let domain = Domain::with(SEALED, profile.clone());
    let of_messages =
        |(part, _): &&(&str, &str)| !part.starts_with("BTS") && !part.starts_with("FTS");
    let message = message_of(KEPT.iter().filter(of_messages).map(|(part, value)| {
        let value = match *part {
            "MSH-3.1" => "Qanary8x",
            "PID-5.7" => "D",
            "PID-2" | "NK1-3" => "8888888",
            _ => value,
        };
        (*part, value.to_owned())
    }));
    let batch = format!("BHS|^~\\&|A\r{message}BTS|1234567|x\rFTS|1|x\r");
    let mut protected = Vec::new();
    domain
        .protector
        .protect_file(batch.as_bytes(), &mut protected, |refused| {
            Err(refused.error)
        })
        .unwrap();
    let differs = |protected: &[u8], (part, value): &&(&str, &str)| {
        let is = field(protected, part);
        !(is == *value || (*value == "t1." && is.starts_with(value)))
    };
    told.extend(
        KEPT.iter()
            .filter(|kept| differs(&protected, kept))
            .map(|(part, _)| (*part).to_owned()),
    );

    let names = [
        "last_name",
        "first_name",
        "birth_date",
        "sex",
        "postcode",
        "phone",
        "email",
        "national_id",
        "practitioner_id",
        "sent",
        "start",
        "end",
        "practitioner",
        "specialty",
        "service",
        "place",
        "reason",
    ];
    let shows = names
        .map(|name| format!("[show.{name}]\nas = \"keep\"\nreason = \"x\"\n"))
        .concat();
    let stand_ins = [
        ("patient", "patient_id"),
        ("message", "message_id"),
        ("appointment", "appointment_id"),
    ];
    let stand_ins = stand_ins
        .map(|(name, of)| {
            format!("[pseudonym.{name}]\nof = [\"{of}\"]\nnull = \"null\"\nreason = \"x\"\n")
        })
        .concat();
    let domain = Domain::with(&(SEALED.to_owned() + &shows + &stand_ins), profile.clone());
    let values = SHOWN.iter().map(|(part, value)| {
        let value = match *part {
            "MSH-7" => "202611241130+0100",
            "PID-3.1" | "MSH-10" | "SCH-2.1" => "4711",
            _ => value,
        };
        (*part, value.to_owned())
    });
    let message = message_of(values);
    let protected = domain.protect(message.as_bytes());
    let is_told = |shown: &&(&str, &str)| match shown.0 {
        "MSH-7" => field(&protected, "MSH-7") != "20261124113000+0100",
        _ => differs(&protected, shown),
    };
    told.extend(
        SHOWN
            .iter()
            .filter(is_told)
            .map(|(part, _)| (*part).to_owned()),
    );
    told
}

#[test]
fn does_what_the_tables_say() {
    assert_eq!(told_of(&Profile::siu()), Vec::<String>::new());
}

/// The profile's text without one rule, for each of them: its section, its name, the text.
fn without_one() -> Vec<(String, String, String)> {
    let text = Profile::siu_text();
    let mut without = Vec::new();
    let mut section = "";
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        if line.starts_with('[') {
            section = line.trim().trim_matches(['[', ']']);
            continue;
        }
        if line.trim_start().starts_with('#') {
            continue;
        }
        let rules: Vec<(usize, usize)> = match section {
            "seal" => {
                let quotes: Vec<usize> = line.match_indices('"').map(|(at, _)| at).collect();
                quotes
                    .chunks(2)
                    .map(|pair| (pair[0], pair[1] + 2))
                    .collect()
            }
            "keep" | "write" | "show" if line.starts_with('"') => vec![(0, line.len())],
            _ => Vec::new(),
        };
        for (from, to) in rules {
            let name = line[from..].split('"').nth(1).unwrap().to_owned();
            let text = text[..start + from].to_owned() + &text[start + to..];
            without.push((section.to_owned(), name, text));
        }
    }
    without
}

/// With any one rule left out nothing more passes, and the tables tell which it was.
#[test]
fn a_rule_left_out_is_told_and_lets_nothing_pass() {
    let schema = Schema::scheduling();
    let rules = without_one();
    assert!(rules.len() > 150, "{}", rules.len());
    // Each leaf with a canary of its own, all of which begin alike.
    let mut number = 0;
    let planted: String = MESSAGE
        .split_inclusive('\r')
        .map(|segment| {
            let keeps =
                |at: usize| at == 0 || (segment.starts_with("MSH") && [1, 8, 11, 17].contains(&at));
            let fields = segment
                .trim_end()
                .split('|')
                .enumerate()
                .map(|(at, field)| {
                    let leaf = |_: &str| {
                        number += 1;
                        format!("Qanary8x{number}")
                    };
                    match keeps(at) {
                        true => field.to_owned(),
                        false => field.split('^').map(leaf).collect::<Vec<_>>().join("^"),
                    }
                });
            fields.collect::<Vec<_>>().join("|") + "\r"
        })
        .collect();
    for (section, name, text) in rules {
        // Where a field is read, a rule that is left out does not load.
        let Ok(profile) = Profile::from_toml(&text, &schema) else {
            assert_eq!(section, "seal");
            continue;
        };
        let domain = Domain::with(SEALED, profile.clone());
        let protected = domain.protect(planted.as_bytes());
        assert!(
            needles::found_in(&protected, "Qanary8x").is_empty(),
            "{section} {name}"
        );
        // Its scope is not to be seen from outside: an id comes back with all scopes only.
        if (&*section, &*name) == ("seal", "MSH-10") {
            continue;
        }
        let told = told_of(&profile);
        let is_told = told.iter().any(|part| {
            let (segment, _) = part.split_once('-').unwrap();
            part == &name
                || segment == name
                || part.starts_with(&format!("{name}."))
                || *part == format!("{name}.1")
        });
        assert!(is_told, "[{section}] {name}: {told:?}");
    }
}

const HEAD: &str = "name = \"mine\"\nschema = \"scheduling\"\nunlisted = \"rest\"\nmessages = [\"SIU^S12\"]\nversions = [\"2.5\"]\nsegments = [\"MSH\"]\n";

#[test]
fn each_broken_rule_is_told_with_its_line() {
    let schema = Schema::scheduling();
    assert!(Profile::from_toml(HEAD, &schema).is_ok());
    let named = "name a component, such as \"PID-5.1\"";
    let kept = "what is kept is neither a list of values in quotes, nor \"set-id\" or \"count\", nor a table of such `values` and a `reason`; mend it there";
    let parts = "name a segment (PID), a field (PID-5), a component (PID-5.1) or a sub-component (PID-5.1.1)";
    for (text, line, words) in [
        (
            HEAD.replace("\"mine\"", "\"\""),
            1,
            "the profile's name".to_owned(),
        ),
        (
            HEAD.replace("scheduling", "appointment"),
            2,
            "the profile is for another schema than \"scheduling\"".to_owned(),
        ),
        (
            HEAD.replace("\"rest\"", "\"rset\""),
            3,
            "\"rset\" is no scope of the schema".to_owned(),
        ),
        (
            HEAD.replace("SIU^S12", "SIU"),
            4,
            "a message type is not of two parts".to_owned(),
        ),
        // What no message has in MSH-9.1 and 9.2.
        (
            HEAD.replace("SIU^S12", "SIU^S12^SIU_S12"),
            4,
            "a message type is not of two parts".to_owned(),
        ),
        (
            HEAD.replace("SIU^S12", "^S12"),
            4,
            "a message type is not of two parts".to_owned(),
        ),
        (
            HEAD.to_owned() + "[seal]\ncrae = [\"PID\"]\n",
            8,
            "\"crae\" is no scope of the schema".to_owned(),
        ),
        (
            HEAD.to_owned() + "[seal]\ncare = [\"PID\",\n\"pid\"]\n",
            9,
            format!("\"pid\" names no part of a message; {parts}"),
        ),
        (
            HEAD.to_owned() + "[seal]\ncare = [\"PID-0\"]\n",
            8,
            format!("\"PID-0\" names no part of a message; {parts}"),
        ),
        (
            HEAD.to_owned() + "[seal]\ncare = [\"PID-256\"]\n",
            8,
            "\"PID-256\" names no part".to_owned(),
        ),
        (
            HEAD.to_owned() + "[seal]\ncare = [\"PID-+1\"]\n",
            8,
            "\"PID-+1\" names no part".to_owned(),
        ),
        (
            HEAD.to_owned() + "[seal]\ncare = [\"PID-5.1.1.1\"]\n",
            8,
            "\"PID-5.1.1.1\" names no part".to_owned(),
        ),
        (
            HEAD.to_owned() + "[seal]\ncare = [\"PID-5.1.1\"]\n",
            8,
            format!(
                "the rule for PID-5.1.1 cannot be: rules are for components, not for parts of them; {named}"
            ),
        ),
        (
            HEAD.to_owned() + "[seal]\ncare = [\"MSH-2\"]\n",
            8,
            format!(
                "the rule for MSH-2 cannot be: MSH-1 and MSH-2 are the delimiters, which stay; {named}"
            ),
        ),
        (
            HEAD.to_owned() + "[seal]\ncare = [\"MSH-10.1\"]\n",
            8,
            format!(
                "the rule for MSH-10.1 cannot be: MSH-10 is the id of the message, which is one component; {named}"
            ),
        ),
        (
            HEAD.to_owned() + "[keep]\n\"MSH-10.2\" = [\"1\"]\n",
            8,
            "the rule for MSH-10.2 cannot be".to_owned(),
        ),
        (
            HEAD.to_owned() + "[seal]\ncare = [\"PID\"]\nidentity = [\"PID\"]\n",
            9,
            "\"PID\" is sealed twice; name each part once".to_owned(),
        ),
        (
            HEAD.to_owned() + "[keep]\n\"PID\" = [\"1\"]\n",
            8,
            format!(
                "the rule for PID cannot be: what is kept, written or shown is a field or a component; {named}"
            ),
        ),
        (
            HEAD.to_owned() + "[keep]\n\"MSH-1\" = [\"1\"]\n",
            8,
            "the rule for MSH-1 cannot be".to_owned(),
        ),
        (
            HEAD.to_owned() + "[keep]\n\"PID-1\" = \"digits\"\n",
            8,
            "is kept as what it cannot be".to_owned(),
        ),
        (
            HEAD.to_owned() + "[keep]\n\"PID-2\" = \"set-id\"\n",
            8,
            "is kept as what it cannot be".to_owned(),
        ),
        (
            HEAD.to_owned() + "[write]\n\"PID\" = \"x\"\n",
            8,
            "the rule for PID cannot be".to_owned(),
        ),
        (
            HEAD.to_owned() + "[show]\n\"PID-5.1.1\" = \"last_name\"\n",
            8,
            "the rule for PID-5.1.1 cannot be".to_owned(),
        ),
        (
            HEAD.to_owned() + "[fields]\nlast_nmae = [\"PID-5.1\"]\n",
            8,
            "\"last_nmae\" is no field of the schema".to_owned(),
        ),
        (
            HEAD.to_owned() + "[fields]\nlast_name = [\"PID-5.1\",\n\"PID\"]\n",
            9,
            "field \"last_name\" is read from a whole segment".to_owned(),
        ),
        (
            HEAD.to_owned() + "[fields]\nlast_name = [\"PID-5.1  PID-5.2\"]\n",
            8,
            "\"\" names no part".to_owned(),
        ),
        (
            HEAD.to_owned() + "[fields]\nrest_parts = [\"PID-5.1\"]\n",
            8,
            "field \"rest_parts\" cannot be read from a message".to_owned(),
        ),
        (
            HEAD.to_owned()
                + "[keep]\n\"PID-5.1\" = [\"x\"]\n[fields]\nlast_name = [\"PID-5.1\"]\n",
            8,
            "the policy shows".to_owned(),
        ),
        (
            HEAD.to_owned() + "[keep]\n\"PID-8\" = [\"F\"]\n[fields]\nsex = [\"PID-8.1\"]\n",
            8,
            "the policy shows".to_owned(),
        ),
        (
            HEAD.to_owned() + "[keep]\n\"AIG-3.1\" = [\"IRM\"]\n",
            8,
            "AIG-3.1 is kept without a reason".to_owned(),
        ),
        (
            HEAD.to_owned() + "[keep]\n\"MSH-11.1\" = [\"P\"]\n\"PID-1\" = 7\n",
            9,
            format!("line 9: {kept}"),
        ),
        (
            HEAD.to_owned() + "[keep]\n\"AIG-3.1\" = { values = [\"IRM\"] }\n",
            8,
            format!("line 8: {kept}"),
        ),
        (
            HEAD.to_owned()
                + "[keep]\n\"AIG-3.1\" = { values = [\"IRM\"], reason = \"a test\", until = \"2030\" }\n",
            8,
            format!("line 8: {kept}"),
        ),
        (
            HEAD.to_owned() + "[keep]\n\"SCH-25\" = [\"Booked\"]\n\"SCH-25.1\" = [\"Booked\"]\n",
            9,
            "\"SCH-25.1\" is kept twice".to_owned(),
        ),
        (
            HEAD.to_owned() + "[write]\n\"MSH-3\" = \"A\"\n\"MSH-3.1\" = \"B\"\n",
            9,
            "\"MSH-3.1\" is written twice".to_owned(),
        ),
        (
            HEAD.to_owned() + "[seal]\ncare = [\"PID\"]\n[fields]\nlast_name = [\"PID-5.1\"]\n",
            10,
            "field \"last_name\" is read from a part that is sealed for scope \"care\"".to_owned(),
        ),
        (
            HEAD.to_owned() + "[fields]\nlast_name = [\"PID-5.1 PID-6.1\"]\n",
            8,
            "from several fields".to_owned(),
        ),
        (
            HEAD.replace("[\"MSH\"]", "[\"MSH\", \"ZPV\"]"),
            6,
            "\"ZPV\" is no name of a segment that can pass".to_owned(),
        ),
        (
            HEAD.replace("\"rest\"", "\"care\""),
            3,
            "the parts of scope \"care\" give everything".to_owned(),
        ),
        (
            format!("offset = \"1\"\n{HEAD}"),
            1,
            "`offset` is no offset from UTC".to_owned(),
        ),
        // Of which no time would be read.
        (
            format!("offset = \"+noon\"\n{HEAD}"),
            1,
            "`offset` is no offset from UTC".to_owned(),
        ),
        (
            format!("offset = \"+9900\"\n{HEAD}"),
            1,
            "`offset` is no offset from UTC".to_owned(),
        ),
        (HEAD.to_owned() + "[kepp]\n", 7, "unknown".to_owned()),
        (HEAD.replace("messages", "message"), 4, "unknown".to_owned()),
    ] {
        let error = Profile::from_toml(&text, &schema).unwrap_err();
        assert!(error.is_definition());
        let said = error.to_string();
        assert_eq!(error.line(), Some(line), "{said}");
        assert!(said.contains(&words), "{said}");
    }
    assert!(
        Profile::from_toml(&format!("{HEAD}#{}", "x".repeat(1 << 20)), &schema)
            .unwrap_err()
            .is_definition()
    );
    assert!(
        Profile::from_toml(HEAD, &Schema::appointment())
            .unwrap_err()
            .is_definition()
    );
}

/// What no rule names is of the scope that the profile says.
#[test]
fn a_profile_without_rules_lets_nothing_pass() {
    let text = HEAD.replace("2.5", "2.5.1");
    let profile = Profile::from_toml(&text, &Schema::scheduling()).unwrap();
    let domain = Domain::with(SEALED, profile);
    let protected = domain.protect(MESSAGE.as_bytes());
    let text = String::from_utf8(protected.clone()).unwrap();
    let left: String = text
        .split("ZPV")
        .next()
        .unwrap()
        .chars()
        .filter(|sign| sign.is_alphanumeric())
        .collect();
    let names: String = MESSAGE
        .split_inclusive('\r')
        .map(|segment| &segment[..3])
        .collect();
    // The names of the segments, type, version and character set, and the new id.
    let passed = "SIUS12251UNICODEUTF8".len();
    assert_eq!(left.len(), names.len() + passed + 20, "{left}");
    let rest = domain.only(&[Scope::new(16).unwrap()]);
    let restored = rest.reveal(&protected).unwrap();
    assert!(String::from_utf8_lossy(restored.as_bytes()).contains("MARTIN&de"));
    assert_eq!(
        domain.backend.reveal(&protected).unwrap().as_bytes(),
        MESSAGE.as_bytes()
    );
}
