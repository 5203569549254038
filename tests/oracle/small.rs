//! Small worlds: three rows over four people, in the words of a schema and in those of the oracle.

use paravent::Schema;
use serde_json::{Value, json};

/// What a domain gets of a field.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    Sealed,
    Keep,
    Coarse,
    Pseudonym,
}

const FORMS: [Form; 4] = [Form::Sealed, Form::Keep, Form::Coarse, Form::Pseudonym];

/// What a domain gets.
pub(crate) struct Gets {
    pub(crate) name: String,
    /// One a field.
    pub(crate) forms: Vec<Form>,
    pub(crate) shares: Vec<&'static str>,
}

/// A field as both sides know it.
pub(crate) struct Field {
    name: &'static str,
    of_person: bool,
    role: &'static str,
    values: usize,
    /// The class of each value in the coarse form.
    coarse: &'static [usize],
    /// The keys of a schema file that make it that field.
    schema: &'static str,
    /// The keys of a policy file that show it so.
    transform: &'static str,
    frequencies_known: bool,
}

struct Fact {
    of: &'static str,
    gives: &'static str,
    /// What each value gives.
    table: &'static [usize],
    schema: &'static str,
}

pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) fields: Vec<Field>,
    /// One a person: its values of the person's fields.
    register: [&'static [usize]; 4],
    facts: Vec<Fact>,
}

/// An identifier; its mask tells two people from two others.
const NAME: Field = Field {
    name: "name",
    of_person: true,
    role: "identifier",
    values: 4,
    coarse: &[0, 0, 1, 1],
    schema: "type = \"text\"\nclass = \"name\"\nfrequencies = \"unknown\"",
    transform: "as = \"mask\"\nfirst = 1",
    frequencies_known: false,
};

const AGE: Field = Field {
    name: "age",
    of_person: true,
    role: "quasi-identifier",
    values: 4,
    coarse: &[0, 0, 1, 1],
    schema: "type = \"integer\"",
    transform: "as = \"bands\"\nedges = [0, 2]",
    frequencies_known: true,
};

/// Its one list tells nothing.
const SEX: Field = Field {
    name: "sex",
    of_person: true,
    role: "quasi-identifier",
    values: 2,
    coarse: &[0, 0],
    schema: "type = \"text\"\nclass = \"text\"",
    transform: "as = \"bucket\"\nlists = { all = [\"f\", \"m\"] }",
    frequencies_known: true,
};

/// Exact starts find each other; a month has two of them.
const START: Field = Field {
    name: "start",
    of_person: false,
    role: "neutral",
    values: 4,
    coarse: &[0, 0, 1, 1],
    schema: "type = \"date\"\ndays = 29",
    transform: "as = \"truncate\"\nto = \"month\"",
    frequencies_known: true,
};

/// Its mask leaves two, and a directory survives masks.
const PRACTITIONER: Field = Field {
    name: "practitioner",
    of_person: false,
    role: "sensitive",
    values: 4,
    coarse: &[0, 0, 1, 1],
    schema: "type = \"text\"\nclass = \"name\"",
    transform: "as = \"mask\"\nfirst = 1",
    frequencies_known: true,
};

/// Each of its lists has two values: it tells none.
const LISTED: Field = Field {
    name: "listed",
    of_person: false,
    role: "sensitive",
    values: 4,
    coarse: &[0, 0, 1, 1],
    schema: "type = \"text\"\nclass = \"text\"",
    transform: "as = \"bucket\"\nlists = { one = [\"a\", \"b\"], two = [\"c\", \"d\"] }",
    frequencies_known: true,
};

/// Two, on one list.
const TWO_SPECIALTIES: Field = Field {
    name: "specialty",
    of_person: false,
    role: "sensitive",
    values: 2,
    coarse: &[0, 0],
    schema: "type = \"text\"\nclass = \"text\"",
    transform: "as = \"bucket\"\nlists = { all = [\"a\", \"b\"] }",
    frequencies_known: true,
};

/// Three, one of them alone on its list.
const THREE_SPECIALTIES: Field = Field {
    name: "specialty",
    of_person: false,
    role: "sensitive",
    values: 3,
    coarse: &[0, 0, 1],
    schema: "type = \"text\"\nclass = \"text\"",
    transform: "as = \"bucket\"\nlists = { most = [\"a\", \"b\"], rest = [\"c\"] }",
    frequencies_known: true,
};

const DIRECTORY: Fact = Fact {
    of: "practitioner",
    gives: "specialty",
    table: &[0, 0, 1, 1],
    schema: "",
};

