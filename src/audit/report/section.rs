//! The sections of the page.

use maud::{Markup, html};

use super::{
    AcceptedFinding, Attack, Capacity, ClassFigures, Control, Exposed, Report, Scheme, SchemeKind,
    ShownColumn,
    chart::{self, chart},
    html::badge,
    table::{Head, Row, TOP, table, top},
    verdict::{NO_CONTROL, Tone},
    words::{bound, chance, count, counted, percent, plain, share, two_digits},
};

/// Text from elsewhere, which neither turns the line nor breaks out of it.
pub(super) fn say(text: &str) -> Markup {
    html! { bdi { (plain(text)) } }
}

fn say_all(texts: &[String]) -> Markup {
    html! {
        @for (at, text) in texts.iter().enumerate() {
            @if at > 0 { ", " }
            (say(text))
        }
    }
}

fn without_bound(report: &Report, missing: bool) -> Markup {
    html! { @if missing { p .note { (report.why_unbounded()) } } }
}

pub(super) fn schemes(report: &Report) -> Markup {
    let audited = report.audited();
    let known_bad = report.known_bad();
    let (first, rest) = audited.split_at(audited.len().min(TOP));
    let (first_bad, rest_bad) = known_bad.split_at(known_bad.len().min(chart::ROWS));
    let heads = [
        Head("Scheme", false),
        Head("Result", false),
        Head("Gain", true),
        Head("Bound", true),
        Head("p", true),
        Head("Outed", true),
        Head("By chance", true),
        Head("Worst attack", false),
    ];
    let rows: Vec<Row> = first
        .iter()
        .chain(first_bad)
        .map(|s| scheme(report, s))
        .collect();
    let folded: Vec<Row> = rest
        .iter()
        .chain(rest_bad)
        .map(|s| scheme(report, s))
        .collect();
    html! {
        p {
            "Leaks alone and together, the worst first; then schemes that are known to be bad. "
            span .gain aria-hidden="true" { "●\u{a0}" } "Gain, its line going to the bound. "
            span .outed aria-hidden="true" { "◆\u{a0}" } "People outed, as a share of all; the stroke across is what chance alone makes. The dashed line is 0.01, which no bound may reach."
        }
        @if report.schemes.is_empty() { p { "Nothing was attacked." } }
        figure .charts { (charts("chart", "Audited", first)) (charts("chart-bad", "Known to be bad", first_bad)) }
        @if !rows.is_empty() { (table("Schemes: gain, and people outed", &heads, &rows)) }
        @if !folded.is_empty() {
            details {
                summary { (folded.len()) " more schemes, none worse than those of their kind above" }
                figure .charts { (charts("more", "Audited, continued", rest)) (charts("more-bad", "Known to be bad, continued", rest_bad)) }
                (table("Schemes: gain, and people outed (continued)", &heads, &folded))
            }
        }
        (without_bound(report, report.schemes.iter().any(|s| s.bound.is_none())))
    }
}

/// How many schemes go into each chart, so that none is left nearly empty.
fn even(schemes: usize) -> usize {
    schemes
        .div_ceil(schemes.div_ceil(chart::ROWS).max(1))
        .max(1)
}

fn charts(id: &str, title: &str, schemes: &[&Scheme]) -> Markup {
    let parts = schemes.chunks(even(schemes.len()));
    let all = parts.len();
    html! {
        @for (at, part) in parts.enumerate() {
            @let title = if all == 1 { title.to_owned() } else { format!("{title}, {} of {all}", at + 1) };
            div { (chart(&format!("{id}-{at}"), &title, part)) }
        }
    }
}

fn scheme(report: &Report, scheme: &Scheme) -> Row {
    let (result, tone) = report.result(scheme);
    vec![
        html! {
            (say(&scheme.name))
            @match scheme.kind {
                SchemeKind::Leak => {}
                SchemeKind::Coalition => { div .small { "together: " (say_all(&scheme.leaks)) } }
                SchemeKind::KnownBad => { div .small { "known to be bad" } }
            }
        },
        badge(tone, result),
        html! { (share(scheme.gain)) },
        html! { (bound(scheme.bound)) },
        html! { (chance(scheme.p)) },
        html! { (count(scheme.outed)) " of " (count(scheme.people)) },
        html! { (count(scheme.outed_by_chance)) },
        html! { (scheme.worst.as_deref().map_or("—".to_owned(), plain)) },
    ]
}

pub(super) fn attacks(report: &Report) -> Markup {
    let heads = [
        Head("Attack", false),
        Head("Gain", true),
        Head("Bound", true),
        Head("p", true),
        Head("Right", true),
        Head("Claims", true),
        Head("Outed", true),
        Head("By chance", true),
        Head("Exposure", true),
        Head("Log score", true),
    ];
    let rows: Vec<Row> = report.attacks.iter().map(attack).collect();
    html! {
        @if rows.is_empty() {
            p { "Every attack was tried; none could claim anything of anybody." }
        } @else {
            p { "How far each way in reached, the widest reach first, with the leaks that it goes into and what it needs beside them. Every attack was tried on every leak; what could claim nothing of anybody has no line." }
            (top("Attacks: reach of each way in", &heads, &rows, "attacks, none with a wider reach"))
            (without_bound(report, report.attacks.iter().any(|a| a.bound.is_none())))
        }
    }
}

