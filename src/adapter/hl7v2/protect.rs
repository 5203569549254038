//! From a message to a protected message.

use std::fmt;

use super::{
    header::Header,
    profile::Profile,
    read::{self, UNLISTED},
    scan::{Message, too_large},
    sealed,
    write::{Writer, is_time},
};
use crate::{
    adapter::message::{Fields, MOST_BYTES, Parts, Sealed, Sealer, digest, id},
    error::{Error, Result},
    id::Epoch,
    key::Keyring,
    policy::{CheckedPolicy, Period, Policy, Transform},
    protect::KeyUse,
};

/// Protects messages for one domain: takes out what its profile does not let pass, and seals it by its scope into `ZPV`
/// segments at the end of the message.
///
/// `Send` and `Sync`: make one a connector, share it in an [`Arc`](std::sync::Arc), and make it anew after
/// [`Keyring::start_epoch`]. A call takes some twenty microseconds and never waits.
///
/// # Examples
///
/// ```
/// use paravent::{Date, Keyring, Policy, Revealer, Schema, hl7v2::{MessageProtector, MessageRevealer, Profile}};
///
/// let policy = Policy::from_toml(r#"
///     domain = "practice-feed"
///     schema = "scheduling"
///     record_id = "bound"
///     [pseudonym.patient]
///     of = ["patient_id"]
///     null = "null"
///     reason = "the practice finds the visits of one patient"
/// "#, &Schema::scheduling())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let keyring = Keyring::generate()?;
/// let protector = MessageProtector::new(&keyring, &checked, Profile::siu())?;
///
/// let message = b"MSH|^~\\&|AGENDA|CARDIO|||||SIU^S12|17|P|2.5\rSCH|1|2||||CHECK^ECG\rPID|1||4711||MARTIN^ZOE\r";
/// let protected = protector.protect(message)?;
/// let text = std::str::from_utf8(&protected)?;
/// assert!(text.contains("PID|1||t1.") && text.contains("\rZPV|1|1|p1."));
/// assert!(!text.contains("MARTIN") && !text.contains("ECG") && !text.contains("CARDIO"));
///
/// let backend = MessageRevealer::new(Revealer::backend(&keyring, &policy)?)?;
/// assert_eq!(backend.reveal(&protected)?.as_bytes(), message);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MessageProtector {
    sealer: Sealer,
    profile: Profile,
    /// Whether MSH-10 is a new id, and nothing that is shown, kept or written.
    has_new_id: bool,
}

impl MessageProtector {
    /// A protector for the policy's domain, under the keyring's active epoch and its generation.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where profile and policy are of different schemas, where the schema has not one
    /// [shaped](crate::Field::is_shaped) field in each scope, where the policy binds seals to a subject key, where it binds them to the
    /// record id, which is that of the message, and something else is shown, kept or written in MSH-10, and where it shows a date by
    /// week or quarter, which no time of HL7 is; those of [`Protector::new`](crate::Protector::new).
    pub fn new(keyring: &Keyring, policy: &CheckedPolicy, profile: Profile) -> Result<Self> {
        let sealer = Sealer::new(keyring, policy, profile.schema(), MOST_BYTES)?;
        check(policy.policy(), &profile)?;
        Ok(Self {
            sealer,
            has_new_id: !is_shown(policy.policy(), profile.shown_as_id()) && !profile.has_own_id(),
            profile,
        })
    }

    /// The same where its keys have sealed so many records before: in other processes, or before a restart. A message takes one,
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

    /// The names of what the policy shows and the profile has no place for: fields, pseudonyms and indexes that are in no message. Give them a
    /// place under `[show]`, or take them from the policy.
    pub fn not_shown(&self) -> Vec<&str> {
        let policy = self.policy();
        let fields = policy.shows().map(|(field, _)| field.name());
        let names = fields.chain(policy.pseudonyms()).chain(policy.indexes());
        let has_place = |name: &&str| self.profile.shows().any(|show| show.name == *name);
        names.filter(|name| !has_place(name)).collect()
    }

    /// The profile it goes by.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The policy it protects by.
    pub fn policy(&self) -> &Policy {
        self.sealer.policy()
    }

    /// The protected form of one message, from its MSH segment on, without what frames it: the same segments with the same
    /// number of fields, and `ZPV` segments behind them. What is kept, shown or written is as the profile says; MSH-10 is a new id, 20
    /// characters of `a-z2-7`, unless something is shown, kept or written there.
    ///
    /// # Errors
    ///
    /// [`Error::is_message`] where it is malformed, of more than 4 MiB (4,194,304 bytes) before or after, protected already, or of another
    /// type, version or character set than is taken; [`Error::is_record`] where what is read of it does not fit schema and policy, with its
    /// [field](Error::field); others as for [`Protector::protect`](crate::Protector::protect).
    ///
    /// # Security
    ///
    /// The form of the message stays to be seen: its segments and their order, the number of their fields, delimiters and line ends, which
    /// fields of those that are shown or written were not empty, and which times are that of the record; and by the length of the `ZPV` segments
    /// the size of what was taken out, to a power of two. The check of policies calls that *shaped*, and takes domains that get the same messages
    /// to find each other's copies by it. What the profile keeps passes in every domain.
    ///
    /// Bind record ids in the policy: parts are then never revealed in another message. Where they are not bound, that is noticed by the id in
    /// MSH-10, which whoever changes messages can change, too.
    pub fn protect(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.protect_scanned(&Message::scan(message, None)?)
    }

