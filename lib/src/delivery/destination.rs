//! Where deliveries may go.

use thiserror::Error;
use url::Url;

/// Why nothing is posted to a URL. Shown to who configures it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WrongUrl {
    /// No absolute URL.
    #[error("must be an absolute URL, as https://example.com/webhooks")]
    Malformed,
    /// Not encrypted.
    #[error("must begin with https://")]
    NotHttps,
    /// A user name or a password in it.
    #[error("must have no user name and no password; use headers")]
    Credentials,
}

/// Which addresses may be posted to besides public ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// This machine too, also over http: the local stage.
    Allowed,
    /// Only public addresses, over https.
    Refused,
}

/// A URL that may be posted to, as far as it tells by itself; the addresses that its name resolves to
/// are checked when a connection is made.
///
/// # Errors
/// What is wrong with it.
pub fn parse(url: &str, loopback: Loopback) -> Result<Url, WrongUrl> {
    let url = Url::parse(url).map_err(|_| WrongUrl::Malformed)?;
    let plain_allowed = loopback == Loopback::Allowed && url.scheme() == "http";
    if url.scheme() != "https" && !plain_allowed {
        return Err(WrongUrl::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(WrongUrl::Credentials);
    }
    Ok(url)
}
