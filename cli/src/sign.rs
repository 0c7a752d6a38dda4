//! Signatures as the providers make them.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use clap::ValueEnum;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::{environment::Environment, failure::Failure};

/// Who sends webhooks to Ringpost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Provider {
    #[value(name = "livekit")]
    LiveKit,
    #[value(name = "signalwire")]
    SignalWire,
    #[value(name = "elevenlabs")]
    ElevenLabs,
    /// A company's dialer, which submits calls with an API key.
    Dialer,
}

/// What a provider signs with.
#[derive(Clone)]
pub(crate) enum Signer {
    /// LiveKit's API key and its secret: a JWT.
    LiveKitToken {
        key: String,
        secret: String,
    },
    /// The secret of LiveKit's relay: an HMAC.
    LiveKitSecret(String),
    SignalWire(String),
    ElevenLabs(String),
    /// A key that is sent as it is.
    Dialer(String),
}

/// A header of a request.
pub(crate) type Header = (&'static str, String);

impl Provider {
    /// The name in commands.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LiveKit => "livekit",
            Self::SignalWire => "signalwire",
            Self::ElevenLabs => "elevenlabs",
            Self::Dialer => "dialer",
        }
    }
}

impl Signer {
    /// The signer with the secret of the environment.
    pub(crate) fn of(provider: Provider, environment: &Environment) -> Result<Self, Failure> {
        Ok(match provider {
            Provider::LiveKit => match (environment.variable("LIVEKIT_API_KEY"), environment.variable("LIVEKIT_API_SECRET")) {
                (Some(key), Some(secret)) => Self::LiveKitToken { key, secret },
                _ => Self::LiveKitSecret(environment.required("LIVEKIT_WEBHOOK_SECRET").map_err(|_| {
                    Failure::usage(
                        "LIVEKIT_API_KEY and LIVEKIT_API_SECRET, or LIVEKIT_WEBHOOK_SECRET, are not set.",
                        "Set them, or name a file that has them with --env-file.",
                    )
                })?),
            },
            Provider::SignalWire => Self::SignalWire(environment.required("SIGNALWIRE_SIGNING_KEY")?),
            Provider::ElevenLabs => Self::ElevenLabs(environment.required("ELEVENLABS_WEBHOOK_SECRET")?),
            Provider::Dialer => Self::Dialer(environment.required("CALL_CAPTURE_API_KEY")?),
        })
    }

    /// A signer of the same kind whose secret no stage has.
    pub(crate) fn wrong(&self) -> Self {
        let secret = uuid::Uuid::new_v4().to_string();
        match self {
            Self::LiveKitToken { key, .. } => Self::LiveKitToken {
                key: key.clone(),
                secret,
            },
            Self::LiveKitSecret(_) => Self::LiveKitSecret(secret),
            Self::SignalWire(_) => Self::SignalWire(secret),
            Self::ElevenLabs(_) => Self::ElevenLabs(secret),
            Self::Dialer(_) => Self::Dialer(format!("rpk_{secret}")),
        }
    }

    /// The headers of a JSON body for a URL, as the provider would send them now.
    pub(crate) fn json(&self, url: &str, body: &[u8], now: Timestamp) -> Vec<Header> {
        let content_type = ("content-type", "application/json".to_owned());
        match self {
            Self::LiveKitToken { key, secret } => vec![
                ("content-type", "application/webhook+json".to_owned()),
                ("authorization", livekit_token(key, secret, body, now)),
            ],
            Self::LiveKitSecret(secret) => vec![
                content_type,
                ("x-livekit-signature", hex::encode(sha256(secret, &[body]))),
            ],
            Self::SignalWire(key) => {
                let parts = [url.as_bytes(), body];
                vec![
                    content_type,
                    (
                        "x-signalwire-signature",
                        hex::encode(hmac::<Sha1>(key, &parts)),
                    ),
                    (
                        "x-signalwire-sha256-signature",
                        hex::encode(sha256(key, &parts)),
                    ),
                ]
            }
            Self::ElevenLabs(secret) => {
                let time = now.as_second().to_string();
                let signature = hex::encode(sha256(secret, &[time.as_bytes(), b".", body]));
                vec![
                    content_type,
                    ("elevenlabs-signature", format!("t={time},v0={signature}")),
                ]
            }
            Self::Dialer(key) => vec![content_type, ("x-api-key", key.clone())],
        }
    }