    /// The same for what has been scanned.
    pub(super) fn protect_scanned(&self, message: &Message<'_>) -> Result<Vec<u8>> {
        let header = Header::read(message, &self.profile)?;
        sealed::check_absent(message)?;
        let fields = read::fields(message, &header, &self.profile);
        self.write(message, Some(&header), &fields, |parts, id| {
            self.sealer.seal(&fields, parts, id, id)
        })
    }

    /// The same for a segment that begins or ends a batch or a file. It shows nothing.
    pub(super) fn protect_envelope(&self, message: &Message<'_>) -> Result<Vec<u8>> {
        sealed::check_absent(message)?;
        self.write(message, None, &Fields::default(), |parts, id| {
            self.sealer.seal_parts(parts, id, envelope_id(message))
        })
    }

    fn write(
        &self,
        message: &Message<'_>,
        header: Option<&Header>,
        fields: &Fields<'_>,
        seal: impl FnOnce(&Parts, &str) -> Result<Sealed>,
    ) -> Result<Vec<u8>> {
        let mut parts = Parts::of(self.sealer.scopes());
        let names = message.segments.iter().map(|segment| {
            let name = message.name(segment);
            if self.profile.lists_segment(name) {
                name
            } else {
                UNLISTED
            }
        });
        let names = sealed::names(names);
        for scope in self.sealer.scopes() {
            parts.push(scope, NAMES, names.as_bytes());
        }
        let edits = read::take_out(message, &self.profile, &mut parts);
        // A message always has a seal, so that it can be told from one that was not protected.
        if edits.is_empty() && header.is_none() {
            return Ok(message.bytes.to_vec());
        }
        let unlisted = self.profile.unlisted();
        parts.push(unlisted, DIGEST, digest(message.bytes).as_bytes());
        let new_id = id()?;
        // Where MSH-10 says another id, a full stop keeps this one from being compared to it.
        let sealed = match self.has_new_id {
            true => seal(&parts, &new_id)?,
            false => seal(&parts, &format!(".{}", &new_id[1..]))?,
        };
        let writer = Writer {
            message,
            header,
            profile: &self.profile,
            fields,
            protected: &sealed.protected,
            new_id: &new_id,
        };
        let mut to = Vec::with_capacity(message.bytes.len() + ROOM);
        writer.write(&edits, &mut to)?;
        sealed::insert(message, &sealed, &mut to);
        // It could not be read any more.
        if to.len() > MOST_BYTES {
            return Err(too_large());
        }
        Ok(to)
    }
}

/// The places of what is no part: the [names](sealed::names) of the segments, in each scope, and the digest of the message.
pub(super) const NAMES: &str = "names";
pub(super) const DIGEST: &str = "digest";

/// About how long the `ZPV` segments of a message are.
const ROOM: usize = 16 << 10;

/// What the seal of a segment that begins or ends a batch or a file is bound to, where the policy binds record ids: its name.
pub(super) fn envelope_id<'a>(message: &Message<'a>) -> &'a str {
    std::str::from_utf8(message.kind()).unwrap_or_default()
}

impl fmt::Debug for MessageProtector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageProtector")
            .field("policy", self.policy())
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// Refuses a policy and a profile of one schema that do not go together.
fn check(policy: &Policy, profile: &Profile) -> Result<()> {
    if policy.binds_record_id() && is_shown(policy, profile.shown_as_id()) {
        return Err(Error::definition(
            "the policy binds seals to the id of the message, and shows something else in MSH-10",
            "leave record ids unbound, or take MSH-10 from [show] in the profile",
        ));
    }
    if policy.binds_record_id() && profile.has_own_id() {
        return Err(Error::definition(
            "the policy binds seals to the id of the message, and the profile keeps or writes another one in MSH-10",
            "leave record ids unbound, or take MSH-10 from [keep] and [write] in the profile",
        ));
    }
    for (field, transform) in policy.shows() {
        let unreadable = matches!(
            transform,
            Transform::Truncate(Period::Week | Period::Quarter)
        );
        let is_written = |show: &super::profile::Show| {
            show.name == field.name()
                && show
                    .field
                    .is_some_and(|field| is_time(policy.schema(), field))
        };
        if unreadable && profile.shows().any(is_written) {
            return Err(Error::definition(
                format!(
                    "field {:?} is shown by a period that no time of HL7 v2 is",
                    field.name()
                ),
                "truncate it to day, month or year, or take it from [show] in the profile",
            ));
        }
    }
    Ok(())
}

/// Whether the policy shows something under this name.
fn is_shown(policy: &Policy, name: Option<&str>) -> bool {
    name.is_some_and(|name| {
        let fields = policy.shows().map(|(field, _)| field.name());
        let mut names = fields.chain(policy.pseudonyms()).chain(policy.indexes());
        names.any(|shown| shown == name)
    })
}
