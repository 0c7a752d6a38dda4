//! Source addresses from which a provider's webhooks may come. The address is the one that API Gateway
//! reports, never one from a header.

use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

/// Networks that may send; if there are none, every address may.
#[derive(Debug, Clone, Default)]
pub struct AllowList(Vec<IpNet>);

#[derive(Debug, Error)]
#[error("{0:?} is neither an address nor a network like 203.0.113.0/24")]
pub struct NoNetwork(String);

impl AllowList {
    /// Reads addresses and networks, separated by commas.
    pub fn parse(text: &str) -> Result<Self, NoNetwork> {
        let entries = text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let networks = entries.map(|entry| {
            let network = entry
                .parse()
                .or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| NoNetwork(entry.to_owned()))
        });
        Ok(Self(networks.collect::<Result<_, _>>()?))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `source` may send. An unknown source may only if there is no list.
    pub fn admits(&self, source: Option<IpAddr>) -> bool {
        // An IPv4 address may come mapped into IPv6.
        let source = source.map(|source| source.to_canonical());
        self.0.is_empty()
            || source.is_some_and(|source| self.0.iter().any(|network| network.contains(&source)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(list: &str, source: &str) -> bool {
        AllowList::parse(list).unwrap().admits(source.parse().ok())
    }

    #[test]
    fn an_empty_list_admits_all_and_any_other_only_its_networks() {
        assert!(admits("", "203.0.113.9") && admits(" , ", "nowhere"));
        let is_empty = |list: &str| AllowList::parse(list).unwrap().is_empty();
        assert!(is_empty(" , ") && !is_empty("203.0.113.9"));
        let list = "203.0.113.0/24, 198.51.100.7,2001:db8::/32";
        for source in [
            "203.0.113.9",
            "198.51.100.7",
            "2001:db8::1",
            "::ffff:203.0.113.9",
        ] {
            assert!(admits(list, source), "{source}");
        }
        for source in [
            "203.0.114.9",
            "198.51.100.8",
            "2001:db9::1",
            "::ffff:203.0.114.9",
            "nowhere",
        ] {
            assert!(!admits(list, source), "{source}");
        }
    }

    #[test]
    fn a_wrong_entry_is_named() {
        let error = AllowList::parse("203.0.113.0/24,example.com").unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"example.com\" is neither an address nor a network like 203.0.113.0/24"
        );
    }
}
