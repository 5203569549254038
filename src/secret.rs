//! Key bytes: boxed where they are born, never copied, wiped on drop.

use std::fmt;

use zeroize::Zeroize;

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
