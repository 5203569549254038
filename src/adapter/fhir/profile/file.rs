//! Profiles as TOML.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Deserialize;
use toml::Spanned;

use super::{FieldRule, Form, Inner, Node, NodeKind, Profile, STRUCTURE, Type};
use crate::{
    adapter::message::{check_field, check_unlisted},
    error::{Error, Result},
    id::{Scope, check_name},
    schema::{Role, Schema, ValueType},
    toml_file::{self, Lines, hint},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    default: Spanned<String>,
    #[serde(default)]
    profiles: Vec<String>,
    resource: BTreeMap<String, Spanned<TypeFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeFile {
    scope: Spanned<String>,
    id: Option<Spanned<String>>,
    #[serde(default)]
    keep: BTreeMap<String, Spanned<KeepFile>>,
    #[serde(default)]
    seal: BTreeMap<String, Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    references: Vec<Spanned<String>>,
    #[serde(default)]
    locations: Vec<Spanned<String>>,
    #[serde(default)]
    resources: Vec<Spanned<String>>,
    #[serde(default)]
    masked: Vec<Spanned<String>>,
    #[serde(default)]
    fields: BTreeMap<String, Spanned<Vec<Spanned<FieldFile>>>>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "what is kept is neither a list of values in quotes nor a table of such `values` and a `reason`"
)]
enum KeepFile {
    Values(Vec<String>),
    WithReason { values: Vec<String>, reason: String },
}

/// The elements whose closed lists are known to tell nothing of a person: states of the resource, and how entries, participants and
/// orders are meant. `status` and `active` of any type are among them.
const KNOWN: [(&str, &[&str]); 9] = [
    (
        "Bundle",
        &[
            "type",
            "entry.search.mode",
            "entry.request.method",
            "entry.response.status",
        ],
    ),
    (
        "Appointment",
        &["participant.required", "participant.status"],
    ),
    ("AppointmentResponse", &["participantStatus"]),
    ("Patient", &["link.type"]),
    ("Slot", &["overbooked"]),
    ("Location", &["mode"]),
    ("Provenance", &["entity.role"]),
    ("ServiceRequest", &["intent"]),
    ("OperationOutcome", &["issue.severity", "issue.code"]),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldFile {
    path: String,
    #[serde(default)]
    system: Vec<String>,
    #[serde(default)]
    url: Vec<String>,
    form: Option<String>,
    values: Option<Vec<String>>,
}

/// What rules say of a step, before it is known what follows from it.
#[derive(Default)]
struct Draft {
    children: BTreeMap<String, Draft>,
    scope: Option<Scope>,
    kind: Option<NodeKind>,
    masked: bool,
}

pub(super) fn parse(text: &str, schema: &Schema) -> Result<Profile> {
    let file: File = toml_file::parse(text)?;
    let lines = Lines::new(text);
    let reader = Reader {
        schema,
        lines: &lines,
    };
    let name = file.name.get_ref();
    lines.at(&file.name, check_name("the profile's name", name))?;
    let default = lines.at(&file.default, reader.scope(file.default.get_ref()))?;
    lines.at(&file.default, check_unlisted(schema, default))?;
    if file.resource.is_empty() {
        return Err(Error::definition(
            "the profile takes no type of resource",
            "give it a table `[resource.TYPE]`",
        ));
    }
    let mut types = BTreeMap::new();
    let mut names = BTreeSet::new();
    for (name, of_type) in &file.resource {
        let read = lines.at(of_type, reader.of_type(name, of_type.get_ref(), default))?;
        collect_names(&read.root, &mut names);
        types.insert(name.clone(), read);
    }
    Ok(Profile(Arc::new(Inner {
        name: file.name.into_inner(),
        schema: schema.clone(),
        default,
        profiles: file.profiles,
        types,
        names,
    })))
}

fn collect_names(node: &Node, names: &mut BTreeSet<String>) {
    for (name, child) in &node.children {
        names.insert(name.clone());
        collect_names(child, names);
    }
}

struct Reader<'a> {
    schema: &'a Schema,
    lines: &'a Lines,
}

