//! What page and summary both say: the verdict, and figures as text.

use super::{Outcome, Report, Scheme, SchemeKind};

/// The most that a bound may be where nothing links.
pub(super) const LIMIT: f64 = 0.01;

/// An outcome as somebody reads it who answers for the rows.
pub(super) struct Verdict {
    pub(super) tone: Tone,
    pub(super) headline: String,
    /// What it means, a sentence or two each.
    pub(super) means: Vec<String>,
    pub(super) act: String,
}

/// How a verdict looks. Only one of them is good news.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Bad,
    Doubtful,
}

impl Report {
    pub(super) fn verdict(&self) -> Verdict {
        let target = plain(&self.target);
        match self.outcome {
            Outcome::Blind => self.blind(),
            Outcome::Links => self.links(&target),
            Outcome::TooFew { rows } => Verdict {
                tone: Tone::Doubtful,
                headline: "Too few rows to tell".to_owned(),
                means: vec![format!(
                    "No attack linked people to their {target}, but {} could not have shown it if one did. Telling takes about \
                     {} rows. This is not a pass.",
                    counted(self.rows, "row", "rows"),
                    count(rows)
                )],
                act: format!(
                    "Run it again with about {} rows, drawn several times, before anybody relies on it.",
                    count(rows)
                ),
            },
            Outcome::Unscored => Verdict {
                tone: Tone::Doubtful,
                headline: "Not scored: the true rows are not known".to_owned(),
                means: vec![format!(
                    "The attacks ran, but without the true rows nobody can say whether what they claim of people's {target} is \
                     right. This is not a pass."
                )],
                act: "Run it again with the true rows that the leaked ones were made of."
                    .to_owned(),
            },
            Outcome::Unlinkable => self.unlinkable(&target),
        }
    }

    fn blind(&self) -> Verdict {
        let failed = self.controls.iter().filter(|c| !c.passed).count();
        Verdict {
            tone: Tone::Doubtful,
            headline: "This run is blind: do not rely on it".to_owned(),
            means: vec![format!(
                "{failed} of {} failed. The audit overlooked a link that is there, or saw one that is not. What it says of the \
                 rows, good or bad, cannot be trusted.",
                counted(self.controls.len() as u64, "control", "controls"),
            )],
            act: "Find out why the controls failed, mend that, and run it again. Sign nothing on the figures below.".to_owned(),
        }
    }

    fn links(&self, target: &str) -> Verdict {
        let audited = self.audited();
        let linking: Vec<&Scheme> = audited
            .iter()
            .copied()
            .filter(|s| s.links && !s.home)
            .collect();
        let mut means = Vec::new();
        if let Some(worst) = linking.first() {
            let from = plain(&worst.name);
            let attack = worst
                .worst
                .as_deref()
                .map_or(String::new(), |a| format!(" by the attack “{}”", plain(a)));
            means.push(if worst.outed > worst.outed_by_chance {
                format!(
                    "Whoever has “{from}” can name the {target} of {} of {} people{attack}, with certainty and rightly. By chance it would be {} people \
                     at most.",
                    count(worst.outed),
                    count(worst.people),
                    count(worst.outed_by_chance),
                )
            } else {
                format!(
                    "Whoever has “{from}” guesses people's {target}{attack} better than chance allows: linkage gain {}, p {}.",
                    share(worst.gain),
                    chance(worst.p),
                )
            });
        }
        means.push(format!(
            "{} of {} audited {}.",
            linking.len(),
            count(audited.len() as u64),
            match (linking.len(), audited.len()) {
                (_, 1) => "leak links",
                (1, _) => "leaks and coalitions links",
                _ => "leaks and coalitions link",
            },
        ));
        means.extend(self.by_design());
        Verdict {
            tone: Tone::Bad,
            headline: format!("These rows link people to their {target}"),
            means,
            act: "Do not hand out such rows. Close the ways in that are listed under Attacks, and run it again. If such rows have \
                  left already, tell your data protection officer now."
                .to_owned(),
        }
    }

    fn unlinkable(&self, target: &str) -> Verdict {
        let audited = self.audited();
        let mut means = vec![format!(
            "{} on {} told people's {target} no better than what is known of them anyway.",
            counted(self.attacks.len() as u64, "attack", "attacks"),
            counted(
                audited.len() as u64,
                "leak or coalition",
                "leaks and coalitions"
            ),
        )];
        let scored: Vec<&Scheme> = audited.iter().copied().filter(|s| !s.home).collect();
        if scored.iter().all(|s| s.outed <= s.outed_by_chance) {
            means.push("Nobody is outed beyond chance.".to_owned());
        }
        if let Some(most) = scored.iter().filter_map(|s| s.bound).reduce(f64::max) {
            means.push(format!(
                "With 95 % confidence the linkage gain is under {}.",
                share_above(most)
            ));
        }
        let unbounded: Vec<String> = scored
            .iter()
            .filter(|s| s.bound.is_none())
            .map(|s| plain(&s.name))
            .collect();
        if !unbounded.is_empty() {
            means.push(format!(
                "No bound could be put on the gain from {}: too few rows to tell.",
                unbounded.join(", ")
            ));
        }
        means.extend(self.by_design());
        Verdict {
            tone: Tone::Good,
            headline: format!("Nothing links people to their {target}, within the bound"),
            means,
            act: "Keep this report. Run it again whenever the policy, the schema, the connector or what a thief may know changes. \
                  It speaks of these attacks on these rows; the rows are personal data still."
                .to_owned(),
        }
    }

