//! What is shown of a field otherwise than it is: the policy's transforms, with their keys.

use std::ops::Range;

use zeroize::Zeroize;

#[cfg(feature = "reversible")]
use super::reverse::ReverseKey;
use super::{
    derive::{Parts, encode, not_normalizable},
    workspace::Workspace,
};
#[cfg(feature = "phone")]
use crate::{
    crypto::fpe::{self, Ff1Key},
    schema::Class,
};
use crate::{
    crypto::mac::MacKey,
    error::{Error, Kind, PartUser, Result},
    key::{SubjectKey, derived::UseKey, tree::Purpose},
    normal,
    policy::{Buckets, NoBucket, Policy, Show, Transform, local_date, shifted},
    schema::Field,
    secret::{Secret, wipe},
    wire::{Index, PhoneStandIn, Pseudonym},
};

/// One field that is not shown as it is: its rule, and what the rule needs.
pub(super) struct Showing {
    /// The position of its rule in the policy.
    rule: usize,
    by: By,
}

/// What a transform needs beside its parameters and the value.
enum By {
    Value,
    Buckets(Buckets),
    Shift(UseKey<MacKey>),
    #[cfg(feature = "reversible")]
    Reversible(ReverseKey),
    #[cfg(feature = "phone")]
    Phone(UseKey<Ff1Key>),
}

impl Showing {
    /// Those of a policy, in its order.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where a field is shown by a transform whose feature is not compiled in.
    pub(super) fn all(policy: &Policy, linkage_key: &Secret<32>) -> Result<Vec<Self>> {
        let rules = policy.show_rules().iter().enumerate();
        rules
            .filter(|(_, rule)| !matches!(rule.transform, Transform::Keep))
            .map(|(position, rule)| {
                Ok(Self {
                    rule: position,
                    by: By::new(rule, policy, linkage_key)?,
                })
            })
            .collect()
    }

    /// Appends what is shown of the record in `work` to what is made.
    pub(super) fn show(
        &self,
        policy: &Policy,
        subject: Option<&SubjectKey>,
        work: &mut Workspace,
    ) -> Result<()> {
        let rule = &policy.show_rules()[self.rule];
        let field = &policy.schema().fields()[rule.position];
        let value = if work.draft.has(rule.position) {
            self.by.show(rule, field, policy, subject, work)?
        } else {
            MadeValue::Null
        };
        work.made.values.push(value);
        Ok(())
    }
}

impl By {
    fn new(rule: &Show, policy: &Policy, linkage_key: &Secret<32>) -> Result<Self> {
        let schema = policy.schema();
        let field = &schema.fields()[rule.position];
        let (name, erasable) = (field.name(), rule.erasable);
        Ok(match &rule.transform {
            Transform::Bucket { lists, other } => {
                let (class, region) = (field.class(), schema.phone_region());
                Self::Buckets(Buckets::of(lists, other.as_deref(), class, region))
            }
            Transform::Shift { .. } => {
                Self::Shift(UseKey::new(linkage_key, Purpose::Shift, name, erasable))
            }
            #[cfg(feature = "reversible")]
            Transform::Reversible => Self::Reversible(ReverseKey::new(linkage_key, name, erasable)),
            #[cfg(feature = "phone")]
            Transform::Phone => {
                let purpose = Purpose::FormatPreserving;
                Self::Phone(UseKey::new(linkage_key, purpose, name, erasable))
            }
            transform => {
                if let Some(feature) = transform.missing_feature() {
                    return Err(Error::definition(
                        format!(
                            "field {name:?} is shown by `{feature}`, which this build of the crate does not have"
                        ),
                        "compile the crate with the feature of that name",
                    ));
                }
                Self::Value
            }
        })
    }

