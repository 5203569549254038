//! From resources to protected resources.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    digest::{Digest, Inner, digest},
    json::{self, Document, Limits, Value},
    profile::{Form, Profile},
    references::References,
    scene::Scene,
    walk::{Around, Walk},
};
use crate::{
    adapter::message::{self, MOST_BYTES, Parts, Sealed, Sealer, shown},
    error::{Error, Result},
    id::Epoch,
    key::Keyring,
    policy::{CheckedPolicy, Policy},
    protect::{KeyUse, Query},
    schema::calendar,
};

/// Where the extension of a protected resource says what it is.
pub(super) const SEALED: &str = "urn:paravent:sealed";

/// What is inside the extension under this name are sealed records.
pub(super) const RECORD: &str = "record";

/// The place of the [`digest`] of a resource, with nothing around it.
pub(super) const DIGEST: &str = "digest";

/// The place of that of a document which has white space around its resource.
pub(super) const DOCUMENT: &str = "document";

/// How large a document in clear may be.
const LIMITS: Limits = Limits {
    bytes: MOST_BYTES,
    values: 1 << 18,
    depth: 64,
};

/// How large a protected document may be: small resources grow most, by their seals.
pub(super) const PROTECTED: Limits = Limits {
    bytes: 32 * MOST_BYTES,
    values: 1 << 21,
    // Seals and marks stand at most five deeper than what they are for.
    depth: LIMITS.depth + 8,
};

/// Protects FHIR R4 resources and Bundles in JSON for one domain.
///
/// `Send` and `Sync`; share it in an [`Arc`](std::sync::Arc). See [`fhir`](super) for what becomes of a resource.
pub struct ResourceProtector {
    sealer: Sealer,
    profile: Profile,
    /// What is shown, in the policy's order.
    shown: Vec<ShownName>,
    stand_ins: Option<StandIns>,
}

/// What asks for the pseudonyms that ids are replaced by, and their names by the field that they are made of.
pub(super) type StandIns = (Query, BTreeMap<usize, String>);

struct ShownName {
    name: String,
    /// The field that it is, where it is none derived of several.
    field: Option<usize>,
    /// The field whose pseudonym ids are replaced by.
    id: Option<usize>,
}

impl ResourceProtector {
    /// A protector of the resources that `profile` takes, for the policy's domain.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where the profile is of another schema, the schema has not one shaped field in each scope,
    /// the policy binds seals to a subject key, or shows something under the name `record`; those of [`Protector::new`](crate::Protector::new).
    pub fn new(keyring: &Keyring, policy: &CheckedPolicy, profile: Profile) -> Result<Self> {
        let sealer = Sealer::new(keyring, policy, profile.schema(), PROTECTED.bytes)?;
        let policy = policy.policy();
        let mut stand_ins = BTreeMap::new();
        for rule in policy.pseudonym_rules() {
            if let ([field], false) = (&rule.of[..], rule.erasable) {
                stand_ins
                    .entry(*field)
                    .or_insert_with(|| rule.name.to_string());
            }
        }
        let shown = shown_names(policy, &stand_ins);
        if shown.iter().any(|shown| shown.name == RECORD) {
            return Err(Error::definition(
                format!(
                    "the policy shows something under the name {RECORD:?}, as sealed records are in resources"
                ),
                "give the pseudonym, index or field another name",
            ));
        }
        Ok(Self {
            stand_ins: match stand_ins.is_empty() {
                true => None,
                false => Some((Query::new(keyring, policy)?, stand_ins)),
            },
            sealer,
            profile,
            shown,
        })
    }

    /// The profile it goes by.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The policy it protects by.
    pub fn policy(&self) -> &Policy {
        self.sealer.policy()
    }

    /// The names of what the policy shows and no resource can have: fields that the profile reads nowhere, and pseudonyms and indexes that
    /// are made of one. Say under `fields` or `id` of a type of resource where they are read, or take them from the policy.
    pub fn not_shown(&self) -> Vec<&str> {
        let policy = self.policy();
        let fields = policy.schema().fields();
        let is_read = |of: &[usize]| of.iter().all(|&position| self.profile.reads(position));
        let shows = policy.show_rules().iter().map(|rule| {
            let name = fields[rule.position].name();
            (name, is_read(&[rule.position]))
        });
        let pseudonyms = policy.pseudonym_rules().iter();
        let pseudonyms = pseudonyms.map(|rule| (&*rule.name, is_read(&rule.of)));
        let indexes = policy.index_rules().iter();
        let indexes = indexes.map(|rule| (&*rule.name, is_read(&rule.of)));
        let all = shows.chain(pseudonyms).chain(indexes);
        all.filter_map(|(name, is_read)| (!is_read).then_some(name))
            .collect()
    }

