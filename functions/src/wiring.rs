//! How the functions get what they may touch: tables under the names that the template gives, secrets
//! under the stage's path, and a connection that is open before the first request.

mod asked;
mod recovery;

use ringpost::{
    auth::{
        allow_list::AllowList,
        limiter::Limiter,
        token::{TokenKeys, TokenPolicy},
    },
    aws::{self, SdkConfig},
    clock::Clock,
    config,
    crypto::jwt::Algorithm,
    delivery::{addresses::Loopback, deliver::Deliver, send::Sender},
    domain::subscription::endpoint_proof::EndpointProof,
    fan_out::{
        FanOut,
        follow_ups::FollowUps,
        publish::Publisher,
        unfinished::{CallCloser, SilenceLimit, UnfinishedCalls},
    },
    ingest::{agent_choice::AgentChoice, dispatch::Dispatch, fold::Fold},
    providers::{elevenlabs, livekit, signalwire},
    queue::{
        deferred_events::DeferredEventQueue, deliveries::DeliveryQueue,
        fan_out_retry::FanOutRetryQueue, transcripts::TranscriptQueue,
    },
    secrets::{self, Samples, SecretTexts, Secrets, SecretsError},
    store::{
        self, Retention, call_list::CallList, calls::CallTable, chunks::ChunkTable,
        directory::DirectoryTable, due::DueTable, endpoints::EndpointTable, events::EventTable,
        history::HistoryTable, leads::LeadTable, limits::LimitTable, lookup::Lookup,
        subscriptions::SubscriptionTable,
    },
    sweep::Sweep,
};

use crate::{
    authenticator::Authenticator,
    ingest::{call_status::CallStatusGate, gate::Gate},
    runtime::InitError,
};

