//! Values on lists: what is shown is the name of the list.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use crate::{
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
    /// No lists yet, for a field of this class.
    pub(crate) fn new(class: Class) -> Self {
        Self {
            class,
            names: Vec::new(),
            lists: BTreeMap::new(),
            other: None,
        }
    }

    /// The lists of a rule that was read.
    pub(crate) fn of(
        lists: &[(String, Vec<String>)],
        other: Option<&str>,
        class: Class,
        region: Option<&PhoneRegion>,
    ) -> Self {
        let mut buckets = Self::new(class);
        for (name, values) in lists {
            buckets.list(name);
            for value in values {
                if buckets.value(value, region).is_err() {
                    unreachable!("the policy's file was refused")
                }
            }
        }
        if let Some(other) = other {
            buckets.other(other);
        }
        buckets
    }

    /// Begins a list.
    pub(crate) fn list(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    /// Puts a value on the list that was begun last.
    pub(crate) fn value(&mut self, value: &str, region: Option<&PhoneRegion>) -> Result<(), Unfit> {
        let list = self.names.len() - 1;
        let form = self.class.normalize(value, region);
        let form = form.map_err(|_| Unfit::NotNormalizable)?.into_bytes();
        match self.lists.entry(form) {
            Entry::Vacant(place) => {
                place.insert(list);
                Ok(())
            }
            Entry::Occupied(place) if *place.get() == list => Err(Unfit::Twice),
            Entry::Occupied(place) => Err(Unfit::OnOtherList(*place.get())),
        }
    }

    /// Names what is on no list, once all are there.
    pub(crate) fn other(&mut self, name: &str) {
        self.other = Some(self.names.len());
        self.names.push(name.to_owned());
    }

    /// The name of the list that a value is on. `form` is room for its normal form and holds it after.
    pub(crate) fn show(
        &self,
        value: &str,
        region: Option<&PhoneRegion>,
        work: &mut normal::Work,
        form: &mut Vec<u8>,
    ) -> Result<&str, NoBucket> {
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

/// Why a value cannot be on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    NotNormalizable,
    /// It is on this list already: it would count as several.
    Twice,
    /// It is on the list of this position.
    OnOtherList(usize),
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

    fn buckets(lists: &[(&str, &[&str])], class: Class) -> Result<Buckets, Unfit> {
        let mut buckets = Buckets::new(class);
        for (name, values) in lists {
            buckets.list(name);
            for value in *values {
                buckets.value(value, None)?;
            }
        }
        Ok(buckets)
    }

    fn show<'b>(buckets: &'b Buckets, value: &str) -> Result<&'b str, NoBucket> {
        let mut form = Zeroizing::new(Vec::with_capacity(normal::room(value.as_bytes())));
        buckets.show(value, None, &mut normal::Work::default(), &mut form)
    }

    #[test]
    fn values_are_compared_in_their_normal_form() {
        let lists: [(&str, &[&str]); 2] = [
            ("surgery", &["Chirurgie"]),
            ("medicine", &["Médecine générale", "Dermatologie"]),
        ];
        let mut texts = buckets(&lists, Class::Text).unwrap();
        texts.other("rest");
        // Printed by the names of its lists, without their values.
        let printed = format!("{texts:?}");
        assert!(printed.contains("surgery") && !printed.to_lowercase().contains("chirurgie"));
        for (value, list) in [
            ("Chirurgie", "surgery"),
            (" CHIRURGIE ", "surgery"),
            ("médecine  GÉNÉRALE", "medicine"),
            ("Medecine generale", "rest"),
            ("", "rest"),
            ("rest", "rest"),
        ] {
            assert_eq!(show(&texts, value), Ok(list), "{value:?}");
        }
        assert!(matches!(
            show(&texts, "a\u{1}"),
            Err(NoBucket::NotNormalizable(_))
        ));

        let names = buckets(&lists, Class::Name).unwrap();
        assert_eq!(show(&names, "medecine-generale"), Ok("medicine"));
        assert_eq!(show(&names, "Podologie"), Err(NoBucket::OnNoList));
        assert_eq!(show(&names, "surgery"), Err(NoBucket::OnNoList));
    }

    #[test]
    fn a_value_is_listed_once() {
        let unfit = |lists: &[(&str, &[&str])], class| buckets(lists, class).err();
        let twice: [(&str, &[&str]); 2] = [("a", &["x", " X"]), ("b", &["y"])];
        assert_eq!(unfit(&twice, Class::Text), Some(Unfit::Twice));
        assert_eq!(unfit(&twice, Class::Exact), None);
        let both: [(&str, &[&str]); 3] = [("a", &["z"]), ("b", &["x"]), ("c", &["X "])];
        assert_eq!(unfit(&both, Class::Text), Some(Unfit::OnOtherList(1)));
        assert_eq!(unfit(&both, Class::Exact), None);
        let broken = [("a", &["\u{1}"][..])];
        assert_eq!(unfit(&broken, Class::Text), Some(Unfit::NotNormalizable));
    }
}
