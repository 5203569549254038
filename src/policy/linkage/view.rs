//! What one leak of a domain shows, and what follows from it.

use std::sync::Arc;

use super::{
    bounds::Bounds,
    universe::{Fact, Universe},
    worth::{Facts, Form},
};
use crate::{
    policy::{Background, IndexRule, Policy, Share, Show, Transform},
    schema::Field,
};

/// What is known of one field, and whence.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) form: Form,
    pub(super) origin: Origin,
}

/// Whence something is known.
#[derive(Clone)]
pub(super) enum Origin {
    /// From the rows or keys of a party.
    Party { party: usize, how: String },
    /// From two parties, each a part.
    Both(Arc<Known>, Arc<Known>),
    /// By a fact of the universe.
    Fact(usize),
    /// The person is identified, and a register has the rest.
    Register,
}

/// A deterministic value of which only equality is seen.
#[derive(Clone, PartialEq)]
pub(super) struct Token {
    pub(super) party: usize,
    pub(super) name: String,
    /// "pseudonym patient", "shown: reversible".
    pub(super) how: String,
    /// Whether all that it stands for is the person's, so that it tells which rows are of one person.
    pub(super) groups: bool,
}

/// What is seen of a field beside its values: whether there is one.
#[derive(Clone, PartialEq)]
pub(super) struct Presence {
    pub(super) party: usize,
    pub(super) field: usize,
    pub(super) how: String,
}

/// Why a stand-in is as good as clear.
const KNOWN: &str = ", of known frequencies";

/// What one leak shows, with all that follows.
#[derive(Clone)]
pub(super) struct View {
    /// Whose leaks it is made of, ascending.
    pub(super) parties: Vec<usize>,
    /// What is shown, opened, released or known: one a field of the universe.
    base: Vec<Option<Arc<Known>>>,
    /// The same with what follows.
    known: Vec<Option<Arc<Known>>>,
    pub(super) tokens: Vec<Token>,
    pub(super) presences: Vec<Presence>,
    /// The name and bits of each index of a row.
    pub(super) indexes: Vec<(String, u8)>,
    pub(super) bounds: Bounds,
    /// What of it is known before a register is asked.
    evidence: Vec<Option<Arc<Known>>>,
    pub(super) is_identity: bool,
    /// The most that fields of the person, and those of one visit, say of who somebody is, in bits.
    pub(super) who_of_person: f64,
    pub(super) who_of_visit: f64,
    /// Whether it tells which rows are of one person, before a register is asked.
    groups: bool,
}

