//! What a text of the crate is, as far as it tells without keys.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::{
    error::{Error, Kind, Result},
    id::{Epoch, Scope},
    schema::Schema,
    wire::{
        Index, Pseudonym, Reversible, SealedCell, SealedRecord, SealedRow,
        envelope::{HEADER, Header},
    },
};

/// What a text is: a sealed record, a stand-in, a key file. Told without any key, and nothing is decrypted.
///
/// Parsed from the text; `Display` says it in a few lines of words, and it serialises for machines.
///
/// # Examples
///
/// ```
/// use paravent::{Date, Inspected, JsonRecord, Keyring, Policy, Protector, Schema};
///
/// let policy = Policy::from_toml(r#"
///     domain = "statistics"
///     schema = "appointment"
///     record_id = "unbound"
///     [open.care]
///     reason = "visits by specialty"
/// "#, &Schema::appointment())?;
/// let checked = policy.check(Date::constant(2026, 11, 24))?;
/// let record = JsonRecord::parse(r#"{
///     "last_name": "Martin", "first_name": "Zoé", "start": "2020-07-21T09:30:00+02:00",
///     "practitioner": "Dr Lefèvre", "specialty": "Dermatologie"
/// }"#)?;
/// let row = Protector::new(&Keyring::generate()?, &checked)?.protect(&record)?;
///
/// let text = row.sealed().to_string();
/// let Inspected::Record { seal, scopes, .. } = text.parse()? else {
///     panic!("a sealed record");
/// };
/// assert_eq!((seal.suite, seal.epoch, seal.record_id), (1, 1, false));
/// assert_eq!(scopes.len(), 4);
/// # Ok::<(), paravent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Inspected {
    /// A sealed record, `p1.…`.
    Record {
        /// What its header says.
        #[serde(flatten)]
        seal: Seal,
        /// The scopes that are there, ascending.
        scopes: Vec<SealedScope>,
    },
    /// The column of a row whose fields are cells, `p1.…` too.
    RowColumn {
        /// What its header says.
        #[serde(flatten)]
        seal: Seal,
        /// The names of the scopes that are there, ascending.
        scopes: Vec<String>,
    },
    /// One cell of such a row, `c1.…`.
    Cell {
        /// How many bytes are sealed: the field's width and not its value's.
        bytes: usize,
    },
    /// A pseudonym, `t1.…`.
    Pseudonym,
    /// An index, `i1.…`.
    Index {
        /// How many bits its digits have room for: those of the policy, up to the next multiple of 4.
        bits: usize,
    },
    /// A stand-in that the keyring turns back, `s1.…`.
    Reversible {
        /// How many bytes it has.
        bytes: usize,
    },
    /// A key file, known by its text.
    #[cfg(feature = "key-file")]
    KeyFile {
        /// What it holds: `keyring`, `grant` or `share`.
        holds: &'static str,
        /// The version of its form.
        version: u32,
        /// The memory that its passphrase is stretched in, in KiB.
        memory: u32,
        /// How often.
        passes: u32,
        /// In how many lanes.
        lanes: u32,
    },
}

/// The header of a sealed record or row column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Seal {
    /// The version of the format.
    pub version: u8,
    /// How it is sealed.
    pub suite: u8,
    /// Whether it is bound to the id of its row.
    pub record_id: bool,
    /// Whether it is bound to the key of a person.
    pub subject_key: bool,
    /// The epoch that it was sealed under.
    pub epoch: u32,
    /// How many bytes it has.
    pub bytes: usize,
}

/// One scope of a sealed record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SealedScope {
    /// Its name, or its number where only a schema names it.
    pub scope: String,
    /// How many bytes are sealed: the widths of its fields and not their values'.
    pub bytes: usize,
}

impl Inspected {
    /// Whether it is a sealed record or the column of a row, and was sealed under an older epoch than `active`; `false`
    /// also under a newer one, and for all else that texts are.
    pub fn stale(&self, active: Epoch) -> bool {
        match self {
            Self::Record { seal, .. } | Self::RowColumn { seal, .. } => {
                seal.epoch < active.number()
            }
            _ => false,
        }
    }

