//! The only place that reads the environment. What `template.yaml` sets, this reads.

use thiserror::Error;

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("environment variable {0} is not set: template.yaml sets it for this function")]
    Missing(&'static str),
    #[error("environment variable {name} must be {expected}")]
    Invalid {
        name: &'static str,
        expected: &'static str,
    },
}

pub fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}

/// `None` when the variable is absent or empty.
pub fn optional(name: &'static str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether this is the stage on a developer's machine, where a document's examples work as written.
pub fn is_local() -> Result<bool, ConfigError> {
    Ok(required("STAGE")? == "local")
}

/// How many days events and history are kept; at least 8, so that every retry of a delivery finds its
/// event.
pub fn retention_days() -> Result<u32, ConfigError> {
    number("RETENTION_DAYS", "a whole number of at least 8", |days| {
        days >= 8
    })
}

/// How many days calls and leads are kept; 0 means for ever.
pub fn call_retention_days() -> Result<u32, ConfigError> {
    let expected = "0 or a whole number of at least 8";
    number("CALL_RETENTION_DAYS", expected, |days| {
        days == 0 || days >= 8
    })
}

/// A limit; 0 means none.
pub fn count(name: &'static str) -> Result<u32, ConfigError> {
    number(name, "a whole number", |_| true)
}

pub fn seconds(name: &'static str) -> Result<u32, ConfigError> {
    number(name, "a whole number of seconds", |_| true)
}

pub fn hours(name: &'static str) -> Result<u32, ConfigError> {
    number(name, "a whole number of hours, at least 1", |hours| {
        hours >= 1
    })
}

fn number(
    name: &'static str,
    expected: &'static str,
    is_allowed: impl Fn(u32) -> bool,
) -> Result<u32, ConfigError> {
    let number = required(name)?.parse().ok();
    number
        .filter(|number| is_allowed(*number))
        .ok_or(ConfigError::Invalid { name, expected })
}
