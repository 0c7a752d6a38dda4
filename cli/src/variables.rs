//! The variables of the process, which are read here only.

use std::path::PathBuf;

/// A variable that is not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment is read here only"
    )]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder of the user's configuration.
pub(crate) fn config_home() -> Option<PathBuf> {
    variable("XDG_CONFIG_HOME")
        .map(Into::into)
        .or_else(|| Some(std::env::home_dir()?.join(".config")))
}
