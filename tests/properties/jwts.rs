//! JWTs, and the headers that credentials come in.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue};
use latchkey::caller::{EntityPath, Gate};
use latchkey::credentials::{LoginClaims, SessionClaims, VerificationKeys};
use latchkey::domain::{Acl, Locator, RandomId, SessionId, Timestamp, UserId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::json::Json;
use super::{cases, change, changed, issuer, rings, signing_keys, text};
use crate::house::NOW;

fn accepted(token: &str, keys: &VerificationKeys) -> bool {
    let now = Timestamp::from_unix(NOW);
    LoginClaims::verify(token, issuer(), keys, now).is_ok() || SessionClaims::verify(token, issuer(), keys, now).is_ok()
}

fn login() -> impl Strategy<Value = LoginClaims> {
    let random = any::<([u8; 16], [u8; 16], u64)>();
    (random, any::<bool>(), 0..=NOW, 1..=u32::MAX).prop_map(|((user, session, epoch), is_timed, issued_at, ttl)| LoginClaims {
        user: UserId::from_bytes(user),
        session: SessionId { subject: Locator::from_bytes(user), id: RandomId::from_bytes(session) },
        epoch,
        authenticated_at: is_timed.then(|| Timestamp::from_unix(issued_at - 60)),
        issued_at: Timestamp::from_unix(issued_at),
        expires_at: Timestamp::from_unix(NOW).plus(ttl),
    })
}

/// A header as an attacker would write it, any other JSON, or no JSON at all.
fn part() -> impl Strategy<Value = String> {
    let kids: Vec<_> = signing_keys().iter().map(|(json, _)| json["keys"][0]["kid"].clone()).collect();
    let typ = select(vec!["at+jwt", "JWT", "jwt", ""]);
    let alg = select(vec!["ES256", "EdDSA", "RS256", "HS256", "none", "ES384"]);
    let header = (typ, alg, select(kids)).prop_map(|(typ, alg, kid)| json!({ "typ": typ, "alg": alg, "kid": kid }).to_string());
    prop_oneof![2 => header, 1 => Json::any().prop_map(|json| json.text()), 1 => text()].prop_map(|part| URL_SAFE_NO_PAD.encode(part))
}

fn nearly_a_jwt() -> impl Strategy<Value = String> {
    let parts = vec(part(), 0..5).prop_map(|parts| parts.join("."));
    let with_signature = (part(), part(), vec(any::<u8>(), 64)).prop_map(|(header, claims, signature)| {
        let signature = URL_SAFE_NO_PAD.encode(signature);
        format!("{header}.{claims}.{signature}")
    });
    prop_oneof![text(), "[A-Za-z0-9_.-]{0,200}", parts, with_signature]
}

fn header_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..60),
        "(Bearer|bearer|Basic) ?.{0,30}".prop_map(String::into_bytes),
        "lkapi_[1-9a-k]{10,80}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_login_verifies_as_it_was_minted_until_it_expires(login in login()) {
        for (_, keys) in signing_keys() {
            let token = login.mint(issuer(), keys).unwrap();
            let verify = |at: i64| LoginClaims::verify(token.expose(), issuer(), keys.verification(), Timestamp::from_unix(at));

            prop_assert_eq!(verify(NOW), Ok(login));
            prop_assert_eq!(verify(login.expires_at.unix() - 1), Ok(login));
            prop_assert!(verify(login.expires_at.unix()).is_err());
        }
    }

    #[test]
    fn a_session_verifies_as_it_was_minted(login in login(), customer in "[a-zäöü]{1,60}", claims in Json::object()) {
        let session = SessionClaims {
            customer: customer.parse().unwrap(),
            session: login.session,
            acl: Acl::everything(),
            custom_claims: serde_json::from_value(claims.value()).unwrap(),
            issued_at: login.issued_at,
            expires_at: login.expires_at,
        };
        // Claims beyond the size that operations take make a JWT that no request could carry.
        prop_assume!(session.custom_claims.check_size_with(&session.acl).is_ok());
        for (_, keys) in signing_keys() {
            let token = session.mint(issuer(), keys).unwrap();
            let verified = SessionClaims::verify(token.expose(), issuer(), keys.verification(), Timestamp::from_unix(NOW));

            prop_assert_eq!(verified, Ok(session.clone()));
        }
    }

    #[test]
    fn a_changed_jwt_is_refused(login in login(), change in change()) {
        for (_, keys) in signing_keys() {
            let token = login.mint(issuer(), keys).unwrap();
            let changed = changed(token.expose(), change);

            prop_assert!(changed == token.expose() || !accepted(&changed, keys.verification()), "{}", changed);
        }
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn no_other_text_is_a_jwt(token in nearly_a_jwt()) {
        for (_, keys) in signing_keys() {
            prop_assert!(!accepted(&token, keys.verification()));
        }
    }

    #[test]
    fn no_header_is_a_credential_that_was_not_made_here(
        name in select(vec!["authorization", "token", "apikey", "x-authorization", "reb-apikey", "x-api-key", "userid"]),
        value in header_value(),
    ) {
        let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
        let jwt_keys = signing_keys()[0].1.verification();
        let gate = Gate { issuer: issuer(), jwt_keys, token_keys: &rings()[0], now: Timestamp::from_unix(NOW) };
        let path = EntityPath { entity: "e".parse().unwrap(), user: "u".parse().unwrap() };

        prop_assert!(gate.login(&headers).is_err() && gate.entity_api_key(&headers).is_err() && path.identify(&headers, &gate).is_err());
        prop_assert!(!matches!(gate.optional_caller(&headers), Ok(Some(_))));
    }
}

/// A key signs under one algorithm, although RSA keys could under many.
#[test]
fn what_an_rsa_key_signed_under_another_algorithm_than_its_own_is_refused() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    // PKCS #1 ends with the modulus, of 256 bytes, and the exponent 65537, of 5 with its head.
    let der = pair.public_key().as_ref();
    let modulus = URL_SAFE_NO_PAD.encode(&der[der.len() - 261..der.len() - 5]);
    let jwk = json!({ "kty": "RSA", "kid": "k", "alg": "RS256", "use": "sig", "status": "current", "n": modulus, "e": "AQAB" });
    let keys = VerificationKeys::parse(&json!({ "keys": [jwk] }).to_string()).unwrap();
    let claims = json!({
        "iss": "https://auth.example.com", "sub": "carol", "aud": "https://api.example.com", "iat": NOW, "nbf": NOW, "exp": NOW + 60,
        "jti": SessionId { subject: Locator::from_bytes([1; 16]), id: RandomId::from_bytes([1; 16]) }, "token_use": "session", "acl": [], "customClaims": {},
    });
    let signed = |alg: &str, padding: &'static dyn RsaEncoding| {
        let header = json!({ "typ": "JWT", "alg": alg, "kid": "k" });
        let message = [header, claims.clone()].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(padding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    };

    assert!(accepted(&signed("RS256", &RSA_PKCS1_SHA256), &keys));
    for (alg, padding) in [("RS384", &RSA_PKCS1_SHA384 as &dyn RsaEncoding), ("RS512", &RSA_PKCS1_SHA512), ("PS256", &RSA_PSS_SHA256)] {
        assert!(!accepted(&signed(alg, padding), &keys) && !accepted(&signed("RS256", padding), &keys), "{alg}");
    }
}
