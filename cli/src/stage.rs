//! A stage: where it is, who asks, and whether it takes samples.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use url::{Host, Url};

use crate::failure::Failure;

/// A stage: its URL, the token for it, and what kind of stage it is.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) url: String,
    pub(crate) token: String,
    /// `local`, `dev`, `prod` or another name of yours.
    pub(crate) name: String,
}

impl Stage {
    /// Reads the URL. A token goes over TLS, except to this machine.
    pub(crate) fn new(url: &str, token: &str, name: Option<String>) -> Result<Self, Failure> {
        let advice = "Use the stack's output BaseUrl, which begins with https://.";
        let parsed = Url::parse(url)
            .map_err(|error| Failure::usage(format!("{url} is no URL: {error}."), advice))?;
        let is_local = is_loopback(url);
        if parsed.scheme() != "https" && !is_local {
            return Err(Failure::usage(
                format!("{url} would send your token unencrypted."),
                advice,
            ));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) || token.is_empty() {
            return Err(Failure::usage(
                "The token is empty or has characters that no token has.",
                "Copy the token again.",
            ));
        }
        // What is not known to be harmless counts as production.
        let name = name.unwrap_or_else(|| if is_local { "local" } else { "prod" }.to_owned());
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            name,
        })
    }

    /// Whether the stage runs on this machine.
    pub(crate) fn is_local(&self) -> bool {
        is_loopback(&self.url)
    }

    /// What the token says of itself. The API decides whether that is true.
    pub(crate) fn claims(&self) -> Value {
        let part = self.token.split('.').nth(1);
        let part = part.and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        part.and_then(|part| serde_json::from_slice(&part).ok())
            .unwrap_or_default()
    }

    /// Refuses to send made-up events to production, unless that is what is wanted.
    pub(crate) fn allow_samples(&self, live: bool) -> Result<(), Failure> {
        if live || matches!(self.name.as_str(), "local" | "dev") {
            return Ok(());
        }
        let message = format!(
            "{} is the stage {}: its customers would receive made-up events.",
            self.url, self.name
        );
        let advice = "Add --live if that is what you want. If it is a test stage, set RINGPOST_STAGE=dev, or log in with --stage dev.";
        Err(Failure::refused(message, advice))
    }
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    let url = Url::parse(url).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_tls_or_to_this_machine() {
        for url in [
            "https://api.example.com/",
            "http://127.0.0.1:4566/x",
            "http://localhost",
            "http://[::1]:1",
        ] {
            assert!(Stage::new(url, "t", None).is_ok(), "{url}");
        }
        for url in [
            "http://api.example.com",
            "http://127.0.0.1.example.com",
            "ftp://x",
            "api.example.com",
            "",
        ] {
            assert!(Stage::new(url, "t", None).is_err(), "{url}");
        }
        assert!(Stage::new("https://api.example.com", "a\nb", None).is_err());
    }

    #[test]
    fn a_stage_that_is_not_known_to_be_harmless_needs_live() {
        let stage =
            |url, name: Option<&str>| Stage::new(url, "t", name.map(str::to_owned)).unwrap();
        assert!(
            stage("http://127.0.0.1:1", None)
                .allow_samples(false)
                .is_ok()
        );
        assert!(
            stage("https://a.example.com", Some("dev"))
                .allow_samples(false)
                .is_ok()
        );
        for name in [None, Some("prod"), Some("staging")] {
            assert!(
                stage("https://a.example.com", name)
                    .allow_samples(false)
                    .is_err()
            );
            assert!(
                stage("https://a.example.com", name)
                    .allow_samples(true)
                    .is_ok()
            );
        }
    }
}
