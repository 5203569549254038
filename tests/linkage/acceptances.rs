//! Somebody answers for a finding: by its digest, with a reason and an owner, until a day.

use super::*;

const LINKS: &str = "[open.contact]\nreason = \"test\"\n[open.care]\nreason = \"test\"\n";

fn accept(digest: &str, rest: &str) -> String {
    format!(
        "[[accept]]\nfinding = \"{digest}\"\nreason = \"its own patients\"\nowner = \"data protection officer\"\nuntil = \"2027-06-30\"\n{rest}"
    )
}

/// A policy that links, and the digest of the finding.
fn links() -> (String, String) {
    let text = PLATFORM.to_owned() + LINKS;
    let digest = report(&[&policy("home", &text)]).findings()[0]
        .digest()
        .to_string();
    (text, digest)
}

#[test]
fn an_acceptance_lets_a_policy_load_and_is_printed_with_it() {
    let (text, digest) = links();
    let refused = policy("home", &text).check(TODAY).unwrap_err();
    assert!(refused.is_refused());
    assert!(refused.to_string().contains(&digest), "{refused}");
    let accepted = policy("home", &(text + &accept(&digest, "")));
    let checked = accepted.check(TODAY).unwrap();
    assert_eq!(checked.policy().domain().as_str(), "home");
    let report = report(&[&accepted]);
    assert!(report.is_clean() && report.refused().next().is_none());
    let by = report.findings()[0].accepted().unwrap();
    assert_eq!(
        (by.reason(), by.owner()),
        ("its own patients", "data protection officer")
    );
    assert_eq!(by.until(), Date::constant(2027, 6, 30));
}

#[test]
fn an_acceptance_does_not_change_the_policy() {
    let (text, digest) = links();
    let plain = policy("home", &text);
    let accepted = policy("home", &(text + &accept(&digest, "")));
    assert_eq!(plain.digest(), accepted.digest());
}

#[test]
fn an_acceptance_ends_with_its_day() {
    let (text, digest) = links();
    let accepted = policy("home", &(text + &accept(&digest, "")));
    assert!(accepted.check(Date::constant(2027, 6, 30)).is_ok());
    let error = accepted.check(Date::constant(2027, 7, 1)).unwrap_err();
    assert!(error.is_definition());
    assert!(error.to_string().contains("ended on 2027-06-30"), "{error}");
    assert_eq!(error.line(), Some(16));
    // The finding is nobody's then.
    let report = accepted.report(Date::constant(2027, 7, 1));
    assert_eq!(report.refused().count(), 1);
    assert_eq!(report.problems().count(), 1);
}

#[test]
fn an_acceptance_that_matches_nothing_is_an_error() {
    let (text, _) = links();
    let accepted = policy("home", &(text + &accept(&"ab".repeat(32), "")));
    let error = accepted.check(TODAY).unwrap_err();
    assert!(error.is_definition());
    assert!(error.to_string().contains("matches no finding"), "{error}");
}

#[test]
fn an_acceptance_is_for_one_policy_and_schema() {
    let (text, digest) = links();
    // One more thing is shown: somebody has to look again.
    let more = text + &keep("age") + &accept(&digest, "");
    let error = policy("home", &more).check(TODAY).unwrap_err();
    assert!(error.to_string().contains("matches no finding"), "{error}");
}

/// What a practice's own server may have is not what an advertiser may.
#[test]
fn an_acceptance_is_for_where_the_rows_go() {
    let goes = |to: &str, rest: &str| {
        policy(
            "home",
            &(format!("goes_to = \"{to}\"\n") + PLATFORM + LINKS + rest),
        )
    };
    let digest = report(&[&goes("its own server", "")]).findings()[0]
        .digest()
        .to_string();
    assert!(
        goes("its own server", &accept(&digest, ""))
            .check(TODAY)
            .is_ok()
    );
    let error = goes("an advertiser", &accept(&digest, ""))
        .check(TODAY)
        .unwrap_err();
    assert!(error.to_string().contains("matches no finding"), "{error}");
}

#[test]
fn of_several_findings_each_is_accepted_by_itself() {
    let indexes = index("phone_ix", "[\"phone\"]", 16, 20_000);
    let (text, _) = links();
    let text = text + &indexes;
    let digests: Vec<String> = report(&[&policy("home", &text)])
        .findings()
        .iter()
        .map(|finding| finding.digest().to_string())
        .collect();
    let [linked, narrow] = &digests[..] else {
        panic!("two findings: {digests:?}");
    };
    let one = policy("home", &(text.clone() + &accept(linked, "")))
        .check(TODAY)
        .unwrap_err();
    assert!(
        one.is_refused() && one.to_string().contains("narrow index"),
        "{one}"
    );
    let both = text + &accept(linked, "") + &accept(narrow, "");
    assert!(policy("home", &both).check(TODAY).is_ok());
}

/// Two domains that share an id.
fn colluding() -> [String; 2] {
    [("contact"), ("care")]
        .map(|scope| "shares = [\"record-id\"]\n".to_owned() + PLATFORM + &open(scope))
}