impl Reader<'_> {
    fn scope(&self, name: &str) -> Result<Scope> {
        // One of the four has a name in each schema, and perhaps no field that its parts could be sealed in.
        let known = self.schema.scope(name);
        let known = known.filter(|scope| self.schema.scope_set().contains(*scope));
        known.ok_or_else(|| {
            Error::definition(
                format!(
                    "scope {name:?} is not in the schema{}",
                    hint(name, self.schema.scope_names())
                ),
                "use a scope that has a field in the schema",
            )
        })
    }

    fn field(&self, name: &str) -> Result<usize> {
        match self.schema.position(name) {
            Some(position) if !self.schema.fields()[position].is_shaped() => Ok(position),
            _ => {
                let fields = self.schema.fields().iter().map(|field| field.name());
                Err(Error::definition(
                    format!("field {name:?} is not in the schema{}", hint(name, fields)),
                    "use a field of the schema, and none of those that hold the parts of messages",
                ))
            }
        }
    }

    fn of_type(&self, name: &str, file: &TypeFile, default: Scope) -> Result<Type> {
        if !is_name(name) || !name.starts_with(|first: char| first.is_ascii_uppercase()) {
            return Err(Error::definition(
                format!("{name:?} is no type of resource"),
                "write its name as FHIR has it, in letters of which the first is a capital",
            ));
        }
        let mut root = Draft::default();
        for (path, kept) in &file.keep {
            self.lines
                .at(kept, keep(&mut root, name, path, kept.get_ref()))?;
        }
        for (scope, paths) in &file.seal {
            let scope = self.lines.at(paths, self.scope(scope))?;
            for path in paths.get_ref() {
                self.lines
                    .at(path, seal(&mut root, path.get_ref(), scope, default))?;
            }
        }
        for (paths, kind) in [
            (&file.references, NodeKind::Reference),
            (&file.locations, NodeKind::Location),
            (&file.resources, NodeKind::Resource),
        ] {
            for path in paths {
                let set = set_kind(&mut root, path.get_ref(), kind.clone());
                self.lines.at(path, set)?;
            }
        }
        for path in &file.masked {
            self.lines.at(path, mask(&mut root, path.get_ref()))?;
        }
        let mut fields = Vec::new();
        for (name, places) in &file.fields {
            let position = self.lines.at(places, self.field(name))?;
            for place in places.get_ref() {
                let rule = self.field_rule(position, place.get_ref(), &root, default);
                let rule = self.lines.at(place, rule)?;
                self.lines.at(place, check_put_back(&rule, &fields))?;
                fields.push(rule);
            }
        }
        for (path, kept) in &file.keep {
            self.lines.at(kept, self.check_passes(path, &fields))?;
        }
        for path in &file.locations {
            self.lines
                .at(path, self.check_passes(path.get_ref(), &fields))?;
        }
        let scope = self.scope(file.scope.get_ref());
        let scope = self.lines.at(&file.scope, scope)?;
        let id = file.id.as_ref().map(|id| {
            let position = self.lines.at(id, self.field(id.get_ref()))?;
            let checked = check_field(self.schema, scope, id.get_ref());
            self.lines.at(id, checked).map(|()| position)
        });
        check_inside(&root)?;
        let mut root = finish(root, default);
        for (name, child) in &mut root.children {
            child.identifies = name == "identifier";
        }
        Ok(Type {
            name: name.to_owned(),
            scope,
            id: id.transpose()?,
            root,
            fields,
        })
    }

    /// Refuses to let pass what a field is read from: how that is shown is for the policy to say.
    fn check_passes(&self, path: &str, fields: &[FieldRule]) -> Result<()> {
        let fields = fields
            .iter()
            .filter(|rule| rule.path.iter().zip(path.split('.')).all(|(a, b)| a == b));
        let mut told = fields.map(|rule| &self.schema.fields()[rule.position]);
        match told.find(|field| field.role() != Role::Neutral) {
            None => Ok(()),
            Some(field) => Err(Error::definition(
                format!(
                    "{path:?} passes, and the field {:?} is read from it: that is for what the policy shows",
                    field.name()
                ),
                "take it out, and let the policy say how the field is shown and why",
            )),
        }
    }

    fn field_rule(
        &self,
        position: usize,
        file: &FieldFile,
        root: &Draft,
        default: Scope,
    ) -> Result<FieldRule> {
        let path: Vec<String> = steps(&file.path, true)?
            .into_iter()
            .map(str::to_owned)
            .collect();
        let field = &self.schema.fields()[position];
        let mut node = Some(root);
        let mut scope = default;
        let mut is_inside = false;
        for step in &path {
            node = node.and_then(|node| node.children.get(step));
            scope = node.and_then(|node| node.scope).unwrap_or(scope);
            let kind = node.and_then(|node| node.kind.as_ref());
            is_inside |= matches!(kind, Some(NodeKind::Reference | NodeKind::Resource));
        }
        if is_inside {
            return Err(Error::definition(
                format!(
                    "the path {:?} lies inside a reference or a resource",
                    file.path
                ),
                "read fields of the resource's own elements",
            ));
        }
        check_field(self.schema, scope, field.name())?;
        let form = match (file.form.as_deref(), &file.values) {
            (None, None) => None,
            (None, Some(values)) => Some(Form::Listed(values.clone())),
            (Some("date"), None) if field.value_type() == ValueType::Date => Some(Form::Date),
            (Some("instant"), None) if field.value_type() == ValueType::DateTime => {
                Some(Form::Instant)
            }
            (Some("string"), None) if field.value_type() == ValueType::Text => Some(Form::Text),
            _ => {
                return Err(Error::definition(
                    format!("field {:?} has no such form", field.name()),
                    "give `values`, or the form `date`, `instant` or `string` as its type is, or neither",
                ));
            }
        };
        if form.is_some() && path.len() > 1 {
            return Err(Error::definition(
                format!("{:?} is no element of the resource itself", file.path),
                "leave `form` and `values` out: it is shown beside the seal",
            ));
        }
        Ok(FieldRule {
            position,
            path,
            system: file.system.clone(),
            url: file.url.clone(),
            form,
        })
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What is always taken out, so that rules may only say for which scope.
fn is_removed(name: &str) -> bool {
    [
        "extension",
        "modifierExtension",
        "implicitRules",
        "language",
        "text",
    ]
    .contains(&name)
}

fn steps(path: &str, removed: bool) -> Result<Vec<&str>> {
    let steps: Vec<&str> = path.split('.').collect();
    // As FHIRPath writes it. No element begins with a capital, so that the rule would be for nothing.
    if steps[0].starts_with(|first: char| first.is_ascii_uppercase()) {
        return Err(Error::definition(
            format!("the path {path:?} begins with a type of resource"),
            "leave the type out: it is that of the table",
        ));
    }
    let wrong = match &steps[..] {
        [first, ..] if STRUCTURE.contains(first) => true,
        steps if !steps.iter().all(|step| is_name(step)) => true,
        steps => {
            !removed
                && steps
                    .iter()
                    .any(|step| ["extension", "modifierExtension"].contains(step))
        }
    };
    if wrong || (!removed && is_removed(steps[0])) {
        return Err(Error::definition(
            format!("{path:?} is no path that rules may name here"),
            "give names of elements joined by dots; what every resource has is treated as FHIR says",
        ));
    }
    Ok(steps)
}

fn draft<'a>(root: &'a mut Draft, path: &str, removed: bool) -> Result<&'a mut Draft> {
    let mut node = root;
    for step in steps(path, removed)? {
        node = node.children.entry(step.to_owned()).or_default();
    }
    Ok(node)
}

