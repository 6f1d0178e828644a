//! `PATCH /users/{userId}`: change a user's names, e-mail address, rights or state.

use latchkey::audit::{Act, Event, Trail};
use latchkey::caller::{Caller, UserPath};
use latchkey::domain::{EmailAddress, Name};
use latchkey::http::{Answer, ApiError, Operation, Request, Route, UserView};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, UserChange, UserRow, Users};

/// How often it is tried, each time with the user as somebody else left it.
const ATTEMPTS: usize = 5;

/// What the operation needs.
pub struct UsersUpdate {
    users: Users,
    database: Database,
    keys: Keys,
}

impl Operation for UsersUpdate {
    const NAME: &'static str = "users-update";
    const ROUTES: &'static [Route] = &[Route::new("PATCH", "/users/{userId}")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let wanted = wanted(request)?;
        let path = UserPath { id: request.path("userId").map_err(|_| ApiError::UserNotFound)? };

        let keys = self.keys.get().await;
        let administrator = path.identify(&request.headers, &keys.gate(request.now))?;
        for _ in 0..ATTEMPTS {
            let access = administrator.access(Self::NAME, &self.database).await?;
            let user = access.user.ok_or(ApiError::UserNotFound)?;
            let change = wanted.clone().of(&user);
            // Nobody changes a user who may more than they do, and nobody gives more than they have.
            if !access.caller.covers(&user.acl) || change.acl.as_ref().is_some_and(|acl| !access.caller.covers(acl)) {
                return Err(ApiError::Escalation);
            }
            if change.is_empty() {
                return Answer::ok(&UserView::from(user));
            }
            if self.users.change(&user, &change, request.now).await? {
                note(&request.trail, &change, &user, &access.caller);
                return Answer::ok(&UserView::from(change.applied_to(&user)));
            }
        }
        Err(ApiError::Conflict)
    }
}

/// The change in the body: what is absent or `null` stays, the empty text removes.
fn wanted(request: &Request) -> Result<UserChange, ApiError> {
    let mut fields = request.fields()?;
    let email = fields.removable::<EmailAddress>("email");
    let first_name = fields.removable::<Name>("firstName");
    let last_name = fields.removable::<Name>("lastName");
    let acl = fields.acl("acl");
    let disabled = fields.boolean("disabled");
    // A misspelt member would leave a user as they were whom somebody believes disabled.
    fields.finish_without_others()?;
    let disabled_at = disabled.map(|disabled| disabled.then_some(request.now));
    Ok(UserChange { email, first_name, last_name, disabled_at, acl, ..UserChange::default() })
}

fn note(trail: &Trail, change: &UserChange, user: &UserRow, caller: &Caller) {
    let acts = [
        (change.email.is_some() || change.first_name.is_some() || change.last_name.is_some()).then_some(Act::UserChanged),
        change.disabled_at.map(|at| if at.is_some() { Act::UserDisabled } else { Act::UserEnabled }),
        change.acl.is_some().then_some(Act::UserGranted),
    ];
    for act in acts.into_iter().flatten() {
        trail.note(Event::of(act).subject(user.user_id).actor(caller.user_id()).credential(caller.credential_id));
    }
}

impl Start for UsersUpdate {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { users: Users::new(&database), database, keys: setup.keys().await? })
    }
}
