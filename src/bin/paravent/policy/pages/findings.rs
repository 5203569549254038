//! What the check finds, with its chains.

use paravent::{Domain, Finding, Report};

use super::page::{Page, Tone, count, grouped};

/// All findings, then what is wrong with acceptances, then the verdict.
pub(super) fn print(page: &mut Page, report: &Report, problems: &[String]) {
    let refused: Vec<&Finding> = report.refused().collect();
    let accepted: Vec<&Finding> = report
        .findings()
        .iter()
        .filter(|finding| finding.accepted().is_some())
        .collect();
    part(page, "Refused", &refused);
    part(page, "Accepted", &accepted);
    if !problems.is_empty() {
        page.title("Wrong acceptances");
        for problem in problems {
            page.words("  ", 4, problem);
        }
    }
    page.line("");
    let accepted = count(accepted.len(), "accepted finding", "accepted findings");
    if report.is_clean() {
        let verdict = page.toned("clean", Tone::Good);
        page.line(format!(
            "{verdict}: {accepted}, and nothing that nobody answers for"
        ));
    } else {
        let verdict = page.toned("refused", Tone::Bad);
        let findings = count(refused.len(), "finding", "findings");
        let wrong = match problems.len() {
            0 => String::new(),
            number => format!(
                ", {}",
                count(number, "wrong acceptance", "wrong acceptances")
            ),
        };
        page.line(format!(
            "{verdict}: {findings} that nobody answers for{wrong}; {accepted}"
        ));
    }
}

pub(super) fn part(page: &mut Page, title: &str, findings: &[&Finding]) {
    for (number, finding) in findings.iter().enumerate() {
        if number == 0 {
            page.title(title);
        } else {
            page.line("");
        }
        one(page, finding);
    }
}

fn one(page: &mut Page, finding: &Finding) {
    let domains: Vec<&str> = finding.domains().iter().map(Domain::as_str).collect();
    let tone = match finding.accepted() {
        Some(_) => Tone::Good,
        None => Tone::Bad,
    };
    let kind = page.toned(finding.kind().name(), tone);
    let first = format!("  {kind}: ");
    page.wrapped(&first, 4 + finding.kind().name().len(), &domains, ", ");
    let chain = finding.chain().to_string();
    page.wrapped("    ", 4, &chain.split(" ─ ").collect::<Vec<_>>(), " ─ ");
    // The chain leads to one of them.
    if finding.tells().len() > 1 {
        page.words("    tells: ", 11, &finding.tells().join(", "));
    }
    if let Some(records) = finding.exposure() {
        let records = grouped(records);
        page.line(format!(
            "    at most {records} records before a misuse is noticed"
        ));
    }
    match finding.accepted() {
        Some(accepted) => {
            page.words("    accepted: ", 14, accepted.reason());
            page.words("    by: ", 8, accepted.owner());
            page.line(format!("    until: {}", accepted.until()));
            page.line(format!("    digest: {}", finding.digest()));
        }
        None => {
            page.line("    change the policy, or accept it there:");
            page.line("      [[accept]]");
            page.line(format!("      finding = \"{}\"", finding.digest()));
            if let Some((first, others)) = finding.domains().split_first()
                && !others.is_empty()
            {
                let others: Vec<String> = others
                    .iter()
                    .map(|domain| format!("{:?}", domain.as_str()))
                    .collect();
                page.line(format!(
                    "      with = [{}] # in the policy of {first}",
                    others.join(", ")
                ));
            }
            for line in [
                "reason = \"why the job cannot be done otherwise\"",
                "owner = \"who answers for it\"",
                "until = \"the last day, as 2027-06-30\"",
            ] {
                page.line(format!("      # {line}"));
            }
        }
    }
}
