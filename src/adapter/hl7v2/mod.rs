//! HL7 v2 scheduling messages (SIU): connectors that speak it get messages that engines parse, with nothing in them
//! that their policy does not show.
//!
//! A [`Profile`] says which types of messages are taken, what of them passes, and who may open what is taken out;
//! [`Profile::siu`] is bundled. A [`MessageProtector`] takes a message apart, a [`MessageRevealer`] puts back what its grant opens. Both work
//! on bytes, in ASCII, UTF-8 and the parts of ISO 8859; messages in other character sets are refused.
//! [`MessageProtector::protect_file`] takes files of messages, with or without batches and MLLP frames; [`Frames`] reads
//! them from a connection.
//!
//! ```text
//! PID|1||4711||MARTIN^ZOE|…   ──▶   PID|1||t1.cyzv…||^^^^^^S|…      what the policy shows, and what the profile writes
//!                                   ZPV|1|1|p1.AQE…                 what was taken out, sealed by its scope
//! ```
//!
//! # One sender a domain
//!
//! Ids are read without who gave them, which is sealed as medical: the same number of two hospitals is one patient. Let each sending
//! system have a domain of its own, whose pseudonyms are those of no other.
//!
//! # What a receiver has to know
//!
//! `ZPV` segments are passed over, or passed on. MSH-10 is a new id, by which the receiver acknowledges; its sender knows the message by the old one,
//! [`message_id`] of what was protected. Fields that HL7 v2 requires may be empty where the policy shows nothing, PID-3, PID-5 and AIS-3 among them:
//! let a profile [write](Profile::from_toml) something there for receivers that insist.

mod file;
mod frames;
mod header;
mod inspect;
mod path;
mod profile;
mod protect;
mod read;
mod reveal;
mod scan;
mod sealed;
mod text;
mod write;

pub use self::{
    frames::{Frames, frame},
    inspect::inspect_file,
    profile::Profile,
    protect::MessageProtector,
    reveal::{MessageRevealer, message_id, record_of},
};
pub use crate::adapter::message::{FileSummary, InspectedMessage, Refused, Restored};
