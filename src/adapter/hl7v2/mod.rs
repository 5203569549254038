//! HL7 v2 scheduling messages (SIU): connectors that speak it get a message that any engine parses, with nothing in it
//! that its policy does not show.
//!
//! A [`Profile`] says which types of messages are taken, what of them passes, and who may open what is taken out;
//! [`Profile::siu`] is bundled. A [`MessageProtector`] takes a message apart, a [`MessageRevealer`] puts back what its grant opens. Both work
//! on bytes, in whatever character set MSH-18 says. [`MessageProtector::protect_file`] takes files of messages, with or without batches
//! and MLLP frames; [`Frames`] reads them from a connection.
//!
//! ```text
//! PID|1||4711||MARTIN^ZOE|…   ──▶   PID|1||t1.cyzv…||^^^^^^S|…      what the policy shows, and what the profile writes
//!                                   ZPV|1|1|p1.AQE…                 what was taken out, sealed by its scope
//! ```

mod file;
mod frames;
mod header;
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
    file::{FileSummary, Refused},
    frames::{Frames, frame},
    profile::Profile,
    protect::MessageProtector,
    reveal::{MessageRevealer, message_id, record_of},
};
pub use crate::adapter::message::Restored;
