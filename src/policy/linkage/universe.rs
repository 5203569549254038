//! The fields and facts of all schemas of a set, by name.

use super::worth::Facts;
use crate::schema::Schema;

/// The fields and facts of all schemas of a set, by name.
pub(super) struct Universe {
    pub(super) fields: Vec<Facts>,
    pub(super) facts: Vec<Fact>,
    /// Whether some fact gives a field that says who somebody is.
    pub(super) gives_who: bool,
}

/// Who knows `of` knows `gives`.
#[derive(PartialEq)]
pub(super) struct Fact {
    pub(super) of: Vec<usize>,
    /// `None` gives every field.
    pub(super) gives: Option<usize>,
    pub(super) through: String,
    pub(super) exact: bool,
    pub(super) tenant: bool,
}

impl Universe {
    pub(super) fn new<'a>(schemas: impl IntoIterator<Item = &'a Schema>) -> Self {
        let mut universe = Self {
            fields: Vec::new(),
            facts: Vec::new(),
            gives_who: false,
        };
        let mut seen: Vec<&Schema> = Vec::new();
        for schema in schemas {
            if !seen.contains(&schema) {
                universe.add(schema);
                seen.push(schema);
            }
        }
        universe.gives_who = universe.facts.iter().any(|fact| {
            fact.gives
                .is_none_or(|gives| universe.fields[gives].tells_who())
        });
        universe
    }

    fn add(&mut self, schema: &Schema) {
        for field in schema.fields() {
            let facts = Facts::new(field);
            match self
                .fields
                .iter_mut()
                .find(|known| known.name == facts.name)
            {
                Some(known) => known.add(&facts),
                None => self.fields.push(facts),
            }
        }
        self.add_parts(schema);
        for fact in schema.determines() {
            let fact = Fact {
                of: fact
                    .fields()
                    .iter()
                    .filter_map(|name| self.position(name))
                    .collect(),
                gives: fact.gives().and_then(|name| self.position(name)),
                through: fact.through().to_owned(),
                exact: fact.is_exact(),
                tenant: fact.needs_practice(),
            };
            if !self.facts.contains(&fact) {
                self.facts.push(fact);
            }
        }
    }

    /// A shaped field has all that messages say for its scope, and so gives every other field of it.
    fn add_parts(&mut self, schema: &Schema) {
        let of_scope = |scope| {
            schema
                .fields()
                .iter()
                .filter(move |field| field.scope() == scope)
        };
        for parts in schema.fields().iter().filter(|field| field.is_shaped()) {
            for field in of_scope(parts.scope()).filter(|field| !field.is_shaped()) {
                let places = (self.position(parts.name()), self.position(field.name()));
                let (Some(parts), Some(gives)) = places else {
                    continue;
                };
                let fact = Fact {
                    of: vec![parts],
                    gives: Some(gives),
                    through: "parts of the message".to_owned(),
                    exact: false,
                    tenant: false,
                };
                if !self.facts.contains(&fact) {
                    self.facts.push(fact);
                }
            }
        }
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|facts| facts.name == name)
    }

    /// Whether a field helps to give a sensitive one, by one fact or several.
    pub(super) fn gives_sensitive(&self, place: usize) -> bool {
        let mut reached = vec![place];
        let mut at = 0;
        while let Some(&place) = reached.get(at) {
            at += 1;
            for fact in self.facts.iter().filter(|fact| fact.of.contains(&place)) {
                let Some(gives) = fact.gives else {
                    return true;
                };
                if self.fields[gives].sensitive {
                    return true;
                }
                if !reached.contains(&gives) {
                    reached.push(gives);
                }
            }
        }
        false
    }

    /// The place here of each field of a schema.
    pub(super) fn places(&self, schema: &Schema) -> Vec<usize> {
        let place = |name: &str| match self.position(name) {
            Some(place) => place,
            None => unreachable!("the universe has the fields of its schemas"),
        };
        schema
            .fields()
            .iter()
            .map(|field| place(field.name()))
            .collect()
    }
}
