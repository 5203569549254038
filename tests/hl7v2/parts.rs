//! Parts of messages with usual delimiters, found by splitting alone.

/// Each segment by its name and the number of its delimiters.
pub(crate) fn segments(message: &[u8]) -> Vec<(String, usize)> {
    let text = String::from_utf8_lossy(message);
    let segments = text
        .split(['\r', '\n'])
        .filter(|segment| !segment.is_empty());
    let shape = |segment: &str| (segment[..3].to_owned(), segment.matches('|').count());
    segments.map(shape).collect()
}

/// A field, `PID-5`, or the component of one, `PID-5.1`, of each segment of that name.
pub(crate) fn fields(message: &[u8], part: &str) -> Vec<String> {
    let (name, numbers) = part.split_once('-').unwrap();
    let (field, component) = match numbers.split_once('.') {
        Some((field, component)) => (field, Some(component.parse::<usize>().unwrap())),
        None => (numbers, None),
    };
    let number: usize = field.parse().unwrap();
    let number = if name == "MSH" { number - 1 } else { number };
    let text = String::from_utf8_lossy(message);
    let of_name = text
        .split(['\r', '\n'])
        .filter(|segment| segment.starts_with(name));
    of_name
        .map(|segment| {
            let field = segment.split('|').nth(number).unwrap_or_default();
            match component {
                Some(component) => field
                    .split('^')
                    .nth(component - 1)
                    .unwrap_or_default()
                    .to_owned(),
                None => field.to_owned(),
            }
        })
        .collect()
}

/// The same of the first segment of that name.
pub(crate) fn field(message: &[u8], part: &str) -> String {
    fields(message, part).swap_remove(0)
}
