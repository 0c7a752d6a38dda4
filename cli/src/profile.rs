//! The profiles of `ringpost login`, and where the program keeps files: `~/.config/ringpost`, for the user only.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{failure::Failure, variables::config_home};

const FILE: &str = "profiles.json";

/// A stage and a token for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) stage: String,
}

/// All profiles, and the one that counts when none is named.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Profiles {
    current: String,
    profiles: BTreeMap<String, Profile>,
}

impl Profiles {
    /// The saved profiles; none at first.
    pub(crate) fn load() -> Result<Self, Failure> {
        Ok(load_private(&folder()?.join(FILE))?.unwrap_or_default())
    }

    /// The profile of this name, or the current one.
    pub(crate) fn find(&self, name: Option<&str>) -> Option<Profile> {
        self.profiles.get(name.unwrap_or(&self.current)).cloned()
    }

    /// Saves a profile, which becomes the current one.
    pub(crate) fn save(mut self, name: &str, profile: Profile) -> Result<PathBuf, Failure> {
        self.profiles.insert(name.to_owned(), profile);
        name.clone_into(&mut self.current);
        let path = folder()?.join(FILE);
        save_private(&path, &self)?;
        Ok(path)
    }
}

/// The folder of the program's files.
pub(crate) fn folder() -> Result<PathBuf, Failure> {
    let home = config_home().ok_or_else(|| {
        Failure::usage(
            "There is no home directory.",
            "Set HOME or XDG_CONFIG_HOME.",
        )
    })?;
    Ok(home.join("ringpost"))
}

/// The content of a file of the program; `None` if there is no file.
pub(crate) fn load_private<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Failure> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::of_file(path, &error)),
    };
    let read = serde_json::from_slice(&text);
    read.map(Some).map_err(|error| {
        let message = format!("{} is damaged: {error}.", path.display());
        Failure::usage(message, "Correct or delete the file.")
    })
}

/// Replaces a file of the program whole. Only the user can read it, from its first byte on.
pub(crate) fn save_private(path: &Path, content: &impl Serialize) -> Result<(), Failure> {
    let write = || {
        if let Some(folder) = path.parent() {
            private_folder(folder)?;
        }
        let new = path.with_extension(format!("{}.new", std::process::id()));
        let mut file = private_file(&new)?;
        file.write_all(&serde_json::to_vec_pretty(content)?)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|error| Failure::of_file(path, &error))
}

fn private_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}
