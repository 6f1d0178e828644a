//! What `verify_session` takes and refuses, with keys of the test.

use std::time::{Duration, SystemTime};

use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use latchkey_client::{Algorithm, ConfigError, InvalidSession, Kind, Latchkey, VerifyError};
use serde_json::json;

use super::stand_in::{Key, StandIn, now, serve, tampered};

#[tokio::test]
async fn a_session_is_verified_and_says_what_its_caller_may_do() {
    let issuer = StandIn::start().await;
    let latchkey = Latchkey::new(&issuer.url).unwrap();
    let exp = now() + 600;

    let caller = latchkey.verify_session(&issuer.session_with("k1", json!({}), json!({ "exp": exp }))).await.unwrap();

    assert_eq!((caller.kind, caller.subject.as_str(), caller.session_id.as_deref()), (Kind::Session, "carol", Some("id")));
    assert_eq!(caller.claims["plan"], "gold");
    assert_eq!(caller.audience.as_deref(), Some(issuer.url.as_str()));
    assert_eq!(caller.expires_at, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(exp)));
    assert!(caller.can("read-invoices", "acme"));
    assert!(!caller.can("read-invoices", "globex") && !caller.can_everywhere("read-invoices") && !caller.can("write-invoices", "acme"));
}

#[tokio::test]
async fn a_session_of_each_algorithm_is_verified_if_it_is_accepted() {
    let mut issuer = StandIn::start().await;
    issuer.add_key("rsa", Key::rsa());
    issuer.add_key("ed", Key::ed());
    let all = Latchkey::builder(&issuer.url).algorithms([Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa]).build().unwrap();
    let rsa = Latchkey::builder(&issuer.url).algorithms([Algorithm::Rs256]).build().unwrap();

    for kid in ["k1", "rsa", "ed"] {
        all.verify_session(&issuer.session_by(kid)).await.unwrap();
        assert_eq!(rsa.verify_session(&issuer.session_by(kid)).await.is_ok(), kid == "rsa", "{kid}");
    }
}

#[tokio::test]
async fn whatever_is_no_good_session_of_this_issuer_for_this_audience_is_refused() {
    let (mut issuer, other) = (StandIn::start().await, StandIn::start().await);
    issuer.add_key("rsa", Key::rsa());
    let latchkey = Latchkey::new(&issuer.url).unwrap();
    let all = Latchkey::builder(&issuer.url).algorithms([Algorithm::Es256, Algorithm::Rs256]).build().unwrap();
    let good = issuer.session();
    let [head, body, _] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT","kid":"k1"}"#);
    let secret = Key::Secret(issuer.published.lock().unwrap()[0]["x"].as_str().unwrap().into());
    let header = |header| issuer.session_with("k1", header, json!({}));
    let claims = |claims| issuer.session_with("k1", json!({}), claims);
    let refused = [
        ("a forged signature", tampered(&good), InvalidSession::Signature),
        (
            "other claims",
            format!("{head}.{}.{}", URL_SAFE_NO_PAD.encode("{}"), good.rsplit('.').next().unwrap()),
            InvalidSession::Signature,
        ),
        (
            "the same kid of another issuer",
            other.session_with("k1", json!({}), json!({ "iss": issuer.url, "aud": issuer.url })),
            InvalidSession::Signature,
        ),
        ("no algorithm", format!("{none}.{body}."), InvalidSession::Algorithm),
        ("no signature", format!("{head}.{body}."), InvalidSession::Signature),
        ("four parts", format!("{good}."), InvalidSession::Malformed),
        ("an algorithm that is not accepted", issuer.session_by("rsa"), InvalidSession::Algorithm),
        ("an algorithm of secrets", issuer.signed("k1", &secret, json!({}), json!({})), InvalidSession::Algorithm),
        ("an unknown key", header(json!({ "kid": "k2" })), InvalidSession::UnknownKey),
        ("no key", header(json!({ "kid": null })), InvalidSession::Malformed),
        ("the header of a login", header(json!({ "typ": "at+jwt" })), InvalidSession::NotASession),
        ("no type", header(json!({ "typ": null })), InvalidSession::Malformed),
        ("what must be understood", header(json!({ "crit": ["exp"] })), InvalidSession::NotASession),
        ("the use of a login", claims(json!({ "token_use": "login" })), InvalidSession::NotASession),
        ("no use", claims(json!({ "token_use": null })), InvalidSession::Malformed),
        ("the audience of a login", claims(json!({ "aud": format!("{}#login", issuer.url) })), InvalidSession::Audience),
        ("another audience", claims(json!({ "aud": "https://elsewhere.example" })), InvalidSession::Audience),
        ("no audience", claims(json!({ "aud": null })), InvalidSession::Malformed),
        ("another issuer", claims(json!({ "iss": "https://elsewhere.example" })), InvalidSession::Issuer),
        ("an end in the past", claims(json!({ "exp": now() - 1 })), InvalidSession::Expired),
        ("an end now", claims(json!({ "exp": now() })), InvalidSession::Expired),
        ("an end that is no time", claims(json!({ "exp": u64::MAX })), InvalidSession::Malformed),
        ("a beginning in the future", claims(json!({ "nbf": now() + 20 })), InvalidSession::NotYetValid),
        ("no end", claims(json!({ "exp": null })), InvalidSession::Malformed),
        ("no beginning", claims(json!({ "nbf": null })), InvalidSession::Malformed),
        ("no subject", claims(json!({ "sub": null })), InvalidSession::Malformed),
        ("no id", claims(json!({ "jti": null })), InvalidSession::Malformed),
        ("an ACL that is none", claims(json!({ "acl": [{ "permissions": ["*"] }] })), InvalidSession::Malformed),
        ("an API key", "lkapi_KPcNdUyogq7U4T4mCHxXURGvdcaRY3VQ9JdBq1duvEEnHVJWrZbuRFGQtwUUjjPZmn".to_owned(), InvalidSession::Malformed),
        ("nothing", String::new(), InvalidSession::Malformed),
        ("no ASCII", "\u{ff}.\u{e9}.\u{ff}".to_owned(), InvalidSession::Malformed),
    ];

    for (what, jwt, why) in refused {
        let error = latchkey.verify_session(&jwt).await.unwrap_err();
        assert!(matches!(error, VerifyError::InvalidSession(found) if found == why), "{what}: {error}");
    }
    let confused = issuer.session_with("k1", json!({ "kid": "rsa" }), json!({}));
    let error = all.verify_session(&confused).await.unwrap_err();
    assert!(matches!(error, VerifyError::InvalidSession(InvalidSession::Algorithm)), "a key of another algorithm: {error}");
}

