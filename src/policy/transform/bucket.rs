//! Values on lists: what is shown is the name of the list.

use std::{collections::BTreeMap, fmt};

use crate::{
    error::{Error, Result},
    normal,
    schema::{Class, PhoneRegion},
};

/// The lists of one rule, by the normal form of their values.
pub(crate) struct Buckets {
    class: Class,
    names: Vec<String>,
    /// From a value's normal form to its list's position.
    lists: BTreeMap<Vec<u8>, usize>,
    other: Option<usize>,
}

impl Buckets {
    /// The lists of a rule for a field of this class.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where a value has no normal form, or where two lists have it.
    pub(crate) fn new(
        lists: &[(String, Vec<String>)],
        other: Option<&str>,
        class: Class,
        region: Option<&PhoneRegion>,
    ) -> Result<Self> {
        let mut buckets = Self {
            class,
            names: lists.iter().map(|(name, _)| name.clone()).collect(),
            lists: BTreeMap::new(),
            other: other.map(|_| lists.len()),
        };
        buckets.names.extend(other.map(str::to_owned));
        for (position, (name, values)) in lists.iter().enumerate() {
            for value in values {
                let form = class.normalize(value, region).map_err(|_| {
                    Error::definition(
                        format!("list {name:?} has a value without a normal form"),
                        "list values as the field's class takes them",
                    )
                })?;
                let before = buckets.lists.insert(form.into_bytes(), position);
                if before.is_some_and(|before| before != position) {
                    return Err(Error::definition(
                        format!("list {name:?} has a value that is on another list, too"),
                        "put each value on one list",
                    ));
                }
            }
        }
        Ok(buckets)
    }

    /// The name of the list that a value is on. `form` is room for its normal form and holds it after.
    pub(crate) fn show(
        &self,
        value: &str,
        region: Option<&PhoneRegion>,
        work: &mut normal::Work,
        form: &mut Vec<u8>,
    ) -> std::result::Result<&str, NoBucket> {
        normal::append(self.class, value.as_bytes(), region, work, form)
            .map_err(NoBucket::NotNormalizable)?;
        let list = self.lists.get(form.as_slice()).copied().or(self.other);
        list.map(|list| self.names[list].as_str())
            .ok_or(NoBucket::OnNoList)
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// Why there is no list to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoBucket {
    NotNormalizable(&'static str),
    OnNoList,
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn lists(lists: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        lists
            .iter()
            .map(|&(name, values)| (name.to_owned(), owned(values)))
            .collect()
    }

    fn show<'b>(buckets: &'b Buckets, value: &str) -> std::result::Result<&'b str, NoBucket> {
        let mut form = Zeroizing::new(Vec::with_capacity(normal::room(value.as_bytes())));
        buckets.show(value, None, &mut normal::Work::default(), &mut form)
    }

    #[test]
    fn values_are_compared_in_their_normal_form() {
        let rule = lists(&[
            ("surgery", &["Chirurgie"]),
            ("medicine", &["Médecine générale", "Dermatologie"]),
        ]);
        let buckets = Buckets::new(&rule, Some("rest"), Class::Text, None).unwrap();
        for (value, list) in [
            ("Chirurgie", "surgery"),
            (" CHIRURGIE ", "surgery"),
            ("médecine  GÉNÉRALE", "medicine"),
            ("Medecine generale", "rest"),
            ("", "rest"),
            ("rest", "rest"),
        ] {
            assert_eq!(show(&buckets, value), Ok(list), "{value:?}");
        }
        assert!(matches!(
            show(&buckets, "a\u{1}"),
            Err(NoBucket::NotNormalizable(_))
        ));

        let buckets = Buckets::new(&rule, None, Class::Name, None).unwrap();
        assert_eq!(show(&buckets, "medecine-generale"), Ok("medicine"));
        assert_eq!(show(&buckets, "Podologie"), Err(NoBucket::OnNoList));
        assert_eq!(show(&buckets, "surgery"), Err(NoBucket::OnNoList));
    }

    #[test]
    fn no_value_is_on_two_lists() {
        let twice = lists(&[("a", &["x", " X"]), ("b", &["y"])]);
        assert!(Buckets::new(&twice, None, Class::Text, None).is_ok());
        let both = lists(&[("a", &["x"]), ("b", &["X "])]);
        let error = Buckets::new(&both, None, Class::Text, None).unwrap_err();
        assert!(error.is_definition() && !error.to_string().contains('X'));
        assert!(Buckets::new(&both, None, Class::Exact, None).is_ok());
        let broken = lists(&[("a", &["\u{1}"])]);
        let error = Buckets::new(&broken, None, Class::Text, None).unwrap_err();
        assert!(error.is_definition());
    }
}
