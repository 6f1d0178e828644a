//! Everything about one person as one JSON document.

use latchkey::store::directory::FoundRow;
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
    let rows = || found.tokens.iter().map(|token| &token.row);
    let entity_tokens = rows().filter_map(|row| if let FoundRow::Entity(row) = row { Some(entity_token(row)) } else { None });
    let one_time_tokens = rows().filter_map(|row| if let FoundRow::OneTime(row) = row { Some(one_time_token(row)) } else { None });
    let issued = found.sessions.issued.iter();
    json!({
        "exported_at": connection.now(),
        "subject": person.subject(),
        "user": user(person, with_hash),
        "api_keys": found.api_keys.iter().cloned().map(|row| KeyView::new(row, None)).collect::<Vec<_>>(),
        "sessions": found.sessions.own.iter().map(session).collect::<Vec<_>>(),
        "issued_sessions": issued.map(|row| json!({
            "id": row.session_id, "customer_id": row.customer_id, "expires_at": row.expires_at,
        })).collect::<Vec<_>>(),
        "entity_tokens": entity_tokens.collect::<Vec<_>>(),
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
        members.insert("acl".to_owned(), json!(row.acl));
        members.insert("custom_claims".to_owned(), json!(row.custom_claims));
    }
    session
}

fn entity_token(row: &EntityTokenRow) -> Value {
    json!({
        "entity_id": row.entity_id,
        "entity_user_id": row.entity_user_id,
        "generation": row.generation,
        "rotated_at": row.rotated_at,
        "flags": row.flags,
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
        "consumed_by": row.consumed_by,
    })
}
