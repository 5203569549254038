//! Where a deployment keeps its files: from a file, the environment and the caller, in this order.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use jiff::civil::Date;
use serde::Deserialize;
use toml::{Spanned, Value};

use crate::{
    error::{Error, Kind, Result},
    key::Keyring,
    policy::{CheckedPolicy, Policy, PolicySet},
    schema::Schema,
    store::Passphrase,
    toml_file::{self, Lines, hint},
};

/// How every variable of the environment begins that is read here.
const PREFIX: &str = "PARAVENT_";

/// The folder of credentials that systemd gives a service.
const SYSTEM_CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Where a deployment keeps its schema, policies, keyring, grants, broker's log and passphrases.
///
/// Each is said by a file, over it by the environment, over both by the caller:
///
/// | key of `paravent.toml` | variable | what is there |
/// |---|---|---|
/// | `schema` | `PARAVENT_SCHEMA` | the schema, a file; without it [`Schema::appointment`] |
/// | `policies` | `PARAVENT_POLICIES` | the folder with the policies, one `*.toml` a domain |
/// | `keyring` | `PARAVENT_KEYRING` | the backend's key file |
/// | `grants` | `PARAVENT_GRANTS` | the register of grants, a file |
/// | `log` | `PARAVENT_LOG` | the broker's log, a file |
/// | `heads` | `PARAVENT_HEADS` | the log's second place, a file, best on another disk |
/// | `credentials` | `PARAVENT_CREDENTIALS` | the folder with a passphrase for each key file, in a file of the same name |
///
/// # Examples
///
/// ```
/// use paravent::Config;
///
/// let folder = tempfile::tempdir()?;
/// let policies = folder.path().join("policies");
/// std::fs::create_dir(&policies)?;
/// std::fs::write(policies.join("archive.toml"), r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "unbound"
/// "#)?;
/// let file = folder.path().join("paravent.toml");
/// std::fs::write(&file, "policies = \"policies\"\nkeyring = \"backend.keyring\"\n")?;
///
/// let config = Config::load(&file)?
///     .with_env([("PARAVENT_KEYRING".into(), "/run/keys/backend.keyring".into())])?;
/// assert_eq!(config.policies_path(), Some(policies.as_path()));
/// assert_eq!(config.keyring_path(), Some("/run/keys/backend.keyring".as_ref()));
///
/// let set = config.read_policies(&config.read_schema()?)?;
/// assert_eq!(set.policies()[0].domain().as_str(), "archive");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    schema: Option<PathBuf>,
    policies: Option<PathBuf>,
    keyring: Option<PathBuf>,
    grants: Option<PathBuf>,
    log: Option<PathBuf>,
    heads: Option<PathBuf>,
    credentials: Option<PathBuf>,
    /// Looked through after `credentials`.
    system_credentials: Option<PathBuf>,
}