    /// What lets records out on purpose, which no verdict may pass over.
    fn by_design(&self) -> Option<String> {
        let home: Vec<String> = self
            .audited()
            .iter()
            .filter(|s| s.home && s.links)
            .map(|s| plain(&s.name))
            .collect();
        let mut said = Vec::new();
        if !home.is_empty() {
            said.push(format!(
                "{} by design, as was accepted: {}.",
                if home.len() == 1 {
                    "One links"
                } else {
                    "Some link"
                },
                home.join(", ")
            ));
        }
        if !self.accepted.is_empty() {
            let findings = counted(self.accepted.len() as u64, "finding", "findings");
            said.push(format!(
                "Somebody answers for {findings} of the check: see Acceptances."
            ));
        }
        if let Some(most) = self.accepted.iter().filter_map(|a| a.exposure).max() {
            said.push(format!("Where one record at a time is released, at most {} leave before a misuse is noticed.", counted(most, "record", "records")));
        }
        (!said.is_empty()).then(|| said.join(" "))
    }

    /// What was given, the worst first.
    pub(super) fn audited(&self) -> Vec<&Scheme> {
        let mut schemes: Vec<&Scheme> = self
            .schemes
            .iter()
            .filter(|s| s.kind != SchemeKind::KnownBad)
            .collect();
        schemes.sort_by(|a, b| {
            let rank = |s: &Scheme| {
                (
                    !s.links || s.home,
                    !s.links,
                    std::cmp::Reverse(s.outed.saturating_sub(s.outed_by_chance)),
                )
            };
            rank(a).cmp(&rank(b)).then(b.gain.total_cmp(&a.gain))
        });
        schemes
    }

    pub(super) fn known_bad(&self) -> Vec<&Scheme> {
        self.schemes
            .iter()
            .filter(|s| s.kind == SchemeKind::KnownBad)
            .collect()
    }

    /// Why there is no bound somewhere.
    pub(super) fn why_unbounded(&self) -> String {
        format!(
            "— There was too little to bound it. A bound is measured on draws that the attack was not chosen on, with enough people in each; this run has \
             {} with {} in all.",
            counted(self.draws as u64, "draw", "draws"),
            counted(self.rows, "row", "rows"),
        )
    }

    /// What came out of a scheme, in words and whether it is as it should be. Nothing is good news that could not have been bad.
    pub(super) fn result(&self, scheme: &Scheme) -> (&'static str, Tone) {
        let bounded = scheme.bound.is_some_and(|bound| bound < LIMIT);
        match (scheme.kind, scheme.links) {
            _ if self.outcome == Outcome::Unscored => ("not scored", Tone::Doubtful),
            (SchemeKind::KnownBad, true) => ("broken, as it must be", Tone::Good),
            (SchemeKind::KnownBad, false) => ("not broken, though it must be", Tone::Doubtful),
            (_, true) if scheme.home => ("links, as accepted", Tone::Doubtful),
            (_, true) => ("links", Tone::Bad),
            _ if self.outcome == Outcome::Blind => ("not known, the run is blind", Tone::Doubtful),
            _ if scheme.bound.is_none() => ("too few rows to tell", Tone::Doubtful),
            _ if !bounded => ("no link found, but not bounded", Tone::Doubtful),
            _ => ("no link found", Tone::Good),
        }
    }
}