fn twice(path: &str) -> Error {
    Error::definition(
        format!("{path:?} is named twice"),
        "let one rule say what becomes of it",
    )
}

fn keep(root: &mut Draft, of_type: &str, path: &str, kept: &KeepFile) -> Result<()> {
    let is_known = || {
        let mut known = KNOWN.iter();
        ["status", "active"].contains(&path)
            || known.any(|(name, paths)| *name == of_type && paths.contains(&path))
    };
    let values = match kept {
        KeepFile::Values(values) if is_known() => values,
        KeepFile::WithReason { values, reason } if !reason.trim().is_empty() => values,
        KeepFile::Values(_) | KeepFile::WithReason { .. } => {
            return Err(Error::definition(
                format!("{path:?} is kept without a reason"),
                "say why it may pass: { values = […], reason = \"…\" }",
            ));
        }
    };
    set_kind(root, path, NodeKind::Kept(values.clone()))
}

/// Refuses a second field that would be put back at the same element.
fn check_put_back(rule: &FieldRule, before: &[FieldRule]) -> Result<()> {
    let mut others = before.iter().filter(|other| {
        other.position != rule.position && other.path == rule.path && other.form.is_some()
    });
    match rule.form.is_some() && others.next().is_some() {
        false => Ok(()),
        true => Err(Error::definition(
            format!("two fields are put back at {:?}", rule.path.join(".")),
            "leave `form` and `values` out of one of them: it is shown beside the seal",
        )),
    }
}

