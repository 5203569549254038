//! One audit: what is attacked, what the thief knows, and how the figures come about.

use std::{ops::ControlFlow, time::Duration};

use super::{
    draw::{leak::Leak, table::Table},
    report::{AcceptedFinding, Capacity, Report},
    run::Run,
    unscored,
};
use crate::{
    error::{Error, Kind, Result},
    policy::{self, CheckedPolicy},
    schema::{Role, Schema},
};

/// An audit of leaked rows: attacks them with all that a thief may know, and says how much they link.
///
/// One *draw* is a table of true rows with the leaks that were made of them. Several leaks of one draw are attacked each
/// alone and together. Several draws of the same leaks, made of other people each time, bound the linkage gain; one draw is
/// cut into parts of its people instead.
///
/// What the thief knows: the register of all people of the draw with their fields of the person, directories and calendars
/// that the schema speaks of, how frequent values are, and what people of the same quasi-identifiers come for elsewhere.
///
/// # Examples
///
/// Two connectors that each link nothing, and share an id:
///
/// ```
/// use paravent::{Schema, audit::{Audit, Leak, Outcome, Table}};
///
/// # let people = 600;
/// # let mut truth = Table::new(["last_name", "age", "sex", "specialty"])?;
/// # let mut contacts = Table::new(["id", "last_name"])?;
/// # let mut visits = Table::new(["id", "specialty"])?;
/// # let specialties = ["Dermatologie", "Cardiologie", "Pneumologie", "Neurologie", "Urologie"];
/// # for n in 0..people {
/// #     let (id, name, age) = (format!("{:x}", n * 7919 % 104729), format!("Martin-{n}"), (20 + n % 9).to_string());
/// #     let specialty = specialties[n * 7 % 11 % 5];
/// #     truth.push([Some(&*name), Some(&*age), Some("female"), Some(specialty)])?;
/// #     contacts.push([Some(&*id), Some(&*name)])?;
/// #     visits.push([Some(&*id), Some(specialty)])?;
/// # }
/// // `truth` has the fields of the schema, the leaks what each connector lost.
/// let leaks = vec![Leak::new("contacts", contacts), Leak::new("visits", visits)];
/// let report = Audit::new(&Schema::appointment()).draw(truth, leaks).permutations(199).run()?;
/// assert_eq!(report.outcome, Outcome::Links);
/// let together = report.schemes.iter().find(|scheme| scheme.leaks.len() == 2).expect("they are attacked together");
/// assert_eq!(together.worst.as_deref(), Some("joins"));
/// # Ok::<(), paravent::Error>(())
/// ```
pub struct Audit<'a> {
    pub(super) schema: Schema,
    pub(super) target: Option<String>,
    pub(super) draws: Vec<(Table, Vec<Leak>)>,
    pub(super) reference: Option<Table>,
    pub(super) known_dates: usize,
    pub(super) person: Option<String>,
    pub(super) tenant: Option<String>,
    pub(super) permutations: u32,
    pub(super) level: f64,
    pub(super) seed: u64,
    pub(super) enumeration: Duration,
    pub(super) command: Option<String>,
    pub(super) accepted: Vec<AcceptedFinding>,
    pub(super) may_link: Vec<String>,
    pub(super) capacities: Vec<Capacity>,
    /// Whether controls are run.
    pub(super) controlled: bool,
    observer: Option<&'a Observer<'a>>,
}

/// Is told how far an audit is.
type Observer<'a> = dyn Fn(&Progress) -> ControlFlow<()> + Sync + 'a;

/// How far an audit is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Steps that are done.
    pub done: usize,
    /// Steps in all.
    pub all: usize,
    /// What is next, in a few words.
    pub what: String,
}

impl<'a> Audit<'a> {
    /// An audit of rows of this schema, without a draw yet; 999 permutations, seed 1.
    pub fn new(schema: &Schema) -> Self {
        Self {
            schema: schema.clone(),
            target: None,
            draws: Vec::new(),
            reference: None,
            known_dates: 0,
            person: None,
            tenant: None,
            permutations: 999,
            level: 0.05,
            seed: 1,
            enumeration: Duration::from_secs(60),
            command: None,
            accepted: Vec::new(),
            may_link: Vec::new(),
            capacities: Vec::new(),
            controlled: true,
            observer: None,
        }
    }

    /// Adds true rows, whose columns are named after the fields of the schema, and what leaked of them. Each draw has the same
    /// leaks, by name.
    #[must_use]
    pub fn draw(mut self, truth: Table, leaks: Vec<Leak>) -> Self {
        self.draws.push((truth, leaks));
        self
    }

    /// The sensitive field that is guessed. Without it, the sensitive field with the fewest values.
    #[must_use]
    pub fn target(mut self, field: impl Into<String>) -> Self {
        self.target = Some(field.into());
        self
    }

    /// True rows of other people, from which the thief knows what people come for. Without it, the other draws;
    /// of a single draw, each half of its people is guessed from the other.
    #[must_use]
    pub fn reference(mut self, rows: Table) -> Self {
        self.reference = Some(rows);
        self
    }

    /// The thief knows so many dates of each person on which they had a visit. Without it none.
    #[must_use]
    pub fn known_dates(mut self, dates: usize) -> Self {
        self.known_dates = dates;
        self
    }

    /// The column of the truth that tells people apart; it has an id in each row. Without it, those are one person whose fields of the
    /// person are all equal, and a row that has none of them is somebody else's.
    #[must_use]
    pub fn person_column(mut self, name: impl Into<String>) -> Self {
        self.person = Some(name.into());
        self
    }

