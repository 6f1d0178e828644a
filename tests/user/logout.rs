//! `GET` and `POST /user/logout`

use authheader_list::AuthheaderList;
use serde_json::json;
use user_logout::UserLogout;

use crate::house::{Call, World};

#[tokio::test]
async fn after_a_logout_the_very_next_call_is_refused() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let other = world.login("alice", &alice.password).await.text("Token");

    let reply = world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await;

    assert_eq!((reply.status, reply.body), (200, json!({ "message": "User logged out" })));
    let refused = world.call::<AuthheaderList>(Call::new().bearer(&alice.jwt)).await;
    assert_eq!((refused.status, refused.code()), (401, "invalid-credentials"));
    assert_eq!(world.add_key(&alice.jwt, json!({ "name": "x" })).await.status, 401);
    assert_eq!(world.call::<AuthheaderList>(Call::new().bearer(&other)).await.status, 200, "another session of the same user goes on");
}

#[tokio::test]
async fn a_second_logout_and_one_without_a_jwt_are_401() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.call::<UserLogout>(Call::new().header("token", &alice.jwt)).await;

    let again = world.call::<UserLogout>(Call::new().bearer(&alice.jwt)).await;
    let nobody = world.call::<UserLogout>(Call::new()).await;
    let by_key = world.call::<UserLogout>(Call::new().header("apikey", &alice.key)).await;

    assert_eq!((again.status, again.code()), (401, "invalid-credentials"));
    assert_eq!((nobody.status, nobody.code(), nobody.body["message"].is_string()), (401, "missing-credentials", true));
    assert_eq!(by_key, nobody);
}
