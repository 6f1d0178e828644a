//! Checks that `users-list` finds every user, and that every user's address takes effect: an earlier release made users without the
//! rows for it.

use latchkey::store::directory::Page;

use super::Finding;
use crate::addresses;
use crate::connection::Connection;
use crate::output::printable;
use crate::scan;

const CHECK: &str = "list of users";
const ADDRESSES: &str = "addresses";

pub async fn check(connection: &Connection) -> Vec<Finding> {
    [list(connection).await, addresses(connection).await].concat()
}

/// A finding for each address that several users have, and one for those that no user shares and that take no effect all the same.
async fn addresses(connection: &Connection) -> Vec<Finding> {
    let places = match addresses::by_place(connection).await {
        Ok(places) => places,
        Err(failure) => {
            return vec![Finding::warning(ADDRESSES, format!("could not be compared: {failure}"), "See the findings about the tables.")];
        }
    };
    let mut findings = Vec::new();
    let mut unclaimed = 0;
    for users in places.into_values() {
        let owner = users.iter().find(|given| given.owner == Some(given.user.user_id));
        let Some(first) = users.first() else { continue };
        if users.len() == 1 {
            unclaimed += usize::from(owner.is_none());
            continue;
        }
        let names: Vec<_> = users.iter().map(|given| printable(&given.user.username)).collect();
        let effect = owner.map_or_else(
            || "logs nobody in and gets no mail".to_owned(),
            |owner| format!("takes effect for {} alone", printable(&owner.user.username)),
        );
        let finding = format!("{} is the address of {}, and {effect}", printable(first.address.as_str()), names.join(", "));
        let advice = "Say whose it is with `latchkey user set USER --email ADDRESS`, and give the others another one, or none.";
        findings.push(Finding::warning(ADDRESSES, finding, advice));
    }
    if unclaimed > 0 {
        let finding = format!("of {unclaimed} users take no effect yet");
        findings.push(Finding::warning(
            ADDRESSES,
            finding,
            "Run `latchkey user reindex`. What it leaves is somebody else's user name or address.",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::good(ADDRESSES, "each identify one user"));
    }
    findings
}

async fn list(connection: &Connection) -> Vec<Finding> {
    let directory = &connection.directory;
    let unlisted = scan::whole(connection, &connection.tables.users, "Comparing the users", |segment, from| async move {
        let Page { rows, scanned, next } = directory.unlisted(segment, from).await?;
        // A table of any size needs the memory of one page.
        Ok(Page { rows: vec![rows.len()], scanned, next })
    })
    .await;
    vec![match unlisted.map(|counts| counts.into_iter().sum::<usize>()) {
        Ok(0) => Finding::good(CHECK, "has every user"),
        Ok(count) => {
            Finding::warning(CHECK, format!("lacks {count} users, or has them wrong"), "Run `latchkey user reindex`, which puts them in.")
        }
        Err(failure) => Finding::warning(CHECK, format!("could not be compared: {failure}"), "See the findings about the tables."),
    }]
}
