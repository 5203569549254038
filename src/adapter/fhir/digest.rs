//! What tells whether resources are those that were protected.

use std::ops::Range;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// It is only kept sealed.
pub(super) struct Digest(Zeroizing<[u8; 32]>);

impl Digest {
    /// As it is sealed.
    pub(super) fn print(&self) -> Zeroizing<String> {
        Zeroizing::new(HEXLOWER.encode(&*self.0))
    }

    /// Whether this is what was sealed of it.
    pub(super) fn is(&self, printed: &[u8]) -> bool {
        self.print().as_bytes() == printed
    }
}

/// Where in a document a resource is that is sealed for itself, and its digest.
pub(super) struct Inner {
    pub(super) range: Range<usize>,
    pub(super) digest: Digest,
}

/// The digest (SHA-256, FIPS 180-4) of a range of a document. In the places of the resources in it that are sealed for themselves, which
/// come in their order, stand their digests: so no byte of a document goes through it twice.
pub(super) fn digest(document: &[u8], range: Range<usize>, inner: &[Inner]) -> Digest {
    let mut hash = Sha256::new();
    let mut at = range.start;
    for inner in inner {
        hash.update(&document[at..inner.range.start]);
        hash.update(*inner.digest.0);
        at = inner.range.end;
    }
    hash.update(&document[at..range.end]);
    Digest(Zeroizing::new(hash.finalize().into()))
}
