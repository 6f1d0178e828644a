//! Key sets and stored password hashes.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey::credentials::{
    Algorithm, ApiKey, KeyNumber, LoginClaims, PasswordHash, PasswordHasher, PasswordParameters, SigningKeys, TokenKeys, Verdict,
    VerificationKeys, generate,
};
use latchkey::domain::{KeyId, Secret, SessionId, Subject, Timestamp, UserId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::json::Json;
use super::{cases, issuer, signing_keys, text};
use crate::house::NOW;

/// A private set in which one member of the key is another one, or none.
fn spoilt() -> impl Strategy<Value = String> {
    let sets: Vec<_> = signing_keys().iter().map(|(json, _)| json.clone()).collect();
    let member = select(vec!["kty", "kid", "alg", "use", "status", "crv", "x", "y", "d"]);
    let other = prop_oneof![
        Just(Value::Null),
        "[A-Za-z0-9_-]{0,44}".prop_map(Value::from),
        text().prop_map(Value::from),
        any::<i32>().prop_map(Value::from)
    ];
    (select(sets), member, other).prop_map(|(mut set, member, other)| {
        set["keys"][0][member] = other;
        set.to_string()
    })
}

/// Number, bytes, status and type of a key: mostly as they should be.
fn ring_key() -> impl Strategy<Value = (u32, usize, &'static str, &'static str)> {
    let number = prop_oneof![6 => 1..4_u32, 1 => select(vec![0, 255, 256])];
    let bytes = prop_oneof![4 => Just(32), 1 => 30..34_usize];
    (number, bytes, select(vec!["next", "current", "retired"]), prop_oneof![9 => Just("oct"), 1 => Just("RSA")])
}

/// A PHC string whose hash nobody computed.
fn made_up_hash() -> impl Strategy<Value = String> {
    let parameters = "\\$argon2(id|i|d)\\$v=(19|16|1)\\$m=(8|64),t=1,p=[1-2]";
    (parameters, "[A-Za-z0-9+/]{11,22}", "[A-Za-z0-9+/]{22,43}").prop_map(|(head, salt, hash)| format!("{head}${salt}${hash}"))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_text_is_a_key_set_or_is_refused_without_its_secrets(
        set in prop_oneof![1 => text(), 1 => Json::any().prop_map(|json| json.text()), 2 => spoilt()],
    ) {
        let shown = match SigningKeys::parse(&set) {
            Ok(keys) => format!("{keys:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        for (json, _) in signing_keys() {
            prop_assert!(!shown.contains(json["keys"][0]["d"].as_str().unwrap()), "{}", shown);
        }
        drop(VerificationKeys::parse(&set));
        drop(TokenKeys::parse(&set));
        drop(generate::public_half(&set));
    }

    #[test]
    fn a_ring_has_numbered_keys_of_256_bits_of_which_one_is_current(keys in vec(ring_key(), 0..4)) {
        let document = |(number, bytes, status, kty): &(u32, usize, &str, &str)| {
            json!({ "kty": kty, "kid": number.to_string(), "status": status, "k": URL_SAFE_NO_PAD.encode(vec![7; *bytes]) })
        };
        let document = json!({ "keys": keys.iter().map(document).collect::<Vec<_>>() });
        let numbers: BTreeSet<_> = keys.iter().map(|(number, ..)| *number).collect();
        let current: Vec<_> = keys.iter().filter(|(_, _, status, _)| *status == "current").map(|(number, ..)| *number).collect();
        let usable = keys.iter().all(|(number, bytes, _, kty)| (1..=255).contains(number) && *bytes >= 32 && *kty == "oct");

        let ring = TokenKeys::parse(&document.to_string());

        prop_assert_eq!(ring.is_ok(), usable && numbers.len() == keys.len() && current.len() == 1, "{}", document);
        if let Ok(ring) = ring {
            prop_assert_eq!(u32::from(ring.current().get()), current[0]);
            for number in 0..=255 {
                let key = ApiKey { key: KeyNumber::new(number), user: UserId::from_bytes([1; 16]), id: KeyId::from_bytes([2; 16]) };
                prop_assert_eq!(key.seal(&ring).is_ok(), numbers.contains(&u32::from(number)));
            }
        }
    }

    #[test]
    fn no_password_passes_under_a_hash_that_was_not_made_of_it(stored in prop_oneof![text(), made_up_hash()], password in text()) {
        static HASHER: OnceLock<PasswordHasher> = OnceLock::new();
        let parameters = PasswordParameters { memory_kib: 8, iterations: 1, parallelism: 1 };
        let hasher = HASHER.get_or_init(|| PasswordHasher::new(parameters).unwrap());

        let verdict = hasher.verify(&Secret::new(password), Some(&PasswordHash::from_stored(stored)));

        prop_assert!(matches!(verdict, Ok(Verdict::Wrong) | Err(_)));
    }
}

#[test]
fn the_type_curve_and_algorithm_of_a_key_belong_together() {
    for algorithm in [Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA] {
        let set: Value = serde_json::from_str(&generate::signing_keys(algorithm).unwrap()).unwrap();
        let with = |member: &str, value: Value| {
            let mut set = set.clone();
            set["keys"][0][member] = value;
            set.to_string()
        };
        assert!(VerificationKeys::parse(&set.to_string()).is_ok());
        for (member, values) in [
            ("kty", vec!["EC", "RSA", "OKP", "oct", "ec", ""]),
            ("alg", vec!["ES256", "RS256", "EdDSA", "ES384", "PS256", "HS256", "none"]),
            ("crv", vec!["P-256", "Ed25519", "P-384", "X25519", "secp256k1", ""]),
        ] {
            let own = set["keys"][0].get(member).map_or("", |value| value.as_str().unwrap());
            for other in values.into_iter().filter(|value| *value != own && !(algorithm == Algorithm::RS256 && member == "crv")) {
                let changed = with(member, other.into());
                assert!(
                    VerificationKeys::parse(&changed).is_err() && SigningKeys::parse(&changed).is_err(),
                    "{algorithm:?} {member} {other}"
                );
            }
        }
        for member in ["kty", "kid", "alg", "status", "x", "y", "n", "e"].into_iter().filter(|name| set["keys"][0].get(*name).is_some()) {
            assert!(VerificationKeys::parse(&with(member, Value::Null)).is_err(), "{algorithm:?} {member}");
            // A point of no curve is found when something is to be verified, not here.
            let may_be_empty = ["kid", "x", "y"].contains(&member);
            assert!(may_be_empty || VerificationKeys::parse(&with(member, "".into())).is_err(), "{algorithm:?} {member}");
        }
    }
}

#[test]
fn a_set_signs_with_its_one_current_key_and_names_each_key_once() {
    let [one, other]: [Value; 2] = [(); 2].map(|()| {
        let mut set: Value = serde_json::from_str(&generate::signing_keys(Algorithm::ES256).unwrap()).unwrap();
        set["keys"][0].take()
    });
    let set = |statuses: [&str; 2], same_kid: bool| {
        let (mut one, mut other) = (one.clone(), other.clone());
        (one["status"], other["status"]) = (statuses[0].into(), statuses[1].into());
        if same_kid {
            other["kid"] = one["kid"].clone();
        }
        json!({ "keys": [one, other] }).to_string()
    };

    for (statuses, signs) in [
        (["current", "next"], true),
        (["retired", "current"], true),
        (["current", "current"], false),
        (["next", "retired"], false),
        (["next", "next"], false),
    ] {
        assert_eq!(SigningKeys::parse(&set(statuses, false)).is_ok(), signs, "{statuses:?}");
        assert!(VerificationKeys::parse(&set(statuses, false)).is_ok(), "{statuses:?}");
        assert!(VerificationKeys::parse(&set(statuses, true)).is_err(), "{statuses:?}");
    }
    for empty in [r#"{"keys":[]}"#, "{}", "[]", r#"{"keys":{}}"#] {
        assert!(VerificationKeys::parse(empty).is_err(), "{empty}");
    }
}

#[test]
fn what_any_key_of_the_set_signed_verifies_whatever_its_status() {
    let claims = || LoginClaims {
        user: UserId::random(),
        session: SessionId::random(Subject::User(UserId::random())),
        epoch: 0,
        authenticated_at: Some(Timestamp::from_unix(NOW)),
        issued_at: Timestamp::from_unix(NOW),
        expires_at: Timestamp::from_unix(NOW + 60),
    };
    for (set, keys) in signing_keys() {
        let token = claims().mint(issuer(), keys).unwrap();
        for status in ["next", "current", "retired"] {
            let set = set.to_string().replace("\"current\"", &format!("\"{status}\""));
            let keys = VerificationKeys::parse(&set).unwrap();

            assert!(LoginClaims::verify(token.expose(), issuer(), &keys, Timestamp::from_unix(NOW)).is_ok(), "{status}");
        }
    }
}
