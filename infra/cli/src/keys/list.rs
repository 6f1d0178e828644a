//! `latchkey keys list`.

use latchkey::credentials::{KeyDocument, KeyState};
use serde::Serialize;

use super::{Loaded, check_signing, check_token, check_verification};
use crate::Failure;
use crate::connection::Connection;

/// A key as scripts read it.
#[derive(Serialize)]
struct KeyView {
    /// `signing` or `token`.
    set: &'static str,
    #[serde(flatten)]
    state: KeyState,
    /// Signing keys only: whether the public set has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<bool>,
}

pub async fn run(connection: &Connection) -> Result<(), Failure> {
    let sets = &connection.key_sets;
    let (signing, verification, token) = futures_util::try_join!(
        Loaded::read(&sets.signing, check_signing),
        Loaded::read(&sets.verification, check_verification),
        Loaded::read(&sets.token, check_token),
    )?;
    let known: Vec<String> = verification.document.states().into_iter().map(|key| key.kid).collect();
    let views = |set, document: &KeyDocument, published: &dyn Fn(&KeyState) -> Option<bool>| -> Vec<KeyView> {
        document.states().into_iter().map(|state| KeyView { set, published: published(&state), state }).collect()
    };
    let mut keys = views("signing", &signing.document, &|key| Some(known.contains(&key.kid)));
    keys.extend(views("token", &token.document, &|_| None));
    let cells = |key: &KeyView| {
        let published = key.published.map_or("-", |published| if published { "yes" } else { "no" });
        let since = key.state.since.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let alg = key.state.alg.clone().unwrap_or_default();
        vec![key.set.into(), key.state.kid.clone(), alg, key.state.status.name().into(), since, published.into()]
    };
    connection.output.list(&["set", "key", "algorithm", "status", "since", "published"], &keys, cells, "There are no keys.")
}
