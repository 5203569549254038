//! The chart of linkage gain and outed people, one row a scheme.
//!
//! Places across are per cent, so that text keeps its size however wide the page is.

use maud::{Markup, html};

use super::{
    Scheme,
    verdict::LIMIT,
    words::{bound, count, plain, share},
};

/// How many schemes one chart has, so that it fits a printed page.
pub(super) const ROWS: usize = 10;

/// The least share that has a place of its own.
const LEAST: f64 = 0.0001;
/// Where shares of 0 or less, [`LEAST`] and 1 are, in per cent of the width.
const ZERO: f64 = 3.0;
const FIRST: f64 = 14.0;
const LAST: f64 = 96.0;
/// Characters that a line holds on a phone of 390 pixels.
const LINE: usize = 38;
/// As many of the smaller text.
const SMALL_LINE: usize = 54;

/// A chart of up to [`ROWS`] schemes. `id` tells it from the others of the page.
pub(super) fn chart(id: &str, title: &str, schemes: &[&Scheme]) -> Markup {
    let mut top = 56.0;
    let mut rows = Vec::new();
    for scheme in schemes {
        let row = Row::new(scheme, top);
        top = row.bottom;
        rows.push(row);
    }
    let bottom = top + 4.0;
    html! {
        svg .chart role="img" aria-labelledby={ (id) "-title " (id) "-desc" } width="100%" height=(bottom + 22.0) {
            title id={ (id) "-title" } { (title) }
            desc id={ (id) "-desc" } {
                "For each scheme the linkage gain with its bound, and the share of people outed, on a logarithmic scale from 0.0001 to 1. "
                "The table of schemes gives the same figures. "
                @for scheme in schemes {
                    (plain(&scheme.name)) ": gain " (share(scheme.gain)) ", outed " (count(scheme.outed)) " of " (count(scheme.people)) ". "
                }
            }
            text .group x="0" y="15" { (title) }
            @for (value, label) in [(0.0, "0"), (0.0001, "0.0001"), (0.001, "0.001"), (0.01, "0.01"), (0.1, "0.1"), (1.0, "1")] {
                line .limit[value == LIMIT] .grid[value != LIMIT] x1=(place(value)) x2=(place(value)) y1="46" y2=(bottom) {}
                text .tick x=(place(value)) y="38" text-anchor="middle" { (label) }
                text .tick x=(place(value)) y=(bottom + 15.0) text-anchor="middle" { (label) }
            }
            @for row in &rows { (row.draw()) }
        }
    }
}

/// One scheme, laid out.
struct Row<'s> {
    scheme: &'s Scheme,
    top: f64,
    name: Vec<String>,
    /// Gain and outed in one line, or in two where they are long.
    figures: Vec<String>,
    gain: f64,
    outed: f64,
    bottom: f64,
}

impl<'s> Row<'s> {
    fn new(scheme: &'s Scheme, top: f64) -> Self {
        let name = lines(&plain(&scheme.name));
        let gain = match scheme.bound {
            Some(_) => format!("gain {} ({})", share(scheme.gain), bound(scheme.bound)),
            None => format!("gain {}", share(scheme.gain)),
        };
        let outed = format!("outed {} of {}", count(scheme.outed), count(scheme.people));
        let figures = vec![gain, outed];
        let in_one_line =
            figures.iter().map(|f| f.chars().count() + 4).sum::<usize>() <= SMALL_LINE;
        let text = 17.0 * measure(name.len()) + if in_one_line { 17.0 } else { 34.0 };
        let lanes = top + text + 12.0;
        Self {
            scheme,
            top,
            name,
            figures,
            gain: lanes,
            outed: lanes + 14.0,
            bottom: lanes + 14.0 + 16.0,
        }
    }

