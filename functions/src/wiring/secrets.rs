//! Secrets of the stage.

use ringpost::{
    clock::Clock,
    providers::elevenlabs::client::ApiKey,
    secrets::{Samples, SecretTexts, Secrets, SecretsError, Source},
};

use super::{InitError, Wiring};

/// The key of ElevenLabs' API, unless there is deliberately none.
type ElevenLabsKey = Secrets<Option<ApiKey>>;

impl Wiring {
    pub async fn elevenlabs_key(&self) -> Result<ElevenLabsKey, InitError> {
        const API_KEY: &str = "elevenlabs-api-key";
        self.secrets(&[API_KEY], |texts| {
            let newest = texts.lines(API_KEY).into_iter().next();
            let key = newest.map(|key| {
                ApiKey::parse(&key).ok_or(SecretsError::Invalid {
                    name: API_KEY,
                    reason: "has a character that no key has".to_owned(),
                })
            });
            key.transpose()
        })
        .await
    }

    /// The secrets of these names. Those of the sample events are valid in the local stage alone.
    pub async fn secrets<T>(
        &self,
        names: &'static [&'static str],
        parse: impl Fn(&SecretTexts) -> Result<T, SecretsError> + Send + Sync + 'static,
    ) -> Result<Secrets<T>, InitError> {
        let samples = if self.environment.is_local()? {
            Samples::Accepted
        } else {
            Samples::Refused
        };
        let source = Source {
            prefix: self.required("SECRETS_PREFIX")?,
            names,
            samples,
        };
        Ok(Secrets::load(self.sdk()?, Clock::system(), source, parse).await?)
    }
}
