//! How much the shown form of a field tells, in bits.

use crate::{
    policy::transform::{Period, Transform},
    schema::{Field, Role, ValueType},
};

/// A day in steps of five minutes: how many starts it has where the schema does not say.
const STARTS_A_DAY: f64 = 288.0;

/// 120 years: the days that dates span where the schema does not say.
const DAYS: f64 = 43_830.0;

/// Country codes times first digits: what a format-preserving stand-in keeps of a telephone number.
const PHONE_HEADS: f64 = 2_150.0;

/// Characters that codes and names are taken to be made of, once case is folded.
const LETTERS: f64 = 36.0;

/// What the schemas of a set say of the fields of one name, each time the worst.
#[derive(Clone)]
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) identifier: bool,
    pub(super) quasi: bool,
    pub(super) sensitive: bool,
    /// Whether some schema has it as the person's, or as what says who that is.
    pub(super) of_person: bool,
    /// Whether some schema has it as the visit's.
    pub(super) of_visit: bool,
    /// Whether some schema has its frequencies known.
    pub(super) frequencies_known: bool,
    /// Whether some schema has them unknown.
    pub(super) frequencies_unknown: bool,
    pub(super) optional: bool,
    /// How many different values at most, without end where nobody says.
    values: f64,
    /// How many at least: as few as some schema says.
    fewest: f64,
    days: f64,
}

impl Facts {
    pub(super) fn new(field: &Field) -> Self {
        let days = match field.value_type() {
            ValueType::Date | ValueType::DateTime => field.days().map_or(DAYS, |days| days as f64),
            _ => f64::INFINITY,
        };
        let values = match (field.values(), field.value_type()) {
            (Some(values), _) => values as f64,
            (None, ValueType::Date) => days,
            (None, ValueType::DateTime) => days * STARTS_A_DAY,
            (None, ValueType::Boolean) => 2.0,
            (None, _) => f64::INFINITY,
        };
        Self {
            name: field.name().to_owned(),
            identifier: field.role() == Role::Identifier,
            quasi: field.role() == Role::QuasiIdentifier,
            sensitive: field.role() == Role::Sensitive,
            of_person: field.is_of_person(),
            of_visit: !field.is_of_person(),
            frequencies_known: field.has_known_frequencies(),
            frequencies_unknown: !field.has_known_frequencies(),
            optional: field.is_optional(),
            values,
            fewest: values,
            days,
        }
    }

    /// Takes on what another schema says of the same name.
    pub(super) fn add(&mut self, other: &Self) {
        self.identifier |= other.identifier;
        self.quasi |= other.quasi;
        self.sensitive |= other.sensitive;
        self.of_person |= other.of_person;
        self.of_visit |= other.of_visit;
        self.frequencies_known |= other.frequencies_known;
        self.frequencies_unknown |= other.frequencies_unknown;
        self.optional |= other.optional;
        self.values = self.values.max(other.values);
        self.fewest = self.fewest.min(other.fewest);
        self.days = self.days.max(other.days);
    }

    /// Whether it says who somebody is, wholly or partly.
    pub(super) fn tells_who(&self) -> bool {
        self.identifier || self.quasi
    }
}

/// What is known of a field's values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Form {
    kind: Kind,
    /// What the value of one visit is worth.
    bits: f64,
    /// What is lost once, over all visits of a person: a shift hides where the sequence begins.
    less: f64,
    /// The fewest values that one shown value can stand for.
    leaves: f64,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Exact,
    Bands(Vec<i64>),
    Period(Period),
    Characters {
        first: usize,
        last: usize,
    },
    Round(u64),
    /// By how many weeks at most, and by which fields.
    Shift(u16, Vec<usize>),
    Bucket(Vec<(String, Vec<String>)>),
    Phone,
    /// Something, through a fact whose fields are not known exactly.
    Part,
    /// Unlike forms of one field, in an order of their own.
    Several(Vec<Form>),
}

impl Form {
    pub(super) fn exact(facts: &Facts) -> Self {
        Self {
            kind: Kind::Exact,
            bits: facts.values.log2(),
            less: 0.0,
            leaves: 1.0,
        }
    }

    /// At most `bits` of a field, through a fact.
    pub(super) fn part(facts: &Facts, bits: f64) -> Self {
        Self {
            kind: Kind::Part,
            bits: bits.min(facts.values.log2()),
            less: 0.0,
            leaves: f64::INFINITY,
        }
    }

