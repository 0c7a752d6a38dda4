//! The gates of the providers' webhooks.

use ringpost::{
    auth::allow_list::AllowList,
    clock::Clock,
    providers::{elevenlabs, livekit, signalwire},
    secrets::{SecretTexts, SecretsError},
};

use super::{InitError, Wiring};
use crate::ingest::{call_status_gate::CallStatusGate, gate::Gate};

const ELEVENLABS_SECRETS: &str = "elevenlabs-webhook-secrets";
const SIGNALWIRE_KEYS: &str = "signalwire-signing-keys";
const LIVEKIT_API_KEYS: &str = "livekit-api-keys";
const LIVEKIT_WEBHOOK_SECRETS: &str = "livekit-webhook-secrets";
static LIVEKIT_SECRETS: [&str; 2] = [LIVEKIT_API_KEYS, LIVEKIT_WEBHOOK_SECRETS];

impl Wiring {
    /// Without any key the function must not start: it could only refuse.
    pub async fn livekit_gate(&self) -> Result<Gate<livekit::Keys>, InitError> {
        self.gate("LIVEKIT_ALLOW_LIST", &LIVEKIT_SECRETS, some_livekit_keys)
            .await
    }

    /// LiveKit's gate of the inbound call document's endpoints, which asks for signatures only where
    /// they are configured. Outside the local stage they must be.
    pub async fn inbound_gate(&self) -> Result<Gate<livekit::KeysIfAny>, InitError> {
        let parse = if self.environment.is_local()? {
            livekit_keys
        } else {
            some_livekit_keys
        };
        let parse = move |texts: &SecretTexts| parse(texts).map(livekit::KeysIfAny);
        self.gate("LIVEKIT_ALLOW_LIST", &LIVEKIT_SECRETS, parse)
            .await
    }

    /// Without any key the function must not start: it could only refuse.
    pub async fn signalwire_gate(&self) -> Result<Gate<signalwire::Keys>, InitError> {
        self.gate("SIGNALWIRE_ALLOW_LIST", &[SIGNALWIRE_KEYS], |texts| {
            let keys = signalwire::Keys::parse(&texts.lines(SIGNALWIRE_KEYS));
            if keys.is_empty() {
                return Err(invalid(SIGNALWIRE_KEYS, "it has no key"));
            }
            Ok(keys)
        })
        .await
    }

    /// Without any secret the function must not start: it could only refuse.
    pub async fn elevenlabs_gate(&self) -> Result<Gate<elevenlabs::Keys>, InitError> {
        self.gate("ELEVENLABS_ALLOW_LIST", &[ELEVENLABS_SECRETS], |texts| {
            let keys = elevenlabs::Keys::new(&texts.lines(ELEVENLABS_SECRETS));
            if keys.is_empty() {
                return Err(invalid(ELEVENLABS_SECRETS, "it has no secret"));
            }
            Ok(keys)
        })
        .await
    }

    /// The gate of call status events. Either a secret or an allow list may be left out; without both
    /// it refuses every event and the log says why.
    pub async fn call_status_gate(&self) -> Result<CallStatusGate, InitError> {
        let parse =
            |texts: &SecretTexts| Ok(elevenlabs::Keys::new(&texts.lines(ELEVENLABS_SECRETS)));
        let gate = self
            .gate("ELEVENLABS_STATUS_ALLOW_LIST", &[ELEVENLABS_SECRETS], parse)
            .await?;
        Ok(CallStatusGate(gate))
    }

    /// A provider's gate: its networks from the template, its secrets from SSM.
    async fn gate<V>(
        &self,
        allow_list: &'static str,
        secrets: &'static [&'static str],
        parse: impl Fn(&SecretTexts) -> Result<V, SecretsError> + Send + Sync + 'static,
    ) -> Result<Gate<V>, InitError> {
        let networks = self.environment.optional(allow_list).unwrap_or_default();
        let public_base_url = self.environment.optional("PUBLIC_BASE_URL");
        Ok(Gate {
            allow_list: AllowList::parse(&networks)?,
            keys: self.secrets(secrets, parse).await?,
            public_base_url: public_base_url.unwrap_or_default(),
            clock: Clock::system(),
            addresses: self.limiter(allow_list, "ADDRESS_REQUESTS_PER_MINUTE")?,
            accounts: self.limiter("account", "ACCOUNT_WEBHOOKS_PER_MINUTE")?,
        })
    }
}

fn livekit_keys(texts: &SecretTexts) -> Result<livekit::Keys, SecretsError> {
    let [pairs, secrets] = LIVEKIT_SECRETS.map(|name| texts.lines(name));
    livekit::Keys::parse(&pairs, &secrets).map_err(|line| {
        let reason = format!("line {line} is not of the form key:secret");
        invalid(LIVEKIT_API_KEYS, reason)
    })
}

fn some_livekit_keys(texts: &SecretTexts) -> Result<livekit::Keys, SecretsError> {
    let keys = livekit_keys(texts)?;
    if keys.is_empty() {
        let reason = format!("neither it nor {LIVEKIT_WEBHOOK_SECRETS} has a key");
        return Err(invalid(LIVEKIT_API_KEYS, reason));
    }
    Ok(keys)
}

fn invalid(name: &'static str, reason: impl Into<String>) -> SecretsError {
    SecretsError::Invalid {
        name,
        reason: reason.into(),
    }
}