const ELEVENLABS_SECRETS: &str = "elevenlabs-webhook-secrets";

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

    /// Opens the connection to DynamoDB by a read of `directory` that finds nothing.
    pub(crate) async fn connect_directory(&self) -> Result<(), InitError> {
        store::connect(&self.database, &config::required("DIRECTORY_TABLE")?, "key").await;
        Ok(())
    }

    /// Opens the connection to DynamoDB by a read of `webhook-configs`. Its key has two parts, so that
    /// the read is refused, which opens the connection as well.
    pub(crate) async fn connect_subscriptions(&self) -> Result<(), InitError> {
        store::connect(
            &self.database,
            &config::required("WEBHOOK_CONFIGS_TABLE")?,
            "tenantId",
        )
        .await;
        Ok(())
    }

    /// As [`Aws::connect`], of a function that only appends to the log. Its role does not allow the
    /// read; the refusal opens the connection as well.
    pub(crate) async fn connect_to_log(&self) -> Result<(), InitError> {
        store::connect(&self.database, &config::required("EVENTS_TABLE")?, "key").await;
        Ok(())
    }

    pub(crate) fn events(&self) -> Result<EventTable, InitError> {
        let (name, days) = (config::required("EVENTS_TABLE")?, config::retention_days()?);
        let chunks = ChunkTable::new(self.database.clone(), config::required("CHUNKS_TABLE")?);
        Ok(EventTable::new(self.database.clone(), name, chunks, days))
    }

    pub(crate) fn calls(&self) -> Result<CallTable, InitError> {
        let calls = CallTable::new(self.database.clone(), config::required("CALLS_TABLE")?);
        Ok(calls.kept_for(Retention::days(config::call_retention_days()?)))
    }

    pub(crate) fn call_list(&self) -> Result<CallList, InitError> {
        Ok(CallList::new(
            self.database.clone(),
            config::required("CALLS_TABLE")?,
        ))
    }

    pub(crate) fn history(&self) -> Result<HistoryTable, InitError> {
        let (name, days) = (
            config::required("HISTORY_TABLE")?,
            config::retention_days()?,
        );
        Ok(HistoryTable::new(self.database.clone(), name, days))
    }

    pub(crate) fn directory(&self) -> Result<DirectoryTable, InitError> {
        Ok(DirectoryTable::new(
            self.database.clone(),
            config::required("DIRECTORY_TABLE")?,
        ))
    }

    pub(crate) fn lookup(&self) -> Result<Lookup, InitError> {
        Ok(Lookup::new(
            self.database.clone(),
            self.calls()?,
            self.directory()?,
        ))
    }

    pub(crate) fn fold(&self) -> Result<Fold, InitError> {
        Ok(Fold::new(
            self.calls()?,
            self.directory()?,
            config::optional("DEFAULT_TENANT").as_deref(),
        ))
    }

    pub(crate) fn fan_out(&self) -> Result<FanOut, InitError> {
        let queue = ringpost::queue::Client::new(&self.sdk);
        Ok(FanOut {
            lookup: self.lookup()?,
            fold: self.fold()?,
            history: self.history()?,
            retry: FanOutRetryQueue::new(
                queue.clone(),
                config::required("FAN_OUT_RETRY_QUEUE_URL")?,
            ),
            leads: LeadTable::new(self.database.clone(), config::required("DIRECTORY_TABLE")?)
                .kept_for(Retention::days(config::call_retention_days()?)),
            follow_ups: FollowUps::new(self.due()?, Clock::system()),
            unfinished: UnfinishedCalls::new(self.due()?, silence()?, Clock::system()),
            transcripts: TranscriptQueue::new(queue, config::required("TRANSCRIPT_QUEUE_URL")?),
            publisher: Publisher {
                subscriptions: self.subscriptions()?,
                history: self.history()?,
                deliveries: self.deliveries()?,
                clock: Clock::system(),
            },
        })
    }

    /// What answers inbound calls.
    pub(crate) fn dispatch(&self) -> Result<Dispatch, InitError> {
        let queue = ringpost::queue::Client::new(&self.sdk);
        let deferred =
            DeferredEventQueue::new(queue, config::required("DEFERRED_EVENTS_QUEUE_URL")?);
        let default_agent = config::required("DEFAULT_AGENT_NAME")?;
        let agents = AgentChoice::new(
            self.directory()?,
            default_agent,
            config::optional("DEFAULT_TENANT"),
        );
        Ok(Dispatch::new(self.events()?, deferred, agents))
    }

    pub(crate) fn sweep(&self) -> Result<Sweep, InitError> {
        Ok(Sweep {
            due: self.due()?,
            calls: self.calls()?,
            events: self.events()?,
            queue: self.deliveries()?,
            endpoints: self.endpoints()?,
            closer: CallCloser {
                list: self.call_list()?,
                calls: self.calls()?,
                events: self.events()?,
                due: self.due()?,
                silence: silence()?,
            },
            clock: Clock::system(),
        })
    }

    /// What makes attempts.
    pub(crate) fn deliver(&self) -> Result<Deliver, InitError> {
        Ok(Deliver {
            endpoints: self.endpoints()?,
            history: self.history()?,
            subscriptions: self.subscriptions()?,
            queue: self.deliveries()?,
            slow_lane: self.slow_deliveries()?,
            due: self.due()?,
            events: self.events()?,
            sender: Sender::new(Self::loopback(), Clock::system())?,
            clock: Clock::system(),
            noted: std::sync::Mutex::default(),
        })
    }

    fn endpoints(&self) -> Result<EndpointTable, InitError> {
        let (configs, history) = (
            config::required("WEBHOOK_CONFIGS_TABLE")?,
            config::required("HISTORY_TABLE")?,
        );
        Ok(EndpointTable::new(self.database.clone(), configs, history))
    }

    pub(crate) fn subscriptions(&self) -> Result<SubscriptionTable, InitError> {
        Ok(SubscriptionTable::new(
            self.database.clone(),
            config::required("WEBHOOK_CONFIGS_TABLE")?,
        ))
    }

    pub(crate) fn deliveries(&self) -> Result<DeliveryQueue, InitError> {
        let queue = ringpost::queue::Client::new(&self.sdk);
        Ok(DeliveryQueue::new(
            queue,
            config::required("DELIVERY_QUEUE_URL")?,
        ))
    }

    fn slow_deliveries(&self) -> Result<DeliveryQueue, InitError> {
        let queue = ringpost::queue::Client::new(&self.sdk);
        Ok(DeliveryQueue::new(
            queue,
            config::required("SLOW_DELIVERY_QUEUE_URL")?,
        ))
    }

    /// Where deliveries may go in this stage.
    pub(crate) fn loopback() -> Loopback {
        match config::optional("DELIVER_TO_LOOPBACK").as_deref() {
            Some("true") => Loopback::Allowed,
            _ => Loopback::Refused,
        }
    }

    /// Whether endpoints must prove themselves in this stage.
    pub(crate) fn endpoint_proof() -> EndpointProof {
        match config::optional("ENDPOINT_PROOF").as_deref() {
            Some("required") => EndpointProof::Required,
            _ => EndpointProof::NotAsked,
        }
    }

    pub(crate) fn due(&self) -> Result<DueTable, InitError> {
        Ok(DueTable::new(
            self.database.clone(),
            config::required("DUE_TABLE")?,
        ))
    }

    /// LiveKit's way in. Without any key the function must not start: it could only refuse.
    pub(crate) async fn livekit_gate(&self) -> Result<Gate<livekit::Keys>, InitError> {
        self.gate("LIVEKIT_ALLOW_LIST", &LIVEKIT_SECRETS, some_livekit_keys)
            .await
    }

    /// LiveKit's way to the endpoints of the inbound call document, which asks for signatures only
    /// where they are configured. Outside the local stage they must be.
    pub(crate) async fn inbound_gate(&self) -> Result<Gate<livekit::KeysIfAny>, InitError> {
        let parse = if config::is_local()? {
            livekit_keys
        } else {
            some_livekit_keys
        };
        let parse = move |texts: &SecretTexts| parse(texts).map(livekit::KeysIfAny);
        self.gate("LIVEKIT_ALLOW_LIST", &LIVEKIT_SECRETS, parse)
            .await
    }

    /// SignalWire's way in. Without any key the function must not start: it could only refuse.
    pub(crate) async fn signalwire_gate(&self) -> Result<Gate<signalwire::Keys>, InitError> {
        const SIGNING_KEYS: &str = "signalwire-signing-keys";
        self.gate("SIGNALWIRE_ALLOW_LIST", &[SIGNING_KEYS], |texts| {
            let keys = signalwire::Keys::parse(&texts.lines(SIGNING_KEYS));
            if keys.is_empty() {
                return Err(SecretsError::Invalid {
                    name: SIGNING_KEYS,
                    reason: "it has no key".to_owned(),
                });
            }
            Ok(keys)
        })
        .await
    }

    /// ElevenLabs' way in. Without any secret the function must not start: it could only refuse.
    pub(crate) async fn elevenlabs_gate(&self) -> Result<Gate<elevenlabs::Keys>, InitError> {
        self.gate("ELEVENLABS_ALLOW_LIST", &[ELEVENLABS_SECRETS], |texts| {
            let keys = elevenlabs::Keys::new(&texts.lines(ELEVENLABS_SECRETS));
            if keys.is_empty() {
                let reason = "it has no secret".to_owned();
                return Err(SecretsError::Invalid {
                    name: ELEVENLABS_SECRETS,
                    reason,
                });
            }
            Ok(keys)
        })
        .await
    }

    /// The way in of call status events. Without a secret and an allow list it refuses each of them
    /// and says why, for the one or the other may be left out.
    pub(crate) async fn call_status_gate(&self) -> Result<CallStatusGate, InitError> {
        let parse =
            |texts: &SecretTexts| Ok(elevenlabs::Keys::new(&texts.lines(ELEVENLABS_SECRETS)));
        let gate = self
            .gate("ELEVENLABS_STATUS_ALLOW_LIST", &[ELEVENLABS_SECRETS], parse)
            .await?;
        let Gate {
            allow_list,
            keys,
            clock,
            addresses,
            accounts,
            ..
        } = gate;
        Ok(CallStatusGate {
            allow_list,
            keys,
            clock,
            addresses,
            accounts,
        })
    }

    /// A provider's way in: its networks from the template, its secrets from SSM.
    async fn gate<V>(
        &self,
        allow_list: &'static str,
        secrets: &'static [&'static str],
        parse: impl Fn(&SecretTexts) -> Result<V, SecretsError> + Send + Sync + 'static,
    ) -> Result<Gate<V>, InitError> {
        let clock = Clock::system();
        Ok(Gate {
            allow_list: AllowList::parse(&config::optional(allow_list).unwrap_or_default())?,
            keys: Secrets::load(&self.sdk, clock.clone(), secret_source(secrets)?, parse).await?,
            public_base_url: config::optional("PUBLIC_BASE_URL").unwrap_or_default(),
            clock,
            addresses: self.limiter(allow_list, "ADDRESS_REQUESTS_PER_MINUTE")?,
            accounts: self.limiter("account", "ACCOUNT_WEBHOOKS_PER_MINUTE")?,
        })
    }

    /// The limit that a variable sets for each name of a kind; none where it is 0.
    pub(crate) fn limiter(
        &self,
        kind: &'static str,
        variable: &'static str,
    ) -> Result<Option<Limiter>, InitError> {
        let most = u64::from(config::count(variable)?);
        let table = LimitTable::new(self.database.clone(), config::required("LIMITS_TABLE")?);
        Ok((most > 0).then(|| Limiter::new(table, kind, most, Clock::system())))
    }

    /// Who may ask, as the template says.
    pub(crate) async fn authenticator(&self) -> Result<Authenticator, InitError> {
        let (policy, clock) = (token_policy()?, Clock::system());
        let keys = self.token_keys(clock.clone(), policy.algorithm).await?;
        let limiter = self.limiter("user", "USER_REQUESTS_PER_MINUTE")?;
        Ok(Authenticator {
            policy,
            keys,
            clock,
            limiter,
        })
    }

    async fn token_keys(
        &self,
        clock: Clock,
        algorithm: Algorithm,
    ) -> Result<Secrets<TokenKeys>, InitError> {
        const TOKEN_KEYS: &str = "token-keys";
        let secrets = Secrets::load(
            &self.sdk,
            clock,
            secret_source(&[TOKEN_KEYS])?,
            move |texts| {
                TokenKeys::parse(texts.text(TOKEN_KEYS), algorithm).map_err(|error| {
                    SecretsError::Invalid {
                        name: TOKEN_KEYS,
                        reason: error.to_string(),
                    }
                })
            },
        );
        Ok(secrets.await?)
    }
}

