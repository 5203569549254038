//! Keys at the end of the tree, ready for use: fixed, or derived anew for each person.

use zeroize::zeroize_stack;

use super::{
    SubjectKey,
    tree::{self, Purpose},
};
#[cfg(feature = "phone")]
use crate::crypto::fpe::Ff1Key;
#[cfg(feature = "reversible")]
use crate::crypto::siv::SivKey;
use crate::{
    crypto::{
        aead::{Nonce, NonceKey, SealingKey},
        mac::MacKey,
    },
    secret::{KEY_STACK, Secret, wiping_stack},
};

/// What seals one scope of one domain in one epoch.
pub(crate) enum ScopeKey {
    /// The schedule of Kseal.
    Fixed(Box<SealingKey>),
    /// Kdomain, where seals are bound to a subject key.
    OfSubject(Secret<32>),
}

impl ScopeKey {
    pub(crate) fn new(domain_key: &Secret<32>, of_subject: bool) -> Self {
        if of_subject {
            Self::OfSubject(Secret::fill(|bytes| {
                bytes.copy_from_slice(domain_key.expose())
            }))
        } else {
            wiping_stack::<KEY_STACK, _>(|| {
                Self::Fixed(Box::new(SealingKey::new(&tree::seal_key(domain_key))))
            })
        }
    }

    /// `subject` is there exactly where the key is bound to one: the binding was checked against the policy.
    #[inline]
    pub(crate) fn derive(&self, nonce: &Nonce, subject: Option<&SubjectKey>) -> NonceKey {
        match (self, subject) {
            (Self::Fixed(key), _) => key.derive(nonce),
            (Self::OfSubject(key), Some(subject)) => {
                SealingKey::new(&tree::subject_seal_key(key, subject)).derive(nonce)
            }
            (Self::OfSubject(_), None) => unreachable!("the binding was checked"),
        }
    }
}

impl Drop for ScopeKey {
    /// Sealing and opening leave round keys on the stack, and wiping it at each call would cost a few percent of it. So
    /// it is wiped with the key, which reaches what was called from about here.
    fn drop(&mut self) {
        zeroize_stack::<KEY_STACK>();
    }
}

/// A primitive of `crypto` that is keyed with `N` bytes.
pub(crate) trait Keyed<const N: usize> {
    fn keyed(key: &Secret<N>) -> Self;
}

impl Keyed<32> for MacKey {
    fn keyed(key: &Secret<32>) -> Self {
        Self::new(key)
    }
}

#[cfg(feature = "reversible")]
impl Keyed<64> for SivKey {
    fn keyed(key: &Secret<64>) -> Self {
        Self::new(key)
    }
}

#[cfg(feature = "phone")]
impl Keyed<32> for Ff1Key {
    fn keyed(key: &Secret<32>) -> Self {
        Self::new(key)
    }
}

/// What makes one derived value: a pseudonym, an index, a stand-in, a shift.
pub(crate) enum UseKey<P, const N: usize = 32> {
    /// The primitive under Luse.
    Fixed(Box<P>),
    /// Luse, where the value is erasable.
    OfSubject(Secret<N>),
}

impl<P: Keyed<N>, const N: usize> UseKey<P, N> {
    /// The key of this purpose and name, from Ldomain.
    pub(crate) fn new(
        linkage_key: &Secret<32>,
        purpose: Purpose,
        name: &str,
        of_subject: bool,
    ) -> Self {
        let use_key = tree::use_key(linkage_key, purpose, name);
        if of_subject {
            Self::OfSubject(use_key)
        } else {
            wiping_stack::<KEY_STACK, _>(|| Self::Fixed(Box::new(P::keyed(&use_key))))
        }
    }

    /// As [`ScopeKey::derive`]; an erasable value's policy binds to a subject key.
    pub(crate) fn with<R>(&self, subject: Option<&SubjectKey>, compute: impl FnOnce(&P) -> R) -> R {
        match (self, subject) {
            (Self::Fixed(key), _) => compute(key),
            (Self::OfSubject(key), Some(subject)) => {
                compute(&P::keyed(&tree::subject_use_key(key, subject)))
            }
            (Self::OfSubject(_), None) => unreachable!("the binding was checked"),
        }
    }
}

impl UseKey<MacKey> {
    /// The 32-byte tag of a message.
    pub(crate) fn tag(&self, message: &[u8], subject: Option<&SubjectKey>) -> [u8; 32] {
        self.with(subject, |key| key.tag(message))
    }
}

impl<P, const N: usize> Drop for UseKey<P, N> {
    /// As that of [`ScopeKey`].
    fn drop(&mut self) {
        zeroize_stack::<KEY_STACK>();
    }
}
