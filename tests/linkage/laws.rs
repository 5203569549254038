//! Laws that the check keeps, whatever the policies: showing less never adds a finding, a pseudonym is never refused where the
//! clear value loads, names do not matter, one more domain never removes a finding.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// How much of a field is shown, less to more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Much {
    Sealed,
    Coarse,
    Keep,
}

const FIELDS: [(&str, &str); 9] = [
    ("name", "as = \"mask\"\nfirst = 1"),
    ("phone", "as = \"mask\"\nlast = 2"),
    ("age", "as = \"bands\"\nedges = [0, 18, 65]"),
    (
        "sex",
        "as = \"bucket\"\nlists = { all = [\"f\", \"m\", \"x\"] }",
    ),
    ("start", "as = \"truncate\"\nto = \"month\""),
    ("place", "as = \"truncate\"\nto = 2"),
    ("practitioner", "as = \"mask\"\nfirst = 2"),
    (
        "specialty",
        "as = \"bucket\"\nlists = { a = [\"1\", \"2\", \"3\"], b = [\"4\", \"5\"] }\nother = \"rest\"",
    ),
    ("severity", "as = \"round\"\nto = 10"),
];

#[derive(Clone, Debug)]
struct Gets {
    name: String,
    much: Vec<Much>,
    /// Fields that have a pseudonym of their own.
    pseudonyms: Vec<bool>,
    opens: Vec<bool>,
    releases: Vec<bool>,
    rows: u64,
    subjects: u64,
    visits: u64,
    specialties: u64,
    practices: u64,
    shares: bool,
    /// Another policy of the domain shows the start shifted, and ages in other bands.
    second: [bool; 2],
    /// Bits of an index over the phone, 0 for none.
    index: u8,
}

const SCOPES: [&str; 4] = ["identity", "contact", "schedule", "care"];

fn schema(name: &str, names: &[String]) -> Schema {
    let keys = [
        (
            "identity",
            "identifier",
            "type = \"text\"\nclass = \"name\"\nvalues = 100_000",
        ),
        (
            "contact",
            "identifier",
            "type = \"text\"\nclass = \"phone\"\nvalues = 200_000_000\nfrequencies = \"unknown\"",
        ),
        (
            "identity",
            "quasi-identifier",
            "type = \"integer\"\nvalues = 121\noptional = true",
        ),
        (
            "identity",
            "quasi-identifier",
            "type = \"text\"\nclass = \"text\"\nvalues = 3",
        ),
        (
            "schedule",
            "quasi-identifier",
            "type = \"date-time\"\ndays = 365\nvalues = 10_000",
        ),
        (
            "schedule",
            "quasi-identifier",
            "type = \"text\"\nclass = \"exact\"\nvalues = 300",
        ),
        (
            "care",
            "sensitive",
            "type = \"text\"\nclass = \"name\"\nvalues = 5_000",
        ),
        (
            "care",
            "sensitive",
            "type = \"text\"\nclass = \"text\"\nvalues = 60",
        ),
        (
            "care",
            "sensitive",
            "type = \"integer\"\nvalues = 100\noptional = true\nfrequencies = \"unknown\"",
        ),
    ];
    let mut text = format!(
        "name = \"{name}\"\n[phone_region]\ncountry_code = \"33\"\ninternational_prefix = \"00\"\ntrunk_prefix = \"0\"\n"
    );
    for (number, ((scope, role, rest), field)) in keys.iter().zip(names).enumerate() {
        let number = number + 1;
        text += &format!(
            "[[field]]\nname = \"{field}\"\nnumber = {number}\nscope = \"{scope}\"\nrole = \"{role}\"\nwidth = 40\n{rest}\n"
        );
    }
    let fact = |of: &str, gives: &str, rest: &str| {
        format!("[[determines]]\nfields = [{of}]\ngives = \"{gives}\"\nthrough = \"fact\"\n{rest}")
    };
    let quoted = |place: usize| format!("\"{}\"", names[place]);
    text += &fact(&quoted(6), &names[7], "");
    text += &fact(
        &format!("{}, {}", quoted(4), quoted(5)),
        &names[6],
        "exact = true\n",
    );
    text += &fact(&quoted(4), &names[6], "exact = true\ntenant = true\n");
    Schema::from_toml(&text).unwrap()
}

