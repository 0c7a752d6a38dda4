//! TLS towards customers' endpoints and ElevenLabs: rustls on ring (ADR 3), with the roots that Mozilla trusts
//! compiled in. Reading the system's, a hundred and more, would take a third of a function's start.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use thiserror::Error;

/// Why there is no HTTP client.
#[derive(Debug, Error)]
#[error("the HTTP client cannot be made")]
pub enum ClientError {
    Tls(#[from] rustls::Error),
    Http(#[from] reqwest::Error),
}

pub fn client_config() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
