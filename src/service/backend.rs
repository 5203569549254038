//! A keyring and the policies of a folder, loaded anew while calls go on.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, RwLock, atomic::Ordering},
};

use jiff::civil::Date;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Config, Counters, DomainHealth, GrantHealth, Health, ReloadFailure, counters::Counts, events,
    whole,
};
use crate::{
    error::{Error, Kind, Result},
    id::{Digest, Domain, Epoch, Generation},
    key::{EpochInfo, EpochState, Keyring},
    policy::CheckedPolicy,
    protect::{Binding, Protected, Protector, Revealer},
    store::{GrantRegister, Issued},
    wire::SealedRecord,
};

/// How many days ahead a grant is due.
const DUE_DAYS: u32 = 30;

/// The backend's side: protects for every domain of a folder of policies and reveals what it protected, loads keyring and
/// policies anew while it runs, counts, and tells what it has loaded.
///
/// `Send` and `Sync`: share it in an [`Arc`]. A call takes what is loaded as it begins and keeps it to its end; a
/// [`reload`](Service::reload) puts the new in its place whole, or not at all.
///
/// With the feature `tracing` it tells starts, reloads and failures as events with the target `paravent`: domains, codes,
/// names of fields, files and lines.
///
/// # Security
///
/// It holds the keys of every domain, and reveals every scope: it belongs in the backend only. Neither counters, health
/// nor events ever hold a value.
///
/// # Examples
///
/// ```
/// use paravent::{Appointment, Binding, Config, Date, Domain, Keyring, Passphrase, Service};
///
/// let folder = tempfile::tempdir()?;
/// let at = |name: &str| folder.path().join(name);
/// for name in ["policies", "credentials"] {
///     std::fs::create_dir(at(name))?;
/// }
/// std::fs::write(at("policies/archive.toml"), r#"
///     domain = "archive"
///     schema = "appointment"
///     record_id = "unbound"
/// "#)?;
/// std::fs::write(at("credentials/backend.keyring"), "correct horse battery staple\n")?;
/// # #[cfg(unix)]
/// # std::fs::set_permissions(
/// #     at("credentials/backend.keyring"),
/// #     std::os::unix::fs::PermissionsExt::from_mode(0o600),
/// # )?;
/// let passphrase = Passphrase::new("correct horse battery staple")?;
/// Keyring::generate()?.save(at("backend.keyring"), &passphrase)?;
///
/// let config = Config::new()
///     .policies(at("policies"))
///     .keyring(at("backend.keyring"))
///     .credentials(at("credentials"));
/// let today = Date::constant(2026, 11, 24);
/// let service = Service::start(config, today)?;
///
/// let archive = Domain::new("archive")?;
/// let start = "2020-07-21T09:30:00+02:00".to_owned();
/// let appointment = Appointment { start, ..Appointment::default() };
/// let row = service.protect(&archive, Binding::NONE, &appointment)?;
/// assert_eq!(service.reveal::<Appointment>(&archive, Binding::NONE, &row)?, appointment);
///
/// // What does not load leaves what is there.
/// std::fs::write(at("policies/archive.toml"), "domian = \"archive\"")?;
/// assert!(service.reload(today).is_err());
/// assert!(service.protect(&archive, Binding::NONE, &appointment).is_ok());
/// assert_eq!(service.counters().protected, 2);
/// assert!(service.health(today).reload_failure.is_some_and(|failure| failure.message.contains("line 1")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Service {
    config: Config,
    state: RwLock<Arc<State>>,
    counts: Counts,
    /// Held for the whole of a reload, so that the last one begun is the last one in place.
    reloading: Mutex<()>,
    /// Of the last reload.
    failure: Mutex<Option<ReloadFailure>>,
}

/// What was loaded at once.
struct State {
    loaded: Date,
    schema: Digest,
    epochs: Vec<Epoch>,
    destroyed: Vec<Epoch>,
    active: EpochInfo,
    generation: Generation,
    domains: BTreeMap<Domain, DomainState>,
}

struct DomainState {
    policy: Digest,
    protector: Protector,
    revealer: Revealer,
}

