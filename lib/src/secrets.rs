//! Secrets from SSM Parameter Store: read in the init phase by one call and refreshed while warm, so that a
//! rotation needs no deployment. A missing secret stops the init.
//!
//! When a refresh finds a secret missing or invalid, every request is refused from then on; an operator can
//! use that in an incident. While SSM does not answer, the known secrets stay in use for at most an hour.
//! Values never reach a log or an error.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{aws::json_api::JsonApi, clock::Clock, domain::timestamp::Timestamp, telemetry};

/// A rotated secret is in use everywhere after this time.
const REFRESH_AFTER_MILLIS: u64 = 5 * 60 * 1_000;
/// How long known secrets stay in use while SSM does not answer.
const STALE_AFTER_MILLIS: u64 = 60 * 60 * 1_000;
/// The longest a request waits for a refresh.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(1);
/// The account's default limit is 40 reads a second, and a burst may have thousands of cold starts: many
/// tries with the SDK's full jitter, within Lambda's ten seconds of init.
const ATTEMPTS: u32 = 8;
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// Says that a secret is deliberately not configured.
const NONE: &str = "none";

/// By their short names.
pub struct SecretTexts(HashMap<&'static str, String>);

impl SecretTexts {
    /// Empty when it is deliberately `none`.
    pub fn text(&self, name: &str) -> &str {
        let text = self.0.get(name).map_or("", |text| text.trim());
        if text == NONE { "" } else { text }
    }

    /// The entries, one per line. The first is the newest by convention; all are valid.
    pub fn lines(&self, name: &str) -> Vec<String> {
        let lines = self
            .text(name)
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }
}

/// Names parameters, never their values.
#[derive(Debug, Error)]
pub enum SecretsError {
    #[error("cannot read the secrets under {prefix}: {reason}")]
    Unavailable { prefix: String, reason: String },
    #[error("no such SSM parameter: {names}; `make secrets STAGE=…` creates it")]
    Missing {
        /// Full names.
        names: String,
    },
    #[error("SSM parameter {name}: {reason}")]
    Invalid {
        /// The short name.
        name: &'static str,
        /// Never contains a part of the text.
        reason: String,
    },
}

type Parse<T> = dyn Fn(&SecretTexts) -> Result<T, SecretsError> + Send + Sync;

pub struct Secrets<T> {
    ssm: JsonApi,
    clock: Clock,
    source: Source,
    parse: Box<Parse<T>>,
    known: RwLock<Known<T>>,
}

#[derive(Debug, Clone)]
pub struct Source {
    pub prefix: String,
    pub names: &'static [&'static str],
    pub samples: Samples,
}

struct Known<T> {
    /// `None` refuses everything.
    value: Option<Arc<T>>,
    read_at: Timestamp,
    checked_at: Timestamp,
}

/// Whether the public secrets of the sample events are accepted, which only the local stage does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    Accepted,
    Refused,
}

impl<T> Secrets<T> {
    /// Reads and parses the secrets. On an error, which names the secret, the function must not start.
    pub async fn load(
        sdk: &SdkConfig,
        clock: Clock,
        source: Source,
        parse: impl Fn(&SecretTexts) -> Result<T, SecretsError> + Send + Sync + 'static,
    ) -> Result<Self, SecretsError> {
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_max_backoff(LONGEST_BACKOFF);
        let sdk = sdk.to_builder().retry_config(retries).build();
        let ssm = JsonApi::new(&sdk, "ssm", "AmazonSSM");
        let value = Some(Arc::new(parse(&read(&ssm, &source).await?)?));
        let now = clock.now();
        let known = RwLock::new(Known {
            value,
            read_at: now,
            checked_at: now,
        });
        Ok(Self {
            ssm,
            clock,
            source,
            parse: Box::new(parse),
            known,
        })
    }

