//! Keys at the end of the tree, ready for use: fixed, or derived anew for each person.

use zeroize::zeroize_stack;

use super::{SubjectKey, tree};
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

/// What makes one pseudonym.
pub(crate) enum PseudonymKey {
    /// The keyed state of Luse.
    Fixed(Box<MacKey>),
    /// Luse, where the pseudonym is erasable.
    OfSubject(Secret<32>),
}

impl PseudonymKey {
    pub(crate) fn new(use_key: Secret<32>, of_subject: bool) -> Self {
        if of_subject {
            Self::OfSubject(use_key)
        } else {
            wiping_stack::<KEY_STACK, _>(|| Self::Fixed(Box::new(MacKey::new(&use_key))))
        }
    }

    /// As [`ScopeKey::derive`]; an erasable pseudonym's policy binds to a subject key.
    pub(crate) fn tag(&self, message: &[u8], subject: Option<&SubjectKey>) -> [u8; 32] {
        match (self, subject) {
            (Self::Fixed(key), _) => key.tag(message),
            (Self::OfSubject(key), Some(subject)) => {
                MacKey::new(&tree::subject_pseudonym_key(key, subject)).tag(message)
            }
            (Self::OfSubject(_), None) => unreachable!("the binding was checked"),
        }
    }
}