fn attack(attack: &Attack) -> Row {
    vec![
        html! {
            (say(&attack.family))
            @if !attack.how.is_empty() { ": " (say(&attack.how)) }
            div .small { "into " (say_all(&attack.leaks)) }
            div .small { "needs " (say(&attack.needs)) }
        },
        html! { (share(attack.gain)) },
        html! { (bound(attack.bound)) },
        html! { (chance(attack.p)) },
        html! { (percent(attack.accuracy)) },
        html! { (count(attack.claims)) },
        html! { (count(attack.outed)) },
        html! { (count(attack.outed_by_chance)) },
        html! { (two_digits(attack.exposure)) " bits" },
        html! { (two_digits(attack.log_score)) },
    ]
}

pub(super) fn worst(report: &Report) -> Markup {
    let heads = [
        Head("Leak", false),
        Head("Row", true),
        Head("Draw", true),
        Head("Exposure", true),
        Head("Attack", false),
    ];
    let rows: Vec<Row> = report.exposed.iter().map(exposed).collect();
    html! {
        @if rows.is_empty() {
            p { "No row makes what is true of anybody likelier." }
        } @else {
            p { "One line for each person, of whom an attack rightly claims what they came for. Rows by their number in the leak, without its header, and never by what is in them. With the rows beside it they lead to people: keep this page as the rows are kept." }
            (top("The rows that expose somebody most", &heads, &rows, "rows, none more exposed"))
        }
    }
}

fn exposed(exposed: &Exposed) -> Row {
    vec![
        say(&exposed.leak),
        html! { (count(exposed.row)) },
        html! { (exposed.draw) },
        html! { (two_digits(exposed.bits)) " bits" },
        say(&exposed.family),
    ]
}

pub(super) fn controls(report: &Report) -> Markup {
    let heads = [
        Head("Control", false),
        Head("Result", false),
        Head("What came out", false),
    ];
    let mut sorted: Vec<&Control> = report.controls.iter().collect();
    sorted.sort_by_key(|control| control.passed);
    let rows: Vec<Row> = sorted
        .into_iter()
        .map(|control| {
            let result = if control.passed {
                badge(Tone::Good, "passed")
            } else {
                badge(Tone::Bad, "failed")
            };
            vec![say(&control.name), result, say(&control.found)]
        })
        .collect();
    html! {
        p { "What the audit must find, or must not find, before anything else that it says is believed." }
        @if rows.is_empty() {
            p { (NO_CONTROL) "." }
        } @else {
            // All of them are seen: one that failed decides the outcome, and they are few.
            (table("Controls, those that failed first", &heads, &rows))
        }
    }
}

pub(super) fn notes(report: &Report) -> Markup {
    html! {
        @if report.notes.is_empty() {
            p { "No attack told of a limit that it met." }
        } @else {
            ul { @for note in &report.notes { li { (say(note)) } } }
        }
    }
}

pub(super) fn acceptances(report: &Report) -> Markup {
    html! {
        @if report.accepted.is_empty() {
            p { "No finding of the check was accepted." }
        } @else {
            p { "Findings of the check of policies that were let pass for a reason, each until its last day." }
            @for finding in &report.accepted { (accepted(finding)) }
        }
    }
}

fn accepted(finding: &AcceptedFinding) -> Markup {
    html! {
        article .card {
            h3 { (say_all(&finding.domains)) ": " (say(&finding.kind)) }
            dl .lines {
                @if let Some(exposure) = finding.exposure {
                    dt { "Exposure" }
                    dd { strong { (counted(exposure, "record", "records")) } " at most leave before a misuse is noticed" }
                }
                dt { "Reason" } dd { (say(&finding.reason)) }
                dt { "Owner" } dd { (say(&finding.owner)) }
                dt { "Until" } dd { (say(&finding.until)) }
                dt { "The way a thief takes" } dd { (say(&finding.chain)) }
            }
        }
    }
}

pub(super) fn shown(report: &Report) -> Markup {
    let mut leaks: Vec<&str> = Vec::new();
    for leak in report
        .shown
        .iter()
        .map(|c| &c.leak)
        .chain(report.classes.iter().map(|c| &c.leak))
    {
        if !leaks.contains(&leak.as_str()) {
            leaks.push(leak);
        }
    }
    let open = report.shown.len() <= TOP;
    html! {
        p {
            "What each column shows, and into which classes of equal rows the shown quasi-identifiers cut a leak. k-anonymity, l-diversity, t-closeness, "
            "delta-disclosure and beta-likeness are given since people ask for them. They say nothing about ciphertexts and pseudonyms, and are never the headline."
        }
        @if leaks.is_empty() { p { "Nothing is shown." } }
        @for leak in leaks {
            @let columns: Vec<&ShownColumn> = report.shown.iter().filter(|c| c.leak == leak).collect();
            @let classes: Vec<&ClassFigures> = report.classes.iter().filter(|c| c.leak == leak).collect();
            details .leak open[open] {
                summary { h3 { (say(leak)) } " " (counted(columns.len() as u64, "column", "columns")) (k_of(&classes)) }
                @if !columns.is_empty() { (shown_columns(leak, &columns)) }
                @for figures in classes { (class_figures(figures)) }
            }
        }
    }
}

