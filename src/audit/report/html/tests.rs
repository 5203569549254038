//! What every page must be.

use std::collections::BTreeSet;

use crate::audit::report::{Outcome, Report, sample};

const OUTCOMES: [Outcome; 6] = [
    Outcome::Blind,
    Outcome::Links,
    Outcome::TooFew { rows: 400_000 },
    Outcome::Unscored,
    Outcome::Unlinkable,
    Outcome::Reversed { numbers: 3 },
];

#[test]
fn every_outcome_is_told_first_and_only_one_is_good() {
    let said = [
        ("This run is blind: do not rely on it", "doubtful"),
        (
            "These rows link people to their specialty, 512 of them for certain",
            "bad",
        ),
        ("Too few rows to tell", "doubtful"),
        ("Not scored: the true rows are not known", "doubtful"),
        (
            "Nothing links people to their specialty, within the bound",
            "good",
        ),
        ("3 telephone numbers can be read out of these rows", "bad"),
    ];
    for (outcome, (headline, tone)) in OUTCOMES.into_iter().zip(said) {
        let page = sample::report(outcome).to_html();
        assert!(
            page.contains(&format!("<h1>{headline}</h1>")),
            "{outcome:?}"
        );
        assert!(
            page.contains(&format!(r#"<main><header class="verdict {tone}">"#)),
            "{outcome:?}"
        );
        assert!(page.contains(&format!("<title>{headline}")), "{outcome:?}");
        assert_eq!(page.matches("What to do. ").count(), 1);
    }
    assert!(sample::report(OUTCOMES[2]).to_html().contains("400,000"));
}

#[test]
fn every_page_is_well_formed_and_fetches_nothing() {
    let mut reports: Vec<Report> = OUTCOMES.map(sample::report).into();
    reports.push(sample::large());
    reports.push(sample::unscored());
    reports.push(bare());
    for report in reports {
        let page = report.to_html();
        let tags = tags(&page);
        let mut open: Vec<&str> = Vec::new();
        let mut ids = BTreeSet::new();
        let mut levels = Vec::new();
        for tag in &tags {
            if let Some(name) = tag.name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "closes what is not open");
                continue;
            }
            if !["meta", "!DOCTYPE"].contains(&tag.name) {
                open.push(tag.name);
            }
            assert!(
                !["script", "link", "img", "iframe", "object", "base", "form"].contains(&tag.name),
                "{tag:?}"
            );
            if let Some(level) = tag
                .name
                .strip_prefix('h')
                .and_then(|level| level.parse::<u8>().ok())
            {
                levels.push(level);
            }
            for (name, value) in &tag.attributes {
                assert!(
                    !name.starts_with("on") && !["src", "style", "action"].contains(name),
                    "{tag:?}"
                );
                assert!(*name != "href" || value.starts_with('#'), "{tag:?}");
                if *name == "id" {
                    assert!(ids.insert(*value), "{value} twice");
                }
            }
        }
        assert_eq!(open, [""; 0]);
        for tag in &tags {
            for (name, value) in &tag.attributes {
                if *name == "aria-labelledby" {
                    assert!(value.split(' ').all(|id| ids.contains(id)), "{value}");
                }
                if *name == "href" {
                    assert!(ids.contains(&value[1..]), "{value}");
                }
            }
        }
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
        assert!(
            levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
            "a heading is left out: {levels:?}"
        );
        assert!(
            !page.contains("http:")
                && !page.contains("https:")
                && !page.contains("url(")
                && !page.contains("@import")
        );
    }
}

