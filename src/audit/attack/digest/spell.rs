//! How people spell a value before they digest it.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::schema::{Class, Field, PhoneRegion};

/// The usual spellings of a field's value, the likeliest first, none twice.
pub(super) fn spellings(field: &Field, region: Option<&PhoneRegion>, value: &str) -> Vec<String> {
    let mut spelt = vec![value.to_owned()];
    let normal = field.class().normalize(value, region).ok();
    match (field.class(), &normal) {
        (Class::Phone, Some(number)) => spelt.extend(of_number(number, region)),
        _ => spelt.extend(of_text(value)),
    }
    spelt.extend(normal);
    // As a line of a file, of which each was digested.
    let line = |text: &String| format!("{text}\n");
    let lines: Vec<String> = spelt.iter().take(LINES).map(line).collect();
    spelt.extend(lines);
    without_twins(spelt)
}

/// So many of the likeliest spellings are also tried with a line break.
const LINES: usize = 16;

/// The spellings of a text: cases, without accents, without spaces.
fn of_text(value: &str) -> Vec<String> {
    let trimmed = value.trim();
    let plain: String = trimmed.nfd().filter(|&c| !is_combining_mark(c)).collect();
    let mut spelt = Vec::new();
    for text in [trimmed, &plain] {
        let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        let close: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        for text in [text, &close, &letters] {
            spelt.extend([text.to_owned(), text.to_lowercase(), text.to_uppercase()]);
        }
    }
    spelt
}

/// The spellings of a number, `+` and digits.
fn of_number(number: &str, region: Option<&PhoneRegion>) -> Vec<String> {
    let digits = number.trim_start_matches('+');
    let mut spelt = vec![digits.to_owned(), format!("00{digits}")];
    let national =
        region.and_then(|region| Some((digits.strip_prefix(region.country_code())?, region)));
    if let Some((national, region)) = national {
        let dialled = format!("{}{national}", region.trunk_prefix());
        let (first, rest) = national.split_at_checked(1).unwrap_or((national, ""));
        for between in [" ", ".", "-"] {
            spelt.push(in_pairs(&dialled, between));
            let rest = in_pairs(rest, between);
            spelt.push(format!(
                "+{}{between}{first}{between}{rest}",
                region.country_code()
            ));
        }
        spelt.extend([dialled, national.to_owned()]);
    }
    spelt
}

fn in_pairs(digits: &str, between: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    pairs.join(between)
}

/// The usual ways to write two names into one text.
pub(super) fn pairs(first: &str, second: &str) -> Vec<String> {
    let forms = |name: &str| -> [String; 2] {
        let plain: String = name.nfd().filter(|&c| !is_combining_mark(c)).collect();
        [name.to_owned(), plain]
    };
    let mut spelt = Vec::new();
    for (first, second) in forms(first).iter().zip(&forms(second)) {
        for (a, b) in [(first, second), (second, first)] {
            for between in [" ", "", "|", ";", ",", "-", "_", "."] {
                let text = format!("{a}{between}{b}");
                spelt.extend([text.to_lowercase(), text.to_uppercase(), text]);
            }
        }
    }
    without_twins(spelt)
}

fn without_twins(texts: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    texts
        .into_iter()
        .filter(|text| !text.is_empty() && seen.insert(text.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::Schema;

    fn of(field: &str, value: &str) -> Vec<String> {
        let schema = Schema::appointment();
        spellings(schema.field(field).unwrap(), schema.phone_region(), value)
    }

    #[test]
    fn names_are_spelt_with_and_without_case_accents_and_spaces() {
        let spelt = of("last_name", "Le Fèvre");
        assert_eq!(spelt[0], "Le Fèvre");
        for text in [
            "le fèvre",
            "LE FÈVRE",
            "le fevre",
            "LE FEVRE",
            "lefevre",
            "LEFÈVRE",
        ] {
            assert!(spelt.iter().any(|spelt| spelt == text), "{text}");
        }
        assert!(
            pairs("Zoé", "Martin")
                .iter()
                .any(|text| text == "martin|zoe")
        );
        assert!(
            pairs("Zoé", "Martin")
                .iter()
                .any(|text| text == "ZOÉ MARTIN")
        );
    }

    #[test]
    fn a_number_is_spelt_in_every_usual_way() {
        let spelt = of("phone", "06 39 98.12 34");
        for text in [
            "06 39 98.12 34",
            "0639981234",
            "+33639981234",
            "33639981234",
            "0033639981234",
            "639981234",
            "06 39 98 12 34",
            "06.39.98.12.34",
            "06-39-98-12-34",
            "+33 6 39 98 12 34",
            "0639981234\n",
            "+33639981234\n",
        ] {
            assert!(spelt.iter().any(|spelt| spelt == text), "{text}");
        }
        let foreign = of("phone", "+44 20 7946 0958");
        assert!(foreign.iter().any(|spelt| spelt == "00442079460958"));
    }
}
