//! How the functions get what they may touch: tables under the names that the template gives, secrets
//! under the stage's path, and a connection that is open before the first request.

use ringpost::{
    aws::{self, SdkConfig},
    clock::Clock,
    config,
    http::{
        allow_list::AllowList,
        jwt::Algorithm,
        token::{TokenKeys, TokenPolicy},
    },
    pipeline::{fan_out::FanOut, fold::Fold},
    providers::livekit,
    queue::fan_out_retry::FanOutRetryQueue,
    secrets::{Secrets, SecretsError},
    store::{
        self, calls::CallTable, directory::DirectoryTable, events::EventTable, history::HistoryTable,
        lookup::Lookup,
    },
};

use crate::runtime::InitError;

/// The AWS side of a function that is being initialised.
pub(crate) struct Aws {
    sdk: SdkConfig,
    pub(crate) database: store::Client,
}

impl Aws {
    pub(crate) fn new() -> Result<Self, InitError> {
        let sdk = aws::sdk_config()?;
        let database = store::Client::new(&sdk);
        Ok(Self { sdk, database })
    }

    /// Opens the connection to DynamoDB by a read of `calls` that finds nothing.
    pub(crate) async fn connect(&self) -> Result<(), InitError> {
        store::connect(&self.database, &config::required("CALLS_TABLE")?, "id").await;
        Ok(())
    }

    pub(crate) fn events(&self) -> Result<EventTable, InitError> {
        let (name, days) = (config::required("EVENTS_TABLE")?, config::retention_days()?);
        Ok(EventTable::new(self.database.clone(), name, days))
    }

    pub(crate) fn calls(&self) -> Result<CallTable, InitError> {
        Ok(CallTable::new(self.database.clone(), config::required("CALLS_TABLE")?))
    }

    pub(crate) fn lookup(&self) -> Result<Lookup, InitError> {
        let directory = DirectoryTable::new(config::required("DIRECTORY_TABLE")?);
        Ok(Lookup::new(self.database.clone(), self.calls()?, directory))
    }

    pub(crate) fn fold(&self) -> Result<Fold, InitError> {
        Ok(Fold::new(self.calls()?, config::optional("DEFAULT_TENANT").as_deref()))
    }

    pub(crate) fn fan_out(&self) -> Result<FanOut, InitError> {
        let (name, days) = (config::required("HISTORY_TABLE")?, config::retention_days()?);
        let history = HistoryTable::new(self.database.clone(), name, days);
        let queue = ringpost::queue::Client::new(&self.sdk);
        let retry = FanOutRetryQueue::new(queue, config::required("FAN_OUT_RETRY_QUEUE_URL")?);
        Ok(FanOut::new(self.lookup()?, self.fold()?, history, retry))
    }

    /// The keys that may sign LiveKit's webhooks. Without any the function must not start: it could
    /// only refuse.
    pub(crate) async fn livekit_keys(&self, clock: Clock) -> Result<Secrets<livekit::Keys>, InitError> {
        const API_KEYS: &str = "livekit-api-keys";
        const WEBHOOK_SECRETS: &str = "livekit-webhook-secrets";
        let prefix = config::required("SECRETS_PREFIX")?;
        let secrets = Secrets::load(&self.sdk, clock, prefix, &[API_KEYS, WEBHOOK_SECRETS], |texts| {
            let invalid = |reason| SecretsError::Invalid { name: API_KEYS, reason };
            let keys = livekit::Keys::parse(&texts.lines(API_KEYS), &texts.lines(WEBHOOK_SECRETS))
                .map_err(|line| invalid(format!("line {line} is not of the form key:secret")))?;
            if keys.is_empty() {
                return Err(invalid(format!("neither it nor {WEBHOOK_SECRETS} has a key")));
            }
            Ok(keys)
        });
        Ok(secrets.await?)
    }

    pub(crate) async fn token_keys(
        &self,
        clock: Clock,
        algorithm: Algorithm,
    ) -> Result<Secrets<TokenKeys>, InitError> {
        const TOKEN_KEYS: &str = "token-keys";
        let prefix = config::required("SECRETS_PREFIX")?;
        let secrets = Secrets::load(&self.sdk, clock, prefix, &[TOKEN_KEYS], move |texts| {
            TokenKeys::parse(texts.text(TOKEN_KEYS), algorithm)
                .map_err(|error| SecretsError::Invalid { name: TOKEN_KEYS, reason: error.to_string() })
        });
        Ok(secrets.await?)
    }
}

/// The networks that the template lists for a provider.
pub(crate) fn allow_list(variable: &'static str) -> Result<AllowList, InitError> {
    Ok(AllowList::parse(&config::optional(variable).unwrap_or_default())?)
}

/// What user tokens must be, as the template says.
pub(crate) fn token_policy() -> Result<TokenPolicy, InitError> {
    let algorithm = Algorithm::parse(&config::required("TOKEN_ALGORITHM")?);
    Ok(TokenPolicy {
        algorithm: algorithm.ok_or(config::ConfigError::Invalid {
            name: "TOKEN_ALGORITHM",
            expected: "HS256, RS256 or ES256",
        })?,
        issuer: config::optional("TOKEN_ISSUER"),
        audience: config::optional("TOKEN_AUDIENCE"),
    })
}
