//! Whether a view links, and the chain that shows it.

use std::sync::Arc;

use super::{
    finding::{Chain, FieldStep, Step},
    join::Shared,
    universe::Universe,
    view::{Known, Origin, View},
    worth::Form,
};

/// With fewer specialties behind a domain, or fewer values of a sensitive field, one is nearly told.
const FEW: u64 = 3;

/// What an identity can stand next to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// The value of this sensitive field.
    Value(usize),
    /// The same, of somebody who is named rather than narrowed down.
    Named(usize),
    /// So few values of a sensitive field that it is nearly told.
    Few,
    /// Whether this field is there, which is sensitive or helps to give what is.
    Presence(usize),
}

impl Target {
    pub(super) fn is_of_value(self) -> bool {
        !matches!(self, Self::Presence(_))
    }
}

/// What a view puts next to an identity.
pub(super) struct Verdict {
    /// Sensitive fields whose value is told, those first that give no other.
    values: Vec<usize>,
    named: bool,
    few: Option<Few>,
    /// Fields of which it is told whether they are there, and that say something by it.
    presences: Vec<usize>,
    /// The same, whether the value is told or not: more domains see no fewer.
    seen: Vec<usize>,
}

#[derive(Clone, Copy)]
enum Few {
    Field(usize, f64),
    Tenancy(u64),
}

impl Verdict {
    pub(super) fn of(view: &View, universe: &Universe) -> Self {
        if !view.is_identity() {
            return Self {
                values: Vec::new(),
                named: false,
                few: None,
                presences: Vec::new(),
                seen: Vec::new(),
            };
        }
        let sensitive: Vec<(usize, &Form)> = universe
            .fields
            .iter()
            .enumerate()
            .filter(|(_, facts)| facts.sensitive)
            .filter_map(|(place, _)| Some((place, &view.known(place)?.form)))
            .collect();
        let few = sensitive
            .iter()
            .find(|(_, form)| !form.tells_value() && form.leaves() < FEW as f64)
            .map(|&(place, form)| Few::Field(place, form.leaves()));
        let specialties = view.bounds.specialties;
        let mut values: Vec<usize> = sensitive
            .iter()
            .filter(|(_, form)| form.tells_value())
            .map(|&(place, _)| place)
            .collect();
        // A chain leads to the specialty rather than to the practitioner who gives it.
        values.sort_by_key(|&place| universe.gives_sensitive(place));
        let mut seen: Vec<usize> = view
            .presences
            .iter()
            .map(|presence| presence.field)
            .filter(|&place| universe.fields[place].sensitive || universe.gives_sensitive(place))
            .collect();
        seen.sort_unstable();
        seen.dedup();
        let mut presences = seen.clone();
        presences.retain(|&place| !view.tells_value(place));
        Self {
            values,
            presences,
            seen,
            named: view.is_named(universe),
            few: few.or((specialties < FEW).then_some(Few::Tenancy(specialties))),
        }
    }

    pub(super) fn tells(&self, target: Target) -> bool {
        match target {
            Target::Value(place) => self.values.contains(&place),
            Target::Named(place) => self.named && self.values.contains(&place),
            // Who is told the value is told more.
            Target::Few => self.few.is_some() || !self.values.is_empty(),
            Target::Presence(place) => self.seen.contains(&place) || self.values.contains(&place),
        }
    }

    /// All that it tells, the worst first; that something is there only where its value is not told anyway.
    pub(super) fn targets(&self) -> Vec<Target> {
        self.targets_with(&self.presences)
    }

    /// All that it tells, the worst first; also that something is there whose value is told.
    pub(super) fn all_targets(&self) -> Vec<Target> {
        self.targets_with(&self.seen)
    }

    fn targets_with(&self, presences: &[usize]) -> Vec<Target> {
        let values = self.values.iter().map(|&place| Target::Value(place));
        let named = self.values.iter().map(|&place| Target::Named(place));
        values
            .chain(named.filter(|_| self.named))
            .chain(self.tells(Target::Few).then_some(Target::Few))
            .chain(presences.iter().map(|&place| Target::Presence(place)))
            .collect()
    }

