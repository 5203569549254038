//! A fixed keyring and seeded nonces, for users' own tests. Nothing it makes protects anybody.
//!
//! The feature `test-kit` does not compile without debug assertions, so that no release build has it by accident. Where
//! tests have to run without them, `RUSTFLAGS="--cfg paravent_test_kit_in_release"` says so.

use std::{collections::BTreeMap, sync::Mutex};

use crate::{
    crypto::{
        entropy::{GivenNonces, Nonces},
        mac::MacKey,
    },
    id::{Domain, Epoch, Generation, Scope},
    key::{Keyring, tree},
    secret::{KEY_STACK, Secret, wiping_stack},
};

#[cfg(not(any(debug_assertions, paravent_test_kit_in_release)))]
compile_error!(
    "the feature `test-kit` has keys that everybody knows: leave it out of builds without debug assertions, or say \
     `--cfg paravent_test_kit_in_release` in RUSTFLAGS"
);

/// The same keyring at every call: one epoch, one generation.
///
/// # Examples
///
/// ```
/// use paravent::{Appointment, Date, Policy, Protector, Schema, test_kit};
///
/// let policy = Policy::from_toml(r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "unbound"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let appointment = Appointment { start: "2020-07-21T09:30:00+02:00".to_owned(), ..Appointment::default() };
/// let protect = || {
///     let protector = Protector::new(&test_kit::keyring(), &checked)?.with_nonces(test_kit::seeded_nonces(7));
///     protector.protect(&appointment)
/// };
/// assert_eq!(protect()?, protect()?);
/// # Ok::<(), paravent::Error>(())
/// ```
pub fn keyring() -> Keyring {
    keyring_from(
        Epoch::FIRST,
        b"paravent test kit: sealing root.",
        Generation::FIRST,
        b"paravent test kit: linkage root.",
    )
}

/// A keyring with these roots, for known answers.
pub fn keyring_from(
    epoch: Epoch,
    sealing: &[u8; 32],
    generation: Generation,
    linkage: &[u8; 32],
) -> Keyring {
    let secret = |bytes: &[u8; 32]| Secret::fill(|secret| secret.copy_from_slice(bytes));
    let linkage = secret(linkage);
    Keyring {
        log: wiping_stack::<KEY_STACK, _>(|| tree::log_root(&linkage)),
        sealing: BTreeMap::from([(epoch, secret(sealing))]),
        active: epoch,
        linkage: BTreeMap::from([(generation, linkage)]),
        generation,
    }
}

/// The keyring of [`keyring()`] in its second generation: what a [`Query`](crate::Query) asks for has one answer in each.
///
/// # Examples
///
/// ```
/// use paravent::{Generation, test_kit};
///
/// let keyring = test_kit::keyring_of_two_generations();
/// assert_eq!(Some(keyring.generation()), Generation::new(2));
/// ```
pub fn keyring_of_two_generations() -> Keyring {
    let mut keyring = keyring();
    if let Some(second) = Generation::new(2) {
        let root = b"paravent test kit: second links.";
        let root = Secret::fill(|secret| secret.copy_from_slice(root));
        keyring.linkage.insert(second, root);
        keyring.generation = second;
    }
    keyring
}

/// Nonces that follow from `seed`: the same ones for every protector that is made with it.
///
/// # Security
///
/// Two protectors with one seed repeat nonces, which reveals what they seal.
pub fn seeded_nonces(seed: u64) -> Nonces {
    let key = Secret::fill(|bytes| bytes[..8].copy_from_slice(&seed.to_be_bytes()));
    Nonces::given(GivenNonces::Seeded {
        key: MacKey::new(&key),
        drawn: Mutex::new(0),
    })
}

/// These nonces, 24 bytes each, in their order; the call after the last one fails.
///
/// # Security
///
/// A nonce that is used twice under one key reveals what it seals.
pub fn fixed_nonces(nonces: Vec<[u8; 24]>) -> Nonces {
    Nonces::given(GivenNonces::Fixed(Mutex::new(nonces.into_iter())))
}

/// The keys of one scope and domain, for known answers: Kscope, Kdomain, Kseal.
pub fn tree(
    keyring: &Keyring,
    epoch: Epoch,
    scope: Scope,
    domain: &Domain,
) -> Option<[[u8; 32]; 3]> {
    let scope_key = tree::scope_key(keyring.sealing.get(&epoch)?, scope);
    let domain_key = tree::domain_key(&scope_key, domain);
    let seal_key = tree::seal_key(&domain_key);
    Some([
        *scope_key.expose(),
        *domain_key.expose(),
        *seal_key.expose(),
    ])
}
