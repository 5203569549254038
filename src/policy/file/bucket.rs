//! The lists of transform `bucket`.

use std::collections::HashMap;

use toml::Spanned;

use super::{Reader, show::Table};
use crate::{
    error::{Error, Result},
    policy::Transform,
};

pub(super) type ListFile = Spanned<Vec<Spanned<String>>>;

impl Reader<'_> {
    pub(super) fn bucket(&self, table: &Table<'_>) -> Result<Transform> {
        let file = table.file.get_ref();
        let lists = self.needed(table, "lists", file.lists.as_ref())?;
        if lists.get_ref().is_empty() {
            let error = Error::definition(
                format!("{} is empty", table.parameter("lists")),
                "name a list at least",
            );
            self.at(lists, Err(error))?;
        }
        // Each value's normal form, and the list that it is on.
        let mut listed = HashMap::new();
        for (list, values) in lists.get_ref() {
            self.at(values, check_list(table, list, values.get_ref().len()))?;
            for value in values.get_ref() {
                let normal = self.at(value, self.normal(table, list, value.get_ref()))?;
                let other = *listed.entry(normal).or_insert(list);
                if other != list {
                    let error = Error::definition(
                        format!(
                            "lists {other:?} and {list:?} of field {:?} have a value in common",
                            table.field.name()
                        ),
                        "put each value on one list; values are compared in their normal form",
                    );
                    self.at(value, Err(error))?;
                }
            }
        }
        if let Some(other) = &file.other {
            let what = table.parameter("other");
            self.text(&what, "name what is on no list, or leave it out", other)?;
            if lists.get_ref().contains_key(other.get_ref()) {
                let error = Error::definition(
                    format!("{what} is the name of a list"),
                    "give what is on no list a name of its own",
                );
                self.at(other, Err(error))?;
            }
        }
        Ok(Transform::Bucket {
            lists: lists
                .get_ref()
                .iter()
                .map(|(list, values)| {
                    let values = values.get_ref().iter();
                    let values = values.map(|value| value.get_ref().clone()).collect();
                    (list.clone(), values)
                })
                .collect(),
            other: file.other.as_ref().map(|other| other.get_ref().clone()),
        })
    }

    fn normal(&self, table: &Table<'_>, list: &str, value: &str) -> Result<String> {
        let class = table.field.class();
        class
            .normalize(value, self.schema.phone_region())
            .map_err(|_| {
                Error::definition(
                    format!(
                        "list {list:?} of field {:?} has a value that cannot be normalised as {}",
                        table.field.name(),
                        class.name()
                    ),
                    "mend the value: no record can have it",
                )
            })
    }
}

fn check_list(table: &Table<'_>, list: &str, values: usize) -> Result<()> {
    let fault = if list.trim().is_empty() {
        "has no name"
    } else if values == 0 {
        "is empty"
    } else {
        return Ok(());
    };
    Err(Error::definition(
        format!("list {list:?} of field {:?} {fault}", table.field.name()),
        "give each list a name, which is shown, and a value at least",
    ))
}
