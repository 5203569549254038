//! Key bytes: boxed where they are born, never copied, wiped on drop; and the stack on which they are computed, wiped
//! after.

use std::fmt;

use zeroize::{Zeroize, zeroize_stack};

/// `N` secret bytes on the heap, so that moving the owner leaves no copy behind.
pub(crate) struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Fills the bytes where they stay; this type moves none over the stack.
    pub(crate) fn fill(write: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self(Box::new([0; N]));
        write(&mut secret.0);
        secret
    }

    /// As [`Secret::fill`], for sources that can fail.
    pub(crate) fn try_fill<E>(
        write: impl FnOnce(&mut [u8; N]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut secret = Self(Box::new([0; N]));
        write(&mut secret.0)?;
        Ok(secret)
    }

    pub(crate) fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Wipes and empties `bytes`. Skips what is empty: the C library's `memset` of no bytes at no address takes some 80 ns on
/// processors with AVX-512.
#[inline]
pub(crate) fn wipe(bytes: &mut Vec<u8>) {
    if !bytes.is_empty() {
        bytes.as_mut_slice().zeroize();
        bytes.clear();
    }
}

/// What `work` gives, after wiping `BYTES` of the stack that it used, also where it panics.
///
/// The ciphers and HMAC compute on the stack and leave round keys and keyed states there. For what is rare: it
/// costs as much as clearing so much memory does. `tests/memory` tells where `BYTES` is not enough.
pub(crate) fn wiping_stack<const BYTES: usize, R>(work: impl FnOnce() -> R) -> R {
    struct Wipe<const BYTES: usize>;

    impl<const BYTES: usize> Drop for Wipe<BYTES> {
        fn drop(&mut self) {
            zeroize_stack::<BYTES>();
        }
    }

    /// A frame of its own, so that all that `work` needs is below the caller's.
    #[inline(never)]
    fn below<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    let _wipe = Wipe::<BYTES>;
    below(work)
}

/// More than keys and rows take of the stack: 15 KiB were measured without optimisation.
pub(crate) const KEY_STACK: usize = 24 * 1024;

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::<32>::fill(|bytes| bytes.fill(0xAB));
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret.expose(), &[0xAB; 32]);
    }
}
