//! What is kept, shown and sealed of each type of resource.

mod file;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, LazyLock},
};

use super::json::{Kind, Value};
use crate::{error::Result, id::Scope, schema::Schema};

/// What protecting keeps of FHIR resources, which elements are fields of the schema, and for which scope each is sealed.
///
/// What no rule names is taken out, and sealed for the default scope. An element that rules seal for several scopes is taken out in parts
/// where it has such parts, and what is left of it shows how many there are. A path is the names of elements below the resource, joined
/// by dots, without positions in arrays; of the rules that name an element or something around it, the longest path wins.
///
/// # The file
///
/// | key | |
/// |---|---|
/// | `name` | its name, 1 to 64 characters of `a-z 0-9 . _ -` |
/// | `default` | the scope of what no rule names: one whose [shaped](crate::Field::is_shaped) field the schema says to give everything |
/// | `profiles` | what `meta.profile` may say to be kept |
/// | `[resource.TYPE]` | a type that is taken; all others are refused |
///
/// In `[resource.TYPE]`:
///
/// | key | |
/// |---|---|
/// | `scope` | the scope of the resource's id, and of references to it with the names that stand beside them |
/// | `id` | the schema's field that the id fills |
/// | `keep` | path = values: kept where it is one of them, taken out otherwise; but for states and the like, `{ values = […], reason = "…" }` |
/// | `seal` | scope = paths |
/// | `references` | paths of elements of type `Reference` |
/// | `locations` | paths of addresses of resources, as a Bundle's `fullUrl` is one |
/// | `resources` | paths of resources inside |
/// | `masked` | paths that FHIR wants to be there: what is taken out leaves `data-absent-reason` `masked` |
/// | `fields` | field = a list of `{ path, system, url, form, values }`: the first of them that has a value fills it |
///
/// `system` and `url` are the values that one of the elements on the way must have under that name. A shown field is put
/// back at its path where that is an element of the resource itself and what is shown is one of `values`, or of the `form` `date`,
/// `instant` or `string`; otherwise it is shown beside the seal.
///
/// # Security
///
/// A kept value is one of a list that is written in the profile, so that no free text is kept whatever a sender writes. Do not list
/// what tells a specialty. What a field is read from is not kept unless the field is [neutral](crate::Role::Neutral), and is sealed for
/// the scope of the field or for one that gives everything, so that the check of a policy knows of it. Extensions, narrative and comments
/// are sealed for the default scope. Of all other paths, one in the wrong scope is a leak that no check finds: whoever opens the scope
/// reads it.
///
/// # Examples
///
/// ```
/// use paravent::{Schema, fhir::Profile};
///
/// let schema = Schema::scheduling();
/// let slots = Profile::from_toml(r#"
///     name = "slots"
///     default = "rest"
///
///     [resource.Slot]
///     scope = "schedule"
///     keep.status = ["busy", "free"]
///     seal.schedule = ["start", "end"]
///     references = ["schedule"]
///     masked = ["schedule", "status", "start", "end"]
/// "#, &schema)?;
/// assert_eq!(slots.name(), "slots");
/// assert_eq!(slots.resource_types().collect::<Vec<_>>(), ["Slot"]);
/// # Ok::<(), paravent::Error>(())
/// ```
///
/// A type that the bundled profile does not take can be added: take this type, keep nothing.
///
/// ```
/// use paravent::{Schema, fhir::Profile};
///
/// let text = format!("{}{}", Profile::r4_text(), r#"
///     [resource.Immunization]
///     scope = "rest"
/// "#);
/// let profile = Profile::from_toml(&text, &Schema::scheduling())?;
/// assert!(profile.resource_types().any(|name| name == "Immunization"));
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Clone)]
pub struct Profile(Arc<Inner>);

struct Inner {
    name: String,
    schema: Schema,
    default: Scope,
    profiles: Vec<String>,
    types: BTreeMap<String, Type>,
    /// Every name of an element on a path.
    names: BTreeSet<String>,
}

/// The rules of one type of resource.
pub(super) struct Type {
    pub(super) name: String,
    pub(super) scope: Scope,
    /// The position of the field that the id fills.
    pub(super) id: Option<usize>,
    pub(super) root: Node,
    pub(super) fields: Vec<FieldRule>,
}

/// One step of paths.
pub(super) struct Node {
    /// In the order of their names. They are few, so that comparing lengths finds one soonest.
    children: Vec<(String, Node)>,
    /// Of what is taken out here.
    pub(super) scope: Scope,
    pub(super) kind: NodeKind,
    pub(super) masked: bool,
    /// Whether a child is masked.
    pub(super) has_masked: bool,
    /// Whether a child is a resource, which the address beside it names.
    pub(super) has_resource: bool,
    /// Whether all of it is taken out, for one scope.
    pub(super) whole: bool,
    /// Whether all of it is taken out, for several scopes where they meet in one value.
    pub(super) taken: bool,
    /// Whether it is the business identifier of a resource, which references may name.
    pub(super) identifies: bool,
    /// Whether there are references in it.
    pub(super) refers: bool,
}