fn set_kind(root: &mut Draft, path: &str, kind: NodeKind) -> Result<()> {
    let node = draft(root, path, false)?;
    match node.kind.replace(kind) {
        None => Ok(()),
        Some(_) => Err(twice(path)),
    }
}

fn seal(root: &mut Draft, path: &str, scope: Scope, default: Scope) -> Result<()> {
    if scope != default && is_free_text(path) {
        return Err(Error::definition(
            format!("{path:?} is free text, which tells everything"),
            "seal it for the default scope, where it is when no rule names it",
        ));
    }
    match draft(root, path, true)?.scope.replace(scope) {
        None => Ok(()),
        Some(_) => Err(twice(path)),
    }
}

/// Whether people write there what they like, or software what no profile knows. The `text` of a code stays with its code; that of a
/// resource is its narrative.
fn is_free_text(path: &str) -> bool {
    let free = [
        "comment",
        "note",
        "description",
        "patientInstruction",
        "extension",
        "modifierExtension",
    ];
    let mut steps = path.split('.');
    path == "text" || path.starts_with("text.") || steps.any(|step| free.contains(&step))
}

fn mask(root: &mut Draft, path: &str) -> Result<()> {
    let node = draft(root, path, false)?;
    match std::mem::replace(&mut node.masked, true) {
        false => Ok(()),
        true => Err(twice(path)),
    }
}

/// Refuses rules inside of what is treated as one.
fn check_inside(node: &Draft) -> Result<()> {
    for (name, child) in &node.children {
        if child.kind.is_some() && !child.children.is_empty() {
            return Err(Error::definition(
                format!("rules name elements inside {name:?}, which is treated as one"),
                "take them away: what is kept, a reference, a location or a resource has no rules inside",
            ));
        }
        check_inside(child)?;
    }
    Ok(())
}

fn finish(draft: Draft, around: Scope) -> Node {
    let scope = draft.scope.unwrap_or(around);
    let children: Vec<(String, Node)> = draft
        .children
        .into_iter()
        .map(|(name, child)| (name, finish(child, scope)))
        .collect();
    let kind = draft.kind.unwrap_or(NodeKind::Plain);
    let of_children = || children.iter().map(|(_, child)| child);
    let has_masked = of_children().any(|child| child.masked);
    Node {
        whole: kind == NodeKind::Plain
            && of_children().all(|child| child.whole && child.scope == scope && !child.masked),
        // What has to be there has to have what must be in it.
        taken: kind == NodeKind::Plain
            && of_children().all(|child| child.taken)
            && !(draft.masked && has_masked),
        identifies: false,
        refers: matches!(kind, NodeKind::Reference | NodeKind::Resource)
            || of_children().any(|child| child.refers),
        has_masked,
        has_resource: of_children().any(|child| child.kind == NodeKind::Resource),
        children,
        scope,
        kind,
        masked: draft.masked,
    }
}
