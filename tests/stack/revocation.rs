//! Credentials of each kind that are revoked in each way, side by side: `introspect` and the authorizer refuse them at the next call.
//!
//! API Gateway would go on with an answer that it keeps, for `ReauthorizeEvery` seconds. The local gateway keeps none, so that this shows
//! what the service does and nothing of what AWS does with it.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use latchkey::domain::{Clock, SystemClock};
use serde_json::{Value, json};

use super::authorizer::{Credentials, NOT_LET_THROUGH, claims, present, refused};
use super::people::Member;
use super::running::Stack;

/// Something that ends credentials.
struct Revocation<'s> {
    what: &'static str,
    /// What it ends, with the kind of each.
    credentials: Vec<(&'static str, String)>,
    act: BoxFuture<'s, ()>,
}

pub async fn revoked_ones_are_refused_at_once(stack: &Stack, one: &Credentials, judge: &str) {
    let (changed, disabled) = (Credentials::new(stack).await, Credentials::new(stack).await);
    let sessions = of_sessions(stack, one).await;
    let tokens = of_tokens(stack, one).await;
    let users = of_users(stack, &changed, &disabled).await;

    join_all(sessions.into_iter().chain(tokens).chain(users).map(|revocation| revocation.takes_effect_at_once(stack, judge))).await;

    let successor = stack.http.send("GET", &one.member.entity_path(&one.entity), &one.headers(), "").await.unwrap();
    assert_eq!(present(stack, &successor.text("authenticationToken")).await.status, 200);
    assert_eq!(present(stack, &changed.key).await.status, 200, "a changed password ends no API key");
}

async fn of_sessions<'s>(stack: &'s Stack, one: &Credentials) -> Vec<Revocation<'s>> {
    let [logged_out, deleted] = [stack.login(&one.member).await, stack.login(&one.member).await];
    let other = stack.session(&one.key, "carol", json!({})).await;
    let own = one.session.text("token");
    let path = |id: &Value| format!("/sessions/{}", id.as_str().unwrap());
    let [of_own, of_other, of_deleted] = [&one.session.body["id"], &other.body["id"], &claims(&deleted)["jti"]].map(path);
    let (by_own, by_login) = ([("authorization", own.as_str())], [("authorization", one.login.as_str())]);
    vec![
        Revocation::new(
            "logout",
            vec![("login", logged_out.clone())],
            stack,
            ("POST", "/user/logout", &[("authorization", &logged_out)], None),
        ),
        Revocation::new("session-delete by the session", vec![("session", own.clone())], stack, ("DELETE", &of_own, &by_own, None)),
        Revocation::new(
            "session-delete by its maker",
            vec![("session", other.text("token"))],
            stack,
            ("DELETE", &of_other, &[("x-api-key", &one.key)], None),
        ),
        Revocation::new("session-delete of a login", vec![("login", deleted)], stack, ("DELETE", &of_deleted, &by_login, None)),
    ]
}

async fn of_tokens<'s>(stack: &'s Stack, one: &Credentials) -> Vec<Revocation<'s>> {
    let key = stack.key(&one.login).await;
    let entity = format!("entity-{}", uuid::Uuid::new_v4());
    let token = stack.entity_token(&one.member, &one.login, &one.key, &entity, json!({})).await;
    let (path, refresh) = (one.member.entity_path(&entity), format!("{}/refresh", one.member.entity_path(&one.entity)));
    let (by_login, by_backend) = ([("authorization", one.login.as_str())], one.headers());
    let of_key = json!({ "text": key });
    vec![
        Revocation::new("authheader-delete", vec![("api-key", key)], stack, ("POST", "/authheader/delete", &by_login, Some(of_key))),
        Revocation::new("entity-token-delete", vec![("entity-token", token)], stack, ("DELETE", &path, &by_backend, None)),
        Revocation::new(
            "entity-token-refresh",
            vec![("entity-token", one.entity_token.clone())],
            stack,
            ("POST", &refresh, &by_backend, None),
        ),
    ]
}

async fn of_users<'s>(stack: &'s Stack, changed: &Credentials, disabled: &'s Credentials) -> Vec<Revocation<'s>> {
    let own_session = async |of: &Credentials| ("session", stack.session(&of.key, &of.member.id, json!({})).await.text("token"));
    let password = format!("{}?", uuid::Uuid::new_v4());
    let change = json!({ "username": changed.member.name, "old": changed.member.password, "new": password, "confirm": password });
    let of_changed = vec![("login", changed.login.clone()), own_session(changed).await];
    // The session of a customer who is nobody here stays.
    let of_disabled = disabled.all().into_iter().filter(|(kind, _)| *kind != "session");
    let of_disabled = of_disabled.chain([own_session(disabled).await]).collect();
    vec![
        Revocation::new("user-password", of_changed, stack, ("POST", "/user/password", &[], Some(change))),
        Revocation { what: "a disabled user", credentials: of_disabled, act: disable(stack, &disabled.member).boxed() },
    ]
}

impl<'s> Revocation<'s> {
    /// By a request: method, path, headers, body.
    fn new(
        what: &'static str,
        credentials: Vec<(&'static str, String)>,
        stack: &'s Stack,
        (method, path, headers, body): (&'static str, &str, &[(&'static str, &str)], Option<Value>),
    ) -> Self {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let (path, body) = (path.to_owned(), body.map(|body| body.to_string()).unwrap_or_default());
        let act = async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let reply = stack.http.send(method, &path, &headers, body).await.unwrap();
            assert!((200..300).contains(&reply.status), "{what}: {reply:?}");
        };
        Self { what, credentials, act: act.boxed() }
    }

    /// Revokes what the authorizer has just let through, and has it refused.
    async fn takes_effect_at_once(self, stack: &Stack, judge: &str) {
        let Self { what, credentials, act } = self;
        for (kind, credential) in &credentials {
            assert_eq!(stack.introspect(judge, credential).await["active"], true, "{what}: {kind}");
            assert_eq!(present(stack, credential).await.status, if *kind == NOT_LET_THROUGH { 403 } else { 200 }, "{what}: {kind}");
        }
        act.await;
        for (kind, credential) in &credentials {
            assert_eq!(stack.introspect(judge, credential).await, json!({ "active": false }), "{what}: {kind}");
            refused(stack, &format!("{what}: {kind}"), credential).await;
        }
    }
}

/// What an operator's program does: both rows of the user, and a new epoch.
async fn disable(stack: &Stack, member: &Member) {
    for key in [format!("id#{}", member.id), format!("name#{}", member.name)] {
        let update = stack.database.update_item().table_name("latchkey-users").key("pk", AttributeValue::S(key));
        let update = update.update_expression("SET disabled_at = :now, epoch = epoch + :one");
        let update = update.expression_attribute_values(":now", AttributeValue::N(SystemClock.now().unix().to_string()));
        update.expression_attribute_values(":one", AttributeValue::N("1".to_owned())).send().await.unwrap();
    }
}
