//! What policies show, before any row is attacked: the swap test, and bits.
//!
//! The swap test asks whether a view ties what is medical to who it is of. Made-up records are protected; then the
//! medical parts are permuted among the rows, and all is protected again. Both views, sealed bytes blanked, have to be the same
//! but for the order of the rows and the names of stand-ins. What is opened, and what the domain's people know besides, is of
//! the view.

mod made_up;
mod same;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use serde_json::Value;

use self::{
    made_up::Person,
    same::{Cell, are_same},
};
use crate::{
    audit::report::Capacity,
    error::{Error, Result},
    id::RecordId,
    key::{Keyring, SubjectKey},
    policy::{CheckedPolicy, Transform, shown_bits},
    protect::{Binding, Protected, Protector, SEALED},
};

/// The person and the visit of each row, of which all permutations are tried: somebody with the same visit twice and with
/// others, a visit that two people have, and people with one of their own.
const FEW: [(usize, usize); 6] = [(0, 0), (0, 0), (0, 1), (1, 1), (2, 2), (3, 3)];

/// The same for permutations at random.
const MORE: [(usize, usize); 12] = [
    (0, 0),
    (0, 0),
    (0, 1),
    (1, 1),
    (1, 2),
    (2, 2),
    (2, 3),
    (3, 3),
    (4, 4),
    (5, 4),
    (6, 5),
    (6, 6),
];

/// How many of them.
const AT_RANDOM: usize = 100;

/// What a policy shows, computed from policy and schema alone, of made-up records: whether swapping what is medical between
/// people shows, and how many bits of a row are shown at most.
///
/// The bits are those of shown fields, pseudonyms and indexes; a stand-in is worth what it stands for, or log2 of the rows
/// that the policy states. They are infinite, and `null` in JSON, where nobody says how many values or rows there are.
/// The swap test looks at the whole view, with what the domain opens in bulk and knows besides.
///
/// # Errors
///
/// [`Error::is_definition`] where the policy shows a field by a transform whose feature the crate was built without;
/// [`Error::is_audit`] where no record can be made up for it; [`Error::is_io`] where the system gives no random bytes.
///
/// # Examples
///
/// ```
/// use paravent::{Date, Policy, Schema, audit};
///
/// let checked = |shown: &str| {
///     let text = format!(r#"
///         domain = "archive"
///         schema = "appointment"
///         record_id = "unbound"
///         {shown}
///     "#);
///     Policy::from_toml(&text, &Schema::appointment())?.check(Date::constant(2026, 11, 24))
/// };
/// let nothing = audit::capacity(&checked("")?)?;
/// assert!(nothing.passes_swap_test);
/// assert_eq!(nothing.bits_a_row, 0.0);
///
/// let shown = audit::capacity(&checked(r#"
///     [holds]
///     rows = 500_000
///     subjects = 120_000
///     [tenancy]
///     specialties = 12
///     practices = 40
///     [show.sex]
///     as = "keep"
///     reason = "women and men"
///     [show.specialty]
///     as = "keep"
///     reason = "visits by specialty"
/// "#)?)?;
/// assert!(!shown.passes_swap_test);
/// // 3 sexes and 60 specialties.
/// assert!((shown.bits_a_row - 180f64.log2()).abs() < 1e-9);
/// # Ok::<(), paravent::Error>(())
/// ```
pub fn capacity(policy: &CheckedPolicy) -> Result<Capacity> {
    let plain = policy.policy();
    Ok(Capacity {
        domain: plain.domain().as_str().to_owned(),
        passes_swap_test: passes_swap_test(policy)?,
        bits_a_row: shown_bits(plain),
        rows: plain.background().rows,
    })
}