    fn draw(&self) -> Markup {
        let Self {
            scheme,
            gain,
            outed,
            ..
        } = self;
        let people = share_of(scheme.outed, scheme.people);
        let by_chance = share_of(scheme.outed_by_chance, scheme.people);
        let below = self.top + 17.0 * measure(self.name.len());
        // Two lines of figures, where they did not fit in one.
        let second = self.gain - 12.0 - below > 20.0;
        html! {
            rect .behind x="0" width="100%" y=(self.top + 2.0) height=(self.gain - 10.0 - self.top) {}
            @for (at, line) in self.name.iter().enumerate() {
                text .name x="0" y=(self.top + 15.0 + 17.0 * measure(at)) { (line) }
            }
            text .figures x="0" y=(below + 14.0) {
                @for (at, figure) in self.figures.iter().enumerate() {
                    @let class = if at == 0 { "gain" } else { "outed" };
                    @let mark = if at == 0 { "●" } else { "◆" };
                    @if second && at == 1 {
                        tspan .(class) x="0" dy="17" { (mark) } tspan { " " (figure) }
                    } @else {
                        tspan .(class) dx=[(at == 1).then_some("14")] { (mark) } tspan { " " (figure) }
                    }
                }
            }
            line .stem .gain x1=(place(0.0)) x2=(place(scheme.gain)) y1=(gain) y2=(gain) {}
            @if let Some(bound) = scheme.bound {
                line .bound x1=(place(scheme.gain)) x2=(place(bound)) y1=(gain) y2=(gain) {}
                line .bound x1=(place(bound)) x2=(place(bound)) y1=(gain - 5.0) y2=(gain + 5.0) {}
            }
            circle .gain cx=(place(scheme.gain)) cy=(gain) r="5" {}
            line .stem .outed x1=(place(0.0)) x2=(place(people)) y1=(outed) y2=(outed) {}
            line .by-chance x1=(place(by_chance)) x2=(place(by_chance)) y1=(outed - 6.0) y2=(outed + 6.0) {}
            // A diamond of its own coordinates, put at a place in per cent.
            svg x=(place(people)) y=(outed) width="1" height="1" overflow="visible" {
                path .outed d="M0-6 6 0 0 6-6 0z" {}
            }
        }
    }
}

/// Where a share is, in per cent of the width.
fn place(value: f64) -> String {
    let at = match value {
        value if value.is_nan() || value <= 0.0 => ZERO,
        value => {
            let decades = value.clamp(LEAST, 1.0).log10() - LEAST.log10();
            FIRST + (LAST - FIRST) * decades / -LEAST.log10()
        }
    };
    format!("{at:.2}%")
}

/// A name in lines that a phone holds, broken at spaces and hyphens where there are any.
fn lines(name: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = LINE;
    for word in name.split_inclusive([' ', '-']) {
        let mut letters: Vec<char> = word.chars().collect();
        if letters.len() > room && room < LINE {
            lines.push(String::new());
            room = LINE;
        }
        while letters.len() > room {
            let rest = letters.split_off(room);
            push(&mut lines, &letters);
            lines.push(String::new());
            letters = rest;
            room = LINE;
        }
        push(&mut lines, &letters);
        room -= letters.len();
    }
    lines
}

fn push(lines: &mut [String], letters: &[char]) {
    if let Some(line) = lines.last_mut() {
        line.extend(letters);
    }
}

#[allow(clippy::cast_precision_loss)] // people are counted, not measured: a pixel is far wider than what is lost
fn share_of(part: u64, all: u64) -> f64 {
    if all == 0 {
        0.0
    } else {
        part as f64 / all as f64
    }
}

#[allow(clippy::cast_precision_loss)] // a handful of lines
fn measure(lines: usize) -> f64 {
    lines as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_shares_have_places_of_their_own() {
        assert_eq!(place(-0.2), "3.00%");
        assert_eq!(place(0.0), "3.00%");
        assert_eq!(place(0.000_01), "14.00%");
        assert_eq!(place(0.01), "55.00%");
        assert_eq!(place(1.0), "96.00%");
        assert_eq!(place(f64::INFINITY), "96.00%");
    }

    #[test]
    fn long_names_are_broken_and_lose_nothing() {
        let name = format!("sms-reminders with {} and statistics", "x".repeat(100));
        let broken = lines(&name);
        assert!(broken.len() > 2);
        assert!(broken.iter().all(|line| line.chars().count() <= LINE));
        assert_eq!(broken.concat(), name);
    }
}
