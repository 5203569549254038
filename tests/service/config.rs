//! Where files are: said by a file, by the environment, by the caller.

use super::*;

const ARCHIVE: &str = "domain = \"archive\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n";

fn written(folder: &TempDir, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    set_mode(&path, 0o600);
    path
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn env(vars: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    vars.iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// The error of a configuration file with this text.
#[track_caller]
fn refused(text: impl AsRef<[u8]>) -> Error {
    let folder = TempDir::new().unwrap();
    let path = written(&folder, "paravent.toml", text);
    let error = Config::load(&path).unwrap_err();
    assert_eq!(error.file(), Some(path.as_path()));
    assert!(error.to_string().starts_with(path.to_str().unwrap()));
    error
}

#[test]
fn relative_paths_are_of_the_folder_of_the_file_that_says_them() {
    let folder = TempDir::new().unwrap();
    let path = written(
        &folder,
        "paravent.toml",
        "schema = \"visit.toml\"\npolicies = \"policies\"\nkeyring = \"/run/keys/k\"\ngrants = \"../grants.ndjson\"\n\
         log = \"release.log\"\nheads = \"/other/heads\"\ncredentials = \"/run/credentials\"\n",
    );
    let config = Config::load(path).unwrap();
    let own = |name| Some(folder.path().join(name));
    assert_eq!(config.schema_path(), own("visit.toml").as_deref());
    assert_eq!(config.policies_path(), own("policies").as_deref());
    assert_eq!(config.keyring_path(), Some(Path::new("/run/keys/k")));
    assert_eq!(config.grants_path(), own("../grants.ndjson").as_deref());
    assert_eq!(config.log_path(), own("release.log").as_deref());
    assert_eq!(config.heads_path(), Some(Path::new("/other/heads")));
    assert_eq!(
        config.credentials_path(),
        Some(Path::new("/run/credentials"))
    );
}

#[test]
fn nothing_has_to_be_said() {
    let folder = TempDir::new().unwrap();
    let config = Config::load(written(&folder, "paravent.toml", "# nothing\n")).unwrap();
    assert_eq!(config, Config::new());
    for path in [
        config.schema_path(),
        config.policies_path(),
        config.keyring_path(),
        config.grants_path(),
        config.log_path(),
        config.heads_path(),
        config.credentials_path(),
    ] {
        assert_eq!(path, None);
    }
    let schema = config.read_schema().unwrap();
    assert_eq!(schema.digest(), Schema::appointment().digest());
    let error = config.read_policies(&schema).unwrap_err();
    assert!(error.is_definition() && error.advice().contains("PARAVENT_POLICIES"));
    assert!(config.passphrase(Path::new("k")).unwrap().is_none());
}

#[test]
fn the_environment_stands_over_the_file_and_the_caller_over_both() {
    let folder = TempDir::new().unwrap();
    let path = written(
        &folder,
        "paravent.toml",
        "schema = \"a\"\npolicies = \"a\"\nkeyring = \"a\"\ngrants = \"a\"\nlog = \"a\"\nheads = \"a\"\n\
         credentials = \"a\"\n",
    );
    let config = Config::load(path)
        .unwrap()
        .with_env(env(&[
            ("PATH", ""),
            ("PARAVENT", ""),
            ("paravent_schema", ""),
            ("PARAVENT_SCHEMA", "b"),
            ("PARAVENT_POLICIES", "c"),
            ("PARAVENT_KEYRING", "d"),
            ("PARAVENT_GRANTS", "e"),
            ("PARAVENT_LOG", "f"),
            ("PARAVENT_HEADS", "g"),
            ("PARAVENT_CREDENTIALS", "h"),
        ]))
        .unwrap();
    let paths = |config: &Config| {
        [
            config.schema_path(),
            config.policies_path(),
            config.keyring_path(),
            config.grants_path(),
            config.log_path(),
            config.heads_path(),
            config.credentials_path(),
        ]
        .map(|path| path.unwrap().to_str().unwrap().to_owned())
    };
    assert_eq!(paths(&config), ["b", "c", "d", "e", "f", "g", "h"]);
    let config = config
        .schema("1")
        .policies("2")
        .keyring("3")
        .grants("4")
        .log("5")
        .heads("6")
        .credentials("7");
    assert_eq!(paths(&config), ["1", "2", "3", "4", "5", "6", "7"]);
}

#[test]
fn a_misspelt_variable_is_refused_with_the_one_that_was_meant() {
    for (name, near) in [
        ("PARAVENT_KEYRNG", Some("\"PARAVENT_KEYRING\"")),
        ("PARAVENT_POLICY", Some("\"PARAVENT_POLICIES\"")),
        ("PARAVENT_HEAD", Some("\"PARAVENT_HEADS\"")),
        ("PARAVENT_PASSPHRASE_OF_THE_KEYRING", None),
        ("PARAVENT_", None),
    ] {
        let error = Config::new()
            .with_env(env(&[(name, "correct horse")]))
            .unwrap_err();
        let message = error.to_string();
        assert!(error.is_definition() && message.contains(name), "{message}");
        assert!(!message.contains("correct horse"), "{message}");
        match near {
            Some(near) => assert!(message.contains(near), "{message}"),
            None => assert!(!message.contains("did you mean"), "{message}"),
        }
    }
    let error = Config::new()
        .with_env(env(&[("PARAVENT_KEYRING", "")]))
        .unwrap_err();
    assert!(error.to_string().contains("PARAVENT_KEYRING is empty"));
}

#[cfg(unix)]
#[test]
fn a_path_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStringExt;

    let path = OsString::from_vec(b"/run/\xFF".to_vec());
    let config = Config::new()
        .with_env([("PARAVENT_KEYRING".into(), path.clone())])
        .unwrap();
    assert_eq!(config.keyring_path(), Some(Path::new(&path)));
    let name = OsString::from_vec(b"PARAVENT_\xFF".to_vec());
    let error = Config::new().with_env([(name, "x".into())]).unwrap_err();
    assert!(error.is_definition(), "{error}");
}

#[test]
fn what_is_no_configuration_is_refused_with_its_line() {
    for (text, line, message) in [
        ("\npolices = \"x\"\n", Some(2), "did you mean \"policies\"?"),
        ("[policies]\n", Some(1), "`policies` is not text"),
        ("\n\nkeyring = 77712777\n", Some(3), "`keyring` is not text"),
        ("grants = \"\"\n", Some(1), "`grants` is empty"),
        ("log = [\"a\"]\n", Some(1), "`log` is not text"),
        ("\nheads = \"\"\n", Some(2), "`heads` is empty"),
        ("schema = \"a\"\nschema = \"b\"\n", Some(2), "duplicate key"),
        ("keyring\n", Some(1), ""),
    ] {
        let error = refused(text);
        assert!(error.is_definition(), "{error}");
        assert_eq!(error.line(), line, "{error}");
        let told = error.to_string();
        assert!(told.contains(message), "{told}");
        assert!(!told.contains("77712777"), "{told}");
    }
    let error = refused(b"keyring = \"\xFF\"");
    assert!(error.to_string().contains("not UTF-8"), "{error}");
    let error = refused("#".repeat((1 << 20) + 1));
    assert!(error.to_string().contains("more than 1 MiB"), "{error}");
    let error = Config::load("/nowhere/paravent.toml").unwrap_err();
    assert!(error.is_io(), "{error}");
    assert_eq!(error.file(), Some(Path::new("/nowhere/paravent.toml")));
}

#[test]
fn a_schema_of_ones_own_is_read_and_its_errors_name_it() {
    let folder = TempDir::new().unwrap();
    let path = written(
        &folder,
        "visit.toml",
        "name = \"visit\"\n[[field]]\nname = \"who\"\nnumber = 1\nscope = \"identity\"\nwidth = 40\ntype = \"text\"\nclass = \"name\"\n",
    );
    let config = Config::new().schema(&path);
    assert_eq!(config.read_schema().unwrap().name(), "visit");
    fs::write(&path, "name = \"visit\"\nfeild = []\n").unwrap();
    let error = config.read_schema().unwrap_err();
    assert_eq!(
        (error.file(), error.line()),
        (Some(path.as_path()), Some(2))
    );
    fs::remove_file(&path).unwrap();
    let error = config.read_schema().unwrap_err();
    assert!(error.is_io() && error.file() == Some(path.as_path()));
}

#[test]
fn policies_are_the_toml_files_of_the_folder_by_name() {
    let folder = TempDir::new().unwrap();
    for domain in ["b", "a", "c"] {
        let text = ARCHIVE.replace("\"archive\"", &format!("\"{domain}\""));
        written(&folder, &format!("policies/{domain}.toml"), text);
    }
    for other in ["policies/.a.toml", "policies/a.toml~", "policies/README"] {
        written(&folder, other, "no policy");
    }
    written(&folder, "policies/old/d.toml", "no policy");
    let config = Config::new().policies(folder.path().join("policies"));
    let set = config.read_policies(&Schema::appointment()).unwrap();
    let domains: Vec<&str> = set
        .policies()
        .iter()
        .map(|policy| policy.domain().as_str())
        .collect();
    assert_eq!(domains, ["a", "b", "c"]);
}

#[test]
fn a_folder_has_policies_of_each_bundled_schema() {
    let folder = TempDir::new().unwrap();
    written(&folder, "policies/a.toml", ARCHIVE);
    let feed = ARCHIVE
        .replace("\"archive\"", "\"feed\"")
        .replace("\"appointment\"", "\"scheduling\"");
    written(&folder, "policies/b.toml", &feed);
    let config = Config::new().policies(folder.path().join("policies"));
    for schema in [Schema::appointment(), Schema::scheduling()] {
        let set = config.read_policies(&schema).unwrap();
        let names: Vec<&str> = set
            .policies()
            .iter()
            .map(|policy| policy.schema().name())
            .collect();
        assert_eq!(names, ["appointment", "scheduling"]);
    }
    // A name that is nobody's is told, as before.
    written(
        &folder,
        "policies/b.toml",
        feed.replace("\"scheduling\"", "\"schedule\""),
    );
    let error = config.read_policies(&Schema::appointment()).unwrap_err();
    assert!(
        error.is_definition() && error.to_string().contains("b.toml"),
        "{error}"
    );
}

#[test]
fn a_policy_that_does_not_load_is_told_with_its_file() {
    let folder = TempDir::new().unwrap();
    let policies = folder.path().join("policies");
    let config = Config::new().policies(&policies);
    let read = || config.read_policies(&Schema::appointment()).unwrap_err();
    let error = read();
    assert!(error.is_io() && error.file() == Some(policies.as_path()));
    written(&folder, "policies/README", "none yet");
    let error = read();
    assert!(error.is_definition() && error.file() == Some(policies.as_path()));

    written(&folder, "policies/a.toml", ARCHIVE);
    let bad = written(&folder, "policies/b.toml", format!("{ARCHIVE}opne = 1\n"));
    let error = read();
    assert_eq!((error.file(), error.line()), (Some(bad.as_path()), Some(4)));
    fs::remove_file(&bad).unwrap();
    let bad = folder.path().join("policies/c.toml");
    fs::create_dir(&bad).unwrap();
    let error = read();
    assert!(error.is_io() && error.file() == Some(bad.as_path()));
}

#[test]
fn a_passphrase_is_the_file_named_as_the_key_file() {
    let folder = TempDir::new().unwrap();
    let key_file = folder.path().join("keys/backend.keyring");
    fs::create_dir(folder.path().join("keys")).unwrap();
    let saved = paravent::Passphrase::new("correct horse").unwrap();
    paravent::Keyring::generate()
        .unwrap()
        .save(&key_file, &saved)
        .unwrap();
    let opens = |config: &Config| {
        let passphrase = config.passphrase(&key_file).unwrap().unwrap();
        paravent::Keyring::load(&key_file, &passphrase).is_ok()
    };
    let ours = folder.path().join("ours");
    let systems = folder.path().join("systems");
    let config = Config::new()
        .credentials(&ours)
        .with_env(env(&[("CREDENTIALS_DIRECTORY", systems.to_str().unwrap())]))
        .unwrap();
    assert!(config.passphrase(&key_file).unwrap().is_none());
    assert!(config.passphrase(Path::new("/")).unwrap().is_none());

    written(&folder, "systems/backend.keyring", "correct horse\r\n");
    assert!(opens(&config));
    // The own folder comes first.
    written(&folder, "ours/backend.keyring", "another\n");
    assert!(!opens(&config));
    written(&folder, "ours/backend.keyring", "correct horse\n");
    assert!(opens(&config));
    written(&folder, "ours/backend.keyring", "correct horse");
    assert!(opens(&config));
    // One line break, no more.
    written(&folder, "ours/backend.keyring", "correct horse\n\n");
    assert!(!opens(&config));
}

#[test]
fn what_is_no_passphrase_is_refused_and_never_shown() {
    let folder = TempDir::new().unwrap();
    let config = Config::new().credentials(folder.path());
    let path = folder.path().join("k");
    let refused = |bytes: &[u8]| {
        written(&folder, "k", bytes);
        let error = config.passphrase(Path::new("somewhere/k")).unwrap_err();
        assert_eq!(error.file(), Some(path.as_path()));
        assert!(!error.to_string().contains("MARKED"), "{error}");
        error
    };
    assert!(refused(b"").is_misuse());
    assert!(refused(b"\n").is_misuse());
    assert!(refused(b"MARKED\xFF").is_definition());
    let long = [b'M'; 4096];
    written(&folder, "k", [&long[..], b"\r\n"].concat());
    assert!(config.passphrase(Path::new("k")).unwrap().is_some());
    assert!(refused(&[&long[..], b"M"].concat()).is_definition());
    assert!(refused(&[&long[..], b"M\n"].concat()).is_definition());
    assert!(refused(&long.repeat(10)).is_definition());
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(config.passphrase(Path::new("k")).unwrap_err().is_io());
}

#[cfg(unix)]
#[test]
fn a_passphrase_that_others_can_read_is_refused() {
    let folder = TempDir::new().unwrap();
    let config = Config::new().credentials(folder.path());
    let path = written(&folder, "k", "correct horse");
    for mode in [0o644, 0o640, 0o604, 0o602] {
        set_mode(&path, mode);
        let error = config.passphrase(Path::new("k")).unwrap_err();
        assert_eq!(error.code(), "passphrase-exposed", "{mode:o}");
    }
    for mode in [0o600, 0o400] {
        set_mode(&path, mode);
        assert!(
            config.passphrase(Path::new("k")).unwrap().is_some(),
            "{mode:o}"
        );
    }
}
