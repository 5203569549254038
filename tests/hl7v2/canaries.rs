//! Nothing that a profile does not let pass is in a protected message, in whichever leaf it stood.

use paravent::{Schema, Scope, hl7v2::Profile};

use crate::{Domain, FEED, MESSAGE, SEALED, corpus, needles};

/// A leaf of a message: the span of what stands in it.
struct Leaf {
    /// Such as `PID-5.1`.
    name: String,
    span: std::ops::Range<usize>,
}

/// The leaves of a message, but for the delimiters: each sub-component, and each empty component, of every repetition of every field.
fn leaves(message: &[u8]) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let mut start = 0;
    for segment in message.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
        let text = segment.trim_ascii_end();
        let mut at = start + 4;
        let skipped = usize::from(text.starts_with(b"MSH"));
        for (number, field) in text.split(|&byte| byte == b'|').skip(1).enumerate() {
            if skipped == 1 && number == 0 {
                at += field.len() + 1;
                continue;
            }
            let mut component = 1;
            let mut from = at;
            for (offset, byte) in field.iter().chain([&b'^']).enumerate() {
                if matches!(byte, b'^' | b'~' | b'&') {
                    let name = String::from_utf8_lossy(&text[..3]);
                    leaves.push(Leaf {
                        name: format!("{name}-{}.{component}", number + 1 + skipped),
                        span: from..at + offset,
                    });
                    component = match byte {
                        b'^' => component + 1,
                        b'~' => 1,
                        _ => component,
                    };
                    from = at + offset + 1;
                }
            }
            at += field.len() + 1;
        }
        start += segment.len();
    }
    leaves
}

fn inputs() -> Vec<(String, Vec<u8>)> {
    let mut inputs = corpus::messages();
    inputs.push(("own".to_owned(), MESSAGE.as_bytes().to_vec()));
    inputs
}

/// A message with `canary` in a leaf.
fn planted(message: &[u8], leaf: &Leaf, canary: &str) -> Vec<u8> {
    [
        &message[..leaf.span.start],
        canary.as_bytes(),
        &message[leaf.span.end..],
    ]
    .concat()
}

/// What would tell where it came from: a word, a number, a time.
const CANARIES: [&str; 3] = ["Qanary8x", "918273645546", "20271231235959"];

#[test]
fn in_every_leaf_are_found_nowhere() {
    let mut leaves_of_all = 0;
    for text in [SEALED, FEED] {
        let domain = Domain::new(text);
        for (name, message) in inputs() {
            for leaf in leaves(&message) {
                for canary in CANARIES {
                    // Type, version and character set decide whether a message is taken.
                    let Ok(protected) = domain.protector.protect(&planted(&message, &leaf, canary))
                    else {
                        assert!(
                            ["MSH-9.1", "MSH-9.2", "MSH-12.1", "MSH-18.1"].contains(&&*leaf.name),
                            "{}",
                            leaf.name
                        );
                        continue;
                    };
                    let found = needles::found_in(&protected, canary);
                    assert!(found.is_empty(), "{name}, {}: {found:?}", leaf.name);
                }
                leaves_of_all += 1;
            }
        }
    }
    // The corpus has the most of them.
    let least = if inputs().len() > 1 { 500 } else { 150 };
    assert!(leaves_of_all > least, "only {leaves_of_all} leaves");
}

#[test]
fn of_other_scopes_are_found_nowhere_after_a_partial_reveal() {
    let domain = Domain::new(SEALED);
    let care = domain.only(&[Scope::CARE, Scope::SCHEDULE]);
    let identity = domain.only(&[Scope::IDENTITY, Scope::CONTACT]);
    let message = MESSAGE.as_bytes();
    let mut put_back = 0;
    for leaf in leaves(message) {
        let Ok(protected) = domain
            .protector
            .protect(&planted(message, &leaf, "Qanary8x"))
        else {
            continue;
        };
        let is_in = |revealer: &paravent::hl7v2::MessageRevealer| {
            let restored = revealer.reveal(&protected).unwrap();
            !needles::found_in(restored.as_bytes(), "Qanary8x").is_empty()
        };
        let of_person = ["PID-", "NK1-", "PV1-19."]
            .iter()
            .any(|name| leaf.name.starts_with(name));
        let free = ["NTE-", "ZAP-", "OBX-"]
            .iter()
            .any(|name| leaf.name.starts_with(name));
        // The institution that gave a number; race, religion and ethnic group.
        let others = ["PID-3.4", "PID-10.1", "PID-17.1", "PID-22.1"];
        let of_person = of_person && !others.contains(&&*leaf.name);
        let seen = (is_in(&identity), is_in(&care));
        assert!(seen != (true, true), "{}", leaf.name);
        assert!(
            !of_person || seen == (true, false),
            "{}: {seen:?}",
            leaf.name
        );
        assert!(!free || seen == (false, false), "{}: {seen:?}", leaf.name);
        put_back += usize::from(seen.0 || seen.1);
    }
    assert!(put_back > 50, "only {put_back} leaves came back");
}

/// What the first test would tell of a profile that lets a leaf pass: each one in turn.
#[test]
fn are_found_where_a_profile_lets_a_leaf_pass() {
    let message = MESSAGE.as_bytes();
    let mut names: Vec<String> = leaves(message).into_iter().map(|leaf| leaf.name).collect();
    names.sort();
    names.dedup();
    let (mut let_through, mut refused) = (0, 0);
    for name in names {
        if ["MSH-9.1", "MSH-9.2", "MSH-12.1", "MSH-18.1"].contains(&&*name) {
            continue;
        }
        // A field of one component may have a rule by either name.
        let field = name.strip_suffix(".1").map(str::to_owned);
        let rule = |line: &&str| {
            let names = [Some(&name), field.as_ref()];
            names
                .into_iter()
                .flatten()
                .any(|name| line.starts_with(&format!("\"{name}\" = ")))
        };
        let (before, after) = Profile::siu_text().split_once("[keep]\n").unwrap();
        let (keep, rest) = after.split_once("[write]\n").unwrap();
        let kept: Vec<&str> = keep.lines().filter(|line| !rule(line)).collect();
        let text = format!(
            "{before}[keep]\n\"{name}\" = {{ values = [\"Qanary8x\"], reason = \"a test\" }}\n{}\n[write]\n{rest}",
            kept.join("\n")
        );
        let Ok(profile) = Profile::from_toml(&text, &Schema::scheduling()) else {
            refused += 1;
            continue;
        };
        let domain = Domain::with(SEALED, profile);
        let found = leaves(message)
            .into_iter()
            .filter(|leaf| leaf.name == name)
            .any(|leaf| {
                let protected = domain.protect(&planted(message, &leaf, "Qanary8x"));
                !needles::found_in(&protected, "Qanary8x").is_empty()
            });
        assert!(found, "{name}");
        let_through += 1;
    }
    // Those from which a field of a person is read cannot be let through.
    assert!(
        let_through > 40 && refused > 15,
        "{let_through} and {refused}"
    );
}