/// 6128 as "6,128".
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "1 draw", "20 draws".
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A gain or another share, with as many digits as it takes to see a person of ten thousand.
pub(super) fn share(value: f64) -> String {
    if value.is_nan() {
        return "—".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let digits = if value.abs() < 0.01 { 4 } else { 3 };
    let text = format!("{:.digits$}", value.abs());
    match text.contains(|c: char| ('1'..='9').contains(&c)) {
        false => "0".to_owned(),
        true if value < 0.0 => format!("−{text}"),
        true => text,
    }
}

/// As [`share`], rounded up: what a bound says must hold.
pub(super) fn share_above(value: f64) -> String {
    let steps = if value.abs() < 0.01 {
        10_000.0
    } else {
        1_000.0
    };
    // A figure that is a multiple already must not become the next one by its last bit.
    share((value * steps - 1e-9).ceil() / steps)
}

pub(super) fn bound(value: Option<f64>) -> String {
    value.map_or_else(
        || "—".to_owned(),
        |value| format!("under {}", share_above(value)),
    )
}

/// A p.
pub(super) fn chance(p: f64) -> String {
    if p.is_nan() {
        return "—".to_owned();
    }
    match p {
        p if p < 0.0005 => "under 0.001".to_owned(),
        p => format!("{p:.3}"),
    }
}

/// A share of all in per cent.
pub(super) fn percent(value: f64) -> String {
    if !value.is_finite() {
        return "—".to_owned();
    }
    let percent = value * 100.0;
    let digits = usize::from(percent != percent.round());
    format!("{percent:.digits$} %")
}

/// Bits, or any figure of which two digits tell enough.
pub(super) fn two_digits(value: f64) -> String {
    if !value.is_finite() {
        return share(value);
    }
    let text = format!("{:.2}", value.abs());
    match text.as_str() {
        "0.00" => "0".to_owned(),
        _ if value < 0.0 => format!("−{text}"),
        _ => text,
    }
}

/// Text from elsewhere, such as the name of a column, without what could move a cursor or turn the reading direction.
pub(super) fn plain(text: &str) -> String {
    let moves = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if moves(c) { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};

    #[test]
    fn figures_read_as_text() {
        assert_eq!(
            ["1", "999", "1,000", "1,234,567"],
            [1, 999, 1000, 1_234_567].map(count).as_slice()
        );
        assert_eq!(
            [
                "0",
                "0.0004",
                "−0.0004",
                "0.010",
                "0.624",
                "1.000",
                "∞",
                "—"
            ],
            [
                0.000_04,
                0.0004,
                -0.0004,
                0.01,
                0.624,
                1.0,
                f64::INFINITY,
                f64::NAN
            ]
            .map(share)
            .as_slice()
        );
        assert_eq!(
            ["0.001", "0.050", "1.000", "under 0.001"],
            [0.001, 0.05, 1.0, 0.000_1].map(chance).as_slice()
        );
        assert_eq!(
            ["0.1 %", "5 %", "100 %"],
            [0.001, 0.05, 1.0].map(percent).as_slice()
        );
        assert_eq!(
            ["0", "3.17", "−0.25"],
            [0.0, 3.17, -0.25].map(two_digits).as_slice()
        );
    }

    #[test]
    fn nothing_is_good_news_that_could_not_have_been_bad() {
        let mut report = sample::report(Outcome::Unlinkable);
        let result = |report: &Report, at: usize| report.result(&report.schemes[at]).0;
        assert_eq!(
            [
                "no link found",
                "links, as accepted",
                "broken, as it must be"
            ],
            [0, 2, 3].map(|at| result(&report, at))
        );
        assert_eq!(
            result(&sample::report(Outcome::Blind), 0),
            "not known, the run is blind"
        );
        assert_eq!(result(&sample::report(Outcome::Unscored), 0), "not scored");
        report.schemes[0].bound = Some(LIMIT);
        assert_eq!(result(&report, 0), "no link found, but not bounded");
        report.schemes[0].bound = None;
        assert_eq!(result(&report, 0), "too few rows to tell");
        assert!(report.result(&report.schemes[0]).1 == Tone::Doubtful);
        report.schemes[3].links = false;
        assert_eq!(result(&report, 3), "not broken, though it must be");
    }

    #[test]
    fn a_pass_names_what_it_could_not_bound_and_what_links_by_design() {
        let mut report = sample::report(Outcome::Unlinkable);
        let said = report.verdict().means.join(" ");
        assert!(
            said.contains("gain is under 0.0061.") && !said.contains("No bound"),
            "{said}"
        );
        assert!(
            said.contains("One links by design, as was accepted: practice-software."),
            "{said}"
        );
        assert!(said.contains("at most 40 records leave"), "{said}");
        report.schemes[0].bound = None;
        let said = report.verdict().means.join(" ");
        assert!(
            said.contains(
                "gain is under 0.0061. No bound could be put on the gain from sms-reminders:"
            ),
            "{said}"
        );
    }

    #[test]
    fn a_bound_is_never_rounded_down() {
        assert_eq!(share_above(0.006_71), "0.0068");
        assert_eq!(share_above(0.0067), "0.0067");
        assert_eq!(share_above(0.651_2), "0.652");
        assert_eq!(bound(None), "—");
    }

    #[test]
    fn names_from_elsewhere_move_nothing() {
        assert_eq!(
            plain("a\u{1b}[2J\u{202e}b\n"),
            "a\u{fffd}[2J\u{fffd}b\u{fffd}"
        );
    }
}
