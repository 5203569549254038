//! What the check finds: data first, text second.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use crate::{
    id::{Digest, Domain},
    policy::Acceptance,
};

/// Why a policy, or several that leak together, are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingKind {
    /// An identity stands next to a sensitive field.
    Linked,
    /// An identity, where what stands behind the domain leaves fewer than three values of a sensitive field.
    Homogeneous,
    /// Whether a value is there differs between rows, next to an identity, and could tell a sensitive field.
    Shaped,
    /// The indexes of a row single people out, or one narrows no search.
    NarrowIndex,
    /// A broker joins identity and care, one record a call.
    Metered,
    /// Domains that leak together link.
    Colluding,
}

impl FindingKind {
    /// Its words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Homogeneous => "homogeneous",
            Self::Shaped => "shaped",
            Self::NarrowIndex => "narrow index",
            Self::Metered => "metered",
            Self::Colluding => "colluding",
        }
    }
}

/// One thing that a policy is refused for, unless somebody answers for it.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub(super) kind: FindingKind,
    pub(super) domains: Vec<Domain>,
    pub(super) parties: Vec<String>,
    pub(super) chain: Chain,
    pub(super) tells: Vec<String>,
    pub(super) exposure: Option<u64>,
    pub(super) digest: Digest,
    pub(super) accepted: Option<Accepted>,
}

impl Finding {
    /// What it is.
    pub fn kind(&self) -> FindingKind {
        self.kind
    }

    /// Whose policies it is about, sorted: one, or a smallest set that colludes.
    pub fn domains(&self) -> &[Domain] {
        &self.domains
    }

    /// Whose leaks it takes, sorted: domains, and gateways that carry messages.
    pub fn parties(&self) -> &[String] {
        &self.parties
    }

    /// What a thief would follow.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Every sensitive field whose value it tells; the chain leads to one.
    pub fn tells(&self) -> &[String] {
        &self.tells
    }

    /// For what a broker does: the most records that a thief gets before a misuse is noticed.
    pub fn exposure(&self) -> Option<u64> {
        self.exposure
    }

    /// Names it in an acceptance: SHA-256 over schemas, policies and chain.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Who answers for it, if somebody does.
    pub fn accepted(&self) -> Option<&Accepted> {
        self.accepted.as_ref()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, parties) = (self.kind.name(), self.parties.join(", "));
        write!(f, "{kind} ({parties}): {}", self.chain)?;
        match self.exposure {
            Some(records) => write!(f, ", at most {records} records"),
            None => Ok(()),
        }
    }
}

/// An acceptance that covers a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accepted {
    pub(super) reason: String,
    pub(super) owner: String,
    pub(super) until: Date,
}

impl Accepted {
    pub(super) fn new(acceptance: &Acceptance) -> Self {
        Self {
            reason: acceptance.reason.clone(),
            owner: acceptance.owner.clone(),
            until: acceptance.until,
        }
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Who answers for it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The last day on which it holds.
    pub fn until(&self) -> Date {
        self.until
    }
}

/// The way from an identity to what is sensitive, in the schema's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Chain {
    steps: Vec<Step>,
}

impl Chain {
    pub(super) fn new(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Its steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The same without its last steps, shortest first.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = Self> {
        (1..self.steps.len()).map(|length| Self::new(self.steps[..length].to_vec()))
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.steps.iter().enumerate() {
            if number > 0 {
                f.write_str(" ─ ")?;
            }
            step.fmt(f)?;
        }
        Ok(())
    }
}

/// One step of a [`Chain`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Step {
    /// Fields of a leak: one that names a person or is sensitive, or several that together narrow a person down.
    Fields(Vec<FieldStep>),
    /// What the fields before are worth together, and the most that is allowed; both in bits.
    Worth {
        /// Of the fields; `null` in JSON where nobody says how many values there are.
        bits: f64,
        /// log2(subjects / k), at least 0.
        limit: f64,
    },
    /// Both stand in one row.
    SameRow,
    /// Rows of other domains are found.
    Joined {
        /// The domains.
        with: Vec<String>,
        /// The fields and other things that both have.
        by: Vec<String>,
        /// What they are worth; `null` in JSON where there is no bound.
        bits: f64,
        /// log2(rows / k), at least 0.
        limit: f64,
    },
    /// A fact of the schema.
    Through {
        /// A directory, a calendar.
        through: String,
        /// What it gives.
        gives: String,
    },
    /// So few specialties stand behind the domain.
    Tenancy {
        /// How many.
        specialties: u64,
        /// Whether the policy says so; what it does not say is taken at its worst.
        stated: bool,
    },
    /// What is shown of the field before stands for so few values.
    Few {
        /// How many.
        values: u64,
    },
    /// The same of other visits: those in the rows of a domain that holds more than the one that tells it alone.
    Beyond {
        /// The domain.
        domain: String,
    },
    /// There were more sets than could be looked through: parts of this one may do, too.
    Unsearched,
    /// Whether the field before is there can be seen.
    Presence,
    /// The indexes of a row.
    Indexes {
        /// Their names.
        names: Vec<String>,
        /// What they are worth together.
        bits: f64,
        /// What was to be kept: the most, or the least, in bits.
        limit: f64,
    },
}

