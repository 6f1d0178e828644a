//! Where clients put their credentials: the one list of headers, for the operations and for the authorizer.

use http::HeaderMap;

use crate::credentials::CredentialKind;

/// Headers for the JWT of a login or a session, raw or as `Bearer`.
const JWT_HEADERS: [&str; 2] = ["authorization", "token"];

/// Headers for an API key. Each of the vendors' clients uses a different one; docs/compatibility.md says which.
const API_KEY_HEADERS: [&str; 4] = ["apikey", "x-authorization", "reb-apikey", "x-api-key"];

/// The texts in the headers for credentials, unverified. An empty header counts as absent. A value that is not text
/// counts as present, and is never a credential.
#[derive(Clone, Copy, Debug)]
pub(super) struct CredentialHeaders<'a> {
    /// The text of the first JWT header, without its `Bearer`.
    pub jwt: Option<&'a str>,
    /// The text of the first API key header.
    pub api_key: Option<&'a str>,
}

impl<'a> CredentialHeaders<'a> {
    pub fn of(headers: &'a HeaderMap) -> Self {
        Self { jwt: jwt(headers, &JWT_HEADERS), api_key: first(headers, &API_KEY_HEADERS) }
    }

    /// The same for operations on entity tokens. Their contract names `token`, so `Authorization` counts only where
    /// that is absent.
    pub fn of_entity_call(headers: &'a HeaderMap) -> Self {
        let [authorization, token] = JWT_HEADERS;
        Self { jwt: jwt(headers, &[token, authorization]), ..Self::of(headers) }
    }
}

/// The id of the acting user, which operations on entity tokens take beside that user's login.
pub(super) fn acting_user_id(headers: &HeaderMap) -> Option<&str> {
    first(headers, &["userid"])
}

/// Whether any header for credentials has a text that claims to be of this kind.
pub(super) fn carries(headers: &HeaderMap, kind: CredentialKind) -> bool {
    let mut texts = JWT_HEADERS.iter().chain(&API_KEY_HEADERS).filter_map(|name| jwt(headers, &[name]));
    texts.any(|text| CredentialKind::claimed_by(text) == Some(kind))
}

/// The text of the first header for credentials that is not empty, JWT headers before API key headers: what the
/// authorizer decides by when it has no identity source.
///
/// `Authorization` comes first because something in front may add an API key of its own to a request. The client's own
/// credential decides then, not the key that was added.
#[must_use]
pub fn first_credential(headers: &HeaderMap) -> Option<&str> {
    let CredentialHeaders { jwt, api_key } = CredentialHeaders::of(headers);
    jwt.or(api_key)
}

/// The token after `Bearer`, in any case (RFC 9110, 11.1), or the whole value.
#[must_use]
pub fn bearer(value: &str) -> &str {
    match value.split_once(char::is_whitespace) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        None if value.eq_ignore_ascii_case("bearer") => "",
        _ => value,
    }
}

fn jwt<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    texts(headers, names).map(bearer).find(|token| !token.is_empty())
}

fn first<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    texts(headers, names).find(|value| !value.is_empty())
}

fn texts<'a>(headers: &'a HeaderMap, names: &[&str]) -> impl Iterator<Item = &'a str> {
    names.iter().filter_map(|name| headers.get(*name)).map(|value| value.to_str().map_or("\u{0}", str::trim))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_jwt_is_read_raw_or_as_bearer_in_any_case_from_either_header() {
        for pair in
            [("authorization", "a.b.c"), ("authorization", "Bearer a.b.c"), ("authorization", "bEARER   a.b.c "), ("token", "a.b.c")]
        {
            assert_eq!(CredentialHeaders::of(&headers(&[pair])).jwt, Some("a.b.c"), "{pair:?}");
        }
        for pair in [("authorization", ""), ("authorization", "Bearer"), ("authorization", "Bearer "), ("apikey", "a.b.c")] {
            assert_eq!(CredentialHeaders::of(&headers(&[pair])).jwt, None, "{pair:?}");
        }
    }

    #[test]
    fn an_api_key_is_read_from_every_header_that_clients_use() {
        for name in API_KEY_HEADERS {
            assert_eq!(CredentialHeaders::of(&headers(&[(name, "lkapi_x")])).api_key, Some("lkapi_x"), "{name}");
        }
        assert_eq!(CredentialHeaders::of(&headers(&[("authorization", "lkapi_x")])).api_key, None);
        assert_eq!(CredentialHeaders::of(&headers(&[("apikey", " "), ("x-api-key", "lkapi_x")])).api_key, Some("lkapi_x"));
    }

    #[test]
    fn an_authorizer_decides_by_the_first_header_in_the_documented_order() {
        let documented = ["authorization", "token", "apikey", "x-authorization", "reb-apikey", "x-api-key"];

        for at in 0..documented.len() {
            let present: Vec<_> = documented.iter().skip(at).map(|name| (*name, *name)).collect();
            assert_eq!(first_credential(&headers(&present)), documented.get(at).copied());
        }
        assert_eq!(first_credential(&headers(&[("userid", "x")])), None);
    }
}
