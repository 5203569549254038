//! Text of 100 columns, with colour where a terminal shows it.

use std::fmt::Display;

pub(super) const WIDTH: usize = 100;

/// What is printed, line by line.
pub(super) struct Page {
    text: String,
    colour: bool,
}

/// How a word stands out.
#[derive(Clone, Copy)]
pub(super) enum Tone {
    Strong,
    Weak,
    Good,
    Bad,
}

impl Page {
    pub(super) fn new(colour: bool) -> Self {
        Self {
            text: String::new(),
            colour,
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn line(&mut self, line: impl Display) {
        let line = line.to_string();
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A line that begins a part, after an empty one.
    pub(super) fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.line("");
        }
        self.line(self.toned(title, Tone::Strong));
    }

    /// A text in lines that are no longer than the page is wide, broken between `parts`; each line but the first begins
    /// with `indent` spaces, and the first with `first`, which takes as much room.
    pub(super) fn wrapped(&mut self, first: &str, indent: usize, parts: &[&str], between: &str) {
        // What stands between stays visible where a line is broken: a comma ends it, a dash begins the next.
        let (tail, head) = if between.starts_with(' ') {
            ("", between.trim_start())
        } else {
            (between.trim_end(), "")
        };
        let mut line = first.to_owned();
        let mut room = WIDTH.saturating_sub(indent);
        for (number, part) in parts.iter().enumerate() {
            let needed = length(between) + length(part) + length(tail);
            if number == 0 {
                room = room.saturating_sub(length(part));
            } else if needed <= room {
                line.push_str(between);
                room -= length(between) + length(part);
            } else {
                line.push_str(tail);
                self.line(line);
                line = " ".repeat(indent) + head;
                room = WIDTH.saturating_sub(indent + length(head) + length(part));
            }
            line = self.part(line, indent + length(head), part);
        }
        self.line(line);
    }

    /// A line with a part at its end; one that is longer than a whole line is broken between its words.
    fn part(&mut self, mut line: String, indent: usize, part: &str) -> String {
        if indent + length(part) <= WIDTH {
            return line + part;
        }
        let mut column = indent;
        for (number, word) in part.split(' ').enumerate() {
            if number > 0 && column + 1 + length(word) > WIDTH {
                self.line(line);
                line = " ".repeat(indent + 2);
                column = indent + 2;
            } else if number > 0 {
                line.push(' ');
                column += 1;
            }
            line.push_str(word);
            column += length(word);
        }
        line
    }

    /// Words, wrapped.
    pub(super) fn words(&mut self, first: &str, indent: usize, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        self.wrapped(first, indent, &words, " ");
    }

    pub(super) fn toned(&self, text: &str, tone: Tone) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Strong => "1",
            Tone::Weak => "2",
            Tone::Good => "32",
            Tone::Bad => "1;31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// How many columns a text takes, as far as one character takes one.
pub(super) fn length(text: &str) -> usize {
    text.chars().count()
}

/// 12000 as "12,000".
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    groups.join(",")
}

/// "1 policy", "2 policies".
pub(crate) fn count(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}
