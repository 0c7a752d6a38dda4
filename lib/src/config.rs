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

/// How many days events and history are kept; at least 8, so that every retry of a delivery finds
/// its event.
pub fn retention_days() -> Result<u32, ConfigError> {
    let days = required("RETENTION_DAYS")?
        .parse()
        .ok()
        .filter(|days| *days >= 8);
    days.ok_or(ConfigError::Invalid {
        name: "RETENTION_DAYS",
        expected: "a whole number of at least 8",
    })
}

/// How many days calls and leads are kept; 0 means for ever.
pub fn call_retention_days() -> Result<u32, ConfigError> {
    let days = required("CALL_RETENTION_DAYS")?
        .parse()
        .ok()
        .filter(|days| *days == 0 || *days >= 8);
    days.ok_or(ConfigError::Invalid {
        name: "CALL_RETENTION_DAYS",
        expected: "0 or a whole number of at least 8",
    })
}

/// A limit; 0 means none.
pub fn count(name: &'static str) -> Result<u32, ConfigError> {
    required(name)?.parse().map_err(|_| ConfigError::Invalid {
        name,
        expected: "a whole number",
    })
}

pub fn seconds(name: &'static str) -> Result<u32, ConfigError> {
    let seconds = required(name)?.parse().ok();
    seconds.ok_or(ConfigError::Invalid {
        name,
        expected: "a whole number of seconds",
    })
}

pub fn hours(name: &'static str) -> Result<u32, ConfigError> {
    let hours = required(name)?.parse().ok().filter(|hours| *hours >= 1);
    hours.ok_or(ConfigError::Invalid {
        name,
        expected: "a whole number of hours, at least 1",
    })
}
