//! What a check and a change of policies give, as pages to read. The example `policy_check` prints the same ones.

mod change;
pub(crate) mod files;
mod findings;
pub(crate) mod page;
mod table;

use paravent::{Date, Diff, PolicySet, Report};

use files::Loaded;
use page::Page;

/// The page that an officer reads.
pub(crate) fn check(
    set: &PolicySet,
    report: &Report,
    problems: &[String],
    today: Date,
    colour: bool,
) -> String {
    let mut page = Page::new(colour);
    page.title(&format!(
        "What each of {} gets, as of {today}",
        page::count(set.policies().len(), "policy", "policies")
    ));
    table::matrix(&mut page, set, report);
    table::details(&mut page, set, report);
    findings::print(&mut page, report, problems);
    page.into_text()
}

/// What the policies after a change give that those before it do not.
pub(crate) fn change(diff: &Diff, colour: bool) -> String {
    change::page(diff, colour)
}

/// What is wrong with acceptances, each with its file.
pub(crate) fn problems(report: &Report, loaded: &Loaded) -> Vec<String> {
    report
        .problems()
        .map(|(domain, error)| format!("{}: {error}", loaded.files_of(domain)))
        .collect()
}
