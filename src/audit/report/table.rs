//! Tables that a phone shows as cards, and that say so to nobody who listens to them.

use maud::{Markup, html};

/// How many rows are seen at once; more are folded away.
pub(super) const TOP: usize = 20;

/// A column: its head, and whether it holds figures.
pub(super) struct Head(pub(super) &'static str, pub(super) bool);

/// One row: its header, then a cell for each other column.
pub(super) type Row = Vec<Markup>;

/// A table with a caption. Roles are spelt out since browsers drop them from rows that styles show as cards.
pub(super) fn table(caption: &str, heads: &[Head], rows: &[Row]) -> Markup {
    html! {
        div .scroll {
            table role="table" .cards[heads.len() > 2] {
                caption { (caption) }
                thead role="rowgroup" {
                    tr role="row" {
                        @for Head(head, figure) in heads {
                            th role="columnheader" scope="col" .figure[*figure] { (head) }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for row in rows {
                        tr role="row" {
                            @for (at, (Head(head, figure), cell)) in heads.iter().zip(row).enumerate() {
                                @if at == 0 {
                                    th role="rowheader" scope="row" { (cell) }
                                } @else {
                                    td role="cell" .figure[*figure] data-label=(head) { div { (cell) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// As [`table`], of which only the first rows are seen at once. `folded` names the rows of the rest.
pub(super) fn top(caption: &str, heads: &[Head], rows: &[Row], folded: &str) -> Markup {
    let (first, rest) = rows.split_at(rows.len().min(TOP));
    html! {
        (table(caption, heads, first))
        @if !rest.is_empty() {
            details {
                summary { (rest.len()) " more " (folded) }
                (table(&format!("{caption} (continued)"), heads, rest))
            }
        }
    }
}