fn passes_swap_test(policy: &CheckedPolicy) -> Result<bool> {
    let protector = Protector::new(&Keyring::generate()?, policy)?;
    let few = Views::new(&protector, &FEW)?;
    let mut visits: Vec<usize> = (0..FEW.len()).collect();
    let mut same = true;
    permutations(&mut visits, 0, &mut |visits| {
        same = same && few.is_same(visits);
    });
    if !same {
        return Ok(false);
    }
    let more = Views::new(&protector, &MORE)?;
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut visits: Vec<usize> = (0..MORE.len()).collect();
    for _ in 0..AT_RANDOM {
        for at in (1..visits.len()).rev() {
            visits.swap(at, random.random_range(0..=at));
        }
        if !more.is_same(&visits) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is seen of every person with every visit, which is what is seen of any permutation.
struct Views {
    /// The person and the visit of each row.
    rows: &'static [(usize, usize)],
    /// By person, then visit.
    seen: Vec<Vec<Vec<Cell>>>,
}

impl Views {
    fn new(protector: &Protector, rows: &'static [(usize, usize)]) -> Result<Self> {
        let people = 1 + rows.iter().map(|row| row.0).max().unwrap_or(0);
        let visits = 1 + rows.iter().map(|row| row.1).max().unwrap_or(0);
        let seen = (0..people).map(|person| {
            // Erased together, so one key a person.
            let key = SubjectKey::generate()?;
            (0..visits)
                .map(|visit| seen(protector, &key, Person(person), visit))
                .collect()
        });
        Ok(Self {
            rows,
            seen: seen.collect::<Result<_>>()?,
        })
    }

    /// Whether the view is the same where each row has the visit of another, which `from` says.
    fn is_same(&self, from: &[usize]) -> bool {
        let row = |(person, visit): (usize, usize)| self.seen[person][visit].as_slice();
        let before: Vec<_> = self.rows.iter().map(|&pair| row(pair)).collect();
        let after: Vec<_> = self
            .rows
            .iter()
            .zip(from)
            .map(|(&(person, _), &from)| row((person, self.rows[from].1)))
            .collect();
        are_same(&before, &after)
    }
}

/// The cells of one row of the view.
fn seen(
    protector: &Protector,
    key: &SubjectKey,
    person: Person,
    visit: usize,
) -> Result<Vec<Cell>> {
    let policy = protector.policy();
    let texts = made_up::texts(policy, person, visit);
    let protected = protect(protector, key, &made_up::record(policy, &texts))?;
    let Ok(Value::Object(object)) = serde_json::to_value(&protected) else {
        unreachable!("a protected record is an object");
    };
    let is_stand_in = |name: &str| {
        let keyed =
            |transform: &Transform| matches!(transform, Transform::Reversible | Transform::Phone);
        policy
            .pseudonyms()
            .chain(policy.indexes())
            .any(|of| of == name)
            || policy
                .shows()
                .any(|(field, how)| field.name() == name && keyed(how))
    };
    let shown = object.iter().map(|(name, value)| match value {
        Value::String(text) if name == SEALED => Cell::Clear(text.len().to_string()),
        Value::String(text) if is_stand_in(name) => Cell::StandIn(text.clone()),
        value => Cell::Clear(value.to_string()),
    });
    let fields = policy.schema().fields().iter().enumerate();
    let told = fields
        .filter(|(at, field)| {
            policy.opens().contains(&field.scope()) || policy.background().knows.contains(at)
        })
        .map(|(at, _)| Cell::Clear(format!("{:?}", texts[at])));
    Ok(shown.chain(told).collect())
}

fn protect(protector: &Protector, key: &SubjectKey, record: &Value) -> Result<Protected> {
    let policy = protector.policy();
    let mut binding = Binding::NONE;
    if policy.binds_record_id() {
        binding = Binding::record(RecordId::new("made-up")?);
    }
    if policy.binds_subject_key() {
        binding = binding.with_subject(key);
    }
    protector.bind(binding).protect(record).map_err(|error| {
        if error.is_io() {
            return error;
        }
        Error::audit(
            "no record could be made up for the swap test of a policy",
            "look for a field whose width has no room for what the policy shows of it",
        )
    })
}

/// Each permutation of `items` from `at` on.
fn permutations(items: &mut [usize], at: usize, then: &mut impl FnMut(&[usize])) {
    if at == items.len() {
        return then(items);
    }
    for with in at..items.len() {
        items.swap(at, with);
        permutations(items, at + 1, then);
        items.swap(at, with);
    }
}

#[cfg(test)]
mod tests;