    fn show(
        &self,
        rule: &Show,
        field: &Field,
        policy: &Policy,
        subject: Option<&SubjectKey>,
        work: &mut Workspace,
    ) -> Result<MadeValue> {
        let transform = &rule.transform;
        let not_shown = |why| {
            Error::new(|| Kind::NotShown {
                field: field.name().to_owned(),
                transform: transform.name(),
                why,
            })
        };
        let start = work.made.text.len();
        match self {
            Self::Value => {
                let Workspace { draft, made, .. } = &mut *work;
                let value = draft.text(rule.position).unwrap_or_default();
                if let Some(integer) = transform.show(value, &mut made.text).map_err(not_shown)? {
                    return Ok(MadeValue::Integer(integer));
                }
            }
            Self::Buckets(buckets) => {
                let Workspace {
                    draft,
                    made,
                    encoded,
                    normal: forms,
                    ..
                } = &mut *work;
                let value = draft.text(rule.position).unwrap_or_default();
                let form = encoded.begin(normal::room(value.as_bytes()));
                let region = policy.schema().phone_region();
                let list = buckets.show(value, region, forms, form);
                made.text.push_str(list.map_err(|none| match none {
                    NoBucket::NotNormalizable(why) => not_normalizable(field, why),
                    NoBucket::OnNoList => not_shown("it is on no list"),
                })?);
            }
            Self::Shift(key) => {
                let Transform::Shift { weeks, subject: of } = transform else {
                    unreachable!("it was made for a shift")
                };
                let parts = Parts {
                    of,
                    null_gives_null: false,
                    user: PartUser::Shift,
                    name: field.name(),
                };
                encode(&parts, policy, work)?;
                let tag = key.tag(work.encoded.bytes(), subject);
                let Workspace { draft, made, .. } = &mut *work;
                let date = local_date(draft.text(rule.position).unwrap_or_default());
                let date = date.and_then(|date| shifted(date, weeks_of(&tag, *weeks)));
                made.push_text(date.map_err(not_shown)?);
            }
            #[cfg(feature = "reversible")]
            Self::Reversible(key) => {
                let Workspace { draft, made, .. } = &mut *work;
                let value = draft.get(rule.position).unwrap_or_default();
                let range = key.append(value, field.width(), subject, &mut made.sealed);
                return Ok(MadeValue::Reversible(range));
            }
            #[cfg(feature = "phone")]
            Self::Phone(key) => {
                let Workspace {
                    draft,
                    encoded,
                    normal: forms,
                    ..
                } = &mut *work;
                let value = draft.get(rule.position).unwrap_or_default();
                let number = encoded.begin(normal::room(value));
                let region = policy.schema().phone_region();
                normal::append(Class::Phone, value, region, forms, number)
                    .map_err(|why| not_normalizable(field, why))?;
                let kept = PhoneStandIn::kept(number);
                let (kept, digits) = number
                    .split_at_mut_checked(kept)
                    .filter(|(_, digits)| digits.len() >= fpe::MIN_DIGITS)
                    .ok_or_else(|| not_shown("it has fewer than 6 digits to replace"))?;
                key.with(subject, |key| key.encrypt(kept, digits));
                return Ok(MadeValue::Phone(PhoneStandIn::new(number)));
            }
        }
        Ok(MadeValue::Text(start..work.made.text.len()))
    }
}

/// The weeks by which a person's dates are moved, at most `most` either way.
fn weeks_of(tag: &[u8; 32], most: u16) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = *tag;
    let choices = 2 * u64::from(most) + 1;
    (u64::from_be_bytes([a, b, c, d, e, f, g, h]) % choices) as i64 - i64::from(most)
}

/// What is derived of one record, to be shown: made before anything changes, since it can fail.
#[derive(Default)]
pub(crate) struct Made {
    /// One a field that is not shown as it is.
    pub(super) values: Vec<MadeValue>,
    pub(super) text: String,
    /// The bytes of reversible stand-ins.
    pub(super) sealed: Vec<u8>,
    /// One a rule; `None` is null.
    pub(super) pseudonyms: Vec<Option<Pseudonym>>,
    /// One a rule; `None` is null.
    pub(super) indexes: Vec<Option<Index>>,
}

/// One of them.
#[cfg_attr(not(all(feature = "phone", feature = "reversible")), allow(dead_code))]
pub(super) enum MadeValue {
    Null,
    Integer(i64),
    Text(Range<usize>),
    Reversible(Range<usize>),
    Phone(PhoneStandIn),
}

impl Made {
    pub(super) fn clear(&mut self) {
        self.wipe();
        self.values.clear();
        self.pseudonyms.clear();
        self.indexes.clear();
    }

    /// Wipes what is made of values.
    pub(crate) fn wipe(&mut self) {
        if !self.text.is_empty() {
            self.text.as_mut_str().zeroize();
            self.text.clear();
        }
        wipe(&mut self.sealed);
    }

    fn push_text(&mut self, text: impl std::fmt::Display) {
        use std::fmt::Write;

        if write!(self.text, "{text}").is_err() {
            unreachable!("text takes what is written");
        }
    }
}