/// What an element is.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum NodeKind {
    Plain,
    /// These values of it are kept.
    Kept(Vec<String>),
    Reference,
    Location,
    Resource,
}

/// Where a field of the schema is read.
pub(super) struct FieldRule {
    pub(super) position: usize,
    pub(super) path: Vec<String>,
    pub(super) system: Vec<String>,
    pub(super) url: Vec<String>,
    /// What may stand at the path where the policy shows the field.
    pub(super) form: Option<Form>,
}

pub(super) enum Form {
    /// A date of FHIR: a year, a month, a day.
    Date,
    /// A point in time, to the second at least, with its offset.
    Instant,
    /// Any text.
    Text,
    Listed(Vec<String>),
}

impl Profile {
    /// The bundled one: resources around an appointment, for [`Schema::scheduling`].
    ///
    /// # Examples
    ///
    /// ```
    /// let profile = paravent::fhir::Profile::r4();
    /// assert!(profile.resource_types().any(|name| name == "Appointment"));
    /// ```
    pub fn r4() -> Self {
        static R4: LazyLock<Profile> =
            LazyLock::new(
                || match Profile::from_toml(Profile::r4_text(), &Schema::scheduling()) {
                    Ok(profile) => profile,
                    Err(_) => unreachable!("the bundled profile loads"),
                },
            );
        R4.clone()
    }

    /// The text of the bundled one, to be cut down or extended.
    pub fn r4_text() -> &'static str {
        include_str!("r4.toml")
    }

    /// The profile that `text` defines for policies of `schema`.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`](crate::Error::is_definition) with the line: where TOML or the keys are refused, a scope has no field in the
    /// schema, a field is not in it, a path is named twice or lies inside a reference, a field is read where another scope is sealed or from
    /// what is kept, a list is kept without a reason, free text is sealed for another scope than the default, or two fields are put back at
    /// one element.
    pub fn from_toml(text: &str, schema: &Schema) -> Result<Self> {
        file::parse(text, schema)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The schema whose fields and scopes it names.
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// The types of resources that it takes.
    pub fn resource_types(&self) -> impl Iterator<Item = &str> {
        self.0.types.keys().map(String::as_str)
    }

    pub(super) fn default_scope(&self) -> Scope {
        self.0.default
    }

    pub(super) fn of_type(&self, name: &str) -> Option<&Type> {
        self.0.types.get(name)
    }

    /// Whether the field at this position is read of some resource.
    pub(super) fn reads(&self, position: usize) -> bool {
        self.0.types.values().any(|of_type| {
            of_type.id == Some(position)
                || of_type.fields.iter().any(|rule| rule.position == position)
        })
    }

    /// Whether `meta.profile` may say this.
    pub(super) fn keeps_profile(&self, url: &str) -> bool {
        self.0.profiles.iter().any(|kept| kept == url)
    }

    /// Whether errors may name this element.
    pub(super) fn is_element(&self, name: &str) -> bool {
        STRUCTURE.contains(&name) || self.0.names.contains(name)
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

/// What every resource has, and no rule names.
pub(super) const STRUCTURE: [&str; 4] = ["resourceType", "id", "meta", "contained"];

impl Type {
    /// The scope of the system of its business identifiers, which references may name.
    pub(super) fn system_scope(&self) -> Scope {
        let identifier = self.root.child("identifier");
        let system = identifier.and_then(|identifier| identifier.child("system"));
        system.map_or(self.scope, |system| system.scope)
    }
}

impl Node {
    /// Whether all of `value` is taken out for the scope of this node, so that nothing has to be left for parts of it.
    pub(super) fn takes_whole(&self, value: &Value<'_>) -> bool {
        if self.whole || !self.taken {
            return self.whole;
        }
        match &value.kind {
            Kind::Array(items) => items.iter().all(|item| self.takes_whole(&item.value)),
            Kind::Object(members) => members.iter().all(|member| {
                let name = member.name.strip_prefix('_').unwrap_or(&member.name);
                self.child(name).is_none_or(|child| {
                    child.scope == self.scope && child.takes_whole(&member.value)
                })
            }),
            _ => true,
        }
    }

    pub(super) fn child(&self, name: &str) -> Option<&Node> {
        let mut children = self.children.iter();
        let found = children.find(|(known, _)| known == name);
        found.map(|(_, child)| child)
    }

    /// Each child that leaves a mark where it is taken out.
    pub(super) fn masked(&self) -> impl Iterator<Item = &str> {
        let masked = self.children.iter().filter(|(_, child)| child.masked);
        masked.map(|(name, _)| name.as_str())
    }
}
