//! Which addresses may be posted to: those of the public internet, as IANA's registries of special
//! purposes have it. What is doubtful is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use super::destination::Loopback;

const fn v4(address: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = address;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(first: u16, second: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), prefix)
}

/// What no public host has.
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

/// Global unicast. All else is unspecified, loopback, an IPv4 address in disguise (mapped, compatible,
/// NAT64), unique local, link-local, site-local, multicast, for discarding, for segment routing or
/// unassigned.
const PUBLIC_V6: Ipv6Net = v6(0x2000, 0, 3);

/// What no public host has within that.
const FORBIDDEN_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 23),     // protocol assignments: Teredo, ORCHID, benchmarks, …
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4: an IPv4 address in disguise
    v6(0x3fff, 0, 20),     // documentation
];

/// Whether a delivery may go to this address.
#[must_use]
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
