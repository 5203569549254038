//! What one call needs and the next can use again: one a thread, wiped after each call.

use std::cell::Cell;

use super::{draft::Draft, layout::Layout, record::Reading, show::Made, values::Values};
use crate::{normal, secret::wipe, wire::envelope::Aad};

#[derive(Default)]
pub(crate) struct Workspace {
    /// What is being protected.
    pub(crate) draft: Draft,
    /// What was opened.
    pub(crate) values: Values,
    pub(crate) reading: Reading,
    pub(crate) aad: Aad,
    /// What is derived of the record, to be shown.
    pub(crate) made: Made,
    /// The message of a MAC, or a normal form.
    pub(crate) encoded: Scratch,
    /// A record that is sealed anew.
    pub(crate) layout: Layout,
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

    pub(crate) fn wipe(&mut self) {
        wipe(&mut self.0);
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
        workspace.made.wipe();
        workspace.layout.wipe();
        workspace.encoded.wipe();
        workspace.opened.wipe();
        // While the thread is torn down there is no place to keep it, and it is dropped.
        let _ = WORKSPACE.try_with(|place| place.set(Some(workspace)));
        result
    }
}
