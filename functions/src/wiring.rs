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
    providers::{livekit, signalwire},
    queue::fan_out_retry::FanOutRetryQueue,
    secrets::{SecretTexts, Secrets, SecretsError},
    store::{
        self, calls::CallTable, chunks::ChunkTable, directory::DirectoryTable, events::EventTable,
        history::HistoryTable, lookup::Lookup,
    },
};

use crate::{authenticator::Authenticator, ingest::gate::Gate, runtime::InitError};

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

    /// As [`Aws::connect`], for functions that only append to `events`. Their roles do not allow the
    /// read; its refusal opens the connection as well.
    pub(crate) async fn connect_to_events(&self) -> Result<(), InitError> {
        store::connect(&self.database, &config::required("EVENTS_TABLE")?, "key").await;
        Ok(())
    }

    pub(crate) fn events(&self) -> Result<EventTable, InitError> {
        let (name, days) = (config::required("EVENTS_TABLE")?, config::retention_days()?);
        let chunks = ChunkTable::new(self.database.clone(), config::required("CHUNKS_TABLE")?);
        Ok(EventTable::new(self.database.clone(), name, chunks, days))
    }

    pub(crate) fn calls(&self) -> Result<CallTable, InitError> {
        Ok(CallTable::new(self.database.clone(), config::required("CALLS_TABLE")?))
    }

    pub(crate) fn directory(&self) -> Result<DirectoryTable, InitError> {
        Ok(DirectoryTable::new(self.database.clone(), config::required("DIRECTORY_TABLE")?))
    }

    pub(crate) fn lookup(&self) -> Result<Lookup, InitError> {
        Ok(Lookup::new(self.database.clone(), self.calls()?, self.directory()?))
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

    /// LiveKit's way in. Without any key the function must not start: it could only refuse.
    pub(crate) async fn livekit_gate(&self) -> Result<Gate<livekit::Keys>, InitError> {
        const API_KEYS: &str = "livekit-api-keys";
        const WEBHOOK_SECRETS: &str = "livekit-webhook-secrets";
        self.gate("LIVEKIT_ALLOW_LIST", &[API_KEYS, WEBHOOK_SECRETS], |texts| {
            let invalid = |reason| SecretsError::Invalid { name: API_KEYS, reason };
            let keys = livekit::Keys::parse(&texts.lines(API_KEYS), &texts.lines(WEBHOOK_SECRETS))
                .map_err(|line| invalid(format!("line {line} is not of the form key:secret")))?;
            if keys.is_empty() {
                return Err(invalid(format!("neither it nor {WEBHOOK_SECRETS} has a key")));
            }
            Ok(keys)
        })
        .await
    }

    /// SignalWire's way in. Without any key the function must not start: it could only refuse.
    pub(crate) async fn signalwire_gate(&self) -> Result<Gate<signalwire::Keys>, InitError> {
        const SIGNING_KEYS: &str = "signalwire-signing-keys";
        self.gate("SIGNALWIRE_ALLOW_LIST", &[SIGNING_KEYS], |texts| {
            let keys = signalwire::Keys::parse(&texts.lines(SIGNING_KEYS));
            if keys.is_empty() {
                return Err(SecretsError::Invalid { name: SIGNING_KEYS, reason: "it has no key".to_owned() });
            }
            Ok(keys)
        })
        .await
    }

    /// A provider's way in: its networks from the template, its secrets from SSM.
    async fn gate<V>(
        &self,
        allow_list: &'static str,
        secrets: &'static [&'static str],
        parse: impl Fn(&SecretTexts) -> Result<V, SecretsError> + Send + Sync + 'static,
    ) -> Result<Gate<V>, InitError> {
        let clock = Clock::system();
        let prefix = config::required("SECRETS_PREFIX")?;
        Ok(Gate {
            allow_list: AllowList::parse(&config::optional(allow_list).unwrap_or_default())?,
            keys: Secrets::load(&self.sdk, clock.clone(), prefix, secrets, parse).await?,
            public_base_url: config::optional("PUBLIC_BASE_URL").unwrap_or_default(),
            clock,
        })
    }

    /// Who may ask, as the template says.
    pub(crate) async fn authenticator(&self) -> Result<Authenticator, InitError> {
        let (policy, clock) = (token_policy()?, Clock::system());
        let keys = self.token_keys(clock.clone(), policy.algorithm).await?;
        Ok(Authenticator { policy, keys, clock })
    }

    async fn token_keys(&self, clock: Clock, algorithm: Algorithm) -> Result<Secrets<TokenKeys>, InitError> {
        const TOKEN_KEYS: &str = "token-keys";
        let prefix = config::required("SECRETS_PREFIX")?;
        let secrets = Secrets::load(&self.sdk, clock, prefix, &[TOKEN_KEYS], move |texts| {
            TokenKeys::parse(texts.text(TOKEN_KEYS), algorithm)
                .map_err(|error| SecretsError::Invalid { name: TOKEN_KEYS, reason: error.to_string() })
        });
        Ok(secrets.await?)
    }
}

/// What user tokens must be, as the template says.
fn token_policy() -> Result<TokenPolicy, InitError> {
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