#[test]
fn a_set_is_accepted_with_all_its_domains() {
    let [contacts, care] = colluding();
    let plain = [policy("contacts", &contacts), policy("statistics", &care)];
    let finding = report(&[&plain[0], &plain[1]]).findings()[0].clone();
    let digest = finding.digest().to_string();

    let with = |words: &str| policy("contacts", &(contacts.clone() + &accept(&digest, words)));
    let set = |first: Policy| PolicySet::new([first, plain[1].clone()]).check(TODAY);
    assert_eq!(set(with("with = [\"statistics\"]\n")).unwrap().len(), 2);
    let error = set(with("")).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("names other domains than its finding"),
        "{error}"
    );

    // Alone, the policy says nothing wrong: the other is not there.
    assert!(with("with = [\"statistics\"]\n").check(TODAY).is_ok());
    // Either of them can hold it.
    let other = policy(
        "statistics",
        &(care + &accept(&digest, "with = [\"contacts\"]\n")),
    );
    assert!(
        PolicySet::new([plain[0].clone(), other])
            .check(TODAY)
            .is_ok()
    );
}

/// A domain that is nearly one of the set is misspelt; of another one nothing is known here.
#[test]
fn a_misspelt_domain_is_told_with_the_one_that_is_near() {
    let [contacts, care] = colluding();
    let with = |name: &str| {
        let accept = accept(&"ab".repeat(32), &format!("with = [\"{name}\"]\n"));
        let set = [
            policy("contacts", &(contacts.clone() + &accept)),
            policy("statistics", &care),
        ];
        PolicySet::new(set).report(TODAY)
    };
    let report = with("statistic");
    let (_, error) = report.problems().next().unwrap();
    let expected = "line 15: an acceptance of domain \"contacts\" names \"statistic\", which is not in the set (did you mean \"statistics\"?)";
    assert!(error.to_string().starts_with(expected), "{error}");
    assert_eq!(with("warehouse").problems().count(), 0);
}

/// What was accepted of two does not cover a third.
#[test]
fn a_longer_chain_is_not_covered() {
    let shares = |words: &str| format!("shares = {words}\n") + PLATFORM;
    let contacts = shares("[\"record-id\"]") + &open("contact");
    let care = shares("[\"record-id\"]") + &open("care");
    let pair = [policy("contacts", &contacts), policy("statistics", &care)];
    let digest = report(&[&pair[0], &pair[1]]).findings()[0]
        .digest()
        .to_string();
    // Statistics let go of the id; a third domain joins both.
    let care = policy("statistics", &(shares("[\"order\"]") + &open("care")));
    let middle = policy("middle", &shares("[\"record-id\", \"order\"]"));
    let accepted = policy(
        "contacts",
        &(contacts + &accept(&digest, "with = [\"statistics\"]\n")),
    );
    let error = PolicySet::new([accepted, care, middle])
        .check(TODAY)
        .unwrap_err();
    assert!(error.to_string().contains("matches no finding"), "{error}");
}

/// The digest of the beginning of a chain is told apart from one that names nothing.
#[test]
fn the_beginning_of_a_chain_is_not_the_chain() {
    // Opening contact alone, in a domain of one specialty, ends where the chain to the specialty of a release goes on.
    let (text, digest) = links();
    let found = report(&[&policy("home", &text)]);
    let chain = found.findings()[0].chain();
    assert_eq!(chain.steps().len(), 3);
    let beginning = paravent_digest(&found.findings()[0], 2, &policy("home", &text));
    assert_ne!(beginning, digest);
    let error = policy("home", &(text + &accept(&beginning, "")))
        .check(TODAY)
        .unwrap_err();
    assert!(error.to_string().contains("has grown longer"), "{error}");
}

/// The digest over the first steps of a chain, by the words of `docs/linkage.md`.
fn paravent_digest(finding: &Finding, steps: usize, policy: &Policy) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    let number = |hash: &mut Sha256, number: u64| hash.update(number.to_be_bytes());
    let text = |hash: &mut Sha256, text: &[u8]| {
        number(hash, text.len() as u64);
        hash.update(text);
    };
    let chain: Vec<String> = finding.chain().steps()[..steps]
        .iter()
        .map(|step| step.to_string())
        .collect();
    text(&mut hash, b"paravent/finding/1");
    text(&mut hash, finding.kind().name().as_bytes());
    number(&mut hash, 1);
    text(&mut hash, b"home");
    number(&mut hash, 1);
    text(&mut hash, policy.digest().as_bytes());
    text(&mut hash, policy.goes_to().unwrap_or_default().as_bytes());
    text(&mut hash, chain.join(" ─ ").as_bytes());
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Its whole chain by the same words is the finding's own digest.
#[test]
fn a_findings_digest_is_as_documented() {
    let (text, digest) = links();
    let policy = policy("home", &text);
    let found = report(&[&policy]);
    assert_eq!(paravent_digest(&found.findings()[0], 3, &policy), digest);
}