    /// The protected form of one resource or Bundle.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] where `document` is no JSON in UTF-8, is larger than 4 MiB or has more than 262,144 values,
    /// nests more than 64 deep, names a member twice, or holds a resource of a type that the profile does not take; those of
    /// [`Protector::protect`](crate::Protector::protect), such as a missing part of a pseudonym.
    pub fn protect(&self, document: &[u8]) -> Result<Vec<u8>> {
        let known = |name: &str| self.profile.is_element(name);
        let Document {
            before,
            root,
            after,
        } = json::parse(document, &LIMITS, &known)?;
        let mut references = References::default();
        let stand_ins = self.stand_ins.as_ref();
        let mut walk = Walk::new(document, &self.profile, &mut references, stand_ins);
        walk.survey(&root)?;
        let base = walk.base();
        // Seals of small resources have some eight thousand characters.
        let seals = walk.resources().min(256) * 8192;
        let mut out = String::with_capacity(document.len() + seals);
        out.push_str(before);
        let around = Around {
            place: "",
            base: &base,
            url: None,
            is_document: true,
        };
        self.resource(&mut walk, &root, &around, &mut out)?;
        out.push_str(after);
        Ok(out.into_bytes())
    }

    /// The same where its keys have sealed so many records before: in other processes, or before a restart. Each resource takes one,
    /// and more where its parts are long.
    #[must_use]
    pub fn after_seals(self, records: u64) -> Self {
        Self {
            sealer: self.sealer.after_seals(records),
            ..self
        }
    }

    /// The epoch it seals under.
    pub fn epoch(&self) -> Epoch {
        self.sealer.epoch()
    }

    /// Whether its keys have sealed half of what they may, 2^46 records, or all.
    pub fn key_use(&self) -> KeyUse {
        self.sealer.key_use()
    }

    /// Protects one resource and those inside of it; gives its digest.
    pub(super) fn resource(
        &self,
        walk: &mut Walk<'_, '_>,
        value: &Value<'_>,
        around: &Around<'_>,
        out: &mut String,
    ) -> Result<Digest> {
        let of_type = walk.type_of(value, || around.place.to_owned())?;
        let parts = Parts::of(self.sealer.scopes());
        let mut scene = Scene::new(parts, around.place, around.base, walk.next_scene());
        let schema = self.policy().schema();
        scene.read_fields(value, of_type, schema, true);
        let top = walk.top(self, value, of_type, &mut scene, out)?;
        let document = walk.document();
        let range = value.range_in(document);
        let own = digest(document, range.clone(), &scene.inner);
        let inner = Inner { range, digest: own };
        let mut note = |place, digest: &Digest| {
            let scope = self.profile.default_scope();
            scene.parts.push(scope, place, digest.print().as_bytes());
        };
        note(DIGEST, &inner.digest);
        let all = 0..document.len();
        if around.is_document && inner.range != all {
            note(
                DOCUMENT,
                &digest(document, all, std::slice::from_ref(&inner)),
            );
        }
        let stored_as = stored_as(&of_type.name, top.id.as_deref(), around.url);
        let sealed = self
            .sealer
            .seal(&scene.fields, &scene.parts, &message::id()?, &stored_as)?;
        let mut beside = Vec::new();
        let mut put_back = Vec::new();
        for name in &self.shown {
            let Some(text) = shown(&sealed.protected, &name.name) else {
                continue;
            };
            if name.id.is_some() && name.id == of_type.id && top.id.is_some() {
                continue;
            }
            let element = name.field.and_then(|field| {
                let mut elements = scene.elements.iter();
                let (_, element, form) = elements.find(|(read, ..)| *read == field)?;
                fits(form, &text).then_some(*element)
            });
            match element {
                Some(element) => put_back.push((element, text)),
                None => beside.push((name.name.as_str(), text)),
            }
        }
        // What is appended ends the object: the type comes before it, so that there is a comma.
        out.pop();
        for (element, text) in &put_back {
            out.push(',');
            json::print_string(element, out);
            out.push(':');
            json::print_string(text, out);
        }
        for (element, mark) in &top.marks {
            if !put_back.iter().any(|(shown, _)| shown == element) {
                out.push(',');
                out.push_str(mark);
            }
        }
        out.push(',');
        self.meta(value, &sealed, &beside, out);
        out.push('}');
        match out.len() > PROTECTED.bytes {
            true => Err(too_much()),
            false => Ok(inner.digest),
        }
    }

