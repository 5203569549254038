//! What one call needs and the next can use again: one a thread, wiped after each call.

use std::cell::Cell;

use zeroize::Zeroize;

use super::{draft::Draft, record::Order, values::Values};
use crate::{
    normal,
    wire::{Pseudonym, envelope::Aad},
};

#[derive(Default)]
pub(crate) struct Workspace {
    /// What is being protected.
    pub(crate) draft: Draft,
    /// What was opened.
    pub(crate) values: Values,
    pub(crate) order: Order,
    pub(crate) aad: Aad,
    pub(crate) pseudonyms: Vec<Option<Pseudonym>>,
    /// The message of a pseudonym.
    pub(crate) encoded: Scratch,
    /// A group or cell, opened in place.
    pub(crate) opened: Scratch,
    pub(crate) normal: normal::Work,
}

/// Bytes that hold clear values. Never grows while it holds any.
#[derive(Default)]
pub(crate) struct Scratch(Vec<u8>);

impl Scratch {
    /// Makes it empty, with room for `bytes`.
    pub(crate) fn begin(&mut self, bytes: usize) -> &mut Vec<u8> {
        self.wipe();
        self.0.reserve(bytes);
        &mut self.0
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Skips what is empty: the C library's `memset` of no bytes at no address takes some 80 ns with AVX-512.
    pub(crate) fn wipe(&mut self) {
        if !self.0.is_empty() {
            self.0.as_mut_slice().zeroize();
            self.0.clear();
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl Workspace {
    /// Lends this thread's workspace. A call from inside another one, out of a record's own `Serialize`, gets one of
    /// its own; after a panic it is dropped, and so wiped.
    pub(crate) fn lend<R>(call: impl FnOnce(&mut Self) -> R) -> R {
        thread_local! {
            static WORKSPACE: Cell<Option<Box<Workspace>>> = const { Cell::new(None) };
        }
        let mut workspace = WORKSPACE
            .try_with(Cell::take)
            .ok()
            .flatten()
            .unwrap_or_default();
        let result = call(&mut workspace);
        workspace.draft.wipe();
        workspace.values.wipe();
        workspace.encoded.wipe();
        workspace.opened.wipe();
        // While the thread is torn down there is no place to keep it, and it is dropped.
        let _ = WORKSPACE.try_with(|place| place.set(Some(workspace)));
        result
    }
}
