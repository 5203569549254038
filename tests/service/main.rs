//! The configuration of a deployment and the service over it, on files in folders of their own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use paravent::{
    Binding, Config, Date, Domain, Error, Keyring, Passphrase, Protected, Result, Schema, Service,
};
use serde_json::{Value, json};
use tempfile::TempDir;

#[path = "../common/accepted.rs"]
#[allow(dead_code, reason = "the day is all that is used")]
mod accepted;
mod config;
mod counters;
#[cfg(feature = "tracing")]
mod events;
mod health;
mod reload;

use accepted::TODAY;

/// Stands in every value and passphrase, and so in nothing that is told.
const MARK: &str = "MARKEDvalue";

const PASSPHRASE: &str = "MARKEDpassphrase";

/// Key files of one keyring in its first five epochs: opening them is what costs.
static KEY_FILES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut keyring = Keyring::generate().unwrap();
    let write = |keyring: &Keyring| keyring.to_key_file(&passphrase()).unwrap();
    let mut files = vec![write(&keyring)];
    for _ in 1..5 {
        keyring
            .start_epoch(paravent::Date::constant(2026, 11, 24))
            .unwrap();
        files.push(write(&keyring));
    }
    files
});

fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE).unwrap()
}

fn domain(name: &str) -> Domain {
    Domain::new(name).unwrap()
}

/// A policy of `name` that says what is in `rest`.
fn policy(name: &str, rest: &str) -> String {
    format!("domain = \"{name}\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n{rest}")
}

const OPENS_CARE: &str = "[open.care]\nreason = \"visits by specialty\"\n";

fn record(number: usize) -> Value {
    json!({
        "last_name": format!("{MARK} {number}"), "first_name": "Zoé", "start": "2020-07-21T09:30:00+02:00",
        "practitioner": "Dr Lefèvre", "specialty": "Dermatologie",
    })
}

/// A folder with a keyring, its passphrase and policies of the domains `a` and `b`.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        for folder in ["policies", "credentials"] {
            fs::create_dir(place.path(folder)).unwrap();
        }
        place.write("credentials/backend.keyring", PASSPHRASE);
        place.put_keyring(1);
        place.write("policies/a.toml", &policy("a", ""));
        place.write("policies/b.toml", &policy("b", OPENS_CARE));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// In one step, as editors and mounted volumes do.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        let new = self.path("new");
        fs::write(&new, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;

            fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::rename(new, &path).unwrap();
        path
    }

    fn put_keyring(&self, epoch: usize) -> PathBuf {
        self.write("backend.keyring", &KEY_FILES[epoch - 1])
    }

    fn config(&self) -> Config {
        Config::new()
            .policies(self.path("policies"))
            .keyring(self.path("backend.keyring"))
            .grants(self.path("grants.ndjson"))
            .credentials(self.path("credentials"))
    }

    fn start(&self) -> Service {
        Service::start(self.config(), TODAY).unwrap()
    }
}

fn protect(service: &Service, to: &str, record: &Value) -> Result<Protected> {
    service.protect(&domain(to), Binding::NONE, record)
}

fn reveal(service: &Service, of: &str, row: &Protected) -> Result<Value> {
    service.reveal(&domain(of), Binding::NONE, row)
}
