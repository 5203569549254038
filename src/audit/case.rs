//! What a thief has of one draw: leaked rows and knowledge from elsewhere. The truth is kept apart.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use rand::{SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use super::{
    attack::Names,
    draw::{
        leak::{Leak, Origin},
        numbering::Numbering,
        table::{Codes, Column, Table},
        truth::Truth,
        unpack::{Named, Unpack},
    },
    judge::prior::Priors,
};
use crate::{
    error::Result,
    policy::Policy,
    schema::{Schema, ValueType},
};

/// The leaked rows of one draw, and what the thief knows besides. No attack sees the truth.
pub(crate) struct Case {
    pub(crate) leaks: Vec<Arc<LeakView>>,
    pub(crate) knows: Knowledge,
    /// Leaked rows of other people with what was in them, by the name of the leak: what trained attacks learn from.
    pub(crate) lessons: Vec<Arc<Lesson>>,
    pub(crate) seed: u64,
}

/// One leak, its cells numbered.
pub(crate) struct LeakView {
    /// Behind its own columns its table has those that are in their cells.
    pub(crate) leak: Leak,
    pub(crate) rows: usize,
    /// What the connector may open first, then the leak's own columns, then what is in them.
    pub(crate) columns: Vec<ColumnView>,
}

pub(crate) struct ColumnView {
    /// Whether it is of [`Leak::opened`], and its position there or in [`Leak::table`].
    pub(crate) opened: bool,
    pub(crate) position: usize,
    pub(crate) made: Made,
    pub(crate) meaning: Meaning,
    pub(crate) codes: Codes,
}

/// Where the cells of a column come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// They leaked as they are.
    Leaked,
    /// Each is in a cell of another column.
    Unpacked,
    /// As far as they were found in cells of another column: a null cell says nothing.
    Found,
}

/// What a thief takes a column to be made of, by its name and the policy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Meaning {
    /// One field, in clear or otherwise: its position in the schema.
    Field(usize),
    /// A stand-in for several fields.
    StandIn(Vec<usize>),
    /// Sealed by this crate.
    Sealed,
    Unknown,
}

impl LeakView {
    /// The cells of a column.
    pub(crate) fn cells(&self, column: &ColumnView) -> &Column {
        let table = match &self.leak.opened {
            Some(opened) if column.opened => opened,
            _ => &self.leak.table,
        };
        &table.columns()[column.position]
    }

    /// The text of each different value of a column, in the order of its codes.
    pub(crate) fn values(&self, column: &ColumnView) -> impl Iterator<Item = &str> {
        let cells = self.cells(column);
        column
            .codes
            .first
            .iter()
            .map(|&row| cells.get(row as usize).unwrap_or_default())
    }

    /// The same leak with these of its rows only; its columns mean what they did.
    pub(crate) fn select(&self, rows: &[usize]) -> Result<Self> {
        let opened = self.leak.opened.as_ref();
        let mut view = Self {
            leak: Leak {
                name: self.leak.name.clone(),
                table: self.leak.table.select(rows)?,
                opened: opened.map(|opened| opened.select(rows)).transpose()?,
                policy: self.leak.policy.clone(),
                origin: Origin::Unknown,
            },
            rows: rows.len(),
            columns: Vec::new(),
        };
        let column = |column: &ColumnView| ColumnView {
            codes: view.cells(column).codes(),
            meaning: column.meaning.clone(),
            ..*column
        };
        view.columns = self.columns.iter().map(column).collect();
        Ok(view)
    }
}

/// What the thief knows: registers, directories, statistics.
pub(crate) struct Knowledge {
    pub(crate) schema: Schema,
    /// The position of the sensitive field that is guessed.
    pub(crate) target: usize,
    /// The values that each field can have, by position; the same for all draws.
    pub(crate) vocabularies: Arc<Vec<Vocabulary>>,
    /// The register: for each person and field the number of the value; [`NULL`] where there is none and for fields of the
    /// visit.
    pub(crate) people: Vec<Vec<u32>>,
    /// For each field, who has which value: of fields of the person only.
    pub(crate) people_with: Vec<HashMap<u32, Vec<u32>>>,
    /// Whole names, once somebody asks for them.
    pub(crate) names: OnceLock<Names>,
    /// Directories: what the values of one field give of another.
    pub(crate) directories: Vec<Directory>,
    /// P(target | sex, age, tenant) of each person, from elsewhere.
    pub(crate) prior: Arc<Priors>,
    /// Rows of other people than those in the leak: numbers by field, [`NULL`] where there is none. What is known of frequencies.
    pub(crate) reference: Vec<Vec<u32>>,
    /// Visits that somebody knows of: the person, and the starts or days as text.
    pub(crate) dates: Vec<(u32, Vec<String>)>,
}

