//! What a document says that commands print.

pub(crate) struct Step {
    /// From 1.
    pub(crate) line: usize,
    pub(crate) command: String,
    pub(crate) expected: Vec<String>,
}

/// The commands of all blocks marked `console`, in their order.
pub(crate) fn steps(document: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    // How far the block is indented, where one is open.
    let mut open: Option<usize> = None;
    for (number, line) in document.lines().enumerate() {
        let inner = line.trim_start();
        if let Some(mark) = inner.strip_prefix("```") {
            let begins = open.is_none() && mark == "console";
            open = begins.then_some(line.len() - inner.len());
            continue;
        }
        let Some(indent) = open else { continue };
        let line = line.get(indent..).unwrap_or("");
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step {
                line: number + 1,
                command: command.to_owned(),
                expected: Vec::new(),
            }),
            (None, Some(step)) if step.goes_on() => {
                step.command.push('\n');
                step.command.push_str(line);
            }
            (None, Some(step)) => step.expected.push(line.to_owned()),
            (None, None) => panic!("line {}: output without a command", number + 1),
        }
    }
    for step in &mut steps {
        while step.expected.last().is_some_and(String::is_empty) {
            step.expected.pop();
        }
    }
    steps
}

impl Step {
    /// Whether the command's next line is its own: behind a backslash, or up to the end of a here-document.
    fn goes_on(&self) -> bool {
        let mut lines = self.command.lines();
        let begins = lines.next().and_then(|first| first.split_once("<<'"));
        let end = begins.and_then(|(_, rest)| rest.split('\'').next());
        let is_open = end.is_some_and(|end| lines.all(|line| line != end));
        self.expected.is_empty() && (self.command.ends_with('\\') || is_open)
    }

    /// Whether this is what it expects.
    pub(crate) fn expects(&self, printed: &str) -> bool {
        let printed: Vec<&str> = printed.trim_end().lines().collect();
        lines_match(&self.expected, &printed)
    }
}

fn lines_match(expected: &[String], printed: &[&str]) -> bool {
    match (expected.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "…" => {
            (0..=printed.len()).any(|skipped| lines_match(rest, &printed[skipped..]))
        }
        (Some((first, rest)), Some((line, others))) => {
            line_matches(first, line.trim_end()) && lines_match(rest, others)
        }
        _ => false,
    }
}

fn line_matches(expected: &str, line: &str) -> bool {
    let mut parts = expected.split('…');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
