//! A grant that no person opens alone: an ordinary key file, whose passphrase nobody knows and any two shares give.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;

use super::Passphrase;
use crate::{
    crypto::{
        entropy,
        shamir::{self, Place},
    },
    error::{Error, Kind, Result},
    id::{is_line, is_visible},
    key::{
        Grant, Keyring, Share, SplitGrant,
        split::{KEY, MAX_HOLDERS, SPLIT_ID, SplitId},
    },
    normal,
    policy::CheckedPolicy,
    schema::Class,
    secret::Secret,
};

impl Keyring {
    /// A grant of the scope of a release that takes two people, and a share of it for each of 2 to 16 holders. Any two of
    /// the shares [open it](Grant::from_shares).
    ///
    /// `name` is that of `[release.NAME]`: a scope, or a field, whose scope the grant opens then.
    ///
    /// # Errors
    ///
    /// [`Error::is_misuse`] where the policy has no such release; [`Error::is_definition`] where that does not take two
    /// persons, and where there are fewer or more holders, one twice, or one whose name is not one line of 1 to 200 bytes;
    /// [`Error::is_io`] where the system gives no random bytes or no memory.
    ///
    /// # Security
    ///
    /// The key file's passphrase is 32 random bytes that are wiped when this returns. Who was given a share keeps it: a
    /// holder who leaves is a reason to split anew under a new epoch.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Date, Grant, Keyring, Passphrase, Policy, Schema, Scope, Share};
    ///
    /// let policy = Policy::from_toml(r#"
    ///     domain = "support-desk"
    ///     schema = "appointment"
    ///     record_id = "bound"
    ///
    ///     [release.contact]
    ///     reason = "the desk calls back"
    ///     purposes = ["call back"]
    ///     two_persons = true
    ///     per_hour = 10
    ///     detect_hours = 24
    ///
    ///     [tenancy]
    ///     specialties = 12
    /// "#, &Schema::appointment())?;
    /// let checked = policy.check(Date::constant(2026, 11, 24))?;
    /// let split = Keyring::generate()?.split_release(&checked, "contact", &["first desk", "second desk", "night desk"])?;
    ///
    /// // Each holder keeps a share under a passphrase of their own.
    /// let passphrase = Passphrase::new("correct horse battery staple")?;
    /// let file = split.shares()[2].to_key_file(&passphrase)?;
    ///
    /// let night = Share::from_key_file(&file, &passphrase)?;
    /// assert_eq!(night.holder(), "night desk");
    /// let grant = Grant::from_shares(split.key_file(), &split.shares()[0], &night)?;
    /// assert_eq!(grant.scopes(), [Scope::CONTACT]);
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn split_release(
        &self,
        policy: &CheckedPolicy,
        name: &str,
        holders: &[&str],
    ) -> Result<SplitGrant> {
        let policy = policy.policy();
        let (_, release) = policy.release(name)?;
        if !release.two_persons {
            return Err(Error::definition(
                format!("release {name:?} takes one person, so there is nothing to share"),
                "set `two_persons = true` for it in the policy",
            ));
        }
        check_holders(holders)?;
        let fields = policy.schema().fields();
        let scopes: BTreeSet<_> = release
            .fields
            .iter()
            .map(|&at| fields[at].scope())
            .collect();
        let grant = self.grant_scopes(policy, &scopes.into_iter().collect::<Vec<_>>());

        let mut split = SplitId::default();
        entropy::fill(&mut split)?;
        let key = Secret::try_fill(|bytes| entropy::fill(bytes))?;
        let places = || (1..=u8::MAX).filter_map(Place::new);
        let values = shamir::split(&key, places().take(holders.len()))?;
        let shares = places().zip(values).zip(holders);
        Ok(SplitGrant {
            key_file: grant.to_key_file(&passphrase(&split, &key)?)?,
            shares: shares
                .map(|((place, value), holder)| Share {
                    split,
                    domain: policy.domain().clone(),
                    release: name.to_owned(),
                    holder: (*holder).to_owned(),
                    place,
                    value,
                })
                .collect(),
        })
    }
}

impl Grant {
    /// The grant in a key file that two shares open, of those that [`Keyring::split_release`] made with it.
    ///
    /// # Errors
    ///
    /// [`Error::is_share`] where the shares are of two splits, are one share twice, or do not open this file;
    /// [`Error::is_damaged`], [`Error::is_newer_version`] and [`Error::is_misuse`] as for
    /// [`from_key_file`](Grant::from_key_file).
    pub fn from_shares(key_file_text: &str, first: &Share, second: &Share) -> Result<Self> {
        let key = first.join(second)?;
        let opened = Self::from_key_file(key_file_text, &passphrase(first.split_id(), &key)?);
        let grant = opened.map_err(|error| match error.is_wrong_passphrase() {
            true => Error::new(|| Kind::SharesOfOther),
            false => error,
        })?;
        if grant.domain() != first.domain() {
            return Err(Error::new(|| Kind::SharesOfOther));
        }
        Ok(grant)
    }
}

/// What the grant's key file is sealed under: the id binds the file to its split.
fn passphrase(split: &SplitId, key: &Secret<KEY>) -> Result<Passphrase> {
    let bytes = Secret::<{ SPLIT_ID + KEY }>::fill(|bytes| {
        let (id, rest) = bytes.split_at_mut(SPLIT_ID);
        id.copy_from_slice(split);
        rest.copy_from_slice(key.expose());
    });
    // Of full size from the start: growing would leave a copy behind.
    let mut text = String::with_capacity(BASE64URL_NOPAD.encode_len(SPLIT_ID + KEY));
    BASE64URL_NOPAD.encode_append(bytes.expose(), &mut text);
    Passphrase::new(text)
}

fn check_holders(holders: &[&str]) -> Result<()> {
    let advice =
        "give 2 to 16 people or offices, each by a name of its own: one line of 1 to 200 bytes";
    if !(2..=MAX_HOLDERS).contains(&holders.len()) {
        return Err(Error::definition(
            format!(
                "the number of holders is {}, not 2 to {MAX_HOLDERS}",
                holders.len()
            ),
            advice,
        ));
    }
    if !holders
        .iter()
        .all(|holder| is_line(holder) && is_visible(holder))
    {
        return Err(Error::definition("a holder's name is not a name", advice));
    }
    // As a broker knows requesters: one person is not two by two spellings.
    let normal = holders.iter().map(|holder| {
        let mut normal = Vec::with_capacity(normal::room(holder.as_bytes()));
        let (class, work) = (Class::Text, &mut normal::Work::default());
        normal::append(class, holder.as_bytes(), None, work, &mut normal).map(|()| normal)
    });
    let normal = normal.collect::<std::result::Result<BTreeSet<_>, _>>();
    let normal = normal.map_err(|_| Error::definition("a holder's name is not a name", advice))?;
    if normal.len() < holders.len() {
        return Err(Error::definition("one holder is there twice", advice));
    }
    Ok(())
}