impl Config {
    /// A configuration that says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The configuration in a TOML file. Its relative paths are of the file's folder.
    ///
    /// # Errors
    ///
    /// With the [file](Error::file): [`Error::is_io`] where it cannot be read; [`Error::is_definition`] with the
    /// [line](Error::line) where it is not TOML, has an unknown key or an empty path.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = read_text(path, "reading the configuration")?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).map_err(|error| error.in_file(path))
    }

    /// The same with what these variables of the environment say, as [`std::env::vars_os`] gives them: those whose names
    /// begin with `PARAVENT_`, by the table above, and systemd's `CREDENTIALS_DIRECTORY`, which is looked through after
    /// the credentials folder. Their relative paths are of the working folder.
    ///
    /// # Errors
    ///
    /// [`Error::is_definition`] where another name begins with `PARAVENT_`, and where one of them is empty.
    pub fn with_env(
        mut self,
        vars: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self> {
        for (name, value) in vars {
            if name == SYSTEM_CREDENTIALS {
                self.system_credentials = Some(value.into()).filter(|path| path != Path::new(""));
                continue;
            }
            if !name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
                continue;
            }
            let mut places = self.places().into_iter();
            let Some((_, place)) = places.find(|(variable, _)| name == *variable) else {
                return Err(unknown_variable(&name));
            };
            if value.is_empty() {
                return Err(Error::definition(
                    format!("the environment's {} is empty", name.display()),
                    "give it a path, or unset it",
                ));
            }
            *place = Some(value.into());
        }
        Ok(self)
    }

    /// The same with the schema in this file.
    #[must_use]
    pub fn schema(mut self, path: impl Into<PathBuf>) -> Self {
        self.schema = Some(path.into());
        self
    }

    /// The same with the policies in this folder.
    #[must_use]
    pub fn policies(mut self, folder: impl Into<PathBuf>) -> Self {
        self.policies = Some(folder.into());
        self
    }

    /// The same with the keyring in this key file.
    #[must_use]
    pub fn keyring(mut self, path: impl Into<PathBuf>) -> Self {
        self.keyring = Some(path.into());
        self
    }

    /// The same with the register of grants in this file.
    #[must_use]
    pub fn grants(mut self, path: impl Into<PathBuf>) -> Self {
        self.grants = Some(path.into());
        self
    }

    /// The same with the broker's log in this file.
    #[must_use]
    pub fn log(mut self, path: impl Into<PathBuf>) -> Self {
        self.log = Some(path.into());
        self
    }

    /// The same with the log's second place in this file.
    #[must_use]
    pub fn heads(mut self, path: impl Into<PathBuf>) -> Self {
        self.heads = Some(path.into());
        self
    }

    /// The same with passphrases in this folder.
    #[must_use]
    pub fn credentials(mut self, folder: impl Into<PathBuf>) -> Self {
        self.credentials = Some(folder.into());
        self
    }

    /// The file of the schema, where one is said.
    pub fn schema_path(&self) -> Option<&Path> {
        self.schema.as_deref()
    }

    /// The folder of the policies, where one is said.
    pub fn policies_path(&self) -> Option<&Path> {
        self.policies.as_deref()
    }

    /// The key file of the keyring, where one is said.
    pub fn keyring_path(&self) -> Option<&Path> {
        self.keyring.as_deref()
    }

    /// The file of the register of grants, where one is said.
    pub fn grants_path(&self) -> Option<&Path> {
        self.grants.as_deref()
    }

    /// The file of the broker's log, where one is said.
    pub fn log_path(&self) -> Option<&Path> {
        self.log.as_deref()
    }

    /// The file of the log's second place, where one is said.
    pub fn heads_path(&self) -> Option<&Path> {
        self.heads.as_deref()
    }

    /// The folder of passphrases, where one is said; systemd's is not said here.
    pub fn credentials_path(&self) -> Option<&Path> {
        self.credentials.as_deref()
    }

    /// The schema, read from its file; where no file is said, [`Schema::appointment`].
    ///
    /// # Errors
    ///
    /// As [`Schema::from_toml`], and [`Error::is_io`] where the file cannot be read; both with the [file](Error::file).
    pub fn read_schema(&self) -> Result<Schema> {
        match &self.schema {
            None => Ok(Schema::appointment()),
            Some(path) => Schema::from_toml(&read_text(path, "reading the schema")?)
                .map_err(|error| error.in_file(path)),
        }
    }

    /// The policies of the folder, in the order of their files' names: every file named `*.toml` whose name does not
    /// begin with a full stop. One that names another schema than this one is read for the [bundled](Schema::bundled) one of that name.
    ///
    /// They are read, not checked: [`PolicySet::check`] does that.
    ///
    /// # Errors
    ///
    /// With the [file](Error::file) or folder: as [`Policy::from_toml`]; [`Error::is_io`] where it cannot be read;
    /// [`Error::is_definition`] where no folder is said, or it has no policy.
    pub fn read_policies(&self, schema: &Schema) -> Result<PolicySet> {
        Ok(PolicySet::new(
            self.read_policy_files(schema)?
                .into_iter()
                .map(|(_, policy)| policy),
        ))
    }

    /// The policies of the folder, checked as one set.
    ///
    /// # Errors
    ///
    /// As [`read_policies`](Config::read_policies) and [`PolicySet::check`], with the [file](Error::file) of the acceptance
    /// that is wrong, or with the folder where the set is refused.
    pub fn check_policies(&self, schema: &Schema, today: Date) -> Result<Vec<CheckedPolicy>> {
        let checked = self.check_policy_files(schema, today)?;
        Ok(checked.into_iter().map(|(_, policy)| policy).collect())
    }

    /// The keyring, opened by its passphrase from the credentials.
    ///
    /// # Errors
    ///
    /// As [`Keyring::load`] and [`passphrase`](Config::passphrase), with the [file](Error::file); [`Error::is_misuse`] where
    /// there is no passphrase for it; [`Error::is_definition`] where no keyring is said.
    pub fn read_keyring(&self) -> Result<Keyring> {
        let Some(path) = &self.keyring else {
            return Err(Error::definition(
                "no keyring is said",
                "say `keyring` in paravent.toml, or PARAVENT_KEYRING in the environment",
            ));
        };
        let missing = || Error::new(|| Kind::NoPassphrase).in_file(path);
        let passphrase = self.passphrase(path)?.ok_or_else(missing)?;
        Keyring::load(path, &passphrase).map_err(|error| error.in_file(path))
    }

    /// The passphrase of a key file, from the file of the same name in the credentials folder, else in the one that
    /// `CREDENTIALS_DIRECTORY` names; `None` where neither has one. One line break at its end is dropped.
    ///
    /// # Errors
    ///
    /// With the [file](Error::file): [`Error::is_io`] where it cannot be read, or where others can read or change it, as
    /// [`Passphrase::load`] has it; [`Error::is_misuse`] where it is empty;
    /// [`Error::is_definition`] where it is not UTF-8 or is longer than 4,096 bytes.
    pub fn passphrase(&self, key_file: &Path) -> Result<Option<Passphrase>> {
        let Some(name) = key_file.file_name() else {
            return Ok(None);
        };
        for folder in [&self.credentials, &self.system_credentials]
            .into_iter()
            .flatten()
        {
            let path = folder.join(name);
            let found = read_passphrase(&path)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// As [`check_policies`](Config::check_policies), each with its file.
    pub(super) fn check_policy_files(
        &self,
        schema: &Schema,
        today: Date,
    ) -> Result<Vec<(PathBuf, CheckedPolicy)>> {
        let (files, policies): (Vec<_>, Vec<_>) =
            self.read_policy_files(schema)?.into_iter().unzip();
        let set = PolicySet::new(policies);
        match set.check(today) {
            Ok(checked) => Ok(files.into_iter().zip(checked).collect()),
            Err(error) => {
                let report = set.report(today);
                let domain = report.problems().next().map(|(domain, _)| domain);
                let of_domain = |policy: &Policy| Some(policy.domain()) == domain;
                let file = set.policies().iter().position(of_domain);
                Err(match (file.map(|at| &files[at]), &self.policies) {
                    (Some(path), _) | (None, Some(path)) => error.in_file(path),
                    (None, None) => error,
                })
            }
        }
    }

    /// The policies, each with its file.
    fn read_policy_files(&self, schema: &Schema) -> Result<Vec<(PathBuf, Policy)>> {
        let Some(folder) = &self.policies else {
            return Err(Error::definition(
                "no folder of policies is said",
                "say `policies` in paravent.toml, or PARAVENT_POLICIES in the environment",
            ));
        };
        let files = policy_files(folder).map_err(|source| {
            Error::io("reading the folder of policies")(source).in_file(folder)
        })?;
        if files.is_empty() {
            let none = Error::definition(
                "the folder has no policy",
                "write one in a file named as its domain, with `.toml` behind",
            );
            return Err(none.in_file(folder));
        }
        files
            .into_iter()
            .map(|path| {
                check_no_pipe(&path)?;
                let text = read_text(&path, "reading the policy")?;
                let policy = Policy::from_toml(&text, &schema.for_policy(&text))
                    .map_err(|error| error.in_file(&path))?;
                Ok((path, policy))
            })
            .collect()
    }

    fn parse(text: &str, folder: &Path) -> Result<Self> {
        let file: File = toml_file::parse(text)
            .map_err(|error| error.with_advice("mend it there; see `Config` for the keys"))?;
        let lines = Lines::new(text);
        let path = |key: &str, place: Option<Spanned<Value>>| {
            let Some(place) = place else {
                return Ok(None);
            };
            let what = match place.get_ref() {
                Value::String(path) if path.is_empty() => "is empty",
                Value::String(path) => return Ok(Some(folder.join(path))),
                _ => "is not text",
            };
            let unfit = Error::definition(
                format!("`{key}` {what}"),
                "give a path in quotes, or drop the key",
            );
            lines.at(&place, Err(unfit))
        };
        Ok(Self {
            schema: path("schema", file.schema)?,
            policies: path("policies", file.policies)?,
            keyring: path("keyring", file.keyring)?,
            grants: path("grants", file.grants)?,
            log: path("log", file.log)?,
            heads: path("heads", file.heads)?,
            credentials: path("credentials", file.credentials)?,
            system_credentials: None,
        })
    }

    /// Each path's variable and place.
    fn places(&mut self) -> [(&'static str, &mut Option<PathBuf>); 7] {
        [
            ("PARAVENT_SCHEMA", &mut self.schema),
            ("PARAVENT_POLICIES", &mut self.policies),
            ("PARAVENT_KEYRING", &mut self.keyring),
            ("PARAVENT_GRANTS", &mut self.grants),
            ("PARAVENT_LOG", &mut self.log),
            ("PARAVENT_HEADS", &mut self.heads),
            ("PARAVENT_CREDENTIALS", &mut self.credentials),
        ]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Option<Spanned<Value>>,
    policies: Option<Spanned<Value>>,
    keyring: Option<Spanned<Value>>,
    grants: Option<Spanned<Value>>,
    log: Option<Spanned<Value>>,
    heads: Option<Spanned<Value>>,
    credentials: Option<Spanned<Value>>,
}

fn unknown_variable(name: &OsStr) -> Error {
    let name = name.to_string_lossy();
    let mut config = Config::new();
    // The prefix alone is near to short names, and means none of them.
    let known = config.places().map(|(variable, _)| variable);
    let known = known.into_iter().filter(|_| name != PREFIX);
    Error::definition(
        format!(
            "the environment has {name}, which is not known{}",
            hint(&name, known)
        ),
        "unset it: PARAVENT_SCHEMA, PARAVENT_POLICIES, PARAVENT_KEYRING, PARAVENT_GRANTS, PARAVENT_LOG, PARAVENT_HEADS and PARAVENT_CREDENTIALS are read",
    )
}

/// The policies of a folder, by name. What is no file and is called like one is an error once it is read.
fn policy_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        if !is_hidden && Path::new(&name).extension() == Some(OsStr::new("toml")) {
            files.push(folder.join(name));
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Refuses what ends never, or when somebody else says so, such as a pipe: nobody named it, and a reload would wait for it.
fn check_no_pipe(path: &Path) -> Result<()> {
    // What cannot be looked at cannot be read either.
    let ends = |found: fs::Metadata| found.is_file() || found.is_dir();
    if fs::metadata(path).map_or(true, ends) {
        return Ok(());
    }
    let what = "what is called like a policy is not a regular file";
    Err(Error::definition(what, "give a TOML file of at most 1 MiB").in_file(path))
}

/// The text of a file that is written by hand.
fn read_text(path: &Path, doing: &'static str) -> Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| {
            file.take(toml_file::MAX_SIZE as u64 + 1)
                .read_to_end(&mut bytes)
        })
        .map_err(|source| Error::io(doing)(source).in_file(path))?;
    let what = if bytes.len() > toml_file::MAX_SIZE {
        "the file has more than 1 MiB"
    } else if let Ok(text) = String::from_utf8(bytes) {
        return Ok(text);
    } else {
        "the file is not UTF-8"
    };
    Err(Error::definition(what, "give a TOML file of at most 1 MiB").in_file(path))
}

/// `None` where there is no such file.
fn read_passphrase(path: &Path) -> Result<Option<Passphrase>> {
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        _ => Passphrase::load(path).map(Some),
    }
}
