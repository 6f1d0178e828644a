//! `POST /users`: make a user, with a password, or without one for a machine that has API keys only.

mod request;

use latchkey::audit::{Act, Event, Trail};
use latchkey::credentials::{PasswordHasher, PasswordRules, Weakness};
use latchkey::domain::{Locator, MailRequest, MailSubject, Permission, Secret};
use latchkey::http::{Answer, ApiError, Operation, Request, Route, UserView};
use latchkey::runtime::{BreachedPasswords, ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, IdempotencyGuard, OutboxEntry, UserRow, Users};

/// What the operation needs.
pub struct UsersCreate {
    users: Users,
    database: Database,
    keys: Keys,
    hasher: PasswordHasher,
    rules: PasswordRules,
    breached: BreachedPasswords,
}

impl Operation for UsersCreate {
    const NAME: &'static str = "users-create";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/users")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let wanted = self.read(request)?;

        let now = request.now;
        let keys = self.keys.get().await;
        let credential = keys.gate(now).caller(&request.headers)?;
        let mut batch = self.database.batch();
        let pending = credential.add_to(&mut batch);
        let caller = pending.caller(&batch.get().await?, now)?;
        if !caller.permitted_entities(&Permission::new(Self::NAME)).include(&wanted.row.acl) {
            return Err(ApiError::Forbidden);
        }
        if !caller.covers(&wanted.row.acl) {
            return Err(ApiError::Escalation);
        }

        let password_hash = self.hash(wanted.password, &request.trail).await?;
        let row = UserRow { password_hash, ..wanted.row };
        let new = row.user_id;
        let invitation = wanted
            .is_invited
            .then(|| OutboxEntry::new(Locator::of_user(new), MailRequest::new(MailSubject::Invitation { user: new }, now)));
        let user = match wanted.idempotency {
            Some((key, digest)) => {
                let credential = caller.credential_id.to_string();
                let guard = IdempotencyGuard::new((caller.user_id(), &credential), Self::NAME, &key, digest, now);
                self.users.insert_once(row, invitation.as_ref(), &guard).await?
            }
            None => {
                self.users.insert_and_mail(&row, invitation.as_ref()).await?;
                row
            }
        };
        if user.user_id == new {
            for act in [Act::UserAdded].into_iter().chain(wanted.is_invited.then_some(Act::UserInvited)) {
                request.trail.note(Event::of(act).subject(new).actor(caller.user_id()).credential(caller.credential_id));
            }
        }
        Ok(Answer::created(&UserView::from(user.clone()))?.at(UserView::path(user.user_id)))
    }
}

impl UsersCreate {
    /// The hash of a password that no breach is known to hold.
    async fn hash(&self, password: Option<Secret>, trail: &Trail) -> Result<Option<Secret>, ApiError> {
        let Some(password) = password else { return Ok(None) };
        let weak = |weakness: Weakness| ApiError::invalid_field("password", weakness.to_string());
        self.breached.check(&password, trail).await.map_err(weak)?;
        let hash = self.hasher.hash(&password).map_err(ApiError::internal)?;
        Ok(Some(Secret::new(hash.as_str())))
    }
}

impl Start for UsersCreate {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self {
            users: Users::new(&database),
            database,
            keys: setup.keys().await?,
            hasher: setup.environment.password_hasher()?,
            rules: setup.password_rules()?,
            breached: setup.breached_passwords()?,
        })
    }
}
