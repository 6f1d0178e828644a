//! `DELETE /entities/{entityId}/users/{userId}/authentication-token`

use entity_token_create::EntityTokenCreate;
use entity_token_delete::EntityTokenDelete;
use entity_token_get::EntityTokenGet;
use entity_token_refresh::EntityTokenRefresh;
use serde_json::json;

use crate::house::World;

#[tokio::test]
async fn a_deleted_token_is_gone_and_the_next_is_another_one() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let call = || alice.entity_call("acme", &alice.id);
    let first = world.call::<EntityTokenCreate>(call()).await.text("authenticationToken");

    let deleted = world.call::<EntityTokenDelete>(call()).await;
    let again = world.call::<EntityTokenDelete>(call()).await;

    assert_eq!((deleted.status, deleted.body), (200, json!({ "success": true })));
    assert_eq!((again.status, again.code()), (404, "token-not-found"));
    assert_eq!(world.call::<EntityTokenGet>(call()).await.status, 404);
    let second = world.call::<EntityTokenCreate>(call()).await;
    assert_eq!(second.status, 201);
    assert_ne!(second.text("authenticationToken"), first);
    let old = world.call::<EntityTokenRefresh>(call().json(json!({ "authenticationToken": first }))).await;
    assert_eq!(old.status, 404);
    assert_eq!(world.call::<EntityTokenGet>(call()).await.body, second.body, "the token of another incarnation revokes nothing");
}
