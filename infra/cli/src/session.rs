//! `latchkey session`: a user's sessions, and those of customers that were exchanged in the user's name.

use clap::{Args, Subcommand};
use latchkey::domain::{SessionId, Timestamp, UserId};
use latchkey::store::directory::UserChange;
use latchkey::store::{SessionKind, SessionRow, Sessions, UserRow, schema};
use serde::Serialize;
use serde_json::json;

use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::user::{self, Owner};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List a user's live sessions
    List {
        #[command(flatten)]
        owner: Owner,
        /// Also list the customers' sessions that were exchanged in the user's name
        #[arg(long)]
        issued: bool,
    },
    /// End a session, or all of them
    Revoke(RevokeArguments),
}

#[derive(Debug, Args)]
pub struct RevokeArguments {
    #[command(flatten)]
    owner: Owner,
    /// The session's id
    #[arg(required_unless_present = "all")]
    id: Option<SessionId>,
    /// End all sessions of the user, and start a new epoch, which also ends a login that is just beginning
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// End customers' sessions that were exchanged in the user's name, instead of the user's own
    #[arg(long)]
    issued: bool,
}

/// A session as scripts read it.
#[derive(Serialize)]
pub struct SessionView {
    pub id: SessionId,
    /// `login` or `exchange`; `issued` for a session that was found by its issuer.
    pub kind: &'static str,
    pub subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_id: Option<UserId>,
}

impl From<&SessionRow> for SessionView {
    fn from(row: &SessionRow) -> Self {
        Self {
            id: row.session_id,
            kind: match row.kind {
                SessionKind::Login => "login",
                SessionKind::Exchange => "exchange",
            },
            subject: row.subject.clone(),
            created_at: Some(row.created_at),
            expires_at: row.expires_at,
            issuer_id: row.issuer_id,
        }
    }
}

pub async fn run(connection: &Connection, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { owner, issued } => list(connection, &owner, issued).await,
        Command::Revoke(arguments) => revoke(connection, &arguments).await,
    }
}

/// The user's live sessions: not expired, and backed by the user's row.
async fn live(connection: &Connection, user: &UserRow) -> Result<Vec<SessionRow>, Failure> {
    let now = connection.now();
    let mut rows = connection.directory.sessions_of(&user.user_id.to_string()).await?;
    rows.retain(|row| row.is_live(now) && row.is_backed_by(Some(user)));
    Ok(rows)
}

/// The live sessions that were exchanged in the user's name.
pub async fn issued(connection: &Connection, user: UserId) -> Result<Vec<SessionView>, Failure> {
    let now = connection.now();
    let rows = connection.directory.sessions_issued_by(user).await?.into_iter().filter(|row| row.expires_at > now);
    let view = |row: latchkey::store::IssuedSessionRow| SessionView {
        id: row.session_id,
        kind: "issued",
        subject: row.customer_id.to_string(),
        created_at: None,
        expires_at: row.expires_at,
        issuer_id: Some(user),
    };
    Ok(rows.map(view).collect())
}

async fn list(connection: &Connection, owner: &Owner, with_issued: bool) -> Result<(), Failure> {
    let user = owner.find(connection).await?;
    let mut views: Vec<SessionView> = live(connection, &user).await?.iter().map(SessionView::from).collect();
    if with_issued {
        views.extend(issued(connection, user.user_id).await?);
    }
    let cells = |view: &SessionView| {
        let began = view.created_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        vec![view.id.to_string(), view.kind.to_owned(), view.subject.clone(), began, view.expires_at.to_string()]
    };
    connection.output.list(&["id", "kind", "subject", "began", "ends"], &views, cells, "There are no live sessions.")
}

async fn revoke(connection: &Connection, arguments: &RevokeArguments) -> Result<(), Failure> {
    let user = arguments.owner.find(connection).await?;
    let revoked = match (arguments.id, arguments.issued) {
        (Some(id), false) => {
            let rows = live(connection, &user).await?;
            let row = rows.iter().find(|row| row.session_id == id).ok_or_else(|| unknown(&user, id))?;
            end(connection, &row.subject, id, row.issuer_id).await?
        }
        (Some(id), true) => {
            let rows = issued(connection, user.user_id).await?;
            let row = rows.iter().find(|row| row.id == id).ok_or_else(|| unknown(&user, id))?;
            end(connection, &row.subject, id, Some(user.user_id)).await?
        }
        (None, true) => {
            let mut revoked = Vec::new();
            for row in issued(connection, user.user_id).await? {
                revoked.extend(end(connection, &row.subject, row.id, Some(user.user_id)).await?);
            }
            revoked
        }
        (None, false) => end_all(connection, &user).await?,
    };
    let count = revoked.len();
    let whose = if arguments.issued { "exchanged in the name of" } else { "of" };
    let sentence = format!("Ended {count} session{} {whose} {}.", if count == 1 { "" } else { "s" }, user.username);
    connection.output.answer(sentence, &json!({ "user_id": user.user_id, "revoked": revoked }))?;
    if arguments.all && !arguments.issued {
        return journal::record(connection, OperatorAct::SessionRevokeAll, &user.user_id.to_string()).await;
    }
    for id in revoked {
        journal::record(connection, OperatorAct::SessionRevoke, &format!("{}/{id}", user.user_id)).await?;
    }
    Ok(())
}

fn unknown(user: &UserRow, id: SessionId) -> Failure {
    Failure::NotFound(format!("{} has no live session {id}.", user.username))
}

async fn end(connection: &Connection, subject: &str, id: SessionId, issuer: Option<UserId>) -> Result<Vec<SessionId>, Failure> {
    let ended = Sessions::new(&connection.database).end(subject, id, issuer, connection.now()).await?;
    Ok(ended.then_some(id).into_iter().collect())
}

/// Raises the epoch first: from then on no earlier session is live, even one whose row is written an instant later. The
/// rows are then deleted so that nobody counts them.
async fn end_all(connection: &Connection, user: &UserRow) -> Result<Vec<SessionId>, Failure> {
    let wanted = UserChange { next_epoch: true, ..UserChange::default() };
    let (before, _) = user::change(connection, &user.user_id.to_string(), |_| Some(wanted.clone())).await?;
    let now = connection.now();
    let mut rows = connection.directory.sessions_of(&user.user_id.to_string()).await?;
    rows.retain(|row| row.epoch.is_none_or(|epoch| epoch <= before.epoch));
    let keys: Vec<_> = rows.iter().flat_map(row_keys).collect();
    connection.directory.delete_sessions(&keys).await?;
    rows.retain(|row| row.is_live(now) && row.is_backed_by(Some(&before)));
    Ok(rows.into_iter().map(|row| row.session_id).collect())
}

/// The keys of a session's rows: its own, and the one by which its issuer finds it.
pub fn row_keys(row: &SessionRow) -> impl Iterator<Item = schema::Key> + use<> {
    let issued = row.issuer_id.map(|issuer| schema::issued_session(issuer, row.session_id));
    [Some(schema::session(&row.subject, row.session_id)), issued].into_iter().flatten()
}
