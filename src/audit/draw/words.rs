//! Words of a text, with case and accents folded.

use crate::schema::Class;

/// The words of a text: letters and digits, in the normal form of names.
pub(crate) fn words(text: &str) -> Vec<String> {
    let text = text.replace(char::is_control, " ");
    let form = Class::Name.normalize(&text, None);
    let form = form.unwrap_or_else(|_| text.to_lowercase());
    let words = form.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether a word stands before a name and is none.
pub(crate) fn is_title(word: &str) -> bool {
    matches!(
        word,
        "m" | "mr"
            | "mrs"
            | "ms"
            | "miss"
            | "mme"
            | "mlle"
            | "monsieur"
            | "madame"
            | "mademoiselle"
    )
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_name_has_the_same_words_however_it_is_written() {
        for text in ["Léa D’Ancy-Roux", "lea  d'ancy roux", "LEA\tD'ANCY, ROUX"] {
            assert_eq!(words(text), ["lea", "d", "ancy", "roux"], "{text:?}");
        }
        assert!(words(" ;-").is_empty());
    }
}
