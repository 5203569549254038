//! Records of nobody, protected to be planted among the rows.

use std::fmt;

use super::{Binding, Protected, Protector};
use crate::{error::Result, id::RecordId};

/// A record of nobody, protected: nobody who works by the rules asks for it, so that a broker that is asked knows of a
/// misuse.
///
/// Made by [`Protector::canaries`].
pub struct Canary {
    name: String,
    record_id: Option<String>,
    row: Protected,
}

impl Canary {
    /// Its name in the policy.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id to store its row under, where the policy binds to one.
    pub fn record_id(&self) -> Option<&str> {
        self.record_id.as_deref()
    }

    /// Its row, like any other.
    pub fn row(&self) -> &Protected {
        &self.row
    }
}

impl Protector {
    /// The canaries of the policy, protected as its rows are: store them among those, at places that do not tell them.
    ///
    /// # Errors
    ///
    /// As [`protect`](Protector::protect), where a canary's record has a value that the policy cannot show or derive from.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Date, Keyring, Policy, Protector, Schema};
    ///
    /// let policy = Policy::from_toml(r#"
    ///     domain = "support-desk"
    ///     schema = "appointment"
    ///     record_id = "bound"
    ///
    ///     [[canary]]
    ///     name = "nobody"
    ///     record_id = "rdv-7f3a"
    ///     record = { last_name = "Vasseur", first_name = "Ode", start = "2026-12-03T10:15:00+01:00", practitioner = "Dr Morel", specialty = "Dermatologie" }
    /// "#, &Schema::appointment())?;
    /// let checked = policy.check(Date::constant(2026, 11, 24))?;
    /// let canaries = Protector::new(&Keyring::generate()?, &checked)?.canaries()?;
    /// assert_eq!((canaries[0].name(), canaries[0].record_id()), ("nobody", Some("rdv-7f3a")));
    /// # Ok::<(), paravent::Error>(())
    /// ```
    pub fn canaries(&self) -> Result<Vec<Canary>> {
        let rules = self.policy().canary_rules().iter();
        rules
            .map(|rule| {
                let binding = match &rule.record_id {
                    Some(id) => Binding::record(RecordId::new(id)?),
                    None => Binding::NONE,
                };
                Ok(Canary {
                    name: rule.name.clone(),
                    record_id: rule.record_id.clone(),
                    row: self.bind(binding).protect(&rule.record)?,
                })
            })
            .collect()
    }
}

impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canary")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
