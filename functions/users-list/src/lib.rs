//! `GET /users`: list users in the order of their names, all of them or the members of the caller's entities, a page at a time.

use latchkey::caller::Credential;
use latchkey::credentials::Cursor;
use latchkey::domain::{Locator, Name, Permission, PermittedEntities, Username};
use latchkey::http::{Answer, ApiError, Operation, Request, Route, UserView};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, ListedUser, ListedUsers};
use serde::Serialize;

/// The most users in a page.
const MAX_LIMIT: u32 = 100;
/// How many users are looked at to find the members of some entities.
const LOOKED_AT: usize = 1000;

/// The most bytes of users on a page: Lambda takes an answer of 6 MB, in which each quotation mark has a backslash.
const MAX_PAGE_BYTES: usize = 2_000_000;

/// What the operation needs.
pub struct UsersList {
    list: ListedUsers,
    database: Database,
    keys: Keys,
}

#[derive(Serialize)]
struct UserList {
    users: Vec<UserView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl Operation for UsersList {
    const NAME: &'static str = "users-list";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/users")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let keys = self.keys.get().await;
        let credential = keys.gate(request.now).caller(&request.headers)?;

        let caller = credential.user().map(|user| user.to_string()).unwrap_or_default();
        let list = Locator::of_list(Self::NAME, &caller);
        let mut query = request.query();
        let prefix = Username::normalised(&query.text("prefix", Name::MAX_BYTES).unwrap_or_default());
        let limit = query.number("limit", 1..=MAX_LIMIT).unwrap_or(MAX_LIMIT);
        let after = query.cursor("cursor", list, &keys.tokens).and_then(|name| String::from_utf8(name).ok());
        if prefix.as_str().len() > Name::MAX_BYTES {
            query.invalid("prefix", "is longer than any name");
        }
        if after.as_ref().is_some_and(|name| !name.starts_with(prefix.as_str())) {
            query.invalid("cursor", "belongs to another prefix");
        }
        query.finish()?;

        let entities = self.permitted(credential, request).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let looked_at = if entities == PermittedEntities::All { limit } else { LOOKED_AT };
        let (users, has_more) = self.list.page(&prefix, after.as_deref(), looked_at).await?;
        let (page, last) = cut(users, has_more, &entities, limit);
        let cursor = last.map(|name| Cursor { list, position: name.as_str().as_bytes().to_vec() }.seal(&keys.tokens));
        Answer::ok(&UserList { users: page, cursor: cursor.transpose().map_err(ApiError::internal)? })
    }
}

impl UsersList {
    /// The entities whose members the caller may list.
    async fn permitted(&self, credential: Credential, request: &Request) -> Result<PermittedEntities, ApiError> {
        let mut batch = self.database.batch();
        let pending = credential.add_to(&mut batch);
        let caller = pending.caller(&batch.get().await?, request.now)?;
        let entities = caller.permitted_entities(&Permission::new(Self::NAME));
        if entities.are_none() { Err(ApiError::Forbidden) } else { Ok(entities) }
    }
}

/// The members of `entities` among `users`, at most `limit` of them and as many as fit into an answer; and the name after which the list goes on, if there may be
/// more of them.
fn cut(users: Vec<ListedUser>, has_more: bool, entities: &PermittedEntities, limit: usize) -> (Vec<UserView>, Option<Username>) {
    let (mut page, mut bytes, mut last) = (Vec::new(), 0, None);
    for user in users {
        let (name, is_member) = (Username::normalised(&user.username), entities.include(&user.acl));
        if is_member {
            let view = UserView::from(user);
            bytes += view.json_bytes();
            if page.len() >= limit || bytes > MAX_PAGE_BYTES && !page.is_empty() {
                return (page, last);
            }
            page.push(view);
        }
        last = Some(name);
    }
    (page, last.filter(|_| has_more))
}

impl Start for UsersList {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { list: ListedUsers::new(&database), database, keys: setup.keys().await? })
    }
}
