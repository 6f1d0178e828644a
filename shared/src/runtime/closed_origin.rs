//! The closed origin: what did not come through the distribution in front of the API is refused before anything else.
//!
//! The distribution proves itself by a secret in [`SECRET_HEADER`], which it puts over whatever its client sends there. Only from a
//! distribution that has proved itself is a client's address believed.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName};

use super::settings::CLIENT_ADDRESS_HEADER;
use super::{ConfigError, Live};
use crate::audit::{Act, Event};
use crate::credentials::OriginSecrets;
use crate::http::{ApiError, Request};

/// The header that holds one of [`OriginSecrets`].
const SECRET_HEADER: &str = "x-latchkey-origin";

/// CloudFront's own header of an address, which has the client's port after its last colon: `198.51.100.7:46532`,
/// `2001:db8::7:46532`.
const WITH_PORT: &str = "cloudfront-viewer-address";

/// Lists that the client begins: which entry is the client's address depends on how many proxies follow.
const LISTS: [&str; 2] = ["x-forwarded-for", "forwarded"];

/// Admits what comes through the distribution.
pub(super) struct ClosedOrigin {
    secrets: Live<OriginSecrets>,
    address_header: Option<HeaderName>,
}

impl ClosedOrigin {
    /// An origin that is closed to whoever does not show one of `secrets`; the distribution gives the client's address in
    /// `address_header`.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a header that does not hold one address.
    pub fn new(secrets: Live<OriginSecrets>, address_header: Option<String>) -> Result<Self, ConfigError> {
        let refused = |problem| ConfigError::invalid(CLIENT_ADDRESS_HEADER.name, problem);
        let parse = |name: String| HeaderName::try_from(name).map_err(|_| refused("must be the name of a header"));
        let address_header = address_header.map(parse).transpose()?;
        if address_header.as_ref().is_some_and(|name| LISTS.contains(&name.as_str())) {
            return Err(refused("must hold one address: this one is a list that the client begins"));
        }
        Ok(Self { secrets, address_header })
    }

    /// Lets `request` pass if the distribution sent it, with its client's address as its source.
    ///
    /// A refusal reads nothing of DynamoDB. It may read the secrets again, at most once in `KEYS_REFRESH_SECONDS`: the distribution may
    /// know of a new one first.
    ///
    /// # Errors
    /// [`ApiError::ClosedOrigin`] for anybody else, and where the client's address is missing: that of the distribution would stand for
    /// all of its clients.
    pub async fn admit(&self, request: &mut Request) -> Result<(), ApiError> {
        let presented = request.headers.remove(SECRET_HEADER);
        if !self.knows(presented.as_ref().map_or(&[], |value| value.as_bytes())).await {
            return Err(refuse(request, "no secret of the distribution"));
        }
        if let Some(name) = &self.address_header {
            let Some(address) = address(name, &request.headers) else { return Err(refuse(request, "no address of the client")) };
            request.source_ip = Some(address.to_string());
        }
        Ok(())
    }

    async fn knows(&self, presented: &[u8]) -> bool {
        if presented.is_empty() {
            return false;
        }
        // Only what is known may set off the look at the keys' versions, which is a read of DynamoDB.
        let known = self.secrets.peek().include(presented) && self.secrets.get().await.include(presented);
        known || self.secrets.look_again().await.include(presented)
    }
}

fn refuse(request: &Request, reason: &'static str) -> ApiError {
    tracing::Span::current().record("reason", reason);
    request.trail.note(Event::of(Act::OriginRefused).because(reason));
    ApiError::ClosedOrigin
}

/// The one address in the header `name`.
fn address(name: &HeaderName, headers: &HeaderMap) -> Option<IpAddr> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let text = value.to_str().ok()?;
    let host = if name == WITH_PORT { text.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok())?.0 } else { text };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Some(host.parse::<IpAddr>().ok()?.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(name: &'static str, values: &[&str]) -> Option<String> {
        let name = HeaderName::from_static(name);
        let values = values.iter().map(|value| (name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap()));
        address(&name, &values.collect()).map(|address| address.to_string())
    }

    #[test]
    fn cloudfronts_own_header_has_a_port() {
        for (value, address) in [
            ("198.51.100.7:46532", "198.51.100.7"),
            ("2001:db8::7:46532", "2001:db8::7"),
            ("[2001:db8::7]:46532", "2001:db8::7"),
            ("2001:0DB8:0:0:0:0:0:7:443", "2001:db8::7"),
            ("::ffff:198.51.100.7:443", "198.51.100.7"),
        ] {
            assert_eq!(read("cloudfront-viewer-address", &[value]).as_deref(), Some(address), "{value}");
        }
        for wrong in ["198.51.100.7", "198.51.100.7:", "198.51.100.7:x", "198.51.100.7:70000", ":46532", "", "[2001:db8::7]"] {
            assert_eq!(read("cloudfront-viewer-address", &[wrong]), None, "{wrong}");
        }
    }

    #[test]
    fn any_other_header_holds_one_address_and_nothing_else() {
        for (value, address) in [("198.51.100.7", "198.51.100.7"), ("2001:db8::7", "2001:db8::7"), ("[2001:db8::7]", "2001:db8::7")] {
            assert_eq!(read("x-client", &[value]).as_deref(), Some(address), "{value}");
        }
        for wrong in ["", "unknown", "198.51.100.7:443", "198.51.100.7, 192.0.2.1", "198.51.100.7,192.0.2.1", " 198.51.100.7", "1.2.3.4é"]
        {
            assert_eq!(read("x-client", &[wrong]), None, "{wrong}");
        }
        assert_eq!(read("x-client", &["198.51.100.7", "192.0.2.1"]), None);
        assert_eq!(read("x-client", &[]), None);
    }
}