    /// Writes the member `meta` of a protected resource.
    fn meta(
        &self,
        resource: &Value<'_>,
        sealed: &Sealed,
        beside: &[(&str, Cow<'_, str>)],
        meta: &mut String,
    ) {
        meta.push_str(r#""meta":{"extension":[{"url":""#);
        meta.push_str(SEALED);
        meta.push_str(r#"","extension":["#);
        for (at, record) in sealed.records().enumerate() {
            if at > 0 {
                meta.push(',');
            }
            for text in [r#"{"url":""#, RECORD, r#"","valueString":""#] {
                meta.push_str(text);
            }
            record.append_text(meta);
            meta.push_str(r#""}"#);
        }
        for (name, text) in beside {
            meta.push_str(r#",{"url":"#);
            json::print_string(name, meta);
            meta.push_str(r#","valueString":"#);
            json::print_string(text, meta);
            meta.push('}');
        }
        meta.push_str(r#"]}]"#);
        if let Some(profiles) = self.kept_profiles(resource) {
            meta.push_str(r#","profile":"#);
            meta.push_str(profiles);
        }
        meta.push_str(
            r#","security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"PSEUDED"}]}"#,
        );
    }

    /// The text of `meta.profile`, where every entry is one that the profile keeps.
    fn kept_profiles<'a>(&self, resource: &Value<'a>) -> Option<&'a str> {
        let profiles = resource.member("meta")?.member("profile")?;
        let json::Kind::Array(items) = &profiles.kind else {
            return None;
        };
        let kept = |item: &json::Item<'_>| {
            let url = item.value.string();
            url.is_some_and(|url| self.profile.keeps_profile(&url))
        };
        (!items.is_empty() && items.iter().all(kept)).then_some(profiles.text)
    }
}

impl std::fmt::Debug for ResourceProtector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResourceProtector")
            .field("policy", self.policy())
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// What a resource's seal is bound to where the policy binds record ids.
pub(super) fn stored_as(of_type: &str, id: Option<&str>, url: Option<&str>) -> String {
    match (id, url) {
        (Some(id), _) => [of_type, "/", id].concat(),
        (None, Some(url)) => url.to_owned(),
        (None, None) => of_type.to_owned(),
    }
}

/// The document would grow to more than is revealed again.
pub(super) fn too_much() -> Error {
    Error::message(
        "the document has too many elements to be protected as one",
        "send it in several",
    )
}

fn shown_names(policy: &Policy, stand_ins: &BTreeMap<usize, String>) -> Vec<ShownName> {
    let fields = policy.schema().fields();
    let shows = policy.show_rules().iter().map(|rule| ShownName {
        name: fields[rule.position].name().to_owned(),
        field: Some(rule.position),
        id: None,
    });
    let pseudonyms = policy.pseudonyms().map(|name| {
        let mut of_id = stand_ins.iter().filter(|(_, of_id)| *of_id == name);
        ShownName {
            name: name.to_owned(),
            field: None,
            id: of_id.next().map(|(&field, _)| field),
        }
    });
    let indexes = policy.indexes().map(|name| ShownName {
        name: name.to_owned(),
        field: None,
        id: None,
    });
    shows.chain(pseudonyms).chain(indexes).collect()
}

/// Whether what is shown is a value of the element.
fn fits(form: &Form, text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match form {
        Form::Date => match text.len() {
            4 => digits(text),
            7 => {
                digits(&text.replacen('-', "0", 1))
                    && calendar::is_date(format!("{text}-01").as_bytes())
            }
            _ => calendar::is_date(text.as_bytes()),
        },
        Form::Instant => calendar::is_date_time(text.as_bytes()),
        Form::Text => !text.trim().is_empty() && text.trim() == text,
        Form::Listed(values) => values.iter().any(|value| value == text),
    }
}
