//! Policies on disk.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use paravent::{Domain, Policy, PolicySet, Schema};

/// Policies, each with the file that it is from.
pub(crate) struct Loaded(Vec<(PathBuf, Policy)>);

impl Loaded {
    pub(crate) fn set(&self) -> PolicySet {
        PolicySet::new(self.0.iter().map(|(_, policy)| policy.clone()))
    }

    /// The files of a domain's policies, in words.
    pub(crate) fn files_of(&self, domain: &Domain) -> String {
        let files: Vec<String> = self
            .0
            .iter()
            .filter(|(_, policy)| policy.domain() == domain)
            .map(|(path, _)| path.display().to_string())
            .collect();
        files.join(" or ")
    }
}

/// The policies of these files, or all that is wrong with them.
pub(crate) fn load(paths: &[PathBuf], schema: &Schema) -> Result<Loaded, Vec<String>> {
    let (mut policies, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        let policy = text(path).and_then(|text| {
            Policy::from_toml(&text, &schema.for_policy(&text)).map_err(|error| at(path, error))
        });
        match policy {
            Ok(policy) => policies.push((path.clone(), policy)),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(Loaded(policies))
    } else {
        Err(errors)
    }
}

/// The policies of a folder: all `.toml` files that are not hidden, as [`Config`](paravent::Config) takes them.
pub(crate) fn folder(folder: &Path, schema: &Schema) -> Result<Loaded, Vec<String>> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| vec![at(folder, error)])?;
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default();
            let is_hidden = name.as_encoded_bytes().starts_with(b".");
            !is_hidden && path.extension() == Some(OsStr::new("toml"))
        })
        .collect();
    paths.sort_unstable();
    if paths.is_empty() {
        return Err(vec![at(folder, "there is no policy in this folder")]);
    }
    load(&paths, schema)
}

pub(crate) fn text(path: &Path) -> Result<String, String> {
    bounded(path).map_err(|error| at(path, error))
}

pub(crate) fn at(path: &Path, error: impl std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

/// The text of a file, no more of it than is refused for its size.
pub(crate) fn bounded(path: &Path) -> io::Result<String> {
    const MOST: u64 = 1024 * 1024 + 1;

    let mut text = String::new();
    fs::File::open(path)?.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}
