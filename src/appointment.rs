//! The typed record of [`Schema::appointment`](crate::Schema::appointment).

use std::fmt;

use serde::{Deserialize, Serialize};

/// One appointment, the nine fields of [`Schema::appointment`](crate::Schema::appointment) in clear.
///
/// Its `Debug` names no value.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// The patient's last name, at most 48 bytes.
    pub last_name: String,
    /// The patient's first name, at most 48 bytes.
    pub first_name: String,
    /// The patient's age in years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<u8>,
    /// The patient's sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// The patient's telephone number, at most 24 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The patient's e-mail address, at most 72 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// When it starts: an RFC 3339 date-time such as `2020-07-21T09:30:00+02:00`.
    pub start: String,
    /// Whom the patient sees, at most 64 bytes.
    pub practitioner: String,
    /// The practitioner's specialty, at most 64 bytes.
    pub specialty: String,
}

impl fmt::Debug for Appointment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Appointment").finish_non_exhaustive()
    }
}

/// A patient's sex, in the codes of FHIR's `administrative-gender`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Sex {
    Female,
    Male,
    Other,
    Unknown,
}
