//! What the environment of a function says. What `template.yaml` sets, this reads, and nothing else
//! reads the environment of the process.

use std::collections::HashMap;

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

/// Variables by their names. Some are credentials, so that it has no debug form.
#[derive(Clone)]
pub struct Environment(HashMap<String, String>);

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl Environment {
    /// What Lambda and the template set for this process.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// A variable that must be set.
    pub fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    /// A variable that may be absent or empty, which is the same.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Whether this is the stage on a developer's machine, where a document's examples work as written.
    pub fn is_local(&self) -> Result<bool, ConfigError> {
        Ok(self.required("STAGE")? == "local")
    }

    /// How many days events and history are kept; at least 8, so that every retry of a delivery finds
    /// its event.
    pub fn retention_days(&self) -> Result<u32, ConfigError> {
        self.number("RETENTION_DAYS", "a whole number of at least 8", |days| {
            days >= 8
        })
    }

    /// How many days calls and leads are kept; 0 is for ever.
    pub fn call_retention_days(&self) -> Result<u32, ConfigError> {
        let expected = "0 or a whole number of at least 8";
        self.number("CALL_RETENTION_DAYS", expected, |days| {
            days == 0 || days >= 8
        })
    }

    /// A number of things; 0 where there is no limit.
    pub fn count(&self, name: &'static str) -> Result<u32, ConfigError> {
        self.number(name, "a whole number", |_| true)
    }

    /// A span of whole seconds.
    pub fn seconds(&self, name: &'static str) -> Result<u32, ConfigError> {
        self.number(name, "a whole number of seconds", |_| true)
    }

    /// A span of whole hours, at least one.
    pub fn hours(&self, name: &'static str) -> Result<u32, ConfigError> {
        let expected = "a whole number of hours, at least 1";
        self.number(name, expected, |hours| hours >= 1)
    }

    fn number(
        &self,
        name: &'static str,
        expected: &'static str,
        is_allowed: fn(u32) -> bool,
    ) -> Result<u32, ConfigError> {
        let number = self.required(name)?.parse().ok();
        number
            .filter(|number| is_allowed(*number))
            .ok_or(ConfigError::Invalid { name, expected })
    }
}
