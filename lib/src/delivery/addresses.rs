//! Which addresses may be posted to: those of the public internet, by IANA's special-purpose registries.
//! Doubtful addresses are refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// This machine too, also over http: the local stage.
    Allowed,
    /// Only public addresses, over https.
    Refused,
}

const fn v4(address: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = address;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(first: u16, second: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), prefix)
}

/// Ranges without public hosts.
const FORBIDDEN_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),       // this network
    v4([10, 0, 0, 0], 8),      // private
    v4([100, 64, 0, 0], 10),   // shared by a carrier's customers
    v4([127, 0, 0, 0], 8),     // loopback
    v4([169, 254, 0, 0], 16),  // link-local, with the cloud's metadata
    v4([172, 16, 0, 0], 12),   // private
    v4([192, 0, 0, 0], 24),    // protocol assignments
    v4([192, 0, 2, 0], 24),    // documentation
    v4([192, 88, 99, 0], 24),  // relays to 6to4
    v4([192, 168, 0, 0], 16),  // private
    v4([198, 18, 0, 0], 15),   // benchmarks
    v4([198, 51, 100, 0], 24), // documentation
    v4([203, 0, 113, 0], 24),  // documentation
    v4([224, 0, 0, 0], 4),     // multicast
    v4([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// Global unicast. Everything else is unspecified, loopback, an embedded IPv4 address (mapped, compatible,
/// NAT64), unique local, link-local, site-local, multicast, discard-only, for segment routing or unassigned.
const PUBLIC_V6: Ipv6Net = v6(0x2000, 0, 3);

/// Ranges without public hosts inside `PUBLIC_V6`.
const FORBIDDEN_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 23),     // protocol assignments: Teredo, ORCHID, benchmarks, …
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4: an embedded IPv4 address
    v6(0x3fff, 0, 20),     // documentation
];

pub fn is_allowed(address: IpAddr, loopback: Loopback) -> bool {
    is_public(address) || (loopback == Loopback::Allowed && address.is_loopback())
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !FORBIDDEN_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => {
            PUBLIC_V6.contains(&address) && !FORBIDDEN_V6.iter().any(|net| net.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every range: the address before it, its first, its last, and the address after it. A dash if the
    /// neighbour is forbidden too or does not exist.
    const RANGES: [(&str, &str, &str, &str); 33] = [
        ("-", "0.0.0.0", "0.255.255.255", "1.0.0.0"),
        ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        (
            "100.63.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "100.128.0.0",
        ),
        (
            "126.255.255.255",
            "127.0.0.0",
            "127.255.255.255",
            "128.0.0.0",
        ),
        (
            "169.253.255.255",
            "169.254.0.0",
            "169.254.255.255",
            "169.255.0.0",
        ),
        (
            "172.15.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "172.32.0.0",
        ),
        ("191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"),
        ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"),
        (
            "192.88.98.255",
            "192.88.99.0",
            "192.88.99.255",
            "192.88.100.0",
        ),
        (
            "192.167.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "192.169.0.0",
        ),
        (
            "198.17.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.20.0.0",
        ),
        (
            "198.51.99.255",
            "198.51.100.0",
            "198.51.100.255",
            "198.51.101.0",
        ),
        (
            "203.0.112.255",
            "203.0.113.0",
            "203.0.113.255",
            "203.0.114.0",
        ),
        ("223.255.255.255", "224.0.0.0", "239.255.255.255", "-"),
        ("-", "240.0.0.0", "255.255.255.255", "-"),
        // Unspecified and loopback, then IPv4 addresses: compatible, mapped, translated.
        ("-", "::", "::1", "-"),
        ("-", "::2", "::ffff:ffff", "-"),
        ("-", "::ffff:0:0", "::ffff:255.255.255.255", "-"),
        ("-", "::ffff:0:0:0", "::ffff:0:255.255.255.255", "-"),
        ("-", "64:ff9b::", "64:ff9b::255.255.255.255", "-"),
        (
            "-",
            "64:ff9b:1::",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "-",
        ),
        ("-", "100::", "100::ffff:ffff:ffff:ffff", "-"),
        // Everything before global unicast, and within it Teredo to ORCHID.
        (
            "-",
            "::",
            "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2000::",
        ),
        (
            "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001::",
            "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
            "-",
        ),
        (
            "-",
            "2001:10::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:200::",
        ),
        (
            "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db9::",
        ),
        (
            "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2002::",
            "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2003::",
        ),
        (
            "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff:1000::",
        ),
        (
            "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "4000::",
            "5eff::",
            "-",
        ),
        (
            "-",
            "5f00::",
            "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "-",
        ),
        (
            "-",
            "fc00::",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "-",
        ),
        (
            "-",
            "fe80::",
            "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "-",
        ),
        (
            "-",
            "ff00::",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "-",
        ),
    ];

    fn allowed(address: &str, loopback: Loopback) -> bool {
        is_allowed(address.parse().unwrap(), loopback)
    }

    #[test]
    fn every_range_is_refused_from_end_to_end_and_no_further() {
        for (before, first, last, after) in RANGES {
            for inside in [first, last] {
                assert!(!allowed(inside, Loopback::Refused), "{inside}");
            }
            for outside in [before, after]
                .into_iter()
                .filter(|address| *address != "-")
            {
                assert!(allowed(outside, Loopback::Refused), "{outside}");
            }
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "93.184.215.14",
            "2606:4700:4700::1111",
            "2a00:1450:4001:81b::200e",
        ] {
            for loopback in [Loopback::Refused, Loopback::Allowed] {
                assert!(allowed(public, loopback), "{public}");
            }
        }
    }

    #[test]
    fn the_local_stage_reaches_its_own_machine_and_nothing_else_besides() {
        for own in ["127.0.0.1", "127.255.255.255", "::1"] {
            assert!(allowed(own, Loopback::Allowed), "{own}");
        }
        let all = RANGES
            .iter()
            .flat_map(|(_, first, last, _)| [*first, *last]);
        let others = all.filter(|address| !address.parse::<IpAddr>().unwrap().is_loopback());
        for other in others.chain([
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ]) {
            assert!(!allowed(other, Loopback::Allowed), "{other}");
        }
    }
}