fn k_of(classes: &[&ClassFigures]) -> String {
    classes
        .iter()
        .map(|c| c.k)
        .min()
        .map_or(String::new(), |k| format!(", k = {}", count(k)))
}

fn shown_columns(leak: &str, columns: &[&ShownColumn]) -> Markup {
    let heads = [
        Head("Column", false),
        Head("Shows", false),
        Head("Different values", true),
        Head("Null", true),
        Head("Most frequent", true),
        Head("Lengths", true),
    ];
    let rows: Vec<Row> = columns
        .iter()
        .map(|column| {
            vec![
                say(&column.column),
                say(&column.what),
                html! { (count(column.different)) },
                html! { (count(column.nulls)) },
                html! { (count(column.most_frequent)) },
                html! { (count(column.lengths)) },
            ]
        })
        .collect();
    top(
        &format!("Columns of {}", plain(leak)),
        &heads,
        &rows,
        "columns",
    )
}

fn class_figures(figures: &ClassFigures) -> Markup {
    let heads = [
        Head("Rows in a class, at most", false),
        Head("Classes", true),
    ];
    let sizes: Vec<Row> = figures
        .sizes
        .iter()
        .map(|(rows, classes)| vec![html! { (count(*rows)) }, html! { (count(*classes)) }])
        .collect();
    let caption = format!("Class sizes of {}", plain(&figures.leak));
    html! {
        div .classes {
            div {
                h4 {
                    @if figures.quasi_identifiers.is_empty() { "One class: no quasi-identifier is shown" }
                    @else { "Classes of equal " (say_all(&figures.quasi_identifiers)) }
                }
                p {
                    (counted(figures.classes, "class", "classes")) "; " (counted(figures.unique, "row is", "rows are")) " alone in one. "
                    "The sensitive column is " (say(&figures.sensitive)) "."
                }
                dl .lines {
                    dt { "k-anonymity" } dd { (count(figures.k)) span .small { " rows in the least class" } }
                    dt { "l-diversity" } dd { (count(figures.l)) span .small { " different sensitive values in a class, at least" } }
                    dt { "t-closeness" } dd { (share(figures.t)) span .small { " the farthest that a class is from all, 0 to 1" } }
                    dt { "delta-disclosure" } dd { (share(figures.delta)) span .small { " how much rarer or more frequent a value is in a class, as a logarithm" } }
                    dt { "beta-likeness" } dd { (share(figures.beta)) span .small { " how much more frequent a value is in a class, at most" } }
                }
            }
            @if !sizes.is_empty() { (table(&caption, &heads, &sizes)) }
        }
    }
}

pub(super) fn capacity(report: &Report) -> Markup {
    let heads = [
        Head("Policy", false),
        Head("Swap test", false),
        Head("Bits a row", true),
        Head("Rows", true),
        Head("Bits in all", true),
    ];
    let rows: Vec<Row> = report.capacities.iter().map(capacity_row).collect();
    html! {
        p {
            "Read off schema and policy, whatever the rows. A policy passes the swap test where swapping what is medical among people leaves the whole view as it is, "
            "byte for byte, but for what is sealed: then it shows nothing that could link. Bits say how much is shown of a row."
        }
        @if rows.is_empty() {
            p { "No leak came with a policy that passes its check." }
        } @else {
            (top("Capacity and swap test of each policy", &heads, &rows, "policies"))
            @if report.capacities.iter().any(|c| c.rows.is_none()) { p .note { "— The policy does not say how many rows its leak holds." } }
        }
    }
}

#[allow(clippy::cast_precision_loss)] // rows are counted; bits in all are told to two digits
fn capacity_row(capacity: &Capacity) -> Row {
    let all = capacity.rows.map(|rows| capacity.bits_a_row * rows as f64);
    vec![
        say(&capacity.domain),
        if capacity.passes_swap_test {
            badge(Tone::Good, "passed")
        } else {
            badge(Tone::Doubtful, "not passed: something is shown")
        },
        html! { (two_digits(capacity.bits_a_row)) },
        html! { (capacity.rows.map_or("—".to_owned(), count)) },
        html! { (all.map_or("—".to_owned(), bits)) },
    ]
}

/// Large sums without a fraction.
fn bits(value: f64) -> String {
    match value {
        value if value.is_finite() && value >= 100.0 => {
            let whole = format!("{value:.0}");
            whole.parse().map_or(whole, count)
        }
        value => two_digits(value),
    }
}