impl View {
    /// A view of nothing, of which policies state what stands behind it.
    pub(super) fn new<'a>(
        universe: &Universe,
        party: usize,
        backgrounds: impl IntoIterator<Item = &'a Background>,
    ) -> Self {
        let bounds = backgrounds.into_iter().map(Bounds::new);
        let bounds = bounds.reduce(|mut bounds, more| {
            bounds.merge(&more);
            bounds
        });
        Self {
            parties: vec![party],
            base: vec![None; universe.fields.len()],
            known: vec![None; universe.fields.len()],
            tokens: Vec::new(),
            presences: Vec::new(),
            indexes: Vec::new(),
            bounds: bounds.unwrap_or_else(|| Bounds::new(&Background::default())),
            evidence: Vec::new(),
            is_identity: false,
            who_of_person: 0.0,
            who_of_visit: 0.0,
            groups: false,
        }
    }

    /// Another policy of the same party.
    pub(super) fn add_bounds(&mut self, background: &Background) {
        self.bounds.merge(&Bounds::new(background));
    }

    /// Takes on what the policy shows, opens and knows in bulk.
    pub(super) fn add_bulk(&mut self, universe: &Universe, policy: &Policy) {
        let places = universe.places(policy.schema());
        let fields = policy.schema().fields();
        for (position, field) in fields.iter().enumerate() {
            if policy.opens().contains(&field.scope()) {
                let scope = policy.schema().scope_name(field.scope());
                self.learn_exact(universe, places[position], format!("opens: {scope}"));
            }
        }
        let shaped = (fields.iter().zip(&places)).filter(|(field, _)| field.is_shaped());
        self.presences.extend(shaped.map(|(_, &field)| Presence {
            party: self.parties[0],
            field,
            how: "its length, to a power of two, and the places of its parts".to_owned(),
        }));
        if fields.iter().any(Field::is_shaped) && !self.bounds.shares.contains(&Share::Form) {
            self.bounds.shares.push(Share::Form);
        }
        for &position in &policy.background().knows {
            self.learn_exact(universe, places[position], "known besides".to_owned());
        }
        policy
            .show_rules()
            .iter()
            .for_each(|show| self.add_shown(universe, policy, &places, show));
        let of = |positions: &[usize]| -> Vec<usize> {
            positions.iter().map(|&position| places[position]).collect()
        };
        for rule in policy.pseudonym_rules() {
            let (of, how) = (of(&rule.of), format!("pseudonym {}", rule.name));
            self.add_token(universe, &of, &rule.name, how.clone());
            if rule.null_gives_null {
                self.add_presences(universe, &of, &how);
            }
        }
        for rule in policy.index_rules() {
            let (of, how) = (of(&rule.of), format!("index {}", rule.name));
            self.add_index(universe, &of, &how, rule);
            if rule.null_gives_null {
                self.add_presences(universe, &of, &how);
            }
        }
    }

    fn add_shown(&mut self, universe: &Universe, policy: &Policy, places: &[usize], show: &Show) {
        let field = &policy.schema().fields()[show.position];
        let place = places[show.position];
        let how = match &show.transform {
            Transform::Keep => "shown".to_owned(),
            transform => format!("shown: {transform}"),
        };
        let subject = match &show.transform {
            Transform::Shift { subject, .. } => {
                let of: Vec<usize> = subject.iter().map(|&position| places[position]).collect();
                self.add_subject(universe, &of, field.name(), &how)
            }
            _ => 0.0,
        };
        if let Some(form) = Form::shown(&show.transform, &universe.fields[place], subject) {
            self.learn(universe, place, form, how.clone());
        }
        if matches!(show.transform, Transform::Reversible | Transform::Phone) {
            self.add_token(universe, &[place], field.name(), how.clone());
        }
        if field.is_optional() {
            self.presences.push(Presence {
                party: self.parties[0],
                field: place,
                how,
            });
        }
    }

    /// What the fields that a shift goes by are worth. Where they are not the person's, who knows the true date knows the
    /// shift, which then stands for them.
    fn add_subject(&mut self, universe: &Universe, of: &[usize], name: &str, how: &str) -> f64 {
        let facts = || of.iter().map(|&place| &universe.fields[place]);
        if facts().all(|facts| facts.of_person) {
            return facts().map(|facts| Form::exact(facts).worth(1.0)).sum();
        }
        self.add_token(universe, of, name, how.to_owned());
        0.0
    }

    fn add_index(&mut self, universe: &Universe, of: &[usize], how: &str, rule: &IndexRule) {
        let index = (rule.name.to_string(), rule.bits);
        if !self.indexes.contains(&index) {
            self.indexes.push(index);
        }
        let known = of
            .iter()
            .all(|&place| universe.fields[place].frequencies_known);
        let why = match (rule.queried, known) {
            (true, _) => ", which it may ask",
            (false, true) => KNOWN,
            (false, false) => return,
        };
        for &place in of {
            self.learn_exact(universe, place, format!("{how}{why}"));
        }
    }

    /// Takes on what a broker reveals one record a call.
    pub(super) fn add_released(&mut self, universe: &Universe, policy: &Policy) {
        let places = universe.places(policy.schema());
        for release in policy.releases() {
            for &position in &release.fields {
                self.learn_exact(
                    universe,
                    places[position],
                    format!("released: {}", release.name),
                );
            }
        }
    }

    /// Takes on what a message holds.
    pub(super) fn add_rendered(&mut self, universe: &Universe, policy: &Policy, render: usize) {
        let places = universe.places(policy.schema());
        let render = &policy.renders()[render];
        for &position in render.fields.iter().chain([&render.to]) {
            self.learn_exact(
                universe,
                places[position],
                format!("in message {}, read by {}", render.name, render.gateway),
            );
        }
    }

    /// A value that is equal for equal inputs. Where all that it stands for has known frequencies, it is as good as clear.
    fn add_token(&mut self, universe: &Universe, of: &[usize], name: &str, how: String) {
        let facts = || of.iter().map(|&place| &universe.fields[place]);
        if facts().all(|facts| facts.frequencies_known) {
            for &place in of {
                self.learn_exact(universe, place, format!("{how}{KNOWN}"));
            }
        }
        if facts().any(|facts| facts.frequencies_unknown) {
            self.tokens.push(Token {
                party: self.parties[0],
                name: name.to_owned(),
                how,
                groups: facts().all(|facts| facts.of_person),
            });
        }
    }

    fn add_presences(&mut self, universe: &Universe, of: &[usize], how: &str) {
        let party = self.parties[0];
        let optional = of.iter().filter(|&&place| universe.fields[place].optional);
        self.presences.extend(optional.map(|&field| Presence {
            party,
            field,
            how: how.to_owned(),
        }));
    }

    fn learn_exact(&mut self, universe: &Universe, place: usize, how: String) {
        let form = Form::exact(&universe.fields[place]);
        self.learn(universe, place, form, how);
    }

    fn learn(&mut self, universe: &Universe, place: usize, form: Form, how: String) {
        let party = self.parties[0];
        let origin = Origin::Party { party, how };
        let known = Arc::new(Known { form, origin });
        self.base[place] = Some(combine(
            self.base[place].as_ref(),
            &known,
            &universe.fields[place],
        ));
    }

    /// Brings what follows up to date: by facts, and where that tells who somebody is, by what a register has of them.
    pub(super) fn close(&mut self, universe: &Universe) {
        self.known.clone_from(&self.base);
        self.follow(universe);
        self.groups = self.tells_persons_apart(universe);
        self.evidence.clone_from(&self.known);
        [self.who_of_person, self.who_of_visit] = [false, true].map(|of_visit| {
            let evidence = self.evidence.iter().zip(&universe.fields);
            let told =
                evidence.filter(|(_, facts)| facts.tells_who() && facts.of_visit == of_visit);
            told.filter_map(|(known, _)| Some(known.as_ref()?.form.bits()))
                .sum()
        });
        let bits: f64 = self
            .identity_parts(universe)
            .iter()
            .map(|&(_, bits)| bits)
            .sum();
        self.is_identity = bits > self.bounds.subject_limit();
        if self.is_identity {
            for (place, facts) in universe.fields.iter().enumerate() {
                let exact = self.known(place).is_some_and(|known| known.form.is_exact());
                if facts.of_person && facts.tells_who() && !exact {
                    self.known[place] = Some(Arc::new(Known {
                        form: Form::exact(facts),
                        origin: Origin::Register,
                    }));
                }
            }
            self.follow(universe);
        }
    }

    /// Adds what the facts give, until nothing changes.
    fn follow(&mut self, universe: &Universe) {
        loop {
            let facts = universe.facts.iter().enumerate();
            let news: Vec<(usize, Known)> = facts
                .flat_map(|(number, fact)| self.follows(universe, number, fact))
                .collect();
            if news.is_empty() {
                return;
            }
            for (place, known) in news {
                let better = self
                    .known(place)
                    .is_none_or(|before| known.form.tells_more_than(&before.form));
                if better {
                    self.known[place] = Some(Arc::new(known));
                }
            }
        }
    }

    /// What a fact adds to what is known.
    fn follows(&self, universe: &Universe, number: usize, fact: &Fact) -> Vec<(usize, Known)> {
        if fact.tenant && self.bounds.practices != 1 {
            return Vec::new();
        }
        let Some(forms) = fact
            .of
            .iter()
            .map(|&place| self.known(place).map(|known| &known.form))
            .collect::<Option<Vec<_>>>()
        else {
            return Vec::new();
        };
        let whole = forms
            .iter()
            .all(|form| form.tells_single() || !fact.exact && form.survives());
        // What follows in part is no more than all that is seen, however facts go round.
        let bits: f64 = forms.iter().map(|form| form.worth(1.0)).sum();
        let bits = bits.min(self.seen_bits());
        let places = match fact.gives {
            Some(place) => place..place + 1,
            None => 0..universe.fields.len(),
        };
        let news = places.filter_map(|place| {
            let facts = &universe.fields[place];
            // Somewhat known, a field gives no more of itself.
            if !whole && fact.of.contains(&place) {
                return None;
            }
            let form = match self.known(place) {
                _ if whole => Form::exact(facts),
                Some(known) => known.form.at_least(facts, bits),
                None => Form::part(facts, bits),
            };
            let new = match self.known(place) {
                Some(known) => form.tells_more_than(&known.form),
                None => !form.is_nothing(),
            };
            let origin = match self.known(place) {
                Some(known) if !whole => known.origin.clone(),
                _ => Origin::Fact(number),
            };
            new.then_some((place, Known { form, origin }))
        });
        news.collect()
    }

    pub(super) fn known(&self, place: usize) -> Option<&Arc<Known>> {
        self.known[place].as_ref()
    }

    /// What is known before a register is asked.
    pub(super) fn evidence(&self, place: usize) -> Option<&Arc<Known>> {
        self.evidence[place].as_ref()
    }

    pub(super) fn base(&self, place: usize) -> Option<&Arc<Known>> {
        self.base[place].as_ref()
    }

    fn tells_persons_apart(&self, universe: &Universe) -> bool {
        self.tokens.iter().any(|token| token.groups)
            || self.index_tells_apart(universe)
            || self
                .known
                .iter()
                .zip(&universe.fields)
                .any(|(known, facts)| {
                    let exact = known.as_ref().is_some_and(|known| known.form.is_exact());
                    exact && facts.of_person && (facts.identifier || !facts.frequencies_known)
                })
    }

    /// Whether the indexes, with what is told of the person beside, tell one person from others.
    fn index_tells_apart(&self, universe: &Universe) -> bool {
        let known = self.known.iter().zip(&universe.fields);
        let of_person = known.filter(|(_, facts)| facts.of_person && facts.tells_who());
        let bits: f64 = of_person
            .filter_map(|(known, _)| Some(known.as_ref()?.form.worth(1.0)))
            .sum();
        !self.indexes.is_empty() && self.index_bits() + bits > self.bounds.subject_limit()
    }

    /// What all fields that are seen of one visit are worth together.
    fn seen_bits(&self) -> f64 {
        self.base
            .iter()
            .flatten()
            .map(|known| known.form.worth(1.0))
            .sum()
    }

    /// What all indexes of a row are worth together.
    pub(super) fn index_bits(&self) -> f64 {
        self.indexes.iter().map(|&(_, bits)| f64::from(bits)).sum()
    }

    /// How many visits of a person are known to be of one person.
    pub(super) fn visits(&self) -> f64 {
        if self.groups { self.bounds.visits } else { 1.0 }
    }

    /// The fields that say who somebody is, before any register is asked, with what each is worth.
    pub(super) fn identity_parts(&self, universe: &Universe) -> Vec<(usize, f64)> {
        let visits = self.visits();
        let part = |(place, facts): (usize, &Facts)| {
            let form = &self.evidence(place)?.form;
            if !facts.tells_who() {
                return None;
            }
            let bits = if facts.identifier && form.tells_single() {
                f64::INFINITY
            } else if facts.of_visit {
                form.worth(visits)
            } else {
                form.worth(1.0)
            };
            (bits > 0.0).then_some((place, bits))
        };
        universe
            .fields
            .iter()
            .enumerate()
            .filter_map(part)
            .collect()
    }

    /// Whether it tells who somebody is.
    pub(super) fn is_identity(&self) -> bool {
        self.is_identity
    }

    /// Whether it tells the value of a field, whoever it is of.
    pub(super) fn tells_value(&self, place: usize) -> bool {
        self.known(place)
            .is_some_and(|known| known.form.tells_value())
    }

    /// Whether it names somebody, rather than to narrow down who they are.
    pub(super) fn is_named(&self, universe: &Universe) -> bool {
        let mut evidence = self.evidence.iter().zip(&universe.fields);
        evidence.any(|(known, facts)| {
            facts.identifier
                && known
                    .as_ref()
                    .is_some_and(|known| known.form.tells_single())
        })
    }

    /// By what it tells which rows are of one person.
    pub(super) fn follows_by(&self) -> Option<&str> {
        let token = self.tokens.iter().find(|token| token.groups)?;
        Some(&token.how)
    }

    /// Whether it tells which rows are of one person, by what it shows.
    pub(super) fn shows_groups(&self) -> bool {
        self.groups
    }

    /// Whether it tells which rows are of one person, a register asked.
    pub(super) fn groups(&self) -> bool {
        self.groups || self.is_identity
    }

    /// Takes on what another view shows. What follows is not up to date until [`close`](View::close).
    pub(super) fn add(&mut self, other: &Self, universe: &Universe) {
        self.parties.extend(&other.parties);
        self.parties.sort_unstable();
        self.parties.dedup();
        for (place, facts) in universe.fields.iter().enumerate() {
            if let Some(known) = other.base(place) {
                self.base[place] = Some(combine(self.base(place), known, facts));
            }
        }
        for token in &other.tokens {
            if !self.tokens.contains(token) {
                self.tokens.push(token.clone());
            }
        }
        for presence in &other.presences {
            if !self.presences.contains(presence) {
                self.presences.push(presence.clone());
            }
        }
        self.indexes.extend_from_slice(&other.indexes);
        self.bounds.merge(&other.bounds);
    }
}

fn combine(before: Option<&Arc<Known>>, known: &Arc<Known>, facts: &Facts) -> Arc<Known> {
    let Some(before) = before else {
        return known.clone();
    };
    let form = before.form.refine(&known.form, facts);
    if form == before.form {
        before.clone()
    } else if form == known.form {
        known.clone()
    } else {
        let origin = Origin::Both(before.clone(), known.clone());
        Arc::new(Known { form, origin })
    }
}
