//! Where deliveries may go.

use std::net::IpAddr;

use thiserror::Error;
use url::{Host, Url};

use super::addresses;

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
    /// Not on the public internet, as far as the URL itself tells.
    #[error("must lead to a public address")]
    Address,
    /// No port that anybody listens on.
    #[error("must not have port 0")]
    Port,
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
/// are checked when a connection is made. Decimal, octal, hexadecimal and shortened IPv4 addresses are
/// plain ones in the answer.
///
/// # Errors
/// What is wrong with it.
pub fn parse(url: &str, loopback: Loopback) -> Result<Url, WrongUrl> {
    let url = Url::parse(url).map_err(|_| WrongUrl::Malformed)?;
    let plain = match url.scheme() {
        "https" => false,
        "http" if loopback == Loopback::Allowed => true,
        _ => return Err(WrongUrl::NotHttps),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(WrongUrl::Credentials);
    }
    let (allowed, is_loopback) = match url.host().ok_or(WrongUrl::Malformed)? {
        Host::Ipv4(address) => judge(address.into(), loopback),
        Host::Ipv6(address) => judge(address.into(), loopback),
        Host::Domain(name) => {
            let is_loopback = is_localhost(name);
            (!is_loopback || loopback == Loopback::Allowed, is_loopback)
        }
    };
    if !allowed {
        return Err(WrongUrl::Address);
    }
    if plain && !is_loopback {
        return Err(WrongUrl::NotHttps);
    }
    if url.port() == Some(0) {
        return Err(WrongUrl::Port);
    }
    Ok(url)
}

/// Whether the address may be posted to, and whether it is this machine.
fn judge(address: IpAddr, loopback: Loopback) -> (bool, bool) {
    (addresses::is_allowed(address, loopback), address.is_loopback())
}

/// RFC 6761: these names always mean this machine. `url` has made them lower case.
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}