    /// The worst that it tells of values.
    pub(super) fn worst(&self) -> Option<Target> {
        self.targets()
            .into_iter()
            .find(|target| target.is_of_value())
    }

    /// The sensitive fields whose value it tells.
    pub(super) fn values(&self) -> &[usize] {
        &self.values
    }

    /// From the identity over `joins` to what is sensitive.
    pub(super) fn chain(
        &self,
        target: Target,
        view: &View,
        naming: &Naming<'_>,
        joins: Vec<Step>,
    ) -> Chain {
        let mut steps = naming.identity(view);
        let same_row = joins.is_empty().then_some(Step::SameRow);
        steps.extend(joins);
        match (target, self.few) {
            (Target::Value(place) | Target::Named(place), _) => {
                steps.extend(same_row);
                steps.extend(naming.path(View::known, view, place));
            }
            (Target::Few, Some(Few::Field(place, leaves))) => {
                steps.extend(same_row);
                steps.extend(naming.path(View::known, view, place));
                steps.push(Step::Few {
                    values: leaves as u64,
                });
            }
            (Target::Few, Some(Few::Tenancy(specialties))) => steps.push(Step::Tenancy {
                specialties,
                stated: view.bounds.states_specialties,
            }),
            (Target::Few, None) => {}
            (Target::Presence(place), _) => {
                steps.extend(same_row);
                steps.push(naming.presence(view, place));
                steps.push(Step::Presence);
            }
        }
        Chain::new(steps)
    }
}

/// Which of what a view knows is looked at.
type Look = fn(&View, usize) -> Option<&Arc<Known>>;

/// Puts places and parties into words.
pub(super) struct Naming<'a> {
    pub(super) universe: &'a Universe,
    /// The name of each party.
    pub(super) parties: &'a [String],
}

