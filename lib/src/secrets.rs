//! Secrets from SSM Parameter Store: read in the init phase by one call, refreshed while warm so that
//! a rotation needs no deploy. A secret that is missing stops the init; a refresh that fails keeps
//! what was known. Values never reach a log or an error.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use aws_sdk_ssm::Client;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use thiserror::Error;

use crate::{clock::Clock, domain::timestamp::Timestamp, telemetry};

/// A rotated secret is in use everywhere after this long.
const REFRESH_AFTER_MILLIS: u64 = 5 * 60 * 1_000;
/// A refresh may cost one request this much, no more.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(1);
/// The account's default is 40 reads a second, and a burst of cold starts is thousands: many tries,
/// with the SDK's full jitter, within Lambda's ten seconds of init.
const ATTEMPTS: u32 = 8;
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// The word that says a secret is deliberately not configured.
const NONE: &str = "none";

/// The texts of some secrets, by their short names.
pub struct SecretTexts(HashMap<&'static str, String>);

impl SecretTexts {
    /// The text of a secret; empty when it is deliberately `none`.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        let text = self.0.get(name).map_or("", |text| text.trim());
        if text == NONE { "" } else { text }
    }

    /// The entries of a secret, one a line. The first is the newest by convention; all are valid.
    #[must_use]
    pub fn lines(&self, name: &str) -> Vec<String> {
        let lines = self.text(name).lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }
}

/// Why secrets cannot be used. Names parameters, never their values.
#[derive(Debug, Error)]
pub enum SecretsError {
    /// SSM did not answer.
    #[error("cannot read the secrets under {prefix}: {reason}")]
    Unavailable {
        /// The path of this stage's secrets.
        prefix: String,
        /// What SSM or the network said.
        reason: String,
    },
    /// Parameters that do not exist.
    #[error("no such SSM parameter: {names}; `make secrets STAGE=…` creates it")]
    Missing {
        /// Their full names.
        names: String,
    },
    /// A parameter whose text makes no sense.
    #[error("SSM parameter {name}: {reason}")]
    Invalid {
        /// Its short name.
        name: &'static str,
        /// What is wrong; never a part of the text.
        reason: String,
    },
}

type Parse<T> = dyn Fn(&SecretTexts) -> Result<T, SecretsError> + Send + Sync;

/// Secrets that are ready to use, and stay fresh.
pub struct Secrets<T> {
    client: Client,
    clock: Clock,
    prefix: String,
    names: &'static [&'static str],
    parse: Box<Parse<T>>,
    known: RwLock<Known<T>>,
}

struct Known<T> {
    value: Arc<T>,
    checked_at: Timestamp,
}

impl<T> Secrets<T> {
    /// Reads `names` under `prefix` and parses them.
    ///
    /// # Errors
    /// A secret that is missing or makes no sense, by name: the function must not start.
    pub async fn load(
        sdk: &SdkConfig,
        clock: Clock,
        prefix: String,
        names: &'static [&'static str],
        parse: impl Fn(&SecretTexts) -> Result<T, SecretsError> + Send + Sync + 'static,
    ) -> Result<Self, SecretsError> {
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_BACKOFF);
        let config = aws_sdk_ssm::config::Builder::from(sdk).retry_config(retries).build();
        let client = Client::from_conf(config);
        let value = Arc::new(parse(&read(&client, &prefix, names).await?)?);
        let known = RwLock::new(Known { value, checked_at: clock.now() });
        Ok(Self { client, clock, prefix, names, parse: Box::new(parse), known })
    }

    /// The secrets as they are now, read anew when they are older than five minutes.
    pub async fn current(&self) -> Arc<T> {
        let now = self.clock.now();
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if now.millis_since(known.checked_at) < REFRESH_AFTER_MILLIS {
                return Arc::clone(&known.value);
            }
        }
        let fresh = self.refresh().await;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Also after a failure: the next try comes in five minutes, not with the next request.
        known.checked_at = now;
        match fresh {
            Ok(value) => known.value = Arc::new(value),
            Err(error) => tracing::warn!(%error, "secrets not refreshed, the known ones stay in use"),
        }
        Arc::clone(&known.value)
    }

    async fn refresh(&self) -> Result<T, SecretsError> {
        let reading = read(&self.client, &self.prefix, self.names);
        let texts = tokio::time::timeout(REFRESH_TIMEOUT, reading).await.map_err(|_| {
            SecretsError::Unavailable { prefix: self.prefix.clone(), reason: "timed out".to_owned() }
        })??;
        (self.parse)(&texts)
    }
}

async fn read(
    client: &Client,
    prefix: &str,
    names: &'static [&'static str],
) -> Result<SecretTexts, SecretsError> {
    let full_names = names.iter().map(|name| format!("{prefix}{name}")).collect();
    let answer = client.get_parameters().set_names(Some(full_names)).with_decryption(true).send().await;
    let answer = answer.map_err(|error| SecretsError::Unavailable {
        prefix: prefix.to_owned(),
        // Not the debug form: it would show the body of an answer that could not be read.
        reason: telemetry::chain(&error),
    })?;
    let missing = answer.invalid_parameters();
    if !missing.is_empty() {
        return Err(SecretsError::Missing { names: missing.join(", ") });
    }
    let texts = answer.parameters.unwrap_or_default().into_iter().filter_map(|parameter| {
        let full_name = parameter.name?;
        let name = names.iter().find(|name| full_name.strip_prefix(prefix) == Some(name))?;
        Some((*name, parameter.value?))
    });
    Ok(SecretTexts(texts.collect()))
}