fn plain_names() -> Vec<String> {
    FIELDS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

fn behind(gets: &Gets) -> String {
    format!(
        "shares = [{}]\n[holds]\nrows = {}\nsubjects = {}\nvisits = {}\n[tenancy]\nspecialties = {}\npractices = {}\n",
        if gets.shares { "\"order\"" } else { "" },
        gets.rows,
        gets.subjects,
        gets.visits,
        gets.specialties,
        gets.practices,
    )
}

fn load(gets: &Gets, names: &[String], schema: &Schema) -> Policy {
    let mut rest = behind(gets);
    if gets.index > 0 {
        rest += &index("ix", &format!("[\"{}\"]", names[1]), gets.index, 1_000_000);
    }
    for (place, (much, (_, coarse))) in gets.much.iter().zip(FIELDS).enumerate() {
        rest += &match much {
            Much::Sealed => String::new(),
            Much::Coarse => show(&names[place], coarse),
            Much::Keep => keep(&names[place]),
        };
        if gets.pseudonyms[place] {
            rest += &pseudonym(&format!("p{place}"), &format!("[\"{}\"]", names[place]));
        }
    }
    for (scope, (&opens, &releases)) in SCOPES.iter().zip(gets.opens.iter().zip(&gets.releases)) {
        if opens {
            rest += &open(scope);
        }
        if releases {
            rest += &format!(
                "[release.{scope}]\nreason = \"test\"\npurposes = [\"test\"]\nper_hour = 1\ndetect_hours = 1\n"
            );
        }
    }
    policy_for(&gets.name, &rest, schema)
}

/// The domain's other policy: it says the same of what stands behind it, and shows fields in other forms.
fn second(gets: &Gets, names: &[String], schema: &Schema) -> Policy {
    let mut rest = behind(gets);
    if gets.second[0] {
        let subject = format!("as = \"shift\"\nweeks = 26\nsubject = [\"{}\"]", names[1]);
        rest += &show(&names[4], &subject);
    }
    if gets.second[1] {
        rest += &show(&names[2], "as = \"bands\"\nedges = [0, 30, 65]");
    }
    policy_for(&gets.name, &rest, schema)
}

fn check(set: &[Gets]) -> Report {
    check_named(set, "laws", &plain_names())
}

fn check_named(set: &[Gets], schema_name: &str, names: &[String]) -> Report {
    let schema = schema(schema_name, names);
    let policies = set
        .iter()
        .flat_map(|gets| [load(gets, names, &schema), second(gets, names, &schema)]);
    PolicySet::new(policies).report(TODAY)
}

type Domains = BTreeSet<String>;

fn domains(finding: &Finding) -> Domains {
    finding
        .domains()
        .iter()
        .map(|domain| domain.to_string())
        .collect()
}

/// Whether some finding is about these domains or some of them.
fn refused(report: &Report, within: &Domains) -> bool {
    report
        .findings()
        .iter()
        .any(|finding| domains(finding).is_subset(within))
}

fn much() -> impl Strategy<Value = Much> {
    prop_oneof![4 => Just(Much::Sealed), 2 => Just(Much::Coarse), 1 => Just(Much::Keep)]
}

fn gets(name: &'static str) -> impl Strategy<Value = Gets> {
    let rarely = || prop::bool::weighted(0.12);
    (
        prop::collection::vec(much(), 9),
        prop::collection::vec(rarely(), 9),
        prop::collection::vec(rarely(), 4),
        prop::collection::vec(rarely(), 4),
        (0_u32..8, 0_u32..6, 1_u64..8, 1_u64..6, 1_u64..3),
        (
            prop::bool::weighted(0.2),
            [rarely(), rarely()],
            prop_oneof![4 => Just(0_u8), 1 => 1_u8..12],
        ),
    )
        .prop_map(
            move |(
                much,
                pseudonyms,
                opens,
                releases,
                (subjects, more, visits, specialties, practices),
                (shares, second, index),
            )| {
                let subjects = 10_u64.pow(subjects);
                Gets {
                    name: name.to_owned(),
                    much,
                    pseudonyms,
                    opens,
                    releases,
                    rows: subjects * u64::from(more + 1),
                    subjects,
                    visits,
                    specialties,
                    practices,
                    shares,
                    second,
                    index,
                }
            },
        )
}

fn sets() -> impl Strategy<Value = Vec<Gets>> {
    (gets("a"), gets("b"), gets("c"), 1_usize..=3).prop_map(|(a, b, c, how_many)| {
        let mut set = vec![a, b, c];
        set.truncate(how_many);
        set
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn showing_less_never_adds_a_finding(set in sets(), domain in 0_usize..3, field in 0_usize..9, scope in 0_usize..4, what in 0..8) {
        let mut less = set.clone();
        let gets = &mut less[domain % set.len()];
        match what {
            0 => gets.much[field] = gets.much[field].min(Much::Coarse),
            1 => gets.much[field] = Much::Sealed,
            2 => gets.pseudonyms[field] = false,
            3 => gets.opens[scope] = false,
            4 => gets.second[0] = false,
            5 => gets.second[1] = false,
            6 => gets.index = 0,
            _ => gets.releases[scope] = false,
        }
        let (before, after) = (check(&set), check(&less));
        for finding in after.findings() {
            prop_assert!(refused(&before, &domains(finding)), "{finding}");
        }
    }

    #[test]
    fn a_pseudonym_is_never_refused_where_the_clear_value_loads(set in sets(), domain in 0_usize..3, field in 0_usize..9) {
        let domain = domain % set.len();
        let (mut clear, mut pseudonymized) = (set.clone(), set);
        clear[domain].much[field] = Much::Keep;
        clear[domain].pseudonyms[field] = false;
        pseudonymized[domain].much[field] = Much::Sealed;
        pseudonymized[domain].pseudonyms[field] = true;
        let (clear, pseudonymized) = (check(&clear), check(&pseudonymized));
        for finding in pseudonymized.findings() {
            prop_assert!(refused(&clear, &domains(finding)), "{finding}");
        }
    }

    #[test]
    fn names_do_not_matter(set in sets()) {
        let others: Vec<String> = (0..9).map(|place| format!("z{}", 9 - place)).collect();
        let mut renamed = set.clone();
        for gets in &mut renamed {
            gets.name = format!("other-{}", gets.name);
        }
        let before = check(&set);
        let after = check_named(&renamed, "renamed", &others);
        let old: BTreeSet<(FindingKind, Domains, Option<u64>)> = before.findings().iter().map(|finding| {
            let names = domains(finding).iter().map(|name| format!("other-{name}")).collect();
            (finding.kind(), names, finding.exposure())
        }).collect();
        let new: BTreeSet<_> = after.findings().iter().map(|finding| (finding.kind(), domains(finding), finding.exposure())).collect();
        prop_assert_eq!(old, new);
    }

    #[test]
    fn one_more_domain_never_removes_a_finding(set in sets(), more in gets("d")) {
        let before = check(&set);
        let mut larger = set;
        larger.push(more);
        let after = check(&larger);
        for finding in before.findings() {
            prop_assert!(after.findings().iter().any(|other| other.digest() == finding.digest()), "{finding}");
        }
    }

    /// The order of policies is nobody's business.
    #[test]
    fn order_does_not_matter(set in sets()) {
        let mut reversed = set.clone();
        reversed.reverse();
        let of = |report: Report| -> BTreeSet<String> {
            report.findings().iter().map(|finding| format!("{finding} {}", finding.digest())).collect()
        };
        prop_assert_eq!(of(check(&set)), of(check(&reversed)));
    }
}
