//! `latchkey key`: a user's API keys.

use clap::{Args, Subcommand};
use latchkey::credentials::{ApiKey, KeyNumber, TokenKeys};
use latchkey::domain::{Acl, KeyId, Name, Secret, Timestamp};
use latchkey::runtime::KeyPlace;
use latchkey::store::{ApiKeyRow, ApiKeys, MAX_API_KEYS, NewApiKeyError, UserRow};
use serde::Serialize;
use serde_json::json;

use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::user::{AclArguments, Named, Owner};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an API key for a user, and show it once
    Add(AddArguments),
    /// List a user's API keys, oldest first
    List {
        #[command(flatten)]
        owner: Owner,
        /// Also show the keys themselves; anybody who sees one can use it
        #[arg(long)]
        show_tokens: bool,
    },
    /// Revoke one API key, or all of them; this takes effect on the next call
    Revoke(RevokeArguments),
}

#[derive(Debug, Args)]
pub struct AddArguments {
    #[command(flatten)]
    named: Named,
    /// What the key is for
    #[arg(long, default_value = "latchkey")]
    name: Name,
    #[command(flatten)]
    acl: AclArguments,
}

#[derive(Debug, Args)]
pub struct RevokeArguments {
    #[command(flatten)]
    owner: Owner,
    /// The key's id
    #[arg(required_unless_present = "all")]
    id: Option<KeyId>,
    /// All keys of the user
    #[arg(long, conflicts_with = "id")]
    all: bool,
}

/// An API key as scripts read it.
#[derive(Serialize)]
pub struct KeyView {
    id: KeyId,
    name: String,
    created_at: Timestamp,
    /// The number of the token key that it is sealed under.
    sealed_under: u8,
    /// What it may do, if that is less than its owner may.
    acl: Option<Acl>,
    /// The key itself, if asked for; `null` if its token key has left the ring.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Option<Secret>>,
}

impl KeyView {
    /// The view of `row`, with the key itself if `ring` is given.
    pub fn new(row: ApiKeyRow, ring: Option<&TokenKeys>) -> Self {
        let key = ApiKey { key: KeyNumber::new(row.sealed_under), user: row.user_id, id: row.key_id };
        let token = ring.map(|ring| key.seal(ring).ok());
        Self { id: row.key_id, name: row.name, created_at: row.created_at, sealed_under: row.sealed_under, acl: row.acl, token }
    }
}

pub async fn run(connection: &Connection, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(arguments) => add(connection, &arguments).await,
        Command::List { owner, show_tokens } => list(connection, &owner, show_tokens).await,
        Command::Revoke(arguments) => revoke(connection, &arguments).await,
    }
}

/// The key has its owner's rights at each call, and no more than its own ACL. One that exceeds its owner's is refused: it
/// would not do what it says.
async fn add(connection: &Connection, arguments: &AddArguments) -> Result<(), Failure> {
    let user = crate::user::find(connection, &arguments.named.user).await?;
    let acl = arguments.acl.read(connection)?;
    if acl.as_ref().is_some_and(|acl| !user.acl.covers(acl)) {
        return Err(Failure::Refused(format!("The ACL exceeds that of {}; see `latchkey user grant`.", user.username)));
    }
    let ring = ring(connection).await?;
    let row = ApiKeyRow {
        user_id: user.user_id,
        key_id: KeyId::random(),
        name: arguments.name.to_string(),
        created_at: connection.now(),
        sealed_under: ring.current().get(),
        acl,
    };
    let id = row.key_id;
    let entry = journal::begin(connection, OperatorAct::KeyAdd, format!("{}/{id}", user.user_id)).await?;
    let keys = ApiKeys::new(&connection.database);
    let adding = async { keys.insert_for(&user, &row).await.map_err(|error| refused(&user, error)) };
    entry.run(adding).await?;
    let view = KeyView::new(row, Some(&ring));
    let token = view.token.as_ref().and_then(Option::as_ref).map(Secret::expose).unwrap_or_default();
    let sentence = format!("Made API key {id} of {}. It is not shown again:\n{token}", user.username);
    connection.output.answer(sentence, &view)?;
    entry.done().await
}

fn refused(user: &UserRow, error: NewApiKeyError) -> Failure {
    let name = &user.username;
    match error {
        NewApiKeyError::SessionEnded => Failure::Refused(format!("{name} is disabled or was erased.")),
        NewApiKeyError::TooMany => Failure::Refused(format!("{name} has {MAX_API_KEYS} API keys, the most that a user can have.")),
        NewApiKeyError::Repeated(error) => Failure::Refused(error.to_string()),
        NewApiKeyError::Store(error) => error.into(),
    }
}

async fn list(connection: &Connection, owner: &Owner, show_tokens: bool) -> Result<(), Failure> {
    let user = owner.find(connection).await?;
    let rows = ApiKeys::new(&connection.database).list(user.user_id).await?;
    let entry = if show_tokens { Some(journal::begin(connection, OperatorAct::KeyShow, user.user_id).await?) } else { None };
    let ring = match &entry {
        Some(entry) => Some(entry.run(ring(connection)).await?),
        None => None,
    };
    let views: Vec<_> = rows.into_iter().map(|row| KeyView::new(row, ring.as_ref())).collect();
    let columns = ["id", "name", "created", "acl", "key"];
    let shown = columns.get(..columns.len() - usize::from(!show_tokens)).unwrap_or_default();
    let cells = |view: &KeyView| {
        let acl = view.acl.as_ref().map_or_else(|| "its owner's".to_owned(), |acl| serde_json::to_string(acl).unwrap_or_default());
        let token = view.token.as_ref().map(|token| token.as_ref().map_or("(token key is gone)", Secret::expose).to_owned());
        [view.id.to_string(), view.name.clone(), view.created_at.to_string(), acl].into_iter().chain(token).collect()
    };
    connection.output.list(shown, &views, cells, "This user has no API keys.")?;
    journal::done(entry).await
}

async fn ring(connection: &Connection) -> Result<TokenKeys, Failure> {
    let set = &connection.key_sets.token;
    let text = set.find().await?.ok_or_else(|| Failure::NotFound(format!("{} is empty.", set.place())))?;
    TokenKeys::parse(text.expose()).map_err(|error| Failure::Failed(anyhow::anyhow!("{} {error}", set.place())))
}

async fn revoke(connection: &Connection, arguments: &RevokeArguments) -> Result<(), Failure> {
    let user = arguments.owner.find(connection).await?;
    let ids = match arguments.id {
        Some(id) => vec![id],
        None => ApiKeys::new(&connection.database).list(user.user_id).await?.into_iter().map(|row| row.key_id).collect(),
    };
    let meant = arguments.id.map_or_else(|| "*".to_owned(), |id| id.to_string());
    let entry = journal::begin(connection, OperatorAct::KeyRevoke, format!("{}/{meant}", user.user_id)).await?;
    let mut revoked = Vec::new();
    for id in ids {
        if entry.run(connection.directory.delete_api_key(user.user_id, id)).await? {
            entry.done_to(&format!("{}/{id}", user.user_id)).await?;
            revoked.push(id);
        }
    }
    if revoked.is_empty() {
        entry.unchanged().await?;
    }
    if let (Some(id), true) = (arguments.id, revoked.is_empty()) {
        return Err(Failure::NotFound(format!("{} has no API key {id}.", user.username)));
    }
    let count = revoked.len();
    let sentence = format!("Revoked {count} API key{} of {}.", if count == 1 { "" } else { "s" }, user.username);
    connection.output.answer(sentence, &json!({ "user_id": user.user_id, "revoked": revoked }))
}
