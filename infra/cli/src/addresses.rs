//! The addresses that users have, and for whom each takes effect.

use std::collections::BTreeMap;

use latchkey::domain::Locator;
use latchkey::store::directory::GivenAddress;

use crate::Failure;
use crate::connection::Connection;
use crate::scan;

/// The users of each address, by its place. It reads the whole table and holds every user that has an address.
///
/// # Errors
/// [`Failure`] if a table does not answer.
pub async fn by_place(connection: &Connection) -> Result<BTreeMap<Locator, Vec<GivenAddress>>, Failure> {
    let directory = &connection.directory;
    let given =
        scan::whole(connection, &connection.tables.users, "Comparing the addresses", |segment, from| directory.addresses(segment, from));
    let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for given in given.await? {
        places.entry(given.address.place()).or_default().push(given);
    }
    Ok(places)
}