/// Secrets of this stage. Those of the sample events are good in the local one alone.
fn secret_source(names: &'static [&'static str]) -> Result<secrets::Source, InitError> {
    let samples = if config::is_local()? {
        Samples::Accepted
    } else {
        Samples::Refused
    };
    Ok(secrets::Source {
        prefix: config::required("SECRETS_PREFIX")?,
        names,
        samples,
    })
}

/// How long nothing must have been heard of a call before it is closed.
fn silence() -> Result<SilenceLimit, InitError> {
    Ok(SilenceLimit {
        hours: config::hours("UNFINISHED_AFTER_HOURS")?,
    })
}

const LIVEKIT_API_KEYS: &str = "livekit-api-keys";
const LIVEKIT_WEBHOOK_SECRETS: &str = "livekit-webhook-secrets";
static LIVEKIT_SECRETS: [&str; 2] = [LIVEKIT_API_KEYS, LIVEKIT_WEBHOOK_SECRETS];

fn livekit_keys(texts: &SecretTexts) -> Result<livekit::Keys, SecretsError> {
    let [pairs, secrets] = LIVEKIT_SECRETS.map(|name| texts.lines(name));
    livekit::Keys::parse(&pairs, &secrets)
        .map_err(|line| invalid_livekit_keys(format!("line {line} is not of the form key:secret")))
}

fn some_livekit_keys(texts: &SecretTexts) -> Result<livekit::Keys, SecretsError> {
    let keys = livekit_keys(texts)?;
    if keys.is_empty() {
        return Err(invalid_livekit_keys(format!(
            "neither it nor {LIVEKIT_WEBHOOK_SECRETS} has a key"
        )));
    }
    Ok(keys)
}

fn invalid_livekit_keys(reason: String) -> SecretsError {
    SecretsError::Invalid {
        name: LIVEKIT_API_KEYS,
        reason,
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
        longest_seconds: i64::from(config::hours("TOKEN_LIFETIME_HOURS")?) * 3_600,
        default_tenant: config::optional("DEFAULT_TENANT"),
    })
}
