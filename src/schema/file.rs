//! The TOML file of a schema, and every rule it is held to.

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde::Deserialize;
use toml::Spanned;

use super::{
    Class, Determines, Field, Group, Inner, PhoneRegion, RESERVED, Role, ValueType, positions,
    scope_named,
};
use crate::{
    error::{Error, Result},
    id::{Digest, FieldId, Scope, check_name},
    toml_file::{self, Lines, hint, within},
    wire::envelope,
};

/// The most bytes a field may be wide.
const MAX_WIDTH: u32 = 65_000;

/// How wide a field may be whose length is told.
const SHAPED_WIDTHS: RangeInclusive<i64> = 64..=32_768;

/// The most bytes a group may be wide.
const MAX_GROUP: usize = 65_520;

pub(super) fn read(text: &str) -> Result<Inner> {
    let file: File = toml_file::parse(text)?;
    let reader = Reader {
        lines: Lines::new(text),
        scopes: Vec::new(),
        phone: file.phone_region.is_some(),
    };
    reader.read(file)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    #[serde(default)]
    scopes: Option<Spanned<BTreeMap<String, Spanned<i64>>>>,
    phone_region: Option<Spanned<RegionFile>>,
    #[serde(default)]
    field: Vec<Spanned<FieldFile>>,
    #[serde(default)]
    determines: Vec<Spanned<DeterminesFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionFile {
    country_code: String,
    international_prefix: String,
    trunk_prefix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldFile {
    name: Spanned<String>,
    number: Spanned<i64>,
    scope: Spanned<String>,
    role: Option<Spanned<String>>,
    width: Spanned<i64>,
    #[serde(rename = "type")]
    value_type: Spanned<String>,
    class: Option<Spanned<String>>,
    #[serde(default)]
    optional: bool,
    values: Option<Spanned<i64>>,
    days: Option<Spanned<i64>>,
    frequencies: Option<Spanned<String>>,
    shaped: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeterminesFile {
    fields: Spanned<Vec<String>>,
    gives: Spanned<String>,
    through: Spanned<String>,
    #[serde(default)]
    exact: bool,
    #[serde(default)]
    tenant: bool,
}

/// Turns the file into a schema, rule by rule.
struct Reader {
    lines: Lines,
    scopes: Vec<(String, Scope)>,
    phone: bool,
}

impl Reader {
    fn read(mut self, file: File) -> Result<Inner> {
        self.at(
            &file.name,
            check_name("the schema's name", file.name.get_ref()),
        )?;
        if let Some(scopes) = file.scopes {
            for (name, number) in scopes.into_inner() {
                let scope = self.at(&number, own_scope(&name, *number.get_ref(), &self.scopes))?;
                self.scopes.push((name, scope));
            }
        }
        let phone_region = match file.phone_region {
            Some(region) => {
                let file = region.get_ref();
                let parsed = PhoneRegion::new(
                    &file.country_code,
                    &file.international_prefix,
                    &file.trunk_prefix,
                );
                Some(self.at(&region, parsed)?)
            }
            None => None,
        };
        let mut fields: Vec<Field> = Vec::new();
        for field in file.field {
            let parsed = self.field(field.get_ref(), &fields)?;
            fields.push(parsed);
            self.at(&field.get_ref().width, check_group(&fields))?;
        }
        fields.sort_by_key(|field| field.id);
        if fields.is_empty() {
            return Err(Error::definition(
                "the schema has no field",
                "list its fields under [[field]]",
            ));
        }
        let groups = groups(&fields);
        for (number, group) in groups.iter().enumerate() {
            for &position in &group.fields {
                fields[position].group = number;
            }
        }
        let determines = file
            .determines
            .into_iter()
            .map(|fact| self.fact(fact, &fields))
            .collect::<Result<Vec<_>>>()?;
        Ok(Inner {
            name: file.name.into_inner(),
            scope_set: groups.iter().map(|group| group.scope).collect(),
            required: (0..fields.len())
                .filter(|&position| !fields[position].optional)
                .collect(),
            groups,
            positions: positions(&fields),
            fields,
            determines,
            phone_region,
            scopes: self.scopes,
            digest: Digest::from_bytes([0; 32]),
        })
    }

    fn field(&self, file: &FieldFile, before: &[Field]) -> Result<Field> {
        let name = file.name.get_ref();
        self.at(&file.name, field_name(name, before))?;
        let id = self.at(&file.number, field_number(*file.number.get_ref(), before))?;
        let scope = scope_named(&self.scopes, file.scope.get_ref()).ok_or_else(|| {
            Error::definition(
                format!(
                    "field {name:?} has an unknown scope{}",
                    hint(file.scope.get_ref(), self.scope_names())
                ),
                "use identity, contact, schedule, care, or one declared under [scopes]",
            )
        });
        let scope = self.at(&file.scope, scope)?;
        let role = match &file.role {
            Some(role) => {
                let parsed = known(&Role::ALL, Role::name, role.get_ref(), || {
                    (
                        format!("field {name:?} has an unknown role"),
                        "use identifier, quasi-identifier, sensitive or neutral",
                    )
                });
                self.at(role, parsed)?
            }
            None => Role::Sensitive,
        };
        let width = *file.width.get_ref();
        let width = u32::try_from(width)
            .ok()
            .filter(|width| (1..=MAX_WIDTH).contains(width))
            .ok_or_else(|| {
                Error::definition(
                    format!("field {name:?} has a width of {width}"),
                    "use a width of 1 to 65000 bytes",
                )
            });
        let width = self.at(&file.width, width)? as u16;
        let word = file.value_type.get_ref();
        let value_type = known(&ValueType::ALL, ValueType::name, word, || {
            (
                format!("field {name:?} has an unknown type"),
                "use text, integer, boolean, date, date-time or json",
            )
        });
        let value_type = self.at(&file.value_type, value_type)?;
        let class = self.class(file, value_type)?;
        Ok(Field {
            nested: name.contains('.'),
            name: name.clone(),
            id,
            scope,
            role,
            width,
            value_type,
            class,
            optional: file.optional,
            values: match &file.values {
                Some(values) => Some(self.count("values", name, values)?),
                None => None,
            },
            days: self.days(file, value_type)?,
            frequencies_known: self.frequencies_known(file)?,
            shaped: self.shaped(file, value_type, class)?,
            group: 0,
        })
    }

    fn class(&self, file: &FieldFile, value_type: ValueType) -> Result<Class> {
        let name = file.name.get_ref();
        let Some(class) = &file.class else {
            let missing = || {
                Error::definition(
                    format!("field {name:?} is text and has no class"),
                    "state a class: text, name, email, phone or exact",
                )
            };
            let exact = if value_type == ValueType::Text {
                Err(missing())
            } else {
                Ok(Class::Exact)
            };
            return self.at(&file.value_type, exact);
        };
        let parsed = known(&Class::ALL, Class::name, class.get_ref(), || {
            (
                format!("field {name:?} has an unknown class"),
                "use text, name, email, phone or exact",
            )
        });
        let parsed = parsed.and_then(|parsed| {
            if parsed != Class::Exact && value_type != ValueType::Text {
                return Err(Error::definition(
                    format!(
                        "field {name:?} has class {:?} and is not text",
                        parsed.name()
                    ),
                    "leave the class out, or make it exact",
                ));
            }
            if parsed == Class::Phone && !self.phone {
                return Err(Error::definition(
                    format!(
                        "field {name:?} has class \"phone\", and the schema has no phone region"
                    ),
                    "add [phone_region] with country_code, international_prefix and trunk_prefix",
                ));
            }
            Ok(parsed)
        });
        self.at(class, parsed)
    }

    /// How many days a field's dates span, where it says so.
    fn days(&self, file: &FieldFile, value_type: ValueType) -> Result<Option<u64>> {
        let Some(days) = &file.days else {
            return Ok(None);
        };
        let name = file.name.get_ref();
        if !matches!(value_type, ValueType::Date | ValueType::DateTime) {
            let error = Error::definition(
                format!("field {name:?} has `days`, and it is {}", value_type.noun()),
                "leave it out: `days` is for dates and date-times",
            );
            return self.at(days, Err(error));
        }
        self.count("days", name, days).map(Some)
    }

    fn frequencies_known(&self, file: &FieldFile) -> Result<bool> {
        let Some(word) = &file.frequencies else {
            return Ok(true);
        };
        let name = |known| if known { "known" } else { "unknown" };
        let parsed = known(&[true, false], name, word.get_ref(), || {
            (
                format!("field {:?} has unknown `frequencies`", file.name.get_ref()),
                "use \"known\" or \"unknown\"",
            )
        });
        self.at(word, parsed)
    }

    fn shaped(&self, file: &FieldFile, value_type: ValueType, class: Class) -> Result<bool> {
        let Some(shaped) = file.shaped.as_ref().filter(|shaped| *shaped.get_ref()) else {
            return Ok(false);
        };
        let width = *file.width.get_ref();
        let fits = value_type == ValueType::Text
            && class == Class::Exact
            && file.optional
            && SHAPED_WIDTHS.contains(&width)
            && width.count_ones() == 1;
        let told = fits.then_some(true).ok_or_else(|| {
            Error::definition(
                format!(
                    "field {:?} is shaped, and not what such a field is",
                    file.name.get_ref()
                ),
                "make it optional text of class exact, its width a power of two from 64 to 32768",
            )
        });
        self.at(shaped, told)
    }

    fn count(&self, key: &str, field: &str, number: &Spanned<i64>) -> Result<u64> {
        let what = format!("`{key}` of field {field:?}");
        self.at(number, within(&what, *number.get_ref(), 1..=i64::MAX))
    }

    fn scope_names(&self) -> impl Iterator<Item = &str> {
        let own = self.scopes.iter().map(|(name, _)| &**name);
        Scope::KNOWN.into_iter().map(|(name, _)| name).chain(own)
    }

    fn fact(&self, fact: Spanned<DeterminesFile>, fields: &[Field]) -> Result<Determines> {
        let known = |name: &String| {
            fields
                .iter()
                .any(|field| &field.name == name)
                .then_some(())
                .ok_or_else(|| {
                    Error::definition(
                        format!(
                            "a fact names the field {name:?}, which the schema does not list{}",
                            hint(name, fields.iter().map(Field::name))
                        ),
                        "name fields of this schema",
                    )
                })
        };
        let file = fact.get_ref();
        let given = file.fields.get_ref();
        if given.is_empty() {
            return self.at(
                &file.fields,
                Err(Error::definition(
                    "a fact has no fields",
                    "say which fields give the other",
                )),
            );
        }
        self.at(&file.fields, given.iter().try_for_each(known))?;
        let gives_all = file.gives.get_ref() == "*";
        if !gives_all {
            self.at(&file.gives, known(file.gives.get_ref()))?;
        }
        if file.through.get_ref().trim().is_empty() {
            let error = Error::definition(
                "a fact does not say through what it holds",
                "name the directory or calendar",
            );
            return self.at(&file.through, Err(error));
        }
        if given.contains(file.gives.get_ref()) {
            let error =
                Error::definition("a fact gives a field that it needs", "leave the fact out");
            return self.at(&file.gives, Err(error));
        }
        let file = fact.into_inner();
        Ok(Determines {
            fields: file.fields.into_inner(),
            gives: (!gives_all).then(|| file.gives.into_inner()),
            through: file.through.into_inner(),
            exact: file.exact,
            tenant: file.tenant,
        })
    }

    fn at<S, T>(&self, place: &Spanned<S>, result: Result<T>) -> Result<T> {
        self.lines.at(place, result)
    }
}

/// What `written` is the name of, or an error of this text and advice that says what is near.
fn known<T: Copy>(
    all: &[T],
    name: impl Fn(T) -> &'static str,
    written: &str,
    error: impl FnOnce() -> (String, &'static str),
) -> Result<T> {
    let found = all.iter().copied().find(|&one| name(one) == written);
    found.ok_or_else(|| {
        let (what, advice) = error();
        let near = hint(written, all.iter().map(|&one| name(one)));
        Error::definition(what + &near, advice)
    })
}

/// Refuses a group that the last field made too wide.
fn check_group(fields: &[Field]) -> Result<()> {
    let Some(scope) = fields.last().map(Field::scope) else {
        return Ok(());
    };
    let width = group_width(fields.iter().filter(|field| field.scope == scope));
    if width <= MAX_GROUP {
        return Ok(());
    }
    Err(Error::definition(
        format!("the fields of {scope} take {width} bytes, more than {MAX_GROUP}"),
        "narrow them or move some to another scope",
    ))
}

fn group_width<'a>(fields: impl Iterator<Item = &'a Field>) -> usize {
    fields
        .map(|field| envelope::VALUE_HEAD + field.width())
        .sum::<usize>()
        .next_multiple_of(16)
}

/// One group a scope, each at most [`MAX_GROUP`] wide; `fields` are in ascending number.
pub(super) fn groups(fields: &[Field]) -> Vec<Group> {
    let mut scopes: Vec<Scope> = fields.iter().map(|field| field.scope).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let mut before = None;
    let group = |scope| {
        let positions: Vec<usize> = (0..fields.len())
            .filter(|&i| fields[i].scope == scope)
            .collect();
        let start = envelope::group_start(before);
        let end = start + group_width(positions.iter().map(|&i| &fields[i]));
        before = Some(end);
        Group {
            scope,
            fields: positions,
            plaintext: start..end,
        }
    };
    scopes.into_iter().map(group).collect()
}

fn own_scope(name: &str, number: i64, before: &[(String, Scope)]) -> Result<Scope> {
    check_name("a scope's name", name)?;
    if Scope::from_name(name).is_some() {
        return Err(Error::definition(
            format!("{name:?} is a scope of every schema"),
            "choose another name",
        ));
    }
    let scope = u8::try_from(number)
        .ok()
        .filter(|number| (16..=63).contains(number))
        .and_then(Scope::from_wire);
    let scope = scope.ok_or_else(|| {
        Error::definition(
            format!("scope {name:?} has the number {number}"),
            "number scopes of your own from 16 to 63",
        )
    })?;
    if before.iter().any(|&(_, used)| used == scope) {
        return Err(Error::definition(
            format!("scope number {number} is used twice"),
            "give each scope a number of its own",
        ));
    }
    Ok(scope)
}

fn field_name(name: &str, before: &[Field]) -> Result<()> {
    check_name("a field's name", name).map_err(|error| {
        error.with_advice(
            "use 1 to 64 characters of a-z, 0-9, '.', '_' and '-', and rename the record's own with `#[serde(rename = \"…\")]`",
        )
    })?;
    if RESERVED.contains(&name) {
        return Err(Error::definition(
            format!("{name:?} is a name that protected records use"),
            "choose another name",
        ));
    }
    if name.split('.').any(str::is_empty) {
        return Err(Error::definition(
            format!("field {name:?} has an empty step between its dots"),
            "a dot is a step into a nested struct: put a name on both sides",
        ));
    }
    for field in before {
        if field.name == name {
            return Err(Error::definition(
                format!("field {name:?} is listed twice"),
                "list each field once",
            ));
        }
        if is_step(&field.name, name) || is_step(name, &field.name) {
            return Err(Error::definition(
                format!(
                    "field {name:?} and field {:?} are one inside the other",
                    field.name
                ),
                "a dot is a step into a nested struct: a field is either a value or a struct",
            ));
        }
    }
    Ok(())
}

fn is_step(outer: &str, inner: &str) -> bool {
    inner
        .strip_prefix(outer)
        .is_some_and(|rest| rest.starts_with('.'))
}

fn field_number(number: i64, before: &[Field]) -> Result<FieldId> {
    let id = u8::try_from(number)
        .ok()
        .and_then(|number| FieldId::new(number).ok())
        .ok_or_else(|| {
            Error::definition(
                format!("{number} is not a field number"),
                "number fields from 1 to 255",
            )
        })?;
    match before.iter().find(|field| field.id == id) {
        Some(field) => Err(Error::definition(
            format!(
                "field number {number} is used twice, first by {:?}",
                field.name
            ),
            "give each field a number of its own, never used before",
        )),
        None => Ok(id),
    }
}
