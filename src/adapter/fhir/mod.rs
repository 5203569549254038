//! FHIR R4 resources around an appointment, in JSON and NDJSON: protected so that what is left of them is valid FHIR.
//!
//! A [`ResourceProtector`] takes everything out of a resource or Bundle that its [`Profile`] does not name, seals it by scope and puts
//! the seal into `meta.extension`. A [`ResourceRevealer`] puts back what its keys open: where that is all, byte for byte.
//!
//! # What becomes of a resource
//!
//! - **Kept** are `resourceType`, values that the profile lists, such as codes of `status`, how many elements an array has, and what
//!   refers to what.
//! - **Taken out** is all else, with every extension, `text`, `language`, comment and all of `meta`: security labels, tags and the version
//!   come back where all scopes are opened, and guide nobody until then. An element that FHIR wants to be there carries
//!   `data-absent-reason` `masked`, as does an element of an array that was emptied.
//! - **Ids and references** get a new value, the same in every spelling: `Patient/23`, an absolute address, `urn:uuid:`, `#` and the id
//!   of a contained resource, a business identifier, and the `fullUrl` and `request.url` of a Bundle. Absolute addresses become ones at
//!   `https://paravent.invalid`, since the server names the clinic. What is in no such spelling is taken out.
//! - **Contained resources** stay where what is left refers to them, or they to their container, as FHIR wants it (`dom-3`). Others are taken
//!   out whole and come back with the default scope.
//! - **`meta`** says `PSEUDED`, and has the extension `urn:paravent:sealed` with the sealed records, and beside them what the policy shows
//!   and what has no place in the resource. Each resource of a Bundle has its own; contained ones are sealed with their container.
//!
//! # New ids
//!
//! A new id is random, and holds in one document: one resource, Bundle or line of NDJSON. An id that were the same for a practitioner in
//! every document would be as good as the name, since how often each is booked is known. Where a policy has a pseudonym of exactly
//! the field that the profile says the id of a type fills, such as `patient_id` for Patient, ids are that pseudonym, in every
//! document of the domain. That is so for ids of the document's own server, which its addresses name if they name one, and of what names
//! none; ids of other servers, and ids wider than the field, are random.
//!
//! # Security
//!
//! How many elements an array has, which resources a Bundle holds, which of them refer to each other and how large they are,
//! to the power of two, is not hidden. A Bundle is sealed one resource at a time: seals can be moved between resources unless the
//! policy binds record ids, which are then `Patient/` and the id that is shown, or the `fullUrl` that is shown where there is no id. With
//! neither they are the type alone, so that seals of such resources can be exchanged. Parts come back only where the new ids and
//! references still stand and arrays have as many elements; elements that have neither id nor reference are told apart by their
//! position alone: that they changed places is told by [`Restored::is_original`], which needs all scopes. Of a Bundle whose own seal was taken
//! away on the way, it tells of the resources inside alone, as of a server's answer to a search, which never had one. Pseudonymized
//! resources stay personal data.
//!
//! # Examples
//!
//! ```
//! use paravent::{Date, Keyring, Policy, Revealer, Schema};
//! use paravent::fhir::{Profile, ResourceProtector, ResourceRevealer};
//!
//! // Seals are bound to the ids that are shown: in another resource they do not open.
//! let policy = Policy::from_toml(r#"
//!     domain = "archive"
//!     schema = "scheduling"
//!     record_id = "bound"
//! "#, &Schema::scheduling())?;
//! let checked = policy.check(Date::constant(2026, 11, 24))?;
//! let keyring = Keyring::generate()?;
//!
//! let patient = br#"{"resourceType":"Patient","id":"23","active":true,"name":[{"family":"Lefebvre"}]}"#;
//! let protector = ResourceProtector::new(&keyring, &checked, Profile::r4())?;
//! let protected = protector.protect(patient)?;
//! let shown = String::from_utf8_lossy(&protected);
//! assert!(shown.contains(r#""active":true"#) && shown.contains("PSEUDED") && !shown.contains("Lefebvre"));
//!
//! let revealer = ResourceRevealer::new(Revealer::backend(&keyring, &policy)?)?;
//! let restored = revealer.reveal(&protected)?;
//! assert_eq!(restored.as_bytes(), patient);
//! assert_eq!(restored.is_original(), Some(true));
//!
//! // NDJSON, as a bulk export is: each line is a document of its own, and its ids are new in each.
//! let lines = [&patient[..], b"\n", patient, b"\n"].concat();
//! let mut protected = Vec::new();
//! let summary = protector.protect_file(&lines[..], &mut protected, |refused| Err(refused.error))?;
//! assert_eq!(summary.messages, 2);
//! let mut restored = Vec::new();
//! revealer.reveal_file(&protected[..], &mut restored, |refused| Err(refused.error))?;
//! assert_eq!(restored, lines);
//! # Ok::<(), paravent::Error>(())
//! ```
//!
//! Ids that are the same in every document, and what a grant opens of it. Resources without an id have none to make a pseudonym of, which
//! `null = "null"` allows:
//!
//! ```
//! use paravent::{Date, Keyring, Policy, Revealer, Schema};
//! use paravent::fhir::{Profile, ResourceProtector, ResourceRevealer};
//!
//! let policy = Policy::from_toml(r#"
//!     domain = "visits"
//!     schema = "scheduling"
//!     record_id = "unbound"
//!
//!     [pseudonym.patient]
//!     of = ["patient_id"]
//!     reason = "visits of one person"
//!     null = "null"
//!
//!     [open.care]
//!     reason = "visits by specialty"
//!
//!     [tenancy]
//!     specialties = 12
//! "#, &Schema::scheduling())?;
//! let checked = policy.check(Date::constant(2026, 11, 24))?;
//! let keyring = Keyring::generate()?;
//! let protector = ResourceProtector::new(&keyring, &checked, Profile::r4())?;
//! let protected = protector.protect(br#"{
//!     "resourceType": "Appointment",
//!     "status": "booked",
//!     "specialty": [{"text": "Dermatology"}],
//!     "participant": [{"actor": {"reference": "Patient/23", "display": "Jeanne Lefebvre"}, "status": "accepted"}]
//! }"#)?;
//!
//! let granted = ResourceRevealer::new(Revealer::new(&keyring.grant(&checked)?, &policy)?)?;
//! let revealed = granted.reveal(&protected)?;
//! let shown = String::from_utf8_lossy(revealed.as_bytes());
//! assert!(shown.contains("Dermatology") && shown.contains("PSEUDED"));
//! assert!(!shown.contains("Lefebvre") && !shown.contains("Patient/23"));
//! // Whether it is the original is known to who opens all of it.
//! assert_eq!(revealed.is_original(), None);
//! # Ok::<(), paravent::Error>(())
//! ```

mod digest;
mod file;
mod inspect;
mod json;
mod profile;
mod protect;
mod references;
mod reveal;
mod scene;
mod walk;

pub use self::{
    inspect::inspect_file, profile::Profile, protect::ResourceProtector, reveal::ResourceRevealer,
};
pub use crate::adapter::message::{FileSummary, InspectedMessage, Refused, Restored};
