//! The lists of transform `bucket`.

use toml::Spanned;

use super::{Reader, show::Table};
use crate::{
    error::{Error, Result},
    policy::{Buckets, Transform, Unfit},
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
        let mut buckets = Buckets::new(table.field.class());
        for (list, values) in lists.get_ref() {
            self.at(values, check_list(table, list, values.get_ref().len()))?;
            buckets.list(list);
            for value in values.get_ref() {
                let listed = buckets.value(value.get_ref(), self.schema.phone_region());
                let listed = listed.map_err(|unfit| {
                    let lists: Vec<_> = lists.get_ref().keys().collect();
                    unfit_value(table, &lists, list, unfit)
                });
                self.at(value, listed)?;
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
}

/// A value of `list` that cannot be there; `lists` are all of them, in their order.
fn unfit_value(table: &Table<'_>, lists: &[&String], list: &str, unfit: Unfit) -> Error {
    let (field, class) = (table.field.name(), table.field.class().name());
    match unfit {
        Unfit::NotNormalizable => Error::definition(
            format!(
                "list {list:?} of field {field:?} has a value that cannot be normalised as {class}"
            ),
            "mend the value: no record can have it",
        ),
        Unfit::Twice => Error::definition(
            format!("list {list:?} of field {field:?} has a value twice"),
            "list each value once; values are compared in their normal form",
        ),
        Unfit::OnOtherList(other) => Error::definition(
            format!(
                "lists {:?} and {list:?} of field {field:?} have a value in common",
                lists[other]
            ),
            "put each value on one list; values are compared in their normal form",
        ),
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