    /// What a transform leaves; `None` where it shows nothing but equality. `subject` is what the fields that a shift goes
    /// by are worth.
    pub(super) fn shown(transform: &Transform, facts: &Facts, subject: f64) -> Option<Self> {
        let form = |kind, classes: f64, leaves: f64| {
            // Null is seen, too.
            let classes = classes + f64::from(u8::from(facts.optional));
            // Where all classes but one have one value each, that one has the rest.
            let most = (facts.fewest - classes + 1.0).max(1.0);
            Some(Self {
                kind,
                bits: classes.min(facts.values).log2(),
                less: 0.0,
                leaves: leaves.min(most),
            })
        };
        match transform {
            Transform::Keep => Some(Self::exact(facts)),
            Transform::Bands { edges } => form(
                Kind::Bands(edges.clone()),
                edges.len() as f64,
                narrowest(edges, facts),
            ),
            Transform::Truncate(period) => form(
                Kind::Period(*period),
                spanned(facts.days, days_of(*period)),
                days_of(*period) * (facts.fewest / facts.days).max(1.0),
            ),
            // Which values share their first characters is not known: one may stand alone.
            Transform::Prefix(first) => form(
                Kind::Characters {
                    first: *first,
                    last: 0,
                },
                LETTERS.powf(*first as f64),
                1.0,
            ),
            Transform::Mask { first, last } => form(
                Kind::Characters {
                    first: *first,
                    last: *last,
                },
                LETTERS.powf((first + last) as f64) + 1.0,
                1.0,
            ),
            // Nor is where the values begin: the first or last multiple may stand for one.
            Transform::Round(to) => form(Kind::Round(*to), spanned(facts.values, *to as f64), 1.0),
            Transform::Shift { weeks, subject: of } => {
                let places = f64::from(2 * u32::from(*weeks) + 1);
                Some(Self {
                    kind: Kind::Shift(*weeks, of.clone()),
                    bits: facts.days.log2(),
                    // No more places than there are people, as far as the shift tells them apart.
                    less: places.log2().min(subject),
                    leaves: places,
                })
            }
            Transform::Bucket { lists, other } => {
                let listed = lists.iter().map(|(_, values)| values.len());
                let rest = other
                    .is_some()
                    .then(|| rest(facts, listed.clone().sum::<usize>() as f64));
                let shortest = listed.map(|length| length as f64).chain(rest);
                form(
                    Kind::Bucket(lists.clone()),
                    (lists.len() + usize::from(other.is_some())) as f64,
                    shortest.fold(f64::INFINITY, f64::min),
                )
            }
            Transform::Phone => form(Kind::Phone, PHONE_HEADS, 1_000_000.0),
            Transform::Reversible => None,
        }
    }

    /// The most that a value of one visit adds.
    pub(super) fn bits(&self) -> f64 {
        self.bits
    }

    /// What it is worth where `visits` values of one person are known to be of one person.
    pub(super) fn worth(&self, visits: f64) -> f64 {
        if self.bits == 0.0 {
            return 0.0;
        }
        (self.bits * visits - self.less).max(0.0)
    }

    /// Whether it tells nothing.
    pub(super) fn is_nothing(&self) -> bool {
        self.bits == 0.0
    }

    pub(super) fn is_exact(&self) -> bool {
        self.kind == Kind::Exact
    }

    /// Whether the value itself is known, at least where it stands alone in its class.
    pub(super) fn tells_value(&self) -> bool {
        self.leaves <= 1.0
    }

    /// Whether some shown value is known to stand for one value only, so that what follows from the value follows.
    pub(super) fn tells_single(&self) -> bool {
        match &self.kind {
            Kind::Exact | Kind::Bands(_) | Kind::Period(_) | Kind::Bucket(_) => self.tells_value(),
            Kind::Several(forms) => forms.iter().any(Self::tells_single),
            _ => false,
        }
    }

    /// The fewest values that one shown value can stand for.
    pub(super) fn leaves(&self) -> f64 {
        self.leaves
    }

    /// Whether it is another step up: the value itself, or more bits of it.
    pub(super) fn tells_more_than(&self, other: &Self) -> bool {
        match (self.is_exact(), other.is_exact()) {
            (_, true) => false,
            (true, false) => true,
            (false, false) => self.worth(1.0) > other.worth(1.0),
        }
    }

    /// The same, worth at least `bits` of what can be known.
    pub(super) fn at_least(&self, facts: &Facts, bits: f64) -> Self {
        let bits = bits.min(facts.values.log2()) + self.less;
        Self {
            bits: self.bits.max(bits),
            ..self.clone()
        }
    }