#[tokio::test]
async fn a_tolerance_of_the_clock_is_granted_up_to_30_seconds() {
    let issuer = StandIn::start().await;
    let tolerant = |seconds| Latchkey::builder(&issuer.url).clock_tolerance(Duration::from_secs(seconds)).build();
    let latchkey = tolerant(30).unwrap();
    let ended = |ago| issuer.session_with("k1", json!({}), json!({ "exp": now() - ago }));
    let beginning = |ahead| issuer.session_with("k1", json!({}), json!({ "nbf": now() + ahead }));

    latchkey.verify_session(&ended(15)).await.unwrap();
    latchkey.verify_session(&beginning(15)).await.unwrap();

    for refused in [ended(45), beginning(45)] {
        assert!(matches!(latchkey.verify_session(&refused).await, Err(VerifyError::InvalidSession(_))));
    }
    assert!(matches!(tolerant(31), Err(ConfigError::ClockTolerance)));
}

#[tokio::test]
async fn after_a_rotation_a_key_that_was_published_before_is_good_without_a_delay_and_so_is_the_old_one() {
    let mut issuer = StandIn::start().await;
    issuer.add_key("k2", Key::ec());
    let latchkey = Latchkey::new(&issuer.url).unwrap();

    for kid in ["k1", "k2", "k1"] {
        latchkey.verify_session(&issuer.session_by(kid)).await.unwrap();
    }

    assert_eq!(issuer.fetches(), 1, "the keys are cached");
}

#[tokio::test]
async fn what_cannot_be_a_session_is_refused_without_a_request() {
    let issuer = StandIn::start().await;
    let latchkey = Latchkey::new(&issuer.url).unwrap();

    for jwt in ["eyJ".to_owned(), issuer.session_with("k1", json!({ "typ": "at+jwt" }), json!({}))] {
        assert!(matches!(latchkey.verify_session(&jwt).await, Err(VerifyError::InvalidSession(_))));
    }

    assert_eq!(issuer.fetches(), 0);
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_no_verdict_about_a_session() {
    let issuer = StandIn::start().await;
    let set = json!({ "keys": *issuer.published.lock().unwrap() }).to_string();
    let broken = serve(any(async move || (StatusCode::INTERNAL_SERVER_ERROR, set))).await;
    let moved = serve(any({
        let url = format!("{}/.well-known/jwks.json", issuer.url);
        async move || (StatusCode::FOUND, [("location", url)])
    }))
    .await;
    let garbled = serve(any(async || "<html>")).await;
    let empty = serve(any(async || "{\"keys\":[]}")).await;

    for url in [&broken, &moved, &garbled, &empty, "http://127.0.0.1:1"] {
        let latchkey = Latchkey::builder(url).issuer(&issuer.url).build().unwrap();
        assert!(matches!(latchkey.verify_session(&issuer.session()).await, Err(VerifyError::Unavailable(_))), "{url}");
    }
    assert_eq!(issuer.fetches(), 0);
}

#[test]
fn a_client_that_could_not_work_is_refused_when_it_is_set_up_and_tells_no_key() {
    let builder = || Latchkey::builder("https://auth.example.org/").api_key("lkapi_x");

    assert!(matches!(Latchkey::new("auth.example.org"), Err(ConfigError::Url)));
    assert!(matches!(Latchkey::new("ftp://auth.example.org"), Err(ConfigError::Url)));
    assert!(matches!(builder().api_key("a\nb").build(), Err(ConfigError::ApiKey)));
    assert!(matches!(builder().algorithms([]).build(), Err(ConfigError::Algorithms)));
    let latchkey = builder().build().unwrap();
    assert_eq!(latchkey.audience(), "https://auth.example.org");
    assert!(!format!("{latchkey:?} {:?}", builder()).contains("lkapi"));
}
