//! The page of a report, as a browser shows it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod browser;

use std::{fs, path::Path};

use browser::{Browser, Look};
use paravent::audit::report::{Outcome, Report, SchemeKind};

/// A phone, and a desk. Headless windows are not narrower than 500 pixels, hence the frame.
const WIDTHS: [u32; 2] = [390, 1280];

#[test]
fn a_browser_shows_the_page_without_complaint_and_without_scrolling_sideways() {
    let Some(browser) = Browser::find() else {
        return;
    };
    // Kept where somebody wants to look at them.
    let kept = std::env::var_os("PARAVENT_SCREENSHOTS").map(std::path::PathBuf::from);
    let temporary = tempfile::tempdir().unwrap();
    let folder = kept.as_deref().unwrap_or(temporary.path());
    for (name, report, pictures) in reports() {
        let page = folder.join(format!("{name}.html"));
        fs::write(&page, report.to_html()).unwrap();
        for width in WIDTHS {
            let at = format!("{name} at {width}");
            let framed = framed(&page, width);
            let dom = browser.dom(&framed);
            assert_eq!(
                attribute(&dom, "data-inner"),
                width,
                "{at}: the frame has another width"
            );
            assert!(
                attribute(&dom, "data-scroll") <= width,
                "{at}: the page scrolls sideways"
            );
            assert_eq!(
                attribute(&dom, "data-headings"),
                1,
                "{at}: the page was not read"
            );
            assert!(
                attribute(&dom, "data-texts") > 50,
                "{at}: no chart was measured"
            );
            assert_eq!(
                attribute(&dom, "data-overlaps"),
                0,
                "{at}: texts of the chart overlap or are cut off"
            );
            if pictures {
                photograph(
                    &browser,
                    &framed,
                    (width, attribute(&dom, "data-height")),
                    &at,
                );
            }
        }
        if pictures {
            let paper = page.with_extension("pdf");
            browser.print(&page, &paper);
            assert!(fs::read(&paper).unwrap().starts_with(b"%PDF-"));
        }
    }
}

/// By day and by night.
fn photograph(browser: &Browser, page: &Path, (width, height): (u32, u32), at: &str) {
    let pictures = [Look::Light, Look::Dark].map(|look| {
        let picture = page.with_extension(format!("{look:?}.png").to_lowercase());
        browser.screenshot(page, (width, height), look, &picture);
        let png = fs::read(&picture).unwrap();
        assert_eq!(size(&png), (width, height), "{at}, {look:?}");
        png
    });
    assert_ne!(pictures[0], pictures[1], "{at}: dark is not dark");
}

/// The rich one, one that passes, and one with much, of which no pictures are taken: they would be as high as thirty screens.
fn reports() -> Vec<(&'static str, Report, bool)> {
    let rich: Report = serde_json::from_str(include_str!("report.json")).unwrap();
    let mut unlinkable = rich.clone();
    unlinkable.outcome = serde_json::from_str::<Outcome>(r#"{"kind":"unlinkable"}"#).unwrap();
    unlinkable
        .schemes
        .retain(|scheme| !scheme.links || scheme.may_link || scheme.kind == SchemeKind::KnownBad);
    unlinkable.attacks.retain(|attack| attack.p > 0.05);
    let mut large = rich.clone();
    large.outcome = serde_json::from_str::<Outcome>(r#"{"kind":"blind"}"#).unwrap();
    large.controls[0].passed = false;
    while large.schemes.len() < 60 {
        large.schemes.extend(rich.schemes.clone());
    }
    while large.attacks.len() < 500 {
        large.attacks.extend(rich.attacks.clone());
    }
    vec![
        ("links", rich, true),
        ("unlinkable", unlinkable, true),
        ("large", large, false),
    ]
}

/// A page that shows another one in a frame as wide as a screen, and writes what it measures into its own elements: the
/// report has no script.
fn framed(page: &Path, width: u32) -> std::path::PathBuf {
    let wrapper = page.with_extension(format!("{width}.html"));
    let text = include_str!("frame.html")
        .replace("PAGE", page.file_name().unwrap().to_str().unwrap())
        .replace("WIDTH", &width.to_string());
    fs::write(&wrapper, text).unwrap();
    wrapper
}

fn attribute(dom: &str, name: &str) -> u32 {
    let (_, rest) = dom
        .split_once(&format!("{name}=\""))
        .unwrap_or_else(|| panic!("no {name} in:\n{dom}"));
    rest.split('"').next().unwrap().parse().unwrap()
}

/// Width and height of a PNG.
fn size(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}