pub(crate) fn worlds() -> Vec<World> {
    vec![
        World {
            name: "directory",
            fields: vec![NAME, AGE, PRACTITIONER, TWO_SPECIALTIES],
            register: [&[0, 0], &[1, 2], &[2, 1], &[3, 3]],
            facts: vec![DIRECTORY],
        },
        World {
            name: "no-facts",
            fields: vec![NAME, AGE, LISTED, TWO_SPECIALTIES],
            register: [&[0, 0], &[1, 2], &[2, 1], &[3, 3]],
            facts: Vec::new(),
        },
        World {
            name: "calendar",
            fields: vec![NAME, START, PRACTITIONER, THREE_SPECIALTIES],
            register: [&[0], &[1], &[2], &[3]],
            facts: vec![
                Fact {
                    of: "start",
                    gives: "practitioner",
                    table: &[0, 2, 1, 3],
                    schema: "exact = true\ntenant = true\n",
                },
                Fact {
                    table: &[0, 0, 1, 2],
                    ..DIRECTORY
                },
            ],
        },
        World {
            name: "quasi-identifiers",
            fields: vec![AGE, SEX, PRACTITIONER, TWO_SPECIALTIES],
            register: [&[0, 0], &[1, 0], &[2, 1], &[3, 1]],
            facts: vec![DIRECTORY],
        },
        World {
            name: "starts",
            fields: vec![NAME, START, LISTED, SEX_OF_NOBODY],
            register: [&[0], &[1], &[2], &[3]],
            facts: Vec::new(),
        },
    ]
}

/// Sensitive, of two values, and told by nothing.
const SEX_OF_NOBODY: Field = Field {
    name: "urgent",
    ..TWO_SPECIALTIES
};

impl World {
    pub(crate) fn schema(&self) -> Schema {
        let mut text = format!("name = \"{}\"\n", self.name);
        for (number, field) in self.fields.iter().enumerate() {
            let scope = if field.of_person { "identity" } else { "care" };
            text += &format!(
                "[[field]]\nname = \"{}\"\nnumber = {}\nscope = \"{scope}\"\nrole = \"{}\"\nwidth = 16\nvalues = {}\n{}\n",
                field.name,
                number + 1,
                field.role,
                field.values,
                field.schema,
            );
        }
        for fact in &self.facts {
            text += &format!(
                "[[determines]]\nfields = [\"{}\"]\ngives = \"{}\"\nthrough = \"register\"\n{}",
                fact.of, fact.gives, fact.schema
            );
        }
        Schema::from_toml(&text).unwrap()
    }

    /// Each way of showing each field.
    pub(crate) fn all_forms(&self) -> Vec<Vec<Form>> {
        let mut all = vec![Vec::new()];
        for _ in &self.fields {
            all = all
                .iter()
                .flat_map(|forms: &Vec<Form>| {
                    FORMS.iter().map(|&form| [&forms[..], &[form]].concat())
                })
                .collect();
        }
        all
    }

    /// The policy file. Nothing of what stands behind the domain hides anybody.
    pub(crate) fn policy(&self, gets: &Gets) -> String {
        let mut text = format!(
            "domain = \"{}\"\nschema = \"{}\"\nrecord_id = \"unbound\"\nshares = {:?}\n[holds]\nrows = 3\nsubjects = 3\nvisits = 1\n[tenancy]\nspecialties = 12\npractices = 1\n",
            gets.name, self.name, gets.shares,
        );
        for (field, form) in self.fields.iter().zip(&gets.forms) {
            text += &match form {
                Form::Sealed => continue,
                Form::Keep => format!("[show.{}]\nas = \"keep\"\nreason = \"case\"\n", field.name),
                Form::Coarse => format!(
                    "[show.{}]\n{}\nreason = \"case\"\n",
                    field.name, field.transform
                ),
                Form::Pseudonym => format!(
                    "[pseudonym.p_{}]\nof = [\"{0}\"]\nreason = \"case\"\n",
                    field.name
                ),
            };
        }
        text
    }

    /// The case as the oracle reads it.
    pub(crate) fn case(&self, id: &str, domains: &[Gets]) -> Value {
        let fields: Vec<Value> = self
            .fields
            .iter()
            .map(|field| {
                json!({
                    "name": field.name, "of": if field.of_person { "person" } else { "visit" },
                    "sensitive": field.role == "sensitive", "values": field.values, "coarse": field.coarse,
                    "codebook": field.frequencies_known,
                })
            })
            .collect();
        let facts: Vec<Value> = self
            .facts
            .iter()
            .map(|fact| {
                let table: Vec<Value> = fact
                    .table
                    .iter()
                    .enumerate()
                    .map(|(of, gives)| json!([[of], gives]))
                    .collect();
                json!({"fields": [fact.of], "gives": fact.gives, "table": table})
            })
            .collect();
        let domains: Vec<Value> = domains
            .iter()
            .map(|gets| {
                let shows: serde_json::Map<String, Value> = self
                    .fields
                    .iter()
                    .zip(&gets.forms)
                    .filter_map(|(field, form)| {
                        let form = match form {
                            Form::Sealed => return None,
                            Form::Keep => "keep",
                            Form::Coarse => "coarse",
                            Form::Pseudonym => "pseudonym",
                        };
                        Some((field.name.to_owned(), json!(form)))
                    })
                    .collect();
                json!({"name": gets.name, "shows": shows, "shares": gets.shares})
            })
            .collect();
        json!({
            "id": id, "rows": 3, "distinct": true, "fields": fields, "register": self.register, "facts": facts,
            "domains": domains,
        })
    }
}