    /// The secrets, read again when they are older than five minutes. `None` when there are no usable
    /// secrets: then every request must be refused.
    pub async fn current(&self) -> Option<Arc<T>> {
        let now = self.clock.now();
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if now.millis_since(known.checked_at) < REFRESH_AFTER_MILLIS {
                return known.value.clone();
            }
        }
        let fresh = self.refresh().await;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Also after a failure, so that the next try is in five minutes and not with the next request.
        known.checked_at = now;
        match fresh {
            Ok(value) => (known.value, known.read_at) = (Some(Arc::new(value)), now),
            Err(error @ SecretsError::Unavailable { .. })
                if now.millis_since(known.read_at) < STALE_AFTER_MILLIS =>
            {
                tracing::warn!(%error, "secrets not refreshed, the known ones stay in use");
            }
            Err(error) => {
                tracing::error!(%error, "no usable secrets: everything is refused");
                known.value = None;
            }
        }
        known.value.clone()
    }

    async fn refresh(&self) -> Result<T, SecretsError> {
        let texts = tokio::time::timeout(REFRESH_TIMEOUT, read(&self.ssm, &self.source)).await;
        let texts = texts.map_err(|_| self.source.unavailable("timed out".to_owned()))??;
        (self.parse)(&texts)
    }
}

impl Source {
    fn unavailable(&self, reason: String) -> SecretsError {
        SecretsError::Unavailable {
            prefix: self.prefix.clone(),
            reason,
        }
    }

    fn check(&self, texts: &SecretTexts) -> Result<(), SecretsError> {
        let invalid = |name: &&'static str, reason: &str| SecretsError::Invalid {
            name,
            reason: reason.to_owned(),
        };
        if let Some(name) = self
            .names
            .iter()
            .find(|name| texts.lines(name).iter().any(|line| is_broken(line)))
        {
            // A wrapped line would become a guessable secret of the platform.
            return Err(invalid(
                name,
                "a line begins with @ and is not `@tenant secret`",
            ));
        }
        let sample = self.names.iter().find(|name| is_sample(texts.text(name)));
        match sample.filter(|_| self.samples == Samples::Refused) {
            None => Ok(()),
            Some(name) => Err(invalid(
                name,
                "it has a secret of the sample events, which everybody can read",
            )),
        }
    }
}

/// Whether a text contains a secret of the sample events; no random secret contains these words.
pub fn is_sample(text: &str) -> bool {
    text.contains("localstack") || text.contains("local-stack-")
}

async fn read(ssm: &JsonApi, source: &Source) -> Result<SecretTexts, SecretsError> {
    let Source { prefix, names, .. } = source;
    let request = GetParameters {
        names: names.iter().map(|name| format!("{prefix}{name}")).collect(),
        with_decryption: true,
    };
    let answer = ssm.call("GetParameters", &request).await;
    let answer: Parameters =
        answer.map_err(|error| source.unavailable(telemetry::chain(&error)))?;
    if !answer.invalid_parameters.is_empty() {
        return Err(SecretsError::Missing {
            names: answer.invalid_parameters.join(", "),
        });
    }
    let texts = answer.parameters.into_iter().filter_map(|parameter| {
        let short = parameter.name.strip_prefix(prefix.as_str())?;
        let name = names.iter().find(|name| **name == short)?;
        Some((*name, parameter.value))
    });
    let texts = SecretTexts(texts.collect());
    source.check(&texts)?;
    Ok(texts)
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameters {
    names: Vec<String>,
    with_decryption: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters {
    #[serde(default)]
    parameters: Vec<Parameter>,
    #[serde(default)]
    invalid_parameters: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    value: String,
}

/// Whether an entry begins with `@` but lacks the tenant or the secret.
pub fn is_broken(entry: &str) -> bool {
    entry.trim().starts_with('@') && tenant_and_secret(entry).0.is_none()
}

/// Reads `@tenant secret`, an entry for a provider account that one tenant owns. An entry without `@` is
/// the platform's and may sign for all tenants.
pub fn tenant_and_secret(entry: &str) -> (Option<Arc<str>>, &str) {
    let entry = entry.trim();
    let owned = entry
        .strip_prefix('@')
        .and_then(|owned| owned.split_once(char::is_whitespace));
    match owned.filter(|(tenant, _)| !tenant.is_empty()) {
        Some((tenant, secret)) => (Some(Arc::from(tenant)), secret.trim_start()),
        None => (None, entry),
    }
}
