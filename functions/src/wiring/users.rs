//! Who may ask.

use ringpost::{
    auth::token::{TokenKeys, TokenPolicy},
    clock::Clock,
    config::ConfigError,
    crypto::jwt::Algorithm,
    secrets::{Secrets, SecretsError},
};

use super::{InitError, Wiring};
use crate::authenticator::Authenticator;

impl Wiring {
    pub async fn authenticator(&self) -> Result<Authenticator, InitError> {
        let policy = self.token_policy()?;
        Ok(Authenticator {
            keys: self.token_keys(policy.algorithm).await?,
            policy,
            clock: Clock::system(),
            limiter: self.limiter("user", "USER_REQUESTS_PER_MINUTE")?,
        })
    }

    fn token_policy(&self) -> Result<TokenPolicy, InitError> {
        let algorithm = Algorithm::parse(&self.required("TOKEN_ALGORITHM")?);
        let lifetime_hours = self.environment.hours("TOKEN_LIFETIME_HOURS")?;
        Ok(TokenPolicy {
            algorithm: algorithm.ok_or(ConfigError::Invalid {
                name: "TOKEN_ALGORITHM",
                expected: "HS256, RS256 or ES256",
            })?,
            issuer: self.environment.optional("TOKEN_ISSUER"),
            audience: self.environment.optional("TOKEN_AUDIENCE"),
            longest_seconds: i64::from(lifetime_hours) * 3_600,
            default_tenant: self.environment.optional("DEFAULT_TENANT"),
        })
    }

    async fn token_keys(&self, algorithm: Algorithm) -> Result<Secrets<TokenKeys>, InitError> {
        const TOKEN_KEYS: &str = "token-keys";
        self.secrets(&[TOKEN_KEYS], move |texts| {
            TokenKeys::parse(texts.text(TOKEN_KEYS), algorithm).map_err(|error| {
                SecretsError::Invalid {
                    name: TOKEN_KEYS,
                    reason: error.to_string(),
                }
            })
        })
        .await
    }
}