impl Naming<'_> {
    /// The party whose leak begins the chain.
    pub(super) fn begins(&self, view: &View) -> Option<usize> {
        fn party(known: &Known) -> Option<usize> {
            match &known.origin {
                Origin::Party { party, .. } => Some(*party),
                Origin::Both(one, _) => party(one),
                Origin::Fact(_) | Origin::Register => None,
            }
        }
        let parts = self.parts(view);
        let seen = |&(place, _): &(usize, f64)| view.base(place).and_then(|known| party(known));
        parts.iter().find_map(seen)
    }

    /// The fewest fields that tell who somebody is: an identifier, or those that narrow most.
    pub(super) fn identity(&self, view: &View) -> Vec<Step> {
        let universe = self.universe;
        let parts = self.parts(view);
        if let Some(&(place, bits)) = parts.first()
            && bits.is_infinite()
            && universe.fields[place].identifier
        {
            return self.path(View::evidence, view, place);
        }
        let limit = view.bounds.subject_limit();
        let (mut bits, mut fields) = (0.0, Vec::new());
        for (place, worth) in parts {
            let visits = Some(view.visits());
            let visits = visits.filter(|&visits| universe.fields[place].of_visit && visits > 1.0);
            fields.push(FieldStep {
                visits,
                followed_by: visits.and(view.follows_by()).map(str::to_owned),
                ..self.field(View::evidence, view, place)
            });
            bits += worth;
            if bits > limit {
                break;
            }
        }
        vec![Step::Fields(fields), Step::Worth { bits, limit }]
    }

    /// The fields that tell who somebody is: identifiers before others, what is seen before what follows, then what is
    /// worth most.
    fn parts(&self, view: &View) -> Vec<(usize, f64)> {
        let mut parts = view.identity_parts(self.universe);
        let seen = |place| view.base(place).is_some();
        let names =
            |place: usize, bits: f64| bits.is_infinite() && self.universe.fields[place].identifier;
        parts.sort_by(|one, two| {
            names(two.0, two.1)
                .cmp(&names(one.0, one.1))
                .then(seen(two.0).cmp(&seen(one.0)))
                .then(two.1.total_cmp(&one.1))
                .then(one.0.cmp(&two.0))
        });
        parts
    }

    /// From what is seen to a field.
    fn path(&self, known: Look, view: &View, place: usize) -> Vec<Step> {
        let mut ways: Vec<Step> = Vec::new();
        let mut at = place;
        // No way is longer than there are fields: each comes from some that were known before.
        for _ in 0..=self.universe.fields.len() {
            let Some(here) = known(view, at) else { break };
            match here.origin {
                Origin::Fact(number) => {
                    let fact = &self.universe.facts[number];
                    ways.push(Step::Through {
                        through: fact.through.clone(),
                        gives: self.universe.fields[at].name.clone(),
                    });
                    match fact.of[..] {
                        [one] => at = one,
                        ref several => {
                            let fields =
                                several.iter().map(|&place| self.field(known, view, place));
                            ways.push(Step::Fields(fields.collect()));
                            break;
                        }
                    }
                }
                _ => {
                    ways.push(Step::Fields(vec![self.field(known, view, at)]));
                    break;
                }
            }
        }
        ways.reverse();
        ways
    }

    fn field(&self, known: Look, view: &View, place: usize) -> FieldStep {
        let facts = &self.universe.fields[place];
        let from = known(view, place)
            .map(|known| self.from(view, known))
            .unwrap_or_default();
        FieldStep {
            field: facts.name.clone(),
            from,
            visits: None,
            followed_by: None,
        }
    }

    fn from(&self, view: &View, known: &Known) -> Vec<String> {
        match &known.origin {
            Origin::Party { party, how } => vec![self.with_party(view, *party, how)],
            Origin::Both(one, two) => [self.from(view, one), self.from(view, two)].concat(),
            Origin::Fact(number) => vec![self.universe.facts[*number].through.clone()],
            Origin::Register => vec!["register of people".to_owned()],
        }
    }

    /// How the rows of other parties are found.
    pub(super) fn joined(&self, with: &[usize], shared: &Shared) -> Step {
        let words = shared.words.iter().map(|word| (*word).to_owned());
        let name = |&(place, _): &(usize, bool)| self.universe.fields[place].name.clone();
        let (looked_up, seen): (Vec<_>, Vec<_>) =
            shared.fields.iter().partition(|(_, looked_up)| *looked_up);
        let looked_up: Vec<String> = looked_up.iter().map(name).collect();
        let register =
            (!looked_up.is_empty()).then(|| format!("{} of a register", looked_up.join(" and ")));
        let visits = shared.counts_visits.then(|| "number of visits".to_owned());
        let of_rows = seen.iter().map(name).chain(register).chain(visits);
        Step::Joined {
            with: with
                .iter()
                .map(|&party| self.parties[party].clone())
                .collect(),
            by: if shared.words.is_empty() {
                of_rows.collect()
            } else {
                words.collect()
            },
            bits: if shared.words.is_empty() {
                shared.bits
            } else {
                f64::INFINITY
            },
            limit: shared.limit,
        }
    }

    /// A field of which it is seen whether it is there.
    fn presence(&self, view: &View, place: usize) -> Step {
        let seen = view
            .presences
            .iter()
            .filter(|presence| presence.field == place);
        let from = seen.map(|presence| self.with_party(view, presence.party, &presence.how));
        Step::Fields(vec![FieldStep {
            field: self.universe.fields[place].name.clone(),
            from: from.take(1).collect(),
            visits: None,
            followed_by: None,
        }])
    }

    fn with_party(&self, view: &View, party: usize, how: &str) -> String {
        if view.parties.len() > 1 {
            format!("{}, {how}", self.parties[party])
        } else {
            how.to_owned()
        }
    }
}
