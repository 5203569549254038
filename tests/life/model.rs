//! What is to be true, in plain maps.

use std::collections::BTreeMap;

use paravent::EpochState;

/// What was done to whom: rows and epochs are chosen by a number, taken modulo how many there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    Protect { person: u8 },
    StartEpoch,
    StartGeneration,
    Reseal { row: usize },
    ResealAll,
    Disable { epoch: u32 },
    Enable { epoch: u32 },
    Destroy { epoch: u32 },
    DestroyGeneration { generation: u32 },
    Grant,
    Release { row: usize, person: u8 },
    Restart,
    Rotate,
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) rows: Vec<Row>,
    /// By their numbers; the last one is active.
    pub(crate) epochs: BTreeMap<u32, EpochState>,
    /// By their numbers: whether they are there; the last one is live.
    pub(crate) generations: BTreeMap<u32, bool>,
    /// Values that came out, and calls that were refused.
    pub(crate) released: u64,
    pub(crate) refused: u64,
}

/// What a row holds, and the keys that it is under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) person: u8,
    pub(crate) epoch: u32,
    pub(crate) generation: u32,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            epochs: [(1, EpochState::Active)].into(),
            generations: [(1, true)].into(),
            ..Self::default()
        }
    }

    pub(crate) fn active(&self) -> u32 {
        *self.epochs.last_key_value().unwrap().0
    }

    pub(crate) fn live(&self) -> u32 {
        *self.generations.last_key_value().unwrap().0
    }

    pub(crate) fn opens(&self, row: Row) -> bool {
        let state = self.epochs[&row.epoch];
        matches!(state, EpochState::Active | EpochState::DecryptOnly)
    }

    /// The code by which a row does not open.
    pub(crate) fn closed(&self, row: Row) -> &'static str {
        match self.epochs[&row.epoch] {
            EpochState::Disabled => "epoch-disabled",
            EpochState::Destroyed => "epoch-destroyed",
            _ => "",
        }
    }

    pub(crate) fn start_epoch(&mut self) {
        let active = self.active();
        self.epochs.insert(active, EpochState::DecryptOnly);
        self.epochs.insert(active + 1, EpochState::Active);
    }

    /// Whether the epoch takes this state: neither the active one does, nor one that is gone.
    pub(crate) fn set(&mut self, epoch: u32, state: EpochState) -> bool {
        let now = self.epochs[&epoch];
        let takes = !matches!(now, EpochState::Active | EpochState::Destroyed);
        if takes {
            self.epochs.insert(epoch, state);
        }
        takes
    }

    pub(crate) fn destroy_generation(&mut self, generation: u32) -> bool {
        let takes = generation != self.live() && self.generations[&generation];
        if takes {
            self.generations.insert(generation, false);
        }
        takes
    }
}
