//! Templates of messages: `{field}` for a field's value, `{{` and `}}` for braces.

/// The names in a template, in their order, up to the first fault.
pub(super) fn fields(
    template: &str,
) -> impl Iterator<Item = std::result::Result<&str, &'static str>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        loop {
            let brace = rest.find(['{', '}'])?;
            let (brace, after) = rest[brace..].split_at(1);
            if let Some(after) = after.strip_prefix(brace) {
                rest = after;
                continue;
            }
            let end = after.find(['{', '}']);
            // Nothing is read behind a fault.
            rest = "";
            let fault = match (brace, end) {
                ("}", _) => "has a \"}\" that closes nothing",
                (_, Some(end)) if after[end..].starts_with('}') => {
                    if end > 0 {
                        rest = &after[end + 1..];
                        return Some(Ok(&after[..end]));
                    }
                    "has braces without a name"
                }
                _ => "has a \"{\" that is not closed",
            };
            return Some(Err(fault));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(template: &str) -> std::result::Result<Vec<&str>, &'static str> {
        fields(template).collect()
    }

    #[test]
    fn names_stand_in_braces() {
        for (template, names) in [
            ("", &[][..]),
            ("Bonjour", &[]),
            ("{start}", &["start"]),
            (
                "le {start} avec {practitioner}.",
                &["start", "practitioner"],
            ),
            ("{a}{b}{a}", &["a", "b", "a"]),
            ("{{start}}", &[]),
            ("{{{start}}}", &["start"]),
            ("}}{{", &[]),
            ("é{ü}é", &["ü"]),
            ("{ start }", &[" start "]),
        ] {
            assert_eq!(read(template).as_deref(), Ok(names), "{template}");
        }
    }

    #[test]
    fn braces_come_in_pairs() {
        let (closes, open, nameless) = (
            "has a \"}\" that closes nothing",
            "has a \"{\" that is not closed",
            "has braces without a name",
        );
        for (template, fault) in [
            ("}", closes),
            ("a } b", closes),
            ("{a}}", closes),
            ("}}}", closes),
            ("{", open),
            ("{a", open),
            ("{a{b}}", open),
            ("{{{", open),
            ("{a {{b}} }", open),
            ("{}", nameless),
            ("{start} {}", nameless),
        ] {
            assert_eq!(read(template), Err(fault), "{template}");
        }
    }
}
