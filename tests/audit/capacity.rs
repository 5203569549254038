//! The swap test and bits of the bundled policies.

use std::fs;

use paravent::{Date, Policy, PolicySet, Schema, audit};

const TODAY: Date = Date::constant(2026, 11, 24);

/// The jobs under `examples/policies`: whether each passes the swap test, and the bits of a row that it shows.
const JOBS: [(&str, bool, &str); 10] = [
    // 3 bands or null; 4 lists; one pseudonym of 150,000 rows.
    ("analytics-export", false, "21.195"),
    // A day of 1,096.
    ("billing", false, "10.098"),
    // A start of 105,216; one pseudonym of 60,000 rows.
    ("calendar-feed", false, "32.556"),
    // 13 ages or null; a day of 1,096; 60 specialties.
    ("no-show-model", false, "19.812"),
    // It opens all, and shows nothing.
    ("practice-software", false, "0.000"),
    // 4 characters of 36 or none, or null; what it opens is the person's, too.
    ("registry-check", true, "20.680"),
    // A day of 1,096; a telephone number of 200,000,000.
    ("sms-reminders", false, "37.673"),
    // 4 bands or null; 3 sexes; 14 quarters; 60 specialties.
    ("statistics", false, "12.036"),
    // An index of 9 bits or null; a day of 1,096.
    ("support-desk", false, "19.101"),
    // A first character of 36 or none; one stand-in of 40,000 rows.
    ("video-consultation", true, "15.288"),
];

#[test]
fn bundled_policies_show_what_they_say() {
    let policies = JOBS.map(|(name, ..)| {
        let text = fs::read_to_string(format!("examples/policies/{name}.toml")).unwrap();
        Policy::from_toml(&text, &Schema::appointment()).unwrap()
    });
    let checked = PolicySet::new(policies).check(TODAY).unwrap();
    for (policy, (name, passes, bits)) in checked.iter().zip(JOBS) {
        let missing = match name {
            "sms-reminders" => !cfg!(feature = "phone"),
            "video-consultation" => !cfg!(feature = "reversible"),
            _ => false,
        };
        if missing {
            println!("skipped: {name} shows a field by a transform whose feature is not built");
            assert!(audit::capacity(policy).unwrap_err().is_definition());
            continue;
        }
        let capacity = audit::capacity(policy).unwrap();
        assert_eq!(capacity.domain, name);
        assert_eq!(capacity.passes_swap_test, passes, "{name}");
        assert_eq!(format!("{:.3}", capacity.bits_a_row), bits, "{name}");
        assert!(capacity.rows.is_some());
    }
}

#[test]
fn the_policy_that_shows_nothing_passes_at_0_bits() {
    let text = "domain = \"archive\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n";
    let policy = Policy::from_toml(text, &Schema::appointment()).unwrap();
    let capacity = audit::capacity(&policy.check(TODAY).unwrap()).unwrap();
    assert!(capacity.passes_swap_test);
    assert_eq!((capacity.bits_a_row, capacity.rows), (0.0, None));
}