impl Service {
    /// A service with the keyring and all policies of the configuration, checked as one set. `today` is the day of the check.
    ///
    /// Opens the keyring's file, which takes a few tenths of a second.
    ///
    /// # Errors
    ///
    /// As [`Config::read_schema`], [`Config::check_policies`], [`Config::read_keyring`], [`Keyring::check_active`] and
    /// [`Protector::new`];
    /// [`Error::is_definition`] where two policies are of one domain.
    pub fn start(config: Config, today: Date) -> Result<Self> {
        let counts = Counts::new();
        let state = State::load(&config, &counts, today)?;
        events::started(state.domains.len(), state.active.epoch);
        Ok(Self {
            config,
            state: RwLock::new(Arc::new(state)),
            counts,
            reloading: Mutex::new(()),
            failure: Mutex::new(None),
        })
    }

    /// Loads schema, policies and keyring anew and puts them in the place of those before: all of them, or none. Calls
    /// that are under way keep what they have.
    ///
    /// Opens the keyring's file, which takes a few tenths of a second: call it away from async threads.
    ///
    /// # Errors
    ///
    /// As [`Service::start`]; [`Error::is_misuse`] where the keyring is an older copy of the one that was loaded: its active epoch
    /// or its generation is before that one's, or an epoch is there again that was destroyed. What was loaded before goes on.
    pub fn reload(&self, today: Date) -> Result<()> {
        let _reloading = whole(self.reloading.lock());
        let loaded = State::load(&self.config, &self.counts, today);
        let state = match loaded.and_then(|state| state.following(&self.state())) {
            Ok(state) => state,
            Err(error) => {
                *whole(self.failure.lock()) = Some(ReloadFailure {
                    on: today,
                    error: error.code(),
                    message: error.to_string(),
                });
                events::reload_failed(&error);
                return Err(error);
            }
        };
        let (domains, active) = (state.domains.len(), state.active.epoch);
        let before = std::mem::replace(&mut *whole(self.state.write()), Arc::new(state));
        // Its keys are wiped where no call holds them any longer, and no call waits for that.
        drop(before);
        *whole(self.failure.lock()) = None;
        events::reloaded(domains, active);
        Ok(())
    }

    /// The protected form of `record` for `domain`, counted.
    ///
    /// # Errors
    ///
    /// As [`Protector::protect`]; [`Error::is_misuse`] where no policy is for the domain.
    pub fn protect<T: Serialize + ?Sized>(
        &self,
        domain: &Domain,
        binding: Binding<'_>,
        record: &T,
    ) -> Result<Protected> {
        let state = self.state();
        let protected = state
            .domain(domain)
            .and_then(|domain| domain.protector.bind(binding).protect(record));
        protected.inspect_err(|error| self.failed(domain, error))
    }

    /// As [`protect`](Service::protect) for each record, on the threads of the current rayon pool, each bound as `binding` says
    /// of its position and itself. Results are in the order of the records, and all of one state.
    ///
    /// # Errors
    ///
    /// [`Error::is_misuse`] where no policy is for the domain. Each result has its own, as
    /// [`Protector::protect_batch_bound`].
    #[cfg(feature = "rayon")]
    pub fn protect_batch<'a, T: Serialize + Sync>(
        &self,
        domain: &Domain,
        records: &'a [T],
        binding: impl Fn(usize, &'a T) -> Result<Binding<'a>> + Sync,
    ) -> Result<Vec<Result<Protected>>> {
        let state = self.state();
        let of_domain = state
            .domain(domain)
            .inspect_err(|error| self.failed(domain, error))?;
        let rows = of_domain.protector.protect_batch_bound(records, binding);
        let failures = rows.iter().filter_map(|row| row.as_ref().err());
        failures.for_each(|error| self.failed(domain, error));
        Ok(rows)
    }

