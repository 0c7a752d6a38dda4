//! How deliveries are signed: Standard Webhooks 1.0.0, symmetric.

use std::fmt;

use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{crypto::HmacSha256, domain::timestamp::Timestamp};

const PREFIX: &str = "whsec_";
pub const GENERATED_BYTES: usize = 32;
/// The longest secret, in bytes of its text.
const MAX_BYTES: usize = 256;
/// The shortest secret that is used as it is: the document's example has 16 characters.
const MIN_BYTES: usize = 12;
/// Some owners omit the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The secret of a subscription. A `whsec_…` is the base64 of its key; any other text is its own
/// key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SigningSecret(String);

/// Why a text cannot be a secret. Shown to the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WrongSecret {
    #[error("must have {MIN_BYTES} to {MAX_BYTES} characters")]
    Length,
    #[error("must be visible ASCII without spaces")]
    Characters,
    #[error("must be base64 of 16 to 64 bytes after whsec_")]
    NotBase64,
}

impl SigningSecret {
    /// A secret that its owner chose.
    pub fn parse(text: &str) -> Result<Self, WrongSecret> {
        if !(MIN_BYTES..=MAX_BYTES).contains(&text.len()) {
            return Err(WrongSecret::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WrongSecret::Characters);
        }
        if let Some(encoded) = text.strip_prefix(PREFIX) {
            let key = BASE64.decode(encoded).map_err(|_| WrongSecret::NotBase64)?;
            if !(16..=64).contains(&key.len()) {
                return Err(WrongSecret::NotBase64);
            }
        }
        Ok(Self(text.to_owned()))
    }

    pub fn of_random(bytes: &[u8; GENERATED_BYTES]) -> Self {
        Self(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn key(&self) -> Option<HmacSha256> {
        let decoded = self
            .0
            .strip_prefix(PREFIX)
            .and_then(|encoded| BASE64.decode(encoded).ok());
        HmacSha256::new(decoded.as_deref().unwrap_or(self.0.as_bytes()))
    }
}

/// The value of `webhook-signature`: one signature for each secret, so that a receiver needs to
/// know only one of them.
pub fn sign<'a>(
    secrets: impl IntoIterator<Item = &'a SigningSecret>,
    message_id: &str,
    at: Timestamp,
    body: &[u8],
) -> String {
    let head = format!("{message_id}.{}.", at.as_seconds());
    let signature = |key: HmacSha256| STANDARD.encode(key.sign(&[head.as_bytes(), body]));
    let signatures = secrets
        .into_iter()
        .filter_map(SigningSecret::key)
        .map(|key| format!("v1,{}", signature(key)));
    signatures.collect::<Vec<_>>().join(" ")
}

/// Never shows the secret.
impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_s_example_is_signed_as_it_says() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let at = Timestamp::from_seconds(1_614_265_330).unwrap();
        let signature = sign(
            [&secret],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_make_two_signatures() {
        let [new, old] = ["webhooksecret123", "webhooksecret122"]
            .map(|text| SigningSecret::parse(text).unwrap());
        let signed = |secrets: &[&SigningSecret]| {
            sign(secrets.iter().copied(), "evt_1", Timestamp::EPOCH, b"{}")
        };
        let both = signed(&[&new, &old]);
        assert_eq!(both, format!("{} {}", signed(&[&new]), signed(&[&old])));
        assert_ne!(signed(&[&new]), signed(&[&old]));
    }

    #[test]
    fn a_secret_is_its_own_key_or_the_base64_of_it() {
        let generated = SigningSecret::of_random(&[7; GENERATED_BYTES]);
        assert_eq!(
            SigningSecret::parse(generated.as_str()),
            Ok(generated.clone())
        );
        let unpadded = SigningSecret::parse(generated.as_str().trim_end_matches('=')).unwrap();
        let signed = |secret| sign([secret], "evt_1", Timestamp::EPOCH, b"{}");
        assert_eq!(signed(&generated), signed(&unpadded));
        let long = "x".repeat(257);
        for (wrong, why) in [
            ("", WrongSecret::Length),
            ("elevenchars", WrongSecret::Length),
            (&long, WrongSecret::Length),
            ("with a space in it", WrongSecret::Characters),
            ("umlaut-ääääääää", WrongSecret::Characters),
            ("whsec_not*base64*at*all", WrongSecret::NotBase64),
            ("whsec_c2hvcnQ=", WrongSecret::NotBase64),
        ] {
            assert_eq!(SigningSecret::parse(wrong), Err(why), "{wrong}");
        }
    }

    #[test]
    fn it_is_not_shown() {
        let secret = SigningSecret::parse("webhooksecret123").unwrap();
        assert!(!format!("{secret:?}").contains("secret123"));
    }
}
