//! What sets the random numbers of one use apart from those of all others.

/// The rows in which links are planted.
pub(super) const PLANTED: u64 = 0x70_6c61_6e74;

/// The bytes of the control that tells nothing.
pub(super) const RANDOM: u64 = 0x7261_6e64;

/// The permutation whose people exchanged what they came for in the control of that name; no score uses it.
pub(super) const EXCHANGED: u64 = 0x7065_726d;

/// The parts of people that choose an attack and those that bound it.
pub(super) const UNITS: u64 = 0x756e_6974;

/// What comes true of people who exchange with nobody.
pub(super) const ALONE: u64 = u64::from_be_bytes(*b"alone\0\0\0");
