//! `latchkey session`: a user's sessions, and those of customers that were exchanged in the user's name.

use clap::{Args, Subcommand};
use latchkey::domain::{SessionId, Subject, Timestamp, UserAgent, UserId};
use latchkey::store::{SessionRow, Sessions, UserChange, UserRow};
use serde::Serialize;
use serde_json::json;

use crate::Failure;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::scan;
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
    /// `login` or `exchange`.
    pub kind: &'static str,
    pub subject: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_id: Option<UserId>,
    /// What the client of a login said that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<UserAgent>,
}

impl From<&SessionRow> for SessionView {
    fn from(row: &SessionRow) -> Self {
        Self {
            id: row.id(),
            kind: row.kind.into(),
            subject: row.customer_id.to_string(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            issuer_id: row.issuer_id,
            user_agent: row.user_agent.clone(),
        }
    }
}

pub async fn run(connection: &Connection, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { owner, issued } => list(connection, &owner, issued).await,
        Command::Revoke(arguments) => revoke(connection, &arguments).await,
    }
}

/// The user's live sessions: not over, and backed by the user's row.
pub async fn live(connection: &Connection, user: &UserRow) -> Result<Vec<SessionRow>, Failure> {
    let now = connection.now();
    let mut rows = all(connection, user).await?;
    rows.retain(|row| row.is_live(now) && row.is_backed_by(Some(user)));
    Ok(rows)
}

/// The sessions of the user, and those that the user had as a customer before there was a user of that id.
async fn all(connection: &Connection, user: &UserRow) -> Result<Vec<SessionRow>, Failure> {
    let mut rows = connection.directory.sessions_of(Subject::User(user.user_id)).await?;
    rows.extend(connection.directory.sessions_of(Subject::customer(&user.user_id.into())).await?);
    Ok(rows)
}

/// The live sessions that were exchanged in the user's name. Only a scan finds all of them.
async fn issued(connection: &Connection, user: UserId) -> Result<Vec<SessionRow>, Failure> {
    let (now, directory) = (connection.now(), &connection.directory);
    let mut rows = scan::whole(connection, &connection.tables.sessions, "Searching the sessions", |segment, from| {
        directory.sessions_issued_by(user, segment, from)
    })
    .await?;
    rows.retain(|row| row.is_live(now));
    Ok(rows)
}

async fn list(connection: &Connection, owner: &Owner, with_issued: bool) -> Result<(), Failure> {
    let user = owner.find(connection).await?;
    let mut views: Vec<SessionView> = live(connection, &user).await?.iter().map(SessionView::from).collect();
    if with_issued {
        views.extend(issued(connection, user.user_id).await?.iter().map(SessionView::from));
    }
    let cells = |view: &SessionView| {
        let times = [view.created_at, view.expires_at].map(|at| at.to_string());
        let client = view.user_agent.as_ref().map_or_else(|| "-".to_owned(), |agent| agent.as_str().to_owned());
        [view.id.to_string(), view.kind.to_owned(), view.subject.clone()].into_iter().chain(times).chain([client]).collect()
    };
    connection.output.list(&["id", "kind", "subject", "began", "ends", "client"], &views, cells, "There are no live sessions.")
}

async fn revoke(connection: &Connection, arguments: &RevokeArguments) -> Result<(), Failure> {
    let user = arguments.owner.find(connection).await?;
    let revoked = match (arguments.id, arguments.issued) {
        (Some(id), issued) => {
            let now = connection.now();
            let row = connection.directory.find_session(id).await?.filter(|row| row.is_live(now));
            let is_meant = |row: &SessionRow| match issued {
                true => row.issuer_id == Some(user.user_id),
                false => row.customer_id == user.user_id.into() && row.is_backed_by(Some(&user)),
            };
            let row = row.filter(is_meant).ok_or_else(|| unknown(&user, id))?;
            end_each(connection, user.user_id, &id.to_string(), vec![row]).await?
        }
        (None, true) => end_each(connection, user.user_id, "*", issued(connection, user.user_id).await?).await?,
        (None, false) => {
            let entry = journal::begin(connection, OperatorAct::SessionRevokeAll, user.user_id).await?;
            let ended = entry.run(end_all(connection, &user)).await?;
            entry.done().await?;
            ended
        }
    };
    let count = revoked.len();
    let whose = if arguments.issued { "exchanged in the name of" } else { "of" };
    let sentence = format!("Ended {count} session{} {whose} {}.", if count == 1 { "" } else { "s" }, user.username);
    connection.output.answer(sentence, &json!({ "user_id": user.user_id, "revoked": revoked }))
}

fn unknown(user: &UserRow, id: SessionId) -> Failure {
    Failure::NotFound(format!("{} has no live session {id}.", user.username))
}

/// Ends the sessions of `rows`, which the operator named `meant`, and records each.
async fn end_each(connection: &Connection, user: UserId, meant: &str, rows: Vec<SessionRow>) -> Result<Vec<SessionId>, Failure> {
    let entry = journal::begin(connection, OperatorAct::SessionRevoke, format!("{user}/{meant}")).await?;
    let (sessions, now) = (Sessions::new(&connection.database), connection.now());
    let mut ended = Vec::new();
    for row in rows {
        if entry.run(sessions.end(row.id(), now)).await? {
            entry.done_to(&format!("{user}/{}", row.id())).await?;
            ended.push(row.id());
        }
    }
    if ended.is_empty() {
        entry.unchanged().await?;
    }
    Ok(ended)
}

/// Raises the epoch first: from then on no earlier session is live, even one whose row is written an instant later. The
/// sessions are then ended one by one, so that nobody counts them.
async fn end_all(connection: &Connection, user: &UserRow) -> Result<Vec<SessionId>, Failure> {
    let wanted = UserChange { next_epoch: true, ..UserChange::default() };
    let (before, _) = user::change(connection, &user.user_id.to_string(), |_| Some(wanted.clone())).await?;
    let (sessions, now) = (Sessions::new(&connection.database), connection.now());
    let mut rows = all(connection, user).await?;
    rows.retain(|row| row.epoch.is_none_or(|epoch| epoch <= before.epoch));
    rows.retain(|row| row.is_live(now) && row.is_backed_by(Some(&before)));
    let mut ended = Vec::new();
    for row in rows {
        if sessions.end(row.id(), now).await? {
            ended.push(row.id());
        }
    }
    Ok(ended)
}
