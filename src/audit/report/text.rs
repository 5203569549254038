//! The report in some forty lines, for terminals and for what a test says when it fails.

use std::fmt;

use super::{
    Report, Scheme,
    verdict::NO_CONTROL,
    words::{bound, chance, count, counted, plain, share},
};

/// Characters a line.
const WIDTH: usize = 100;
/// Schemes that are listed, and lines of controls and of notes.
const SCHEMES: usize = 14;
const LINES: usize = 4;
/// The longest name that is not cut.
const NAME: usize = 38;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = self.verdict();
        writeln!(f, "{}", verdict.headline)?;
        wrapped(f, "", &verdict.means.join(" "))?;
        wrapped(f, "What to do: ", &verdict.act)?;

        let audited = self.audited();
        let known_bad = self.known_bad();
        // Yardsticks give way to what was given.
        let (first, rest) = audited.split_at(audited.len().min(SCHEMES));
        let (yardsticks, rest_bad) = known_bad.split_at(
            known_bad
                .len()
                .min(SCHEMES.saturating_sub(first.len()).max(3)),
        );
        writeln!(f)?;
        if !self.schemes.is_empty() {
            schemes(f, self, first, yardsticks)?;
        }
        let more = rest.len() + rest_bad.len();
        if more > 0 {
            writeln!(f, "… {more} more in the report")?;
        }

        let failed = self
            .controls
            .iter()
            .filter(|c| !c.passed)
            .map(|c| format!("{}: {}", c.name, c.found))
            .collect();
        if self.controls.is_empty() {
            wrapped(f, "", NO_CONTROL)?;
        } else {
            listed(
                f,
                &format!(
                    "Controls: {} passed",
                    self.controls.iter().filter(|c| c.passed).count()
                ),
                "failed: ",
                failed,
            )?;
        }
        listed(f, "Notes", "", self.notes.clone())?;
        if !self.accepted.is_empty() {
            writeln!(
                f,
                "{}; see the report",
                counted(
                    self.accepted.len() as u64,
                    "accepted finding",
                    "accepted findings"
                )
            )?;
        }
        write!(f, "paravent {}, seed {}", plain(&self.version), self.seed)?;
        if self.is_scored() {
            let permutations = counted(self.permutations.into(), "permutation", "permutations");
            write!(f, ", {permutations}")?;
        }
        match &self.command {
            Some(command) => write!(f, "; again: {}", plain(command)),
            None => Ok(()),
        }
    }
}

fn schemes(
    f: &mut fmt::Formatter<'_>,
    report: &Report,
    audited: &[&Scheme],
    known_bad: &[&Scheme],
) -> fmt::Result {
    let head = [
        "scheme",
        "people outed",
        "by chance",
        "gain",
        "bound",
        "p",
        "worst attack",
    ]
    .map(str::to_owned);
    let rows: Vec<[String; 7]> = audited
        .iter()
        .chain(known_bad)
        .map(|s| cells(report, s))
        .collect();
    let mut widths = [0; 7];
    for row in rows.iter().chain([&head]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    line(f, &head, &widths)?;
    for (at, row) in rows.iter().enumerate() {
        if at == audited.len() {
            writeln!(f, "known to be bad, as a yardstick:")?;
        }
        line(f, row, &widths)?;
    }
    Ok(())
}

fn cells(report: &Report, scheme: &Scheme) -> [String; 7] {
    let worst = scheme.worst.as_deref().map_or("—".to_owned(), plain);
    [
        cut(&plain(&scheme.name)),
        format!("{} of {}", count(scheme.outed), count(scheme.people)),
        count(scheme.outed_by_chance),
        share(scheme.gain),
        bound(scheme.bound),
        chance(scheme.p),
        format!("{}: {worst}", report.result(scheme).0),
    ]
}

/// Names and words to the left, figures to the right.
fn line(f: &mut fmt::Formatter<'_>, cells: &[String; 7], widths: &[usize; 7]) -> fmt::Result {
    let [name, outed, luck, gain, bound, p, worst] = cells;
    let [a, b, c, d, e, g, _] = *widths;
    writeln!(
        f,
        "{name:a$}  {outed:>b$}  {luck:>c$}  {gain:>d$}  {bound:>e$}  {p:>g$}  {worst}"
    )
}

/// A heading, and some lines under it.
fn listed(
    f: &mut fmt::Formatter<'_>,
    heading: &str,
    each: &str,
    mut lines: Vec<String>,
) -> fmt::Result {
    if lines.is_empty() {
        return if heading == "Notes" {
            Ok(())
        } else {
            writeln!(f, "\n{heading}, none failed")
        };
    }
    writeln!(f, "\n{heading}")?;
    let more = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    for line in lines {
        wrapped(f, &format!("- {each}"), &plain(&line))?;
    }
    if more > 0 {
        writeln!(f, "- {more} more in the report")?;
    }
    Ok(())
}

/// Words in lines of [`WIDTH`], which are indented as the first one begins.
fn wrapped(f: &mut fmt::Formatter<'_>, begin: &str, text: &str) -> fmt::Result {
    let indent = if begin.starts_with("- ") { 2 } else { 0 };
    let mut line = begin.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(f, "{line}")?;
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(f, "{line}")
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use crate::audit::report::{Outcome, sample};

    #[test]
    fn a_summary_has_the_outcome_the_schemes_and_what_failed() {
        let mut report = sample::report(Outcome::Blind);
        report
            .notes
            .push("The plan of mobile numbers\u{1b}[2J was left out.".to_owned());
        report.controls[0].passed = false;
        let text = report.to_string();
        let begins = |start: &str| text.lines().any(|line| line.starts_with(start));
        assert!(
            text.starts_with("This run is blind: do not rely on it\n"),
            "{text}"
        );
        assert!(
            begins(
                "scheme                    people outed  by chance     gain         bound      p  worst attack"
            ),
            "{text}"
        );
        assert!(
            begins(
                "practice-software         512 of 6,128          5    0.913             —  0.001  links, as accepted: clear values"
            ),
            "{text}"
        );
        assert!(
            begins("- failed: attacks on SHA-256 of telephone numbers succeed: 98 of 100 found"),
            "{text}"
        );
        assert!(
            text.contains("seed 7, 999 permutations; again: paravent audit --seed 7"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_summary_without_truth_has_no_empty_table_and_praises_no_control() {
        let text = sample::unscored().to_string();
        assert!(text.contains("No control ran"), "{text}");
        assert!(
            !text.contains("0 people")
                && !text.contains("0 draws")
                && !text.contains("0 permutations"),
            "{text}"
        );
        assert!(
            !text.contains("worst attack") && !text.contains("none failed"),
            "{text}"
        );
    }

    #[test]
    fn a_summary_of_much_is_short() {
        let text = sample::large().to_string();
        assert!(
            text.lines().count() <= 42,
            "{} lines:\n{text}",
            text.lines().count()
        );
        assert!(text.contains("… 43 more in the report"), "{text}");
    }
}
