//! The report as one page: no script, nothing fetched.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    Report,
    section::{self, say},
    verdict::Tone,
    words::{count, counted, percent},
};

const STYLE: &str = include_str!("style.css");

/// Each section's anchor and heading, in their order.
const SECTIONS: [(&str, &str); 10] = [
    ("schemes", "Gain and people outed"),
    ("attacks", "Attacks"),
    ("worst", "Most exposed rows"),
    ("controls", "Controls"),
    ("notes", "Notes"),
    ("acceptances", "Acceptances"),
    ("shown", "What is shown"),
    ("capacity", "Capacity and swap test"),
    ("glossary", "What the figures mean"),
    ("again", "Run it again"),
];

/// Sections of what was scored, and their words.
const FIGURES: [&str; 5] = ["schemes", "attacks", "worst", "controls", "glossary"];

impl Report {
    /// The report as one HTML file that fetches nothing and needs no script. It holds names of leaks, columns and attacks, and
    /// figures, but no value of a row.
    #[must_use]
    pub fn to_html(&self) -> String {
        let verdict = self.verdict();
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { (verdict.headline) " – leak audit" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        header .verdict .(tone(verdict.tone)) {
                            p .kind { span .mark aria-hidden="true" { (mark(verdict.tone)) } " Leak audit: " (word(verdict.tone)) }
                            h1 { (verdict.headline) }
                            @for sentence in &verdict.means { p { (sentence) } }
                            p { strong { "What to do. " } (verdict.act) }
                        }
                        (self.facts())
                        nav aria-label="Sections" {
                            ul {
                                @for (anchor, heading) in self.sections() {
                                    li { a href={ "#" (anchor) } { (heading) } }
                                }
                            }
                        }
                        @for (anchor, heading) in self.sections() {
                            section id=(anchor) aria-labelledby={ (anchor) "-heading" } {
                                h2 id={ (anchor) "-heading" } { (heading) }
                                (self.section(anchor))
                            }
                        }
                    }
                }
            }
        }
        .into_string()
    }

    /// Those that there is something in: what is not scored has no figures.
    fn sections(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let scored = self.is_scored();
        SECTIONS
            .into_iter()
            .filter(move |(anchor, _)| scored || !FIGURES.contains(anchor))
    }

    fn section(&self, anchor: &str) -> Markup {
        match anchor {
            "schemes" => section::schemes(self),
            "attacks" => section::attacks(self),
            "worst" => section::worst(self),
            "controls" => section::controls(self),
            "notes" => section::notes(self),
            "acceptances" => section::acceptances(self),
            "shown" => section::shown(self),
            "capacity" => section::capacity(self),
            "glossary" => glossary(&self.target, self.level),
            _ => self.again(),
        }
    }

    fn facts(&self) -> Markup {
        let passed = self.controls.iter().filter(|c| c.passed).count();
        if !self.is_scored() {
            return html! {
                dl .facts {
                    div { dt { "What a thief wants" } dd { (say(&self.target)) } }
                    div { dt { "Rows" } dd { (count(self.rows)) } }
                    div { dt { "Leaks" } dd { (count(self.leaks() as u64)) } }
                    div { dt { "Columns" } dd { (count(self.shown.len() as u64)) } }
                    div { dt { "Truth" } dd { "not given: nothing was scored" } }
                    div { dt { "Controls" } dd { "none ran" } }
                }
            };
        }
        html! {
            dl .facts {
                div { dt { "What a thief wants" } dd { (say(&self.target)) } }
                div { dt { "Rows" } dd { (count(self.rows)) " in " (counted(self.draws as u64, "draw", "draws")) } }
                div { dt { "People" } dd { (count(self.people)) } }
                div { dt { "Right without the rows" } dd { (percent(self.baseline)) } }
                div { dt { "Attacks" } dd { (count(self.attacks.len() as u64)) } }
                div {
                    dt { "Controls passed" }
                    dd { (passed) " of " (self.controls.len()) }
                }
                div {
                    dt { "Sharpness" }
                    dd {
                        @match self.sharpness {
                            Some(share) => { "links in " (percent(share)) " of rows are found" }
                            None => { "planted links were not found" }
                        }
                    }
                }
                div { dt { "Accepted findings" } dd { (count(self.accepted.len() as u64)) } }
            }
        }
    }

    fn again(&self) -> Markup {
        html! {
            p { "The same version, rows and seed give the same report." }
            dl .lines {
                dt { "Version" } dd { (say(&self.version)) }
                dt { "Seed" } dd { code { (self.seed) } }
                @if self.is_scored() { dt { "Permutations" } dd { (count(self.permutations.into())) } }
                dt { "Command" }
                dd {
                    @match &self.command {
                        Some(command) => { code { (say(command)) } }
                        None => { "— The caller did not say how it was run." }
                    }
                }
            }
        }
    }
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Doubtful => "doubtful",
    }
}

fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "✓",
        Tone::Bad => "✗",
        Tone::Doubtful => "!",
    }
}

fn word(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "passed",
        Tone::Bad => "failed",
        Tone::Doubtful => "not passed, nothing proved",
    }
}

/// A result of one thing, told by a mark and words as well as by colour.
pub(super) fn badge(of: Tone, text: &str) -> Markup {
    html! { span .badge .(tone(of)) { span aria-hidden="true" { (mark(of)) "\u{a0}" } (text) } }
}

fn glossary(target: &str, level: f64) -> Markup {
    html! {
        dl .lines {
            dt { "Baseline, right without the rows" }
            dd { "How often the best guess of somebody's " (say(target)) " is right that needs no leaked row: from what is known of everybody, as sex and age, the practice where it was given, and statistics." }
            dt { "Linkage gain" }
            dd { "How much more often an attack is right than that guess. 0: the rows add nothing. 1: it is right of everybody. Below 0: it does worse. Of a leak or of several, that of the best attack, measured on people who had no part in choosing it; so it differs a little from that attack's own line." }
            dt { "Bound" }
            dd {
                "The gain is below it with 95 % confidence, measured on rows that the attack was not chosen on. Where nothing links it has to be under 0.01, "
                "the dashed line of the chart."
            }
            dt { "p" }
            dd { "How likely such a gain, or a larger one of any attack, would be if nothing linked. Counted by shuffling the truth. Up to " (level) " counts as a link." }
            dt { "Outed" }
            dd {
                "People of whom an attack rightly says with 90 % certainty or more what nobody could say with 50 % before. A small gain can out a few people "
                "completely, so both figures count."
            }
            dt { "By chance" }
            dd { "As many people are outed where the truth is shuffled and nothing can link, in 95 of 100 cases at most." }
            dt { "Claims" }
            dd { "Of how many people an attack says something else than the baseline does." }
            dt { "Exposure" }
            dd { "How many times likelier the attack makes the truth about somebody, in bits: 1 bit is twice, 3 bits are eight times." }
            dt { "Log score" }
            dd { "Whether an attack's certainty is deserved: above 0 it knows something on average, at 0 nothing, below 0 it misleads." }
            dt { "Metered" }
            dd { "Records that are released or rendered one at a time, counted and logged. The exposure is how many leave at most before a misuse is noticed." }
            dt { "Links, as accepted" }
            dd { "A practice's own software has its own patients' care in clear. Its policy says so, and somebody answers for it." }
            dt { "Coalition" }
            dd { "Several leaks in the hands of one thief." }
            dt { "Control" }
            dd { "Something that the audit must find, or must not find, to be believed. One that fails makes the run blind." }
            dt { "Sharpness" }
            dd { "The smallest share of rows with planted links that the audit found. Rarer links can be overlooked." }
            dt { "Known to be bad" }
            dd { "Schemes that are used and do not protect, made of the same people: a yardstick, and a control." }
        }
    }
}

#[cfg(test)]
mod tests;
