//! Everything about one person as one JSON document.

use latchkey::store::directory::FoundSession;
use latchkey::store::{EntityTokenRow, OneTimeTokenRow, SessionRow, UserRow};
use serde_json::{Value, json};

use super::Person;
use super::collect::Found;
use crate::connection::Connection;
use crate::key::KeyView;
use crate::session::SessionView;
use crate::user::UserView;

/// The document. It holds no token, and the password's hash only if `with_hash` is set.
pub fn of(connection: &Connection, person: &Person, found: &Found, with_hash: bool) -> Value {
    let is_own = |row: &SessionRow| row.customer_id == person.customer_id();
    let sessions = || found.sessions.iter().filter_map(|found| if let FoundSession::Session(row) = found { Some(row) } else { None });
    let is_own_token = |row: &EntityTokenRow| row.entity_user_id.as_str() == person.subject();
    let entity_tokens = || found.tokens.iter().filter_map(|token| token.row.as_ref());
    let one_time_tokens = found.sessions.iter().filter_map(|found| match found {
        FoundSession::OneTimeToken(row) => Some(one_time_token(row)),
        FoundSession::Session(_) | FoundSession::Former(_) => None,
    });
    json!({
        "exported_at": connection.now(),
        "subject": person.subject(),
        "user": user(person, with_hash),
        "api_keys": found.api_keys.iter().cloned().map(|row| KeyView::new(row, None)).collect::<Vec<_>>(),
        "sessions": sessions().filter(|row| is_own(row)).map(session).collect::<Vec<_>>(),
        "issued_sessions": sessions().filter(|row| !is_own(row)).map(|row| json!({
            "id": row.id(), "customer_id": row.customer_id, "expires_at": row.expires_at,
        })).collect::<Vec<_>>(),
        "entity_tokens": entity_tokens().filter(|row| is_own_token(row)).map(entity_token).collect::<Vec<_>>(),
        "issued_entity_tokens": entity_tokens().filter(|row| !is_own_token(row)).map(|row| json!({
            "entity_id": row.entity_id, "entity_user_id": row.entity_user_id, "expires_at": row.expires_at,
        })).collect::<Vec<_>>(),
        "one_time_tokens": one_time_tokens.collect::<Vec<_>>(),
    })
}

fn user(person: &Person, with_hash: bool) -> Value {
    let Person::User(row) = person else { return Value::Null };
    let hash = row.password_hash.as_ref().filter(|_| with_hash).map(|hash| hash.expose().to_owned());
    let mut user = json!(UserView::from(UserRow::clone(row)));
    if let (Some(members), Some(hash)) = (user.as_object_mut(), hash) {
        members.insert("password_hash".to_owned(), hash.into());
    }
    user
}

fn session(row: &SessionRow) -> Value {
    let mut session = json!(SessionView::from(row));
    if let Some(members) = session.as_object_mut() {
        members.insert("ended".to_owned(), row.ended_by.is_some().into());
        members.insert("acl".to_owned(), json!(row.granted_acl()));
        members.insert("custom_claims".to_owned(), json!(row.granted_claims()));
    }
    session
}

fn entity_token(row: &EntityTokenRow) -> Value {
    json!({
        "entity_id": row.entity_id,
        "entity_user_id": row.entity_user_id,
        "issuer_id": row.issuer_id,
        "generation": row.generation,
        "rotated_at": row.rotated_at,
        "flags": row.flags,
        "deleted": row.ended_by.is_some(),
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    })
}

fn one_time_token(row: &OneTimeTokenRow) -> Value {
    json!({
        "customer_id": row.customer_id,
        "username": row.username,
        "issuer_id": row.issuer_id,
        "otp_required": row.otp_required,
        "acl": row.acl,
        "custom_claims": row.custom_claims,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    })
}
