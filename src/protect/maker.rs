//! What rows of a policy show beside the fields that they show as they are.

use super::{
    binding::Binding,
    derive::{IndexKey, Parts, PseudonymKey, encode},
    show::Showing,
    workspace::Workspace,
};
use crate::{error::Result, policy::Policy, secret::Secret};

/// Makes it, under one generation.
pub(crate) struct Maker {
    /// One a pseudonym of the policy.
    pseudonyms: Vec<PseudonymKey>,
    /// One an index of the policy.
    indexes: Vec<IndexKey>,
    /// One a field that is shown otherwise than it is.
    showings: Vec<Showing>,
}

impl Maker {
    /// # Errors
    ///
    /// As [`Showing::all`].
    pub(crate) fn new(policy: &Policy, linkage_key: &Secret<32>) -> Result<Self> {
        let pseudonyms = policy.pseudonym_rules().iter();
        let indexes = policy.index_rules().iter();
        Ok(Self {
            pseudonyms: pseudonyms
                .map(|rule| PseudonymKey::new(linkage_key, rule))
                .collect(),
            indexes: indexes
                .map(|rule| IndexKey::new(linkage_key, rule))
                .collect(),
            showings: Showing::all(policy, linkage_key)?,
        })
    }

    /// Derives all that the record in `work` shows; `policy` is the one that it was made for.
    pub(super) fn make(
        &self,
        policy: &Policy,
        binding: &Binding<'_>,
        work: &mut Workspace,
    ) -> Result<()> {
        work.made.clear();
        for (rule, key) in policy.pseudonym_rules().iter().zip(&self.pseudonyms) {
            // What is null is written for itself: moved with what is not, it takes along the bytes that it leaves unused, and those are
            // what stood on the stack before, such as the states of the last key.
            match encode(&Parts::of_pseudonym(rule), policy, work)? {
                false => work.made.pseudonyms.push(None),
                true => {
                    let pseudonym = key.make(work.encoded.bytes(), binding.subject_key());
                    work.made.pseudonyms.push(Some(pseudonym));
                }
            }
        }
        for (rule, key) in policy.index_rules().iter().zip(&self.indexes) {
            match encode(&Parts::of_index(rule), policy, work)? {
                false => work.made.indexes.push(None),
                true => {
                    let index = key.make(work.encoded.bytes(), binding.subject_key());
                    work.made.indexes.push(Some(index));
                }
            }
        }
        for showing in &self.showings {
            showing.show(policy, binding.subject_key(), work)?;
        }
        Ok(())
    }
}
