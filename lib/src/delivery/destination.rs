//! Checking the URL of an endpoint.

use crate::delivery::addresses::Loopback;
use std::net::IpAddr;

use thiserror::Error;
use url::{Host, Url};

use super::addresses;

/// Shown to the caller who configures the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WrongUrl {
    #[error("must be an absolute URL, as https://example.com/webhooks")]
    Malformed,
    #[error("must begin with https://")]
    NotHttps,
    #[error("must have no user name and no password; use headers")]
    Credentials,
    #[error("must lead to a public address")]
    Address,
    #[error("must not have port 0")]
    Port,
}

/// The URL, if its text allows a delivery; the addresses of its name are checked when a connection is made.
/// Decimal, octal, hexadecimal and shortened IPv4 addresses are normalised.
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

fn judge(address: IpAddr, loopback: Loopback) -> (bool, bool) {
    (
        addresses::is_allowed(address, loopback),
        address.is_loopback(),
    )
}

/// RFC 6761: these names always mean this machine. `url` has made them lower case.
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(url: &str, loopback: Loopback) -> Option<WrongUrl> {
        parse(url, loopback).err()
    }

    #[test]
    fn public_https_urls_are_taken() {
        let long_name = format!("https://{}.example.com/", "a".repeat(63));
        for url in [
            "https://example-crm.com/api/webhooks/11wire",
            "HTTPS://EXAMPLE.COM/Path?key=value#fragment",
            "https://example.com:8443/",
            "https://example.com./",
            "https://bücher.example/",
            "https://localhost.example.com/",
            "https://notlocalhost/",
            "https://1.1.1.1/",
            "https://[2606:4700:4700::1111]:443/",
            &long_name,
        ] {
            for loopback in [Loopback::Refused, Loopback::Allowed] {
                assert_eq!(why(url, loopback), None, "{url}");
            }
        }
    }

    #[test]
    fn what_is_no_https_url_says_why() {
        for (url, wrong) in [
            ("", WrongUrl::Malformed),
            ("example.com/webhooks", WrongUrl::Malformed),
            ("/webhooks", WrongUrl::Malformed),
            ("https://", WrongUrl::Malformed),
            ("https:///", WrongUrl::Malformed),
            ("https://exa mple.com/", WrongUrl::Malformed),
            ("https://example.com:65536/", WrongUrl::Malformed),
            ("https://[fe80::1%25eth0]/", WrongUrl::Malformed),
            ("https://[::1/", WrongUrl::Malformed),
            ("https://1.2.3.256/", WrongUrl::Malformed),
            ("https://127.0.0.0x/", WrongUrl::Address),
            ("http://example.com/", WrongUrl::NotHttps),
            ("ftp://example.com/", WrongUrl::NotHttps),
            ("file:///etc/passwd", WrongUrl::NotHttps),
            ("gopher://example.com/", WrongUrl::NotHttps),
            ("data:text/plain,hello", WrongUrl::NotHttps),
            ("example.com:443/", WrongUrl::NotHttps),
            ("https://user@example.com/", WrongUrl::Credentials),
            ("https://user:secret@example.com/", WrongUrl::Credentials),
            ("https://:secret@example.com/", WrongUrl::Credentials),
            ("https://example.com@127.0.0.1/", WrongUrl::Credentials),
            ("https://example.com:0/", WrongUrl::Port),
        ] {
            assert_eq!(why(url, Loopback::Refused), Some(wrong), "{url}");
        }
    }

    #[test]
    fn no_spelling_hides_an_address() {
        for host in [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7F.0.0.1",
            "0177.0.0.1",
            "017700000001",
            "%31%32%37.0.0.1",
            "１２７.０.０.１",
            "127。0。0。1",
            "①②⑦.0.0.1",
            "0",
            "0.0.0.0",
            "10.0.0.1",
            "0xa9fea9fe",
            "169.254.169.254",
            "169.254.43518",
            "192.168.1.1",
            "100.64.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:7f00:1::]",
            "[2001:0:7f00:1::]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "ｌocalhost",
            "hooks.localhost",
            "a.b.LocalHost.",
        ] {
            for port in ["", ":8443"] {
                let url = format!("https://{host}{port}/webhooks");
                assert_eq!(
                    why(&url, Loopback::Refused),
                    Some(WrongUrl::Address),
                    "{url}"
                );
            }
        }
    }

    #[test]
    fn the_local_stage_posts_to_its_own_machine_without_encryption() {
        for host in [
            "127.0.0.1:9000",
            "2130706433",
            "[::1]:9000",
            "localhost:9000",
            "hooks.localhost.",
        ] {
            for scheme in ["http", "https"] {
                let url = format!("{scheme}://{host}/");
                assert_eq!(why(&url, Loopback::Allowed), None, "{url}");
                assert!(parse(&url, Loopback::Refused).is_err(), "{url}");
            }
        }
        for (url, wrong) in [
            ("http://example.com/", WrongUrl::NotHttps),
            ("http://1.1.1.1/", WrongUrl::NotHttps),
            ("http://10.0.0.1/", WrongUrl::Address),
            ("https://169.254.169.254/", WrongUrl::Address),
            ("https://[::ffff:127.0.0.1]/", WrongUrl::Address),
            ("http://127.0.0.1:0/", WrongUrl::Port),
            ("http://user@127.0.0.1/", WrongUrl::Credentials),
        ] {
            assert_eq!(why(url, Loopback::Allowed), Some(wrong), "{url}");
        }
    }
}
