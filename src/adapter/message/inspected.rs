//! What is told of a protected message without keys.

use crate::inspect::Inspected;

/// What is sealed in one message, told without any key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InspectedMessage {
    /// Whether it is no message, but begins or ends a batch or a file of HL7 v2.
    pub is_envelope: bool,
    /// Its seals: none where it is not protected, several where its parts are long, and of FHIR those of each resource.
    pub seals: Vec<Inspected>,
}

impl InspectedMessage {
    pub(crate) fn new(is_envelope: bool, seals: Vec<Inspected>) -> Self {
        Self { is_envelope, seals }
    }
}
