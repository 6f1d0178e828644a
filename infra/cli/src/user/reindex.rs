//! `latchkey user reindex`: lists the users whom `users-list` does not find yet, and lets the addresses of users take effect that an
//! earlier release wrote.

use futures_util::future::try_join_all;
use latchkey::store::directory::{Cursor, GivenAddress, Page, Segment};
use latchkey::store::{Directory, StoreError};
use serde_json::json;

use super::ATTEMPTS;
use crate::Failure;
use crate::addresses;
use crate::connection::Connection;
use crate::journal::{self, OperatorAct};
use crate::scan;

/// How many users of one page are written at the same time.
const CONCURRENCY: usize = 16;

/// A run that was interrupted is continued by the next one. Users who are changed while they are read are left to another
/// pass.
pub async fn run(connection: &Connection) -> Result<(), Failure> {
    let directory = &connection.directory;
    let entry = journal::begin(connection, OperatorAct::UserReindex, "*").await?;
    let (mut listed, mut left) = (0, 0);
    for _ in 0..ATTEMPTS {
        let page = |segment, from| list_page(directory, segment, from);
        let written = entry.run(scan::whole(connection, &connection.tables.users, "Reading the users", page)).await?;
        left = written.iter().filter(|is_written| !**is_written).count();
        listed += written.len() - left;
        if left == 0 {
            break;
        }
    }
    let (claimed, shared) = entry.run(claim(connection)).await?;
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let mut sentence = format!("Listed {listed} user{}.", plural(listed));
    if claimed > 0 {
        sentence.push_str(&format!(" The addresses of {claimed} user{} take effect.", plural(claimed)));
    }
    connection.output.answer(sentence, &json!({ "listed": listed, "left": left, "addresses": claimed, "shared_addresses": shared }))?;
    match listed + claimed {
        0 => entry.unchanged().await?,
        _ => entry.done_to(&format!("{listed} users, {claimed} addresses")).await?,
    }
    if left > 0 {
        return Err(Failure::Refused(format!("{left} more could not be listed: others change them, or another user has the name.")));
    }
    match shared {
        0 => Ok(()),
        shared => Err(Failure::Refused(format!("{shared} users have no use of their addresses; `latchkey doctor` lists them."))),
    }
}

/// Writes the rows of the addresses that one user alone has. Returns how many, and how many users are left without theirs: an operator
/// decides whose an address is that several have.
async fn claim(connection: &Connection) -> Result<(usize, usize), Failure> {
    let (mut claimed, mut left) = (0, 0);
    for users in addresses::by_place(connection).await?.into_values() {
        match users.as_slice() {
            [GivenAddress { user, owner: Some(owner), .. }] if *owner == user.user_id => {}
            [one] if connection.directory.claim_address(one).await? => claimed += 1,
            users => left += users.iter().filter(|given| given.owner != Some(given.user.user_id)).count(),
        }
    }
    Ok((claimed, left))
}

/// Whether each user of the page who was not listed is listed now.
async fn list_page(directory: &Directory, segment: Segment, from: Option<Cursor>) -> Result<Page<bool>, StoreError> {
    let Page { rows, scanned, next } = directory.unlisted(segment, from).await?;
    let mut written = Vec::with_capacity(rows.len());
    for users in rows.chunks(CONCURRENCY) {
        written.extend(try_join_all(users.iter().map(|user| directory.list_user(user))).await?);
    }
    Ok(Page { rows: written, scanned, next })
}
