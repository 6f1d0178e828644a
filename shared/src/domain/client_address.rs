//! Where a request comes from, as far as attempts are counted by it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What counts as one client: an IPv4 address, or the /64 network of an IPv6 address.
///
/// A provider gives each customer at least a /64, and its hosts change their addresses inside it at will, so that a single
/// IPv6 address would limit nobody. An IPv4 address that is written as an IPv6 one is the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientAddress {
    /// An IPv4 address. Everybody behind one NAT shares it.
    V4(Ipv4Addr),
    /// The first 64 bits of an IPv6 address; the others are zero.
    V6Network(Ipv6Addr),
    /// No address, or a text that is none. All such requests are one client, so that nobody gains attempts by hiding.
    Unknown,
}

impl ClientAddress {
    /// The client behind the address `text`, as a gateway writes it: without a port, and without white space.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        match text.and_then(|text| text.parse().ok()) {
            Some(IpAddr::V4(address)) => Self::V4(address),
            Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) => Self::V4(address),
                None => Self::V6Network(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
            },
            None => Self::Unknown,
        }
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(formatter),
            Self::V6Network(network) => write!(formatter, "{network}/64"),
            Self::Unknown => formatter.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        ClientAddress::of(Some(text)).to_string()
    }

    #[test]
    fn each_ipv4_address_is_a_client() {
        assert_eq!(written("192.0.2.1"), "192.0.2.1");
        assert_eq!(written("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(written("192.0.2.1"), written("192.0.2.2"));
    }

    #[test]
    fn all_addresses_of_an_ipv6_network_are_one_client() {
        for host in ["2001:db8:1:2::", "2001:db8:1:2::1", "2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:3:4:192.0.2.1"] {
            assert_eq!(written(host), "2001:db8:1:2::/64", "{host}");
        }
        assert_ne!(written("2001:db8:1:3::1"), written("2001:db8:1:2::1"));
        assert_ne!(written("::1"), written("0.0.0.1"));
    }

    #[test]
    fn what_is_no_address_is_one_client() {
        for text in
            ["", " ", "192.0.2", "192.0.2.1:443", "192.0.2.1, 198.51.100.1", "[2001:db8::1]", "fe80::1%eth0", "010.0.0.1", "localhost"]
        {
            assert_eq!(ClientAddress::of(Some(text)), ClientAddress::Unknown, "{text:?}");
        }
        assert_eq!(ClientAddress::of(None), ClientAddress::Unknown);
    }
}
