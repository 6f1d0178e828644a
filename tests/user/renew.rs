//! `GET /user/renew`

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::house::{Call, Mask, NOW, World};
use crate::operations::{AuthheaderList, UserLogout, UserRenew};

#[tokio::test]
async fn a_renewed_jwt_goes_on_where_the_first_one_ends() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.pass(3599);
    let reply = world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await;
    world.pass(1);

    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.body["access_token"], reply.body["Token"]);
    assert_eq!(
        reply.masked(&[("/Id", Mask::Uuid), ("/Token", Mask::Jwt), ("/access_token", Mask::Jwt)]),
        json!({
            "Id": "[Uuid]", "Created": "2030-03-17T17:46:40Z", "Username": "alice", "Email": "alice@example.com", "Firstname": "First",
            "Lastname": null, "Token": "[Jwt]", "PasswordExpiration": null, "access_token": "[Jwt]", "expires_in": 3600, "token_type": "Bearer",
        })
    );
    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await.status, 401);
    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&reply.text("Token"))).await.status, 200);
}

#[tokio::test]
async fn a_get_writes_nothing_and_a_logout_ends_every_jwt_of_the_session() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let before = world.rows("sessions").await;

    let renewed = world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await.text("Token");
    assert_eq!(world.rows("sessions").await, before);
    world.call::<UserLogout>(Call::new().bearer(&renewed)).await;

    for jwt in [alice.jwt, renewed] {
        assert_eq!(world.call::<UserRenew>(Call::new().bearer(&jwt)).await.status, 401);
    }
}

#[tokio::test]
async fn no_jwt_outlives_the_session() {
    let world = World::with([("LOGIN_SESSION_TTL_SECONDS", "5400")]).await;
    let alice = world.person("alice").await;

    world.pass(3000);
    let renewed = world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await;
    world.pass(2399);
    let last = world.call::<UserRenew>(Call::new().bearer(&renewed.text("Token"))).await;
    world.pass(1);
    let over = world.call::<UserRenew>(Call::new().bearer(&last.text("Token"))).await;

    assert_eq!((renewed.body["expires_in"].clone(), last.body["expires_in"].clone()), (json!(2400), json!(1)));
    assert_eq!(over.status, 401);
}

#[tokio::test]
async fn a_disabled_user_and_an_expired_password_renew_nothing() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    world.set_user(&alice, "SET disabled_at = :v", NOW).await;
    world.set_user(&bob, "SET password_expires_at = :v", NOW).await;

    let disabled = world.call::<UserRenew>(Call::new().bearer(&alice.jwt)).await;
    let expired = world.call::<UserRenew>(Call::new().bearer(&bob.jwt)).await;
    let nobody = world.call::<UserRenew>(Call::new()).await;

    assert_eq!((disabled.status, disabled.code()), (401, "invalid-credentials"));
    assert_eq!((expired.status, expired.code()), (403, "password-expired"));
    assert_eq!((nobody.status, nobody.code()), (401, "missing-credentials"));
}

#[tokio::test]
async fn the_first_jwt_does_not_outlive_the_session_either() {
    let world = World::with([("LOGIN_SESSION_TTL_SECONDS", "60")]).await;
    let alice = world.person("alice").await;

    let claims = URL_SAFE_NO_PAD.decode(alice.jwt.split('.').nth(1).unwrap()).unwrap();

    assert_eq!(serde_json::from_slice::<serde_json::Value>(&claims).unwrap()["exp"], NOW + 60);
}

#[tokio::test]
async fn it_costs_what_docs_costs_says() {
    let world = World::new().await;
    let alice = world.person("alice").await;

    world.measure::<UserRenew>("", Call::new().bearer(&alice.jwt), 200, 1).await;
}