#[test]
fn names_are_escaped() {
    let mut report = sample::report(Outcome::Links);
    report.target = "<img src=x>".to_owned();
    report.notes.push("</li><script>".to_owned());
    let page = report.to_html();
    assert!(
        !page.contains("<script")
            && !page.contains("<img")
            && !page.contains("<b>more")
            && !page.contains(r#"age" onload"#)
    );
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn a_missing_bound_is_a_dash_with_its_reason() {
    let report = sample::report(Outcome::Links);
    assert!(
        report
            .to_html()
            .contains("— There was too little to bound it.")
    );
    let mut bounded = report;
    bounded.schemes.iter_mut().for_each(|s| s.bound = Some(0.5));
    bounded.attacks.iter_mut().for_each(|a| a.bound = Some(0.5));
    assert!(!bounded.to_html().contains("too little to bound it"));
}

#[test]
fn classes_without_quasi_identifiers_have_a_whole_heading() {
    let mut report = sample::report(Outcome::Links);
    assert!(report.to_html().contains("<h4>Classes of equal <bdi>sex"));
    report.classes[0].quasi_identifiers.clear();
    let page = report.to_html();
    assert!(page.contains("<h4>One class: no quasi-identifier is shown</h4>"));
    assert!(!page.contains("Classes of equal"));
}

#[test]
fn much_is_folded_away() {
    let page = sample::large().to_html();
    let (seen, folded) = page.split_once("480 more attacks").unwrap();
    assert!(seen.contains("way 19 ") && !seen.contains("way 20 "));
    assert!(folded.contains("way 20 ") && folded.contains("way 499 "));
    let (seen, _) = page.split_once("30 more schemes").unwrap();
    // The one that links is seen, though it was given last.
    assert!(
        seen.contains("<bdi>leak-49</bdi>")
            && seen.contains("<bdi>bad-9</bdi>")
            && !seen.contains("<bdi>leak-48</bdi>")
    );
}

#[test]
fn a_report_is_read_back() {
    for outcome in OUTCOMES {
        let mut report = sample::report(outcome);
        report.classes[0].delta = 4.276_666;
        let json = serde_json::to_string(&report).unwrap();
        let back: Report = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), json);
        assert_eq!(back.to_html(), report.to_html());
    }
    let endless = serde_json::to_string(&sample::report(Outcome::Links)).unwrap();
    assert!(endless.contains(r#""delta":null"#));
    assert!(
        serde_json::from_str::<Report>(&endless).unwrap().classes[0]
            .delta
            .is_nan()
    );
}

#[test]
fn json_keeps_its_keys() {
    let json = serde_json::to_value(sample::report(Outcome::TooFew { rows: 9 })).unwrap();
    let keys = |value: &serde_json::Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        keys(&json),
        "accepted attacks baseline capacities classes command controls draws exposed level notes outcome people permutations reversed rows \
         schemes seed sharpness shown target version"
    );
    assert_eq!(
        json["outcome"],
        serde_json::json!({"kind": "too-few", "rows": 9})
    );
    assert_eq!(json["schemes"][3]["kind"], "known-bad");
    for (list, expected) in [
        (
            "schemes",
            "bound gain kind leaks links may_link name outed outed_by_chance p people worst",
        ),
        (
            "attacks",
            "accuracy bound claims exposure family gain how leaks log_score needs outed outed_by_chance p",
        ),
        ("exposed", "bits draw family leak row"),
        (
            "shown",
            "column different leak lengths most_frequent nulls what",
        ),
        (
            "classes",
            "beta classes delta k l leak quasi_identifiers sensitive sizes t unique",
        ),
        ("capacities", "bits_a_row domain passes_swap_test rows"),
        ("controls", "found name passed"),
        ("accepted", "chain domains exposure kind owner reason until"),
    ] {
        assert_eq!(keys(&json[list][0]), expected, "{list}");
    }
}

#[test]
fn text_stands_out_from_what_is_behind_it() {
    for palette in super::STYLE
        .split(":root {")
        .skip(1)
        .map(|rest| rest.split_once('}').unwrap().0)
    {
        let colour = |name: &str| {
            let (_, rest) = palette.split_once(&format!("--{name}: #")).unwrap();
            luminance(&rest[..6])
        };
        for (text, behind) in [
            ("text", "page"),
            ("muted", "page"),
            ("link", "page"),
            ("gain", "page"),
            ("outed", "page"),
            ("good", "page"),
            ("bad", "page"),
            ("doubtful", "page"),
            ("text", "panel"),
            ("muted", "panel"),
            ("text", "good-panel"),
            ("good", "good-panel"),
            ("text", "bad-panel"),
            ("bad", "bad-panel"),
            ("text", "doubtful-panel"),
            ("doubtful", "doubtful-panel"),
        ] {
            let (a, b) = (colour(text), colour(behind));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{text} on {behind}: {contrast}");
        }
    }
}

/// Nothing but what cannot be missing.
fn bare() -> Report {
    let mut report = sample::unscored();
    report.shown.clear();
    report.classes.clear();
    report.capacities.clear();
    report.command = None;
    report
}

#[derive(Debug)]
struct Tag<'p> {
    name: &'p str,
    attributes: Vec<(&'p str, &'p str)>,
}

/// All tags of a page; strict in that values are quoted and no `<` is loose.
fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, from)) = rest.split_once('<') {
        let (inside, after) = from.split_once('>').unwrap();
        assert!(!inside.contains('<'), "{inside}");
        rest = after;
        let (name, mut text) = inside.split_once(' ').unwrap_or((inside, ""));
        let mut attributes = Vec::new();
        while name != "!DOCTYPE" && !text.is_empty() {
            match text
                .split_once("=\"")
                .filter(|(name, _)| !name.contains(' '))
            {
                Some((attribute, value)) => {
                    let (value, after) = value.split_once('"').unwrap();
                    attributes.push((attribute, value));
                    text = after.trim_start();
                }
                None => {
                    let (attribute, after) = text.split_once(' ').unwrap_or((text, ""));
                    attributes.push((attribute, ""));
                    text = after;
                }
            }
        }
        for (attribute, _) in &attributes {
            assert!(
                attribute
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-'),
                "{inside}"
            );
        }
        tags.push(Tag { name, attributes });
    }
    tags
}

/// Relative luminance of a colour, as WCAG 2 has it.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}
