//! FHIR R4 resources: one JSON document, or one a line.

use std::{
    io::{Read, Write},
    path::Path,
};

use paravent::{
    CheckedPolicy, Error, Keyring, Revealer,
    fhir::{Profile, ResourceProtector, ResourceRevealer},
};

use super::{Counts, Turn, profile_text};
use crate::failure::Failure;

pub(super) fn protector(
    keyring: &Keyring,
    policy: &CheckedPolicy,
    profile: Option<&Path>,
) -> Result<Box<dyn Turn>, Failure> {
    let profile = match profile {
        None => Profile::r4(),
        Some(path) => Profile::from_toml(&profile_text(path)?, policy.policy().schema())
            .map_err(|error| Failure::definition(&error).at(path.display()))?,
    };
    Ok(Box::new(ResourceProtector::new(keyring, policy, profile)?))
}

pub(super) fn revealer(revealer: Revealer) -> Result<Box<dyn Turn>, Failure> {
    Ok(Box::new(ResourceRevealer::new(revealer)?))
}

impl Turn for ResourceProtector {
    fn run(
        &self,
        from: &mut dyn Read,
        to: &mut dyn Write,
        refused: &mut dyn FnMut(&[u8], Error) -> paravent::Result<()>,
    ) -> paravent::Result<Counts> {
        self.protect_file(from, to, |one| refused(one.message, one.error))
            .map(Counts::from)
    }

    fn is_message(&self, written: &[u8]) -> bool {
        is_document(written)
    }

    fn line_end(&self) -> &'static [u8] {
        b"\n"
    }
}

impl Turn for ResourceRevealer {
    fn run(
        &self,
        from: &mut dyn Read,
        to: &mut dyn Write,
        refused: &mut dyn FnMut(&[u8], Error) -> paravent::Result<()>,
    ) -> paravent::Result<Counts> {
        self.reveal_file(from, to, |one| refused(one.message, one.error))
            .map(Counts::from)
    }

    fn is_message(&self, written: &[u8]) -> bool {
        is_document(written)
    }

    fn line_end(&self) -> &'static [u8] {
        b"\n"
    }
}

fn is_document(written: &[u8]) -> bool {
    written.contains(&b'{')
}
