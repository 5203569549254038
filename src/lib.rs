//! TODO tour
mod appointment;
mod crypto;
mod digest;
mod error;
mod id;
mod key;
mod normal;
mod policy;
mod protect;
mod schema;
mod secret;
#[cfg(feature = "key-file")]
mod store;
#[cfg(feature = "test-kit")]
pub mod test_kit;
mod toml_file;
mod wire;

#[cfg(feature = "key-file")]
pub use crate::store::Passphrase;
pub use crate::{
    appointment::{Appointment, Sex},
    crypto::entropy::Nonces,
    error::{Error, Result},
    id::{Digest, Domain, Epoch, FieldId, Generation, RecordId, Scope},
    key::{Grant, Keyring, SubjectKey},
    normal::{Class, PhoneRegion},
    policy::{Policy, Show},
    protect::{
        Binding, BoundProtector, BoundRevealer, JsonRecord, Protected, ProtectedRow, Protector,
        Revealer, Shown,
    },
    schema::{Determines, Field, Role, Schema, ValueType},
    wire::{Pseudonym, SealedCell, SealedRecord, SealedRow},
};