    /// The column of the truth with the practice, where the thief knows each person's.
    #[must_use]
    pub fn tenant_column(mut self, name: impl Into<String>) -> Self {
        self.tenant = Some(name.into());
        self
    }

    /// How often truth is permuted: 99 or more. With fewer than 999, small chances are told less finely.
    #[must_use]
    pub fn permutations(mut self, count: u32) -> Self {
        self.permutations = count;
        self
    }

    /// How small the chance must be before something is called a link: 0.05 at first, so that one in 20 audits of what links nothing finds
    /// a link all the same. Rows sealed anew differ, so that a test in CI asks for less, as [`assert_unlinkable`](super::assert_unlinkable)
    /// does with 0.01.
    #[must_use]
    pub fn level(mut self, chance: f64) -> Self {
        self.level = chance;
        self
    }

    /// The seed of all that is drawn at random. The same seed gives the same report.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// For how long all numbers of a country's mobile plan are tried against digests; a minute at first. It is the one
    /// figure that depends on the machine: where it is reached, the report says so.
    #[must_use]
    pub fn enumeration_limit(mut self, limit: Duration) -> Self {
        self.enumeration = limit;
        self
    }

    /// How to run it again, for the report.
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// Puts the findings of a check that somebody answers for into the report. Domains that somebody accepted as linked are reported,
    /// and do not count as links.
    #[must_use]
    pub fn accepted(mut self, report: &policy::Report) -> Self {
        for finding in report.findings() {
            let Some(accepted) = finding.accepted() else {
                continue;
            };
            let domains: Vec<String> = finding
                .domains()
                .iter()
                .map(|domain| domain.as_str().to_owned())
                .collect();
            if matches!(
                finding.kind(),
                policy::FindingKind::Linked | policy::FindingKind::Homogeneous
            ) {
                self.may_link.extend(domains.iter().cloned());
            }
            self.accepted.push(AcceptedFinding {
                domains,
                kind: finding.kind().name().to_owned(),
                chain: finding.chain().to_string(),
                exposure: finding.exposure(),
                reason: accepted.reason().to_owned(),
                owner: accepted.owner().to_owned(),
                until: accepted.until().to_string(),
            });
        }
        self
    }

    /// Puts what a policy shows, in bits, and its swap test into the report; see [`capacity`](super::capacity).
    ///
    /// # Errors
    ///
    /// As [`capacity`](super::capacity).
    pub fn policy(mut self, policy: &CheckedPolicy) -> Result<Self> {
        self.capacities.push(super::capacity(policy)?);
        Ok(self)
    }

    /// Leaves the controls out, which take seconds however few the rows are: for tests of many small tables. Without them the
    /// outcome is always [`Outcome::Blind`](super::Outcome::Blind).
    #[cfg(feature = "test-kit")]
    #[must_use]
    pub fn without_controls(mut self) -> Self {
        self.controlled = false;
        self
    }

    /// Tells how far it is, from time to time; `Break` ends the audit.
    #[must_use]
    pub fn observe(mut self, observer: &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync)) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Says what leaks show whose true rows nobody has, and whether digests in them are of telephone numbers. Nothing can be scored, so
    /// that the outcome is [`Outcome::Unscored`](super::Outcome::Unscored); draws are left out.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where there is no leak, one without rows or two of one name, or the target is no sensitive field;
    /// [`Error::is_stopped`].
    pub fn unscored(self, leaks: Vec<Leak>) -> Result<Report> {
        unscored::report(&self, leaks)
    }

    /// Attacks, and reports.
    ///
    /// # Errors
    ///
    /// [`Error::is_audit`] where rows do not do: none, of other columns than the schema's fields, a target with fewer than two different values, draws whose leaks differ,
    /// ids that are there twice or in one of leak and truth only, a person column with a null, rows times values of the target over
    /// 500 million; where the target is no sensitive field; where there are fewer than 99 permutations, or too few for the level, which
    /// is over 0 and no more than 0.05. [`Error::is_stopped`].
    pub fn run(mut self) -> Result<Report> {
        let draws = std::mem::take(&mut self.draws);
        Run::new(&self, draws)?.report()
    }

    pub(super) fn tell(&self, done: usize, all: usize, what: impl Into<String>) -> Result<()> {
        let progress = Progress {
            done,
            all,
            what: what.into(),
        };
        match self.observer.map(|observer| observer(&progress)) {
            Some(ControlFlow::Break(())) => Err(Error::new(|| Kind::Stopped)),
            _ => Ok(()),
        }
    }

    /// The position of the target.
    pub(super) fn target_position(&self) -> Result<usize> {
        let advice = "choose a field that the schema calls sensitive";
        let fields = self.schema.fields();
        match &self.target {
            Some(name) => match self.schema.field(name) {
                Some(field) if field.role() == Role::Sensitive => self.schema.expect_position(name),
                Some(_) => Err(Error::audit(
                    format!("field \"{name}\" is not sensitive"),
                    advice,
                )),
                None => Err(Error::audit(
                    format!("field \"{name}\" is not in the schema"),
                    advice,
                )),
            },
            None => (0..fields.len())
                .filter(|&position| fields[position].role() == Role::Sensitive)
                .min_by_key(|&position| fields[position].values().unwrap_or(u64::MAX))
                .ok_or_else(|| Error::audit("the schema has no sensitive field", advice)),
        }
    }
}
