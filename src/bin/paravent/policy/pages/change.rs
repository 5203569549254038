//! What a change of policies gives away.

use paravent::{Diff, Finding};

use super::{findings, page::Page};

pub(super) fn page(diff: &Diff, colour: bool) -> String {
    let mut page = Page::new(colour);
    page.title(&match diff.gains().len() {
        1 => "The change gives 1 thing that was not given before".to_owned(),
        number => format!("The change gives {number} things that were not given before"),
    });
    for gain in diff.gains() {
        let before = gain.before.as_deref().unwrap_or("nothing");
        page.words(
            "  ",
            6,
            &format!("{}: {}: {before} → {}", gain.domain, gain.what, gain.now),
        );
    }
    let found: Vec<&Finding> = diff.findings().iter().collect();
    findings::part(&mut page, "Found now and not before", &found);
    page.into_text()
}
