//! HL7 v2 messages.

use std::path::Path;

use paravent::{
    CheckedPolicy, Keyring, Revealer,
    hl7v2::{MessageProtector, MessageRevealer, Profile},
};

use super::{Direction, Task, Turn, profile_text};
use crate::failure::Failure;

pub(super) fn protector(
    keyring: &Keyring,
    policy: &CheckedPolicy,
    profile: Option<&Path>,
) -> Result<Task, Failure> {
    let profile = match profile {
        None => Profile::siu(),
        Some(path) => Profile::from_toml(&profile_text(path)?, policy.policy().schema())
            .map_err(|error| Failure::definition(&error).at(path.display()))?,
    };
    let protector = MessageProtector::new(keyring, policy, profile)?;
    let not_shown = protector.not_shown().into_iter().map(str::to_owned);
    Ok(Task {
        not_shown: not_shown.collect(),
        direction: Direction::Protect,
        turn: Box::new(move |from, to, refused| protector.protect_file(from, to, refused)),
    })
}

pub(super) fn revealer(revealer: Revealer) -> Result<Turn, Failure> {
    let revealer = MessageRevealer::new(revealer)?;
    Ok(Box::new(move |from, to, refused| {
        revealer.reveal_file(from, to, refused)
    }))
}
