//! The known name that a misspelt one was to be.

/// The longest name that is compared: no known one is longer.
const LONGEST: usize = 64;

/// ` (did you mean "…"?)` where one of the known names is near, else nothing.
pub(crate) fn hint<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    match nearest(written, known) {
        Some(near) => format!(" (did you mean {near:?}?)"),
        None => String::new(),
    }
}

/// The known name with the fewest slips between, at most one for three letters; the first of equals. Case is no slip.
fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let written = letters(written)?;
    known
        .into_iter()
        .filter_map(|name| {
            let letters = letters(name)?;
            let slips = slips(&written, &letters);
            (3 * slips <= written.len().max(letters.len())).then_some((slips, name))
        })
        .min_by_key(|&(slips, _)| slips)
        .map(|(_, name)| name)
}

fn letters(name: &str) -> Option<Vec<char>> {
    (name.len() <= LONGEST).then(|| name.to_ascii_lowercase().chars().collect())
}

/// The Damerau-Levenshtein distance in its restricted form: letters that are missing, too many, others or swapped with the
/// next, none touched twice.
fn slips(from: &[char], to: &[char]) -> usize {
    // The last three rows of the table; of the first, only what is written is read.
    let mut two_ago = vec![0; to.len() + 1];
    let mut before: Vec<usize> = (0..=to.len()).collect();
    let mut row = before.clone();
    for (i, &a) in from.iter().enumerate() {
        row[0] = i + 1;
        for (j, &b) in to.iter().enumerate() {
            let mut least = (before[j] + usize::from(a != b)).min(before[j + 1].min(row[j]) + 1);
            if i > 0 && j > 0 && a == to[j - 1] && from[i - 1] == b {
                least = least.min(two_ago[j - 1] + 1);
            }
            row[j + 1] = least;
        }
        std::mem::swap(&mut two_ago, &mut before);
        std::mem::swap(&mut before, &mut row);
    }
    before[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slips_of(from: &str, to: &str) -> usize {
        slips(&letters(from).unwrap(), &letters(to).unwrap())
    }

    #[test]
    fn a_slip_is_a_letter_missing_too_many_another_or_swapped() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "age", 3),
            ("age", "", 3),
            ("age", "age", 0),
            ("AGE", "age", 0),
            ("ag", "age", 1),
            ("aage", "age", 1),
            ("abe", "age", 1),
            ("aeg", "age", 1),
            ("gae", "age", 1),
            ("eag", "age", 2),
            ("practicioner", "practitioner", 1),
            ("kitten", "sitting", 3),
            // Restricted: a pair that was swapped is not parted.
            ("ca", "abc", 3),
        ] {
            assert_eq!(slips_of(from, to), expected, "{from} {to}");
            assert_eq!(slips_of(to, from), expected, "{to} {from}");
        }
    }

    #[test]
    fn a_name_is_near_up_to_a_third_of_its_letters() {
        let known = ["age", "sex", "phone", "practitioner", "specialty"];
        for (written, near) in [
            ("practicioner", Some("practitioner")),
            ("Practitioners", Some("practitioner")),
            ("fone", None),
            ("phon", Some("phone")),
            ("hpone", Some("phone")),
            ("spciality", Some("specialty")),
            ("ag", Some("age")),
            ("se", Some("sex")),
            ("xx", None),
            ("", None),
            ("duration", None),
        ] {
            assert_eq!(nearest(written, known), near, "{written}");
        }
        assert_eq!(nearest("a", ["", "b"]), None);
        // The nearest, and the first of two equally near.
        assert_eq!(nearest("maske", ["masks", "mask"]), Some("masks"));
        assert_eq!(nearest("shiftt", ["shafts", "shift"]), Some("shift"));
        assert_eq!(nearest(&"a".repeat(65), [&*"a".repeat(64)]), None);
        assert_eq!(hint("phon", known), " (did you mean \"phone\"?)");
        assert_eq!(hint("duration", known), "");
    }
}
