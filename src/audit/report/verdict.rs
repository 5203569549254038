//! What page and summary say first: what came out, what it means, what to do.

use std::collections::BTreeSet;

use super::{
    Attack, Outcome, Report, Scheme, SchemeKind,
    words::{chance, count, counted, plain, share, share_above},
};

/// The most that a bound may be where nothing links.
pub(super) const LIMIT: f64 = 0.01;

/// Where none ran.
pub(super) const NO_CONTROL: &str =
    "No control ran, so that nothing tells whether the audit sees what is there";

const BLIND: &str = "This run is blind: do not rely on it";

/// Columns of digests that the verdict names.
const COLUMNS: usize = 3;

const GIVE_TRUTH: &str = "Run it again with the true rows that the leaked ones were made of: --truth FILE of the command, \
                          Audit::draw of the library.";

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
            Outcome::Reversed { numbers } => self.reversed(numbers, &target),
            Outcome::TooFew { rows } => self.too_few(rows, &target),
            Outcome::Unscored => Verdict {
                tone: Tone::Doubtful,
                headline: "Not scored: the true rows are not known".to_owned(),
                means: vec![
                    self.looked_at(),
                    format!(
                        "Without the true rows nobody can say whether people's {target} can be told from these. This is not a pass."
                    ),
                ],
                act: GIVE_TRUTH.to_owned(),
            },
            Outcome::Unlinkable => self.unlinkable(&target),
        }
    }

    fn too_few(&self, rows: u64, target: &str) -> Verdict {
        let by_design = self.by_design();
        let other = match by_design {
            Some(_) => "No other attack",
            None => "No attack",
        };
        let (more, which) = match rows > self.rows {
            true => (format!("some {} rows, or more", count(rows)), ""),
            false => ("longer leaks".to_owned(), "; the notes say of which"),
        };
        let mut means = vec![format!(
            "{other} linked people to their {target}, but {} could not have shown it if one did. Telling takes {more}{which}. This is not a pass.",
            counted(self.rows, "row", "rows"),
        )];
        means.extend(by_design);
        Verdict {
            tone: Tone::Doubtful,
            headline: "Too few rows to tell".to_owned(),
            means,
            act: format!("Run it again with {more}, before anybody relies on it."),
        }
    }

    fn blind(&self) -> Verdict {
        let failed = self.controls.iter().filter(|c| !c.passed).count();
        if self.controls.is_empty() {
            return Verdict {
                tone: Tone::Doubtful,
                headline: BLIND.to_owned(),
                means: vec![format!("{NO_CONTROL}.")],
                act: "Run it again with its controls.".to_owned(),
            };
        }
        Verdict {
            tone: Tone::Doubtful,
            headline: BLIND.to_owned(),
            means: vec![format!(
                "{failed} of {} failed. The audit overlooked a link that is there, or saw one that is not, or was given nothing to find. \
                 What it says of the rows, good or bad, cannot be trusted.",
                counted(self.controls.len() as u64, "control", "controls"),
            )],
            act: "Find out why the controls failed, mend that, and run it again; a truth with few fields or few different values leaves them \
                  nothing to find. Sign nothing on the figures below.".to_owned(),
        }
    }

    /// What there was, where nothing could be scored.
    fn looked_at(&self) -> String {
        format!(
            "{} of {} with {} were looked at, for what they show and for digests of telephone numbers. No truth was given, so that \
             nothing could be scored.",
            counted(self.rows, "row", "rows"),
            counted(self.leaks() as u64, "leak", "leaks"),
            counted(self.shown.len() as u64, "column", "columns"),
        )
    }

    /// How many leaks were given.
    pub(super) fn leaks(&self) -> usize {
        let names: BTreeSet<&str> = self.shown.iter().map(|c| c.leak.as_str()).collect();
        names.len()
    }

    /// Whether there was a truth to score by.
    pub(super) fn is_scored(&self) -> bool {
        self.draws > 0
    }

    fn reversed(&self, numbers: u64, target: &str) -> Verdict {
        let mut means = self.turned_back();
        let act = if self.is_scored() {
            means.push(format!(
                "What else the rows tell of people's {target} is below. This is not a pass."
            ));
            "Digest telephone numbers under a key, or leave them out."
        } else {
            means.push(self.looked_at());
            GIVE_TRUTH
        };
        Verdict {
            tone: Tone::Bad,
            headline: format!(
                "{} can be read out of these rows",
                counted(numbers, "telephone number", "telephone numbers")
            ),
            means,
            act: format!(
                "Treat them as rows with telephone numbers in clear. If such rows have left already, tell your data protection officer \
                 now. {act}"
            ),
        }
    }

    /// Of each column, that telephone numbers were read out of its digests.
    fn turned_back(&self) -> Vec<String> {
        let mut said: Vec<String> = self
            .reversed
            .iter()
            .take(COLUMNS)
            .map(|column| {
                format!(
                    "{} of {} in column “{}” of “{}” {} of mobile numbers of France, found by counting through them: whoever has the rows \
                     knows whose they are.",
                    count(column.numbers),
                    counted(
                        column.digests,
                        &format!("{} digest", plain(&column.function)),
                        &format!("{} digests", plain(&column.function))
                    ),
                    plain(&column.column),
                    plain(&column.leak),
                    if column.numbers == 1 { "is" } else { "are" },
                )
            })
            .collect();
        let more = self.reversed.len().saturating_sub(COLUMNS) as u64;
        if more > 0 {
            said.push(format!(
                "So it is in {}.",
                counted(more, "more column", "more columns")
            ));
        }
        said
    }

    fn links(&self, target: &str) -> Verdict {
        let audited = self.audited();
        let linking: Vec<&Scheme> = audited
            .iter()
            .copied()
            .filter(|s| s.links && !s.may_link)
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
        means.extend(self.turned_back());
        means.extend(self.by_design());
        Verdict {
            tone: Tone::Bad,
            headline: match linking.first() {
                Some(worst) if worst.outed > worst.outed_by_chance => format!(
                    "These rows link people to their {target}, {} of them for certain",
                    count(worst.outed)
                ),
                _ => format!("These rows link people to their {target}"),
            },
            means,
            act: "Do not hand out such rows. Close the ways in that are listed under Attacks, and run it again. If such rows have \
                  left already, tell your data protection officer now."
                .to_owned(),
        }
    }

    fn unlinkable(&self, target: &str) -> Verdict {
        let scored: Vec<&Scheme> = self.audited().into_iter().filter(|s| !s.may_link).collect();
        let that_may_link = self.that_may_link();
        let goes_there = |attack: &&Attack| {
            attack
                .leaks
                .iter()
                .any(|leak| that_may_link.contains(&**leak))
        };
        let attacks = self
            .attacks
            .iter()
            .filter(|attack| !goes_there(attack))
            .count();
        let of = counted(
            scored.len() as u64,
            "leak or coalition",
            "leaks and coalitions",
        );
        let mut means = vec![match attacks {
            0 => format!(
                "Every attack was tried, and none could claim anything of anybody from {of}."
            ),
            _ => format!(
                "{} on {of} told people's {target} no better than what is known of them anyway.",
                counted(attacks as u64, "attack", "attacks"),
            ),
        }];
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

    /// The leaks that may link, as somebody accepted.
    fn that_may_link(&self) -> BTreeSet<&str> {
        let schemes = self.schemes.iter();
        schemes
            .filter(|s| s.may_link && s.kind == SchemeKind::Leak)
            .flat_map(|s| &s.leaks)
            .map(String::as_str)
            .collect()
    }

    /// What lets records out on purpose, which no verdict may pass over.
    fn by_design(&self) -> Option<String> {
        let linking: Vec<String> = self
            .audited()
            .iter()
            .filter(|s| s.may_link && s.links)
            .map(|s| plain(&s.name))
            .collect();
        let mut said = Vec::new();
        if !linking.is_empty() {
            said.push(format!(
                "{} by design, as was accepted: {}.",
                if linking.len() == 1 {
                    "One links"
                } else {
                    "Some link"
                },
                linking.join(", ")
            ));
        }
        if !self.accepted.is_empty() {
            let findings = counted(self.accepted.len() as u64, "finding", "findings");
            said.push(format!(
                "Somebody answers for {findings} of the check: see Acceptances."
            ));
        }
        let metered = self.accepted.iter().filter_map(|a| Some((a.exposure?, a)));
        if let Some((most, finding)) = metered.max_by_key(|(most, _)| *most) {
            let domains: Vec<String> = finding.domains.iter().map(|domain| plain(domain)).collect();
            said.push(format!(
                "From {}, to which one record at a time is released, at most {} leave before a misuse is noticed.",
                domains.join(" and "),
                counted(most, "record", "records")
            ));
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
                    !s.links || s.may_link,
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
            "— There was too little to bound it. A bound is measured on people (with 20 draws or more: on draws) that the attack was not chosen on; this run has \
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
            // Its control passed, if all did: on made-up rows.
            (SchemeKind::KnownBad, false) if self.outcome != Outcome::Blind => {
                ("broken on made-up rows, not on these", Tone::Doubtful)
            }
            (SchemeKind::KnownBad, false) => ("not broken, though it must be", Tone::Doubtful),
            (_, true) if scheme.may_link => ("links, as accepted", Tone::Doubtful),
            (_, true) => ("links", Tone::Bad),
            _ if self.outcome == Outcome::Blind => ("not known, the run is blind", Tone::Doubtful),
            _ if scheme.bound.is_none() => ("too few rows to tell", Tone::Doubtful),
            _ if !bounded => ("no link found, but not bounded", Tone::Doubtful),
            _ => ("no link found", Tone::Good),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{ReversedColumn, sample},
        *,
    };

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
        assert_eq!(result(&report, 3), "broken on made-up rows, not on these");
        report.outcome = Outcome::Blind;
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
        assert!(said.contains("From support-desk, to which one record at a time is released, at most 40 records leave"), "{said}");
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
    fn a_pass_counts_no_attack_that_links_as_accepted() {
        let mut report = sample::report(Outcome::Unlinkable);
        let told = |report: &Report| report.verdict().means.remove(0);
        assert!(
            told(&report).starts_with("2 attacks on 2 leaks and coalitions told"),
            "{}",
            told(&report)
        );
        report.attacks[1].leaks = vec!["practice-software".to_owned()];
        assert!(
            told(&report).starts_with("1 attack on 2 leaks and coalitions told"),
            "{}",
            told(&report)
        );
    }

    #[test]
    fn without_truth_it_says_what_was_looked_at_and_what_to_give() {
        let report = sample::unscored();
        let verdict = report.verdict();
        let said = verdict.means.join(" ");
        assert!(
            said.starts_with("120 rows of 1 leak with 1 column were looked at")
                && said.contains("No truth was given"),
            "{said}"
        );
        assert!(verdict.act.contains("--truth"), "{}", verdict.act);
    }

    #[test]
    fn numbers_that_were_read_out_are_the_headline() {
        let mut report = sample::unscored();
        report.outcome = Outcome::Reversed { numbers: 5 };
        for at in 1..=5 {
            report.reversed.push(ReversedColumn {
                leak: "offered".to_owned(),
                column: format!("patient\u{1b}{at}"),
                digests: 1_200,
                numbers: 1,
                function: "SHA-256".to_owned(),
            });
        }
        let verdict = report.verdict();
        assert!(verdict.tone == Tone::Bad);
        assert_eq!(
            verdict.headline,
            "5 telephone numbers can be read out of these rows"
        );
        let said = verdict.means.join(" ");
        assert!(
            said.starts_with(
                "1 of 1,200 SHA-256 digests in column “patient\u{fffd}1” of “offered” is of"
            ),
            "{said}"
        );
        assert!(
            said.contains("2 more columns") && !said.contains("\u{fffd}4"),
            "{said}"
        );
        assert!(verdict.act.contains("--truth"), "{}", verdict.act);
    }
}