/// The number of a value that is not there.
pub(crate) const NULL: u32 = 0;

/// The values of one field, numbered; the first is [`NULL`].
#[derive(Default)]
pub(crate) struct Vocabulary {
    pub(crate) values: Vec<String>,
    /// By text as it is.
    pub(crate) numbers: HashMap<String, u32>,
    /// By normal form, as the field's class has it.
    pub(crate) folded: HashMap<String, Vec<u32>>,
}

/// What each value of one field gives of another, as a public list has it.
pub(crate) struct Directory {
    pub(crate) of: usize,
    pub(crate) gives: usize,
    /// By the number of the value; several where the list has several.
    pub(crate) entries: HashMap<u32, Vec<u32>>,
    /// Whether it is a calendar: the entries are those that are possible, not a fact.
    pub(crate) calendar: bool,
}

/// A leak whose rows are known.
pub(crate) struct Lesson {
    pub(crate) view: Arc<LeakView>,
    /// For each leaked row and field the number of the value.
    pub(crate) rows: Vec<Vec<u32>>,
}

/// Beyond so many rows, more tell no more of frequencies.
const REFERENCE: usize = 60_000;

impl Numbering<'_> {
    /// A leak with its cells numbered.
    pub(crate) fn view(&self, mut leak: Leak) -> LeakView {
        let opened =
            leak.opened
                .iter()
                .flat_map(Table::columns)
                .enumerate()
                .map(|(position, column)| ColumnView {
                    opened: true,
                    position,
                    made: Made::Leaked,
                    meaning: self
                        .schema
                        .position(column.name())
                        .map_or(Meaning::Unknown, Meaning::Field),
                    codes: column.codes(),
                });
        let own = leak
            .table
            .columns()
            .iter()
            .enumerate()
            .map(|(position, column)| ColumnView {
                opened: false,
                position,
                made: Made::Leaked,
                meaning: self.meaning(column, leak.policy.as_ref()),
                codes: column.codes(),
            });
        let mut columns: Vec<ColumnView> = opened.chain(own).collect();
        self.unpack(&mut leak, &mut columns);
        LeakView {
            rows: leak.table.rows(),
            columns,
            leak,
        }
    }

    /// Adds the columns that are in the cells of others.
    fn unpack(&self, leak: &mut Leak, columns: &mut Vec<ColumnView>) {
        let unpack = Unpack::new(self.schema, &self.vocabularies);
        let own = columns.iter().filter(|column| !column.opened);
        let unpacked: Vec<_> = own
            .filter_map(|column| {
                let cells = &leak.table.columns()[column.position];
                let named = self.composed(column, cells, leak.policy.is_some())?;
                Some(unpack.columns(cells, &column.codes, named))
            })
            .flatten()
            .collect();
        for one in unpacked {
            let codes = one.column.codes();
            let position = leak.table.columns().len();
            if leak.table.add(one.column) {
                columns.push(ColumnView {
                    opened: false,
                    position,
                    made: if one.is_partial {
                        Made::Found
                    } else {
                        Made::Unpacked
                    },
                    meaning: self
                        .schema
                        .position(&one.part)
                        .map_or(Meaning::Unknown, Meaning::Field),
                    codes,
                });
            }
        }
    }

    /// Whether there may be more in the cells of a column than their own value, and how far its name is to be trusted.
    fn composed(&self, column: &ColumnView, cells: &Column, has_policy: bool) -> Option<Named> {
        let field = match column.meaning {
            Meaning::Unknown => return Some(Named::Otherwise),
            Meaning::Field(field) if !has_policy => field,
            // What this crate makes of records is known.
            _ => return None,
        };
        let numbers = &self.vocabularies[field].numbers;
        let first = column.codes.first.iter().take(100);
        let own = first.clone().filter(|row| {
            let cell = cells.get(**row as usize);
            cell.is_some_and(|cell| numbers.contains_key(cell))
        });
        (own.count() * 2 < first.count()).then_some(Named::Field)
    }

    fn meaning(&self, column: &Column, policy: Option<&Policy>) -> Meaning {
        let name = column.name();
        let field = match policy {
            Some(policy) => policy.source().field(self.schema, name),
            None => self.schema.position(name),
        };
        let stand_in = policy.and_then(|policy| {
            let pseudonyms = policy
                .pseudonym_rules()
                .iter()
                .map(|rule| (&rule.name, &rule.of));
            let indexes = policy
                .index_rules()
                .iter()
                .map(|rule| (&rule.name, &rule.of));
            pseudonyms
                .chain(indexes)
                .find(|(of, _)| ***of == *name)
                .map(|(_, of)| of.clone())
        });
        let sealed = || {
            let mut cells = (0..column.rows())
                .filter_map(|row| column.get(row))
                .peekable();
            cells.peek().is_some()
                && cells.all(|cell| cell.starts_with("p1.") || cell.starts_with("c1."))
        };
        match (stand_in, field) {
            (Some(of), _) => Meaning::StandIn(of),
            (None, Some(field)) => Meaning::Field(field),
            (None, None) if sealed() => Meaning::Sealed,
            (None, None) => Meaning::Unknown,
        }
    }

    /// What a thief knows of the people of a truth, and from others.
    pub(crate) fn knowledge(
        &self,
        truth: &Truth,
        others: &[&Truth],
        prior: Arc<Priors>,
        dates: usize,
        seed: u64,
    ) -> Knowledge {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let fields = self.schema.fields();
        let mut people_with: Vec<HashMap<u32, Vec<u32>>> = vec![HashMap::new(); fields.len()];
        for (person, values) in truth.people.iter().enumerate() {
            for (field, &value) in values.iter().enumerate() {
                if fields[field].is_of_person()
                    && truth.table().column(fields[field].name()).is_some()
                {
                    people_with[field]
                        .entry(value)
                        .or_default()
                        .push(person as u32);
                }
            }
        }
        Knowledge {
            schema: self.schema.clone(),
            target: self.target,
            vocabularies: self.vocabularies.clone(),
            people_with,
            names: OnceLock::new(),
            directories: self.directories(truth),
            prior,
            reference: match others {
                [] => self.blurred(truth, rng),
                others => others
                    .iter()
                    .flat_map(|truth| &truth.rows)
                    .take(REFERENCE)
                    .cloned()
                    .collect(),
            },
            dates: self.known_dates(truth, dates, rng),
            people: truth.people.clone(),
        }
    }

    /// What a thief knows who knows nobody.
    pub(crate) fn nothing_known(&self) -> Knowledge {
        Knowledge {
            schema: self.schema.clone(),
            target: self.target,
            vocabularies: self.vocabularies.clone(),
            people: Vec::new(),
            people_with: vec![HashMap::new(); self.schema.fields().len()],
            names: OnceLock::new(),
            directories: Vec::new(),
            prior: Arc::default(),
            reference: Vec::new(),
            dates: Vec::new(),
        }
    }

    /// The rows of the leak's own people as statistics: each identifier is somebody else's.
    fn blurred(&self, truth: &Truth, rng: &mut ChaCha8Rng) -> Vec<Vec<u32>> {
        let mut rows: Vec<Vec<u32>> = truth.rows.iter().take(REFERENCE).cloned().collect();
        let quasi = self.quasi_identifiers(truth);
        for (field, definition) in self.schema.fields().iter().enumerate() {
            if !definition.is_of_person() || quasi.contains(&field) {
                continue;
            }
            let mut column: Vec<u32> = rows.iter().map(|row| row[field]).collect();
            column.shuffle(rng);
            for (row, value) in rows.iter_mut().zip(column) {
                row[field] = value;
            }
        }
        rows
    }

    fn known_dates(
        &self,
        truth: &Truth,
        count: usize,
        rng: &mut ChaCha8Rng,
    ) -> Vec<(u32, Vec<String>)> {
        let is_date = |field: &crate::Field| {
            matches!(field.value_type(), ValueType::Date | ValueType::DateTime)
        };
        let Some(field) = self
            .schema
            .fields()
            .iter()
            .position(|field| is_date(field) && !field.is_of_person())
        else {
            return Vec::new();
        };
        if count == 0 {
            return Vec::new();
        }
        let mut dates: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (row, &person) in truth.rows.iter().zip(&truth.person_of) {
            dates.entry(person).or_default().push(row[field]);
        }
        dates
            .into_iter()
            .filter(|(_, dates)| dates.len() >= count)
            .map(|(person, mut dates)| {
                dates.shuffle(rng);
                let text = |&date: &u32| self.vocabularies[field].values[date as usize].clone();
                (person, dates.iter().take(count).map(text).collect())
            })
            .collect()
    }
}