    /// The headers of a form for a URL. Only SignalWire sends forms: its signature is over the URL and the decoded
    /// parameters, sorted by name.
    pub(crate) fn form(&self, url: &str, body: &[u8], now: Timestamp) -> Vec<Header> {
        let Self::SignalWire(key) = self else {
            return self.json(url, body, now);
        };
        let mut parameters: Vec<_> = form_urlencoded::parse(body).collect();
        parameters.sort();
        let text: String = parameters
            .iter()
            .flat_map(|(name, value)| [name.as_ref(), value.as_ref()])
            .collect();
        let signature = hmac::<Sha1>(key, &[url.as_bytes(), text.as_bytes()]);
        vec![
            (
                "content-type",
                "application/x-www-form-urlencoded".to_owned(),
            ),
            ("x-signalwire-signature", STANDARD.encode(signature)),
        ]
    }
}

/// LiveKit's `Authorization`: a bare JWT with the hash of the body.
fn livekit_token(key: &str, secret: &str, body: &[u8], now: Timestamp) -> String {
    let now = now.as_second();
    let hash = STANDARD.encode(Sha256::digest(body));
    let claims = json!({ "iss": key, "nbf": now, "iat": now, "exp": now + 300, "sha256": hash });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = format!(
        "{}.{}",
        part(&json!({ "alg": "HS256", "typ": "JWT" })),
        part(&claims)
    );
    format!(
        "{head}.{}",
        URL_SAFE_NO_PAD.encode(sha256(secret, &[head.as_bytes()]))
    )
}

fn sha256(secret: &str, parts: &[&[u8]]) -> Vec<u8> {
    hmac::<Sha256>(secret, parts)
}

/// The HMAC of these parts, one after the other. A key of HMAC may have any length.
fn hmac<D: EagerHash>(secret: &str, parts: &[&[u8]]) -> Vec<u8> {
    let key = Hmac::<D>::new_from_slice(secret.as_bytes());
    let mac = key.map(|key| {
        parts
            .iter()
            .fold(key, Mac::chain_update)
            .finalize()
            .into_bytes()
            .to_vec()
    });
    mac.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use ringpost::{
        domain::timestamp,
        providers::{
            elevenlabs, livekit, signalwire,
            webhook::{Refusal, Signed, Verifier},
        },
    };

    use super::*;

    const URL: &str = "https://api.example.com/api/webhooks/x?stage=1";
    const BODY: &[u8] = b"{\"event\":\"x\"}";

    fn verified(
        keys: &impl Verifier,
        headers: Vec<Header>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let headers: HeaderMap = headers
            .into_iter()
            .map(|(name, value)| {
                (
                    name.parse().unwrap(),
                    HeaderValue::from_str(&value).unwrap(),
                )
            })
            .collect();
        let now = timestamp::Timestamp::from_seconds(now.as_second()).unwrap();
        keys.verify(
            Signed {
                headers: &headers,
                url: URL,
                body,
            },
            now,
        )
        .map(|_| ())
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_767_312_000).unwrap()
    }

    /// Right is accepted; another secret, another body and another time are not.
    fn holds(signer: &Signer, keys: &impl Verifier, has_time: bool) {
        let json = |signer: &Signer| signer.json(URL, BODY, now());
        assert_eq!(verified(keys, json(signer), BODY, now()), Ok(()));
        assert!(verified(keys, json(&signer.wrong()), BODY, now()).is_err());
        assert!(verified(keys, json(signer), b"{}", now()).is_err());
        let later = Timestamp::from_second(1_767_312_000 + 7_200).unwrap();
        assert_eq!(verified(keys, json(signer), BODY, later).is_err(), has_time);
    }

    #[test]
    fn livekit_accepts_both_of_its_signatures() {
        let keys = livekit::Keys::parse(
            &["APIkey:api-secret".to_owned()],
            &["hook-secret".to_owned()],
        )
        .unwrap();
        let token = Signer::LiveKitToken {
            key: "APIkey".to_owned(),
            secret: "api-secret".to_owned(),
        };
        holds(&token, &keys, true);
        holds(
            &Signer::LiveKitSecret("hook-secret".to_owned()),
            &keys,
            false,
        );
    }

    #[test]
    fn signalwire_accepts_json_and_forms() {
        let keys = signalwire::Keys::parse(&["PSK_1".to_owned()]);
        let signer = Signer::SignalWire("PSK_1".to_owned());
        holds(&signer, &keys, false);
        let form = b"To=%2B15105550123&CallSid=CA1&From=a+b";
        let headers = |signer: &Signer| signer.form(URL, form, now());
        assert_eq!(verified(&keys, headers(&signer), form, now()), Ok(()));
        assert!(verified(&keys, headers(&signer.wrong()), form, now()).is_err());
        assert!(verified(&keys, headers(&signer), b"CallSid=CA2", now()).is_err());
    }

    #[test]
    fn elevenlabs_accepts_a_recent_signature() {
        let keys = elevenlabs::Keys::new(&["wsec_1".to_owned()]);
        holds(&Signer::ElevenLabs("wsec_1".to_owned()), &keys, true);
    }
}
