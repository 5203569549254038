//! The keys: the tree they come from, the keyring that holds its roots, the grant that holds some of its leaves.

pub(crate) mod derived;
pub(crate) mod grant;
pub(crate) mod keyring;
#[cfg(feature = "broker")]
pub(crate) mod split;
mod subject;
pub(crate) mod tree;

pub use grant::Grant;
pub use keyring::{EpochInfo, EpochState, Keyring, Remains};
#[cfg(feature = "broker")]
pub use split::{Share, SplitGrant};
pub use subject::SubjectKey;