/// A field and whence it is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldStep {
    /// Its name.
    pub field: String,
    /// Each source: "opens: contact", "shown"; with the domain in front where there are several.
    pub from: Vec<String>,
    /// How many visits of the person it is known of, where that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visits: Option<f64>,
    /// By what they are known to be of one person, where a stand-in tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followed_by: Option<String>,
}

impl fmt::Display for FieldStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.field, self.from.join("; "))?;
        match self.visits {
            Some(visits) if visits.is_finite() => write!(f, " of {visits} visits")?,
            Some(_) => f.write_str(" of all visits")?,
            None => {}
        }
        match &self.followed_by {
            Some(token) => write!(f, " by {token}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(fields) => {
                let fields: Vec<String> = fields.iter().map(FieldStep::to_string).collect();
                f.write_str(&fields.join(" + "))
            }
            Self::Worth { bits, limit } => {
                write!(f, "{}", Figures(*bits, *limit))
            }
            Self::SameRow => f.write_str("same row"),
            Self::Joined {
                with,
                by,
                bits,
                limit,
            } => {
                write!(f, "joined with {} by {}", with.join(" + "), by.join(", "))?;
                if bits.is_finite() {
                    write!(f, " ({})", Figures(*bits, *limit))?;
                }
                Ok(())
            }
            Self::Through { through, gives } => write!(f, "{through} ─ {gives}"),
            Self::Tenancy { stated: false, .. } => f.write_str(
                "one specialty behind the domain, since its policy states no [tenancy] specialties",
            ),
            Self::Tenancy { specialties: 1, .. } => f.write_str("one specialty behind the domain"),
            Self::Tenancy { specialties, .. } => {
                write!(f, "only {specialties} specialties behind the domain")
            }
            Self::Few { values } => write!(f, "stands for only {values} values"),
            Self::Beyond { domain } => write!(f, "of all their visits in {domain}"),
            Self::Unsearched => {
                f.write_str("or parts of this set: there are too many to look through")
            }
            Self::Presence => f.write_str("there or not"),
            Self::Indexes { names, bits, limit } if bits > limit => {
                write!(f, "index {}: {}", names.join(" + "), Figures(*bits, *limit))
            }
            Self::Indexes { names, bits, limit } => write!(
                f,
                "index {}: {bits:.1} bits, where a search needs {limit:.1}",
                names.join(" + ")
            ),
        }
    }
}

/// More bits than the limit, to as many decimals as it takes to see it.
struct Figures(f64, f64);

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bits, limit) = *self;
        let same = |decimals| format!("{bits:.decimals$}") == format!("{limit:.decimals$}");
        let decimals = (1..6).find(|&decimals| !same(decimals)).unwrap_or(6);
        if bits.is_finite() {
            write!(f, "{bits:.decimals$} of at most {limit:.decimals$} bits")
        } else {
            write!(f, "unbounded of at most {limit:.decimals$} bits")
        }
    }
}

/// Bits to one decimal, or that nobody says how many.
pub(super) struct Bits(pub(super) f64);

impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_finite() {
            write!(f, "{:.1}", self.0)
        } else {
            f.write_str("unbounded")
        }
    }
}