    /// The same with the names that `schema` has for scopes which are told by their numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// use paravent::{Inspected, Schema};
    ///
    /// let column = "p1.AQECAAAAAAEDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMQAQEBAQEBAQEBAQEBAQEBAQ";
    /// let told = column.parse::<Inspected>()?;
    /// assert!(told.to_string().ends_with("\n  scope 16"));
    /// assert!(told.with_names(&Schema::scheduling()).to_string().ends_with("\n  scope rest"));
    /// # Ok::<(), paravent::Error>(())
    /// ```
    #[must_use]
    pub fn with_names(mut self, schema: &Schema) -> Self {
        let named = |scope: &mut String| {
            let number = scope
                .parse()
                .ok()
                .and_then(|number| Scope::new(number).ok());
            if let Some(name) = number.and_then(|number| schema.name_of(number)) {
                name.clone_into(scope);
            }
        };
        match &mut self {
            Self::Record { scopes, .. } => scopes.iter_mut().for_each(|of| named(&mut of.scope)),
            Self::RowColumn { scopes, .. } => scopes.iter_mut().for_each(named),
            _ => {}
        }
        self
    }
}

impl FromStr for Inspected {
    type Err = Error;

    /// # Errors
    ///
    /// [`Error::is_malformed`] for a text that begins as none of the crate does, or is none;
    /// [`Error::is_unsupported`] for another version, suite or profile; of key files
    /// [`Error::is_damaged`] and [`Error::is_newer_version`].
    fn from_str(text: &str) -> Result<Self> {
        #[cfg(feature = "key-file")]
        if text.starts_with("paravent-") {
            let found = crate::store::key_file::outside(text)?;
            return Ok(Self::KeyFile {
                holds: found.kind,
                version: found.version,
                memory: found.memory,
                passes: found.passes,
                lanes: found.lanes,
            });
        }
        match text.split_inclusive('.').next() {
            Some("p1.") => sealed(text),
            Some("c1.") => {
                let cell: SealedCell = text.parse()?;
                let (sealed, _) = cell.parts();
                Ok(Self::Cell {
                    bytes: sealed.len(),
                })
            }
            Some("t1.") => text.parse().map(|_: Pseudonym| Self::Pseudonym),
            Some("i1.") => text.parse().map(|index: Index| Self::Index {
                bits: 4 * index.digits(),
            }),
            Some("s1.") => text.parse().map(|stand_in: Reversible| Self::Reversible {
                bytes: stand_in.as_bytes().len(),
            }),
            _ => Err(Error::new(|| Kind::Text {
                form: "text of this crate, which begins with `p1.`, `c1.`, `t1.`, `i1.` or `s1.`, and a key file's with `paravent-`",
            })),
        }
    }
}

impl From<&SealedRecord> for Inspected {
    fn from(record: &SealedRecord) -> Self {
        let scopes = record.groups().map(|group| SealedScope {
            scope: name(group.scope),
            bytes: group.ciphertext.len(),
        });
        Self::Record {
            seal: seal(&record.header(), record.as_bytes()),
            scopes: scopes.collect(),
        }
    }
}

fn sealed(text: &str) -> Result<Inspected> {
    match text.parse::<SealedRecord>() {
        Ok(record) => Ok(Inspected::from(&record)),
        // Of another profile, or not read at all: then it says why.
        Err(error) if error.is_unsupported() => {
            let row: SealedRow = text.parse()?;
            Ok(Inspected::RowColumn {
                seal: seal(&row.header(), row.as_bytes()),
                scopes: row.scopes().map(name).collect(),
            })
        }
        Err(error) => Err(error),
    }
}

fn seal(header: &Header, bytes: &[u8]) -> Seal {
    debug_assert!(bytes.len() >= HEADER, "parsed before");
    Seal {
        version: bytes[0],
        suite: bytes[1],
        record_id: header.flags.record_id,
        subject_key: header.flags.subject_key,
        epoch: header.epoch.number(),
        bytes: bytes.len(),
    }
}

fn name(scope: Scope) -> String {
    let known = Scope::KNOWN.into_iter().find(|&(_, known)| known == scope);
    known.map_or_else(|| scope.number().to_string(), |(name, _)| name.to_owned())
}