    /// The fields of a row of `domain`, of every scope, counted.
    ///
    /// # Errors
    ///
    /// As [`Revealer::reveal`]; [`Error::is_misuse`] where no policy is for the domain.
    ///
    /// # Security
    ///
    /// What comes back is in clear, and the caller's to wipe.
    pub fn reveal<T: DeserializeOwned>(
        &self,
        domain: &Domain,
        binding: Binding<'_>,
        row: &impl AsRef<SealedRecord>,
    ) -> Result<T> {
        let state = self.state();
        let revealed = state
            .domain(domain)
            .and_then(|domain| domain.revealer.bind(binding).reveal(row));
        match &revealed {
            Ok(_) => {
                self.counts.revealed.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => self.failed(domain, error),
        }
        revealed
    }

    /// What is loaded, and which grants of the register are due on this day or within 30 days. It reads the register.
    pub fn health(&self, today: Date) -> Health {
        let state = self.state();
        let mut health = state.health(whole(self.failure.lock()).clone());
        if let Some(path) = self.config.grants_path() {
            match GrantRegister::open(path).read() {
                Ok((issued, broken)) => {
                    health.broken_lines = broken;
                    issued
                        .into_iter()
                        .for_each(|one| add(&mut health, one, today));
                }
                Err(error) => health.register_failure = Some(error.to_string()),
            }
        }
        health
    }

    /// What was done since the start. With the feature `tracing` it is told as events, too: call it as often as they are to
    /// come.
    pub fn counters(&self) -> Counters {
        let counters = self.counts.read();
        events::counted(&counters);
        counters
    }

    fn state(&self) -> Arc<State> {
        whole(self.state.read()).clone()
    }

    fn failed(&self, domain: &Domain, error: &Error) {
        self.counts.fail(error.code());
        events::failed(domain, error);
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Service")
            .field("domains", &state.domains.keys())
            .field("epoch", &state.active.epoch)
            .finish_non_exhaustive()
    }
}

impl State {
    /// What costs little comes first, the passphrase last.
    fn load(config: &Config, counts: &Counts, today: Date) -> Result<Self> {
        let schema = config.read_schema()?;
        let mut policies = BTreeMap::new();
        for (path, policy) in config.check_policy_files(&schema, today)? {
            let domain = policy.policy().domain().clone();
            if policies.contains_key(&domain) {
                let twice = Error::definition(
                    format!("another policy is for domain {:?} too", domain.as_str()),
                    "give each job a domain of its own, or make one policy of the two",
                );
                return Err(twice.in_file(&path));
            }
            policies.insert(domain, (path, policy));
        }
        let keyring = config.read_keyring()?;
        keyring.check_active(today)?;
        let mut domains = BTreeMap::new();
        for (domain, (path, policy)) in policies {
            let state = DomainState::new(&keyring, &policy, counts);
            domains.insert(domain, state.map_err(|error| error.in_file(&path))?);
        }
        Ok(Self {
            loaded: today,
            schema: schema.digest(),
            epochs: keyring.epochs().collect(),
            destroyed: keyring
                .epoch_infos()
                .filter(|info| info.state == EpochState::Destroyed)
                .map(|info| info.epoch)
                .collect(),
            active: keyring.active(),
            generation: keyring.generation(),
            domains,
        })
    }

    /// The same, where its keyring is not an older one than that of `before`.
    fn following(self, before: &Self) -> Result<Self> {
        let is_back = |epoch: &Epoch| !self.destroyed.contains(epoch);
        let is_older = self.active.epoch < before.active.epoch
            || self.generation < before.generation
            || before.destroyed.iter().any(is_back);
        match is_older {
            true => Err(Error::new(|| Kind::KeyringOlder)),
            false => Ok(self),
        }
    }

    fn domain(&self, domain: &Domain) -> Result<&DomainState> {
        let missing = || Kind::NoSuchDomain {
            domain: domain.clone(),
        };
        self.domains.get(domain).ok_or_else(|| Error::new(missing))
    }

    fn health(&self, reload_failure: Option<ReloadFailure>) -> Health {
        let domains = self.domains.iter().map(|(domain, state)| DomainHealth {
            domain: domain.clone(),
            policy: state.policy,
            key_use: state.protector.key_use(),
            grants: Vec::new(),
        });
        Health {
            loaded: self.loaded,
            reload_failure,
            schema: self.schema,
            epochs: self.epochs.clone(),
            active_epoch: self.active.epoch,
            active_until: self.active.not_after,
            generation: self.generation,
            domains: domains.collect(),
            other_grants: Vec::new(),
            broken_lines: Vec::new(),
            register_failure: None,
        }
    }
}

impl DomainState {
    fn new(keyring: &Keyring, policy: &CheckedPolicy, counts: &Counts) -> Result<Self> {
        let protector = Protector::new(keyring, policy)?;
        let policy = policy.policy();
        let seals = counts.seals(policy.domain(), protector.epoch());
        Ok(Self {
            policy: policy.digest(),
            protector: protector.counting_in(seals),
            revealer: Revealer::backend(keyring, policy)?,
        })
    }
}

fn add(health: &mut Health, issued: Issued, today: Date) {
    let active = Some(health.active_epoch);
    let mut domains = health.domains.iter_mut();
    let domain = domains.find(|domain| domain.domain == issued.domain);
    let policy = domain.as_ref().map(|domain| domain.policy);
    let grant = GrantHealth {
        due: issued.due(today, DUE_DAYS, active, policy),
        issued,
    };
    match domain {
        Some(domain) => domain.grants.push(grant),
        None => health.other_grants.push(grant),
    }
}
