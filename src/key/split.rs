//! Shares of a grant: any two of them open it, and one opens nothing.

use std::fmt;

use crate::{
    crypto::shamir::{self, Place},
    error::{Error, Kind, Result},
    id::Domain,
    secret::Secret,
};

/// The most holders of the shares of one grant.
pub(crate) const MAX_HOLDERS: usize = 16;

/// A grant that no person opens alone: its key file, and the shares of what opens that.
///
/// Made by [`Keyring::split_release`](crate::Keyring::split_release).
pub struct SplitGrant {
    pub(crate) key_file: String,
    pub(crate) shares: Vec<Share>,
}

impl SplitGrant {
    /// The text of the grant's key file, one line. It opens under two shares and no passphrase that anybody knows, so it need
    /// not be hidden more than other key files; without it, shares are of no use.
    pub fn key_file(&self) -> &str {
        &self.key_file
    }

    /// The shares, one a holder and in their order.
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }
}

impl fmt::Debug for SplitGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SplitGrant")
            .field("shares", &self.shares)
            .finish_non_exhaustive()
    }
}

/// One person's share of what opens a grant.
///
/// # Security
///
/// One share alone tells nothing of the grant's keys, however long somebody computes: Shamir's secret sharing,
/// Communications of the ACM 22 (1979). Two of them open the grant in every row that it is for; a broker that is given
/// both counts and logs each call, and holders who meet elsewhere with the key file need no broker. Save each under a
/// passphrase that its holder alone knows. It is wiped on drop, and neither printed, cloned nor serialised.
pub struct Share {
    pub(crate) split: SplitId,
    pub(crate) domain: Domain,
    pub(crate) release: String,
    pub(crate) holder: String,
    pub(crate) place: Place,
    pub(crate) value: Secret<KEY>,
}

/// What tells the shares of one split from those of others.
pub(crate) type SplitId = [u8; SPLIT_ID];

pub(crate) const SPLIT_ID: usize = 16;

/// Bytes of what is split.
pub(crate) const KEY: usize = 32;

impl Share {
    /// Who holds it.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// The domain whose rows the grant opens.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The name of the release, as the policy has it: a scope or a field.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// The random id of the split, 16 bytes: the same in all shares that go together.
    pub fn split_id(&self) -> &[u8; 16] {
        &self.split
    }

    /// What this share and another one are shares of.
    ///
    /// # Errors
    ///
    /// Where they are not two shares of one split.
    pub(crate) fn join(&self, other: &Self) -> Result<Secret<KEY>> {
        let (one, two) = (
            (&self.split, &self.domain, &self.release),
            (&other.split, &other.domain, &other.release),
        );
        if one != two {
            return Err(Error::new(|| Kind::OtherSplit));
        }
        shamir::join((self.place, &self.value), (other.place, &other.value))
            .ok_or_else(|| Error::new(|| Kind::SameShare))
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Share")
            .field("domain", &self.domain)
            .field("release", &self.release)
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}