impl fmt::Display for Inspected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record { seal, scopes } => {
                write!(f, "a sealed record: {seal}")?;
                for SealedScope { scope, bytes } in scopes {
                    write!(f, "\n  scope {scope}: {bytes} bytes sealed")?;
                }
                Ok(())
            }
            Self::RowColumn { seal, scopes } => {
                write!(
                    f,
                    "the column of a row whose fields are sealed cells: {seal}"
                )?;
                for scope in scopes {
                    write!(f, "\n  scope {scope}")?;
                }
                Ok(())
            }
            Self::Cell { bytes } => write!(
                f,
                "a sealed cell: {bytes} bytes sealed; its row's column has the rest"
            ),
            Self::Pseudonym => {
                f.write_str("a pseudonym: 128 bits, equal for equal values in one domain")
            }
            Self::Index { bits } => {
                write!(
                    f,
                    "an index: at most {bits} bits, with collisions on purpose"
                )
            }
            Self::Reversible { bytes } => write!(
                f,
                "a reversible stand-in: {bytes} bytes, which the keyring turns back"
            ),
            #[cfg(feature = "key-file")]
            Self::KeyFile {
                holds,
                version,
                memory,
                passes,
                lanes,
            } => write!(
                f,
                "a key file: a {holds}, version {version}, its passphrase stretched by Argon2id in {} MiB, {passes} passes, {lanes} lanes",
                memory / 1024
            ),
        }
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = match (self.record_id, self.subject_key) {
            (false, false) => "bound to nothing",
            (true, false) => "bound to a record id",
            (false, true) => "bound to a subject key",
            (true, true) => "bound to a record id and a subject key",
        };
        write!(
            f,
            "version {}, suite {}, epoch {}, {bound}, {} bytes",
            self.version, self.suite, self.epoch, self.bytes
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspect(text: &str) -> Result<Inspected> {
        text.parse()
    }

    #[test]
    fn texts_of_each_kind_are_told() {
        assert_eq!(
            inspect(&Pseudonym::from_bytes([7; 16]).to_string()).unwrap(),
            Inspected::Pseudonym
        );
        assert_eq!(inspect("i1.0f3").unwrap(), Inspected::Index { bits: 12 });
        assert_eq!(
            inspect(&SealedCell::zeroed(26).to_string()).unwrap(),
            Inspected::Cell { bytes: 26 }
        );
        assert!(matches!(
            inspect(&Reversible::from_bytes(vec![1; 20]).unwrap().to_string()).unwrap(),
            Inspected::Reversible { bytes: 20 }
        ));
    }

    #[test]
    fn a_row_column_is_told_from_a_record() {
        let header = Header {
            flags: crate::wire::envelope::Flags {
                record_id: true,
                subject_key: false,
            },
            epoch: crate::id::Epoch::FIRST,
            nonce: [3; 24],
        };
        let mut row = SealedRow::begin(&header.print(crate::wire::envelope::Profile::Row));
        row.push(Scope::CARE, &[1; 16]);
        row.push(Scope::new(20).unwrap(), &[1; 16]);
        let told = inspect(&row.to_string()).unwrap();
        let Inspected::RowColumn { seal, scopes } = &told else {
            panic!("{told:?}");
        };
        assert!(seal.record_id && !seal.subject_key);
        assert_eq!(*scopes, ["care", "20"]);
        assert_eq!(
            told.to_string(),
            "the column of a row whose fields are sealed cells: version 1, suite 1, epoch 1, \
             bound to a record id, 66 bytes\n  scope care\n  scope 20"
        );
        let second = Epoch::new(2).unwrap();
        assert!(told.stale(second) && row.stale(second));
        assert!(!told.stale(Epoch::FIRST) && !row.stale(Epoch::FIRST));
        assert!(!Inspected::Pseudonym.stale(second));
    }

    #[test]
    fn what_is_no_text_of_the_crate_is_refused() {
        for text in [
            "", "p1", "p2.AAAA", "hello.", "Martin", "t1.x", "i1.", "s1.", "c1.AAAA", "p1.AAAA",
        ] {
            assert!(
                inspect(text).is_err_and(|error| error.is_malformed()),
                "{text:?}"
            );
        }
        let mut later = vec![2; HEADER];
        later.extend([0; 40]);
        let text = crate::wire::text::SEALED.print(&later);
        assert!(inspect(&text).is_err_and(|error| error.is_unsupported()));
    }
}