    /// Whether a fact that survives truncation and masks holds of it.
    pub(super) fn survives(&self) -> bool {
        match &self.kind {
            // Whoever made bands and lists may have made them by what the fact gives.
            Kind::Exact
            | Kind::Period(_)
            | Kind::Characters { .. }
            | Kind::Bands(_)
            | Kind::Round(_)
            | Kind::Bucket(_) => true,
            Kind::Shift(..) | Kind::Phone | Kind::Part => false,
            Kind::Several(forms) => forms.iter().any(Self::survives),
        }
    }

    /// What both are worth to who compares them: no two forms share more than the lesser one tells.
    pub(super) fn shared(&self, other: &Self, visits: f64) -> f64 {
        self.worth(visits).min(other.worth(visits))
    }

    /// What is known to who has both.
    pub(super) fn refine(&self, other: &Self, facts: &Facts) -> Self {
        if self.is_exact() || other.is_exact() {
            return Self::exact(facts);
        }
        let mut parts = self.parts().to_vec();
        for form in other.parts() {
            let like = parts
                .iter()
                .position(|part| part.refined(form, facts).is_some());
            match like.and_then(|at| Some((at, parts[at].refined(form, facts)?))) {
                Some((at, refined)) => parts[at] = refined,
                None => parts.push(form.clone()),
            }
        }
        if parts.len() == 1 {
            return parts.remove(0);
        }
        parts.sort_by_cached_key(|form| format!("{:?}", form.kind));
        let most = facts.values.log2();
        let bits: f64 = parts.iter().map(|form| form.bits).sum();
        let less: f64 = parts.iter().map(|form| form.less.min(form.bits)).sum();
        Self {
            bits: bits.min(most),
            less: (less - (bits - most).max(0.0)).max(0.0),
            // Where classes of two kinds overlap, one value may stand alone.
            leaves: 1.0,
            kind: Kind::Several(parts),
        }
    }

    fn parts(&self) -> &[Self] {
        match &self.kind {
            Kind::Several(parts) => parts,
            _ => std::slice::from_ref(self),
        }
    }

    /// What is known to who has two forms of one kind; `None` where they are unlike.
    fn refined(&self, other: &Self, facts: &Facts) -> Option<Self> {
        let finer = |mine: bool| Some(if mine { self.clone() } else { other.clone() });
        match (&self.kind, &other.kind) {
            (mine, others) if mine == others => finer(self.bits >= other.bits),
            (Kind::Bands(mine), Kind::Bands(others)) => {
                let mut edges = [mine.as_slice(), others].concat();
                edges.sort_unstable();
                edges.dedup();
                let transform = Transform::Bands { edges };
                let refined = Self::shown(&transform, facts, 0.0)?;
                // One band tells nothing, and so nothing where it lies.
                let bits = refined.bits.min(self.bits + other.bits);
                Some(Self { bits, ..refined })
            }
            (Kind::Period(mine), Kind::Period(others)) if nested(*mine, *others) => {
                finer(mine < others)
            }
            (
                Kind::Characters { first, last },
                Kind::Characters {
                    first: other_first,
                    last: other_last,
                },
            ) => {
                let (first, last) = (*first.max(other_first), *last.max(other_last));
                Self::shown(&Transform::Mask { first, last }, facts, 0.0)
            }
            _ => None,
        }
    }
}

/// How many classes of `width` values a run of `length` values touches at most.
fn spanned(length: f64, width: f64) -> f64 {
    1.0 + ((length - 1.0) / width).ceil()
}

/// The fewest days that one has.
fn days_of(period: Period) -> f64 {
    match period {
        Period::Day => 1.0,
        Period::Week => 7.0,
        Period::Month => 28.0,
        Period::Quarter => 90.0,
        Period::Year => 365.0,
    }
}

/// Whether the finer of two periods always lies in one of the coarser: weeks lie across months.
fn nested(one: Period, other: Period) -> bool {
    let (finer, coarser) = (one.min(other), one.max(other));
    finer != Period::Week || coarser == Period::Week
}

/// The narrowest band.
fn narrowest(edges: &[i64], facts: &Facts) -> f64 {
    let closed = edges
        .windows(2)
        .map(|pair| pair[1].abs_diff(pair[0]) as f64);
    let open = rest(facts, closed.clone().sum());
    closed.chain([open]).fold(f64::INFINITY, f64::min)
}

/// How many values are left of a field's; at its worst one, where nobody says how many it has.
fn rest(facts: &Facts, taken: f64) -> f64 {
    if facts.fewest.is_finite() {
        (facts.fewest - taken).max(1.0)
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests;
