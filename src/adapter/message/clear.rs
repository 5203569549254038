//! Clear values in memory: what was written anew for one is wiped on drop, and what a buffer grows out of, too.

use std::{
    borrow::{Borrow, Cow},
    ops::Deref,
};

use zeroize::{Zeroize, Zeroizing};

use crate::secret::wipe;

/// The text of a part of a message, without quotes and escapes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decoded<'a>(Cow<'a, str>);

impl Default for Decoded<'_> {
    fn default() -> Self {
        Self(Cow::Borrowed(""))
    }
}

impl<'a> From<Cow<'a, str>> for Decoded<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self(text)
    }
}

impl Borrow<str> for Decoded<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Deref for Decoded<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for Decoded<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.zeroize();
        }
    }
}

/// The least room that is made: most buffers get more than one value.
const LEAST_ROOM: usize = 256;

/// Makes room for so many bytes more.
pub(crate) fn reserve(buffer: &mut Zeroizing<Vec<u8>>, bytes: usize) {
    let needed = buffer.len() + bytes;
    if needed > buffer.capacity() {
        let mut grown = Vec::with_capacity(needed.next_power_of_two().max(LEAST_ROOM));
        grown.extend_from_slice(buffer);
        wipe(buffer);
        **buffer = grown;
    }
}

/// Appends, making room where there is none.
pub(crate) fn append(buffer: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    reserve(buffer, bytes.len());
    buffer.extend_from_slice(bytes);
}
