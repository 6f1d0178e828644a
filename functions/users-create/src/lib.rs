//! `POST /users`: make a user, with a password, or without one for a machine that has API keys only.

use latchkey::audit::{Act, Event};
use latchkey::credentials::{PasswordHasher, PasswordRules, Weakness};
use latchkey::domain::{EmailAddress, Locator, MailRequest, MailSubject, Name, Permission, Secret, UserId, Username};
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
        let key = request.idempotency_key()?;
        let mut fields = request.fields()?;
        let digest = fields.digest(&["password"]);
        let given = fields.required_text("username", usize::MAX);
        let username = given.trim().to_owned();
        if !given.is_empty() && (username.parse::<Name>().is_err() || !Username::normalised(&username).is_possible()) {
            fields.invalid("username", "must have 1 to 256 bytes and no control character");
        }
        let email = fields.parsed::<EmailAddress>("email").map(|email| email.to_string());
        let first_name = fields.parsed::<Name>("firstName").map(|name| name.to_string());
        let last_name = fields.parsed::<Name>("lastName").map(|name| name.to_string());
        let acl = fields.acl("acl").unwrap_or_default();
        let password = fields.secret("password");
        let is_invited = fields.boolean("invite").unwrap_or_default();
        if is_invited && email.is_none() {
            fields.invalid("invite", "needs an email");
        }
        let names = [Some(&username), email.as_ref(), first_name.as_ref(), last_name.as_ref()];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        if let Some(Err(weakness)) = password.as_ref().map(|password| self.rules.check(password, &names)) {
            fields.invalid("password", weakness.to_string());
        }
        // A misspelt password would make a machine account, and a misspelt ACL a user without rights.
        fields.finish_without_others()?;

        let now = request.now;
        let keys = self.keys.get().await;
        let credential = keys.gate(now).caller(&request.headers)?;
        let mut batch = self.database.batch();
        let pending = credential.add_to(&mut batch);
        let caller = pending.caller(&batch.get().await?, now)?;
        if !caller.permitted_entities(&Permission::new(Self::NAME)).include(&acl) {
            return Err(ApiError::Forbidden);
        }
        if !caller.covers(&acl) {
            return Err(ApiError::Escalation);
        }

        if let Some(password) = &password {
            let weak = |weakness: Weakness| ApiError::invalid_field("password", weakness.to_string());
            self.breached.check(password, &request.trail).await.map_err(weak)?;
        }
        let hash = password.map(|password| self.hasher.hash(&password)).transpose().map_err(ApiError::internal)?;
        let row = UserRow {
            user_id: UserId::random(),
            username,
            email,
            email_verified: false,
            first_name,
            last_name,
            created_at: now,
            password_expires_at: None,
            disabled_at: None,
            erased_at: None,
            epoch: 0,
            acl,
            password_hash: hash.map(|hash| Secret::new(hash.as_str())),
        };
        let new = row.user_id;
        let invitation =
            is_invited.then(|| OutboxEntry::new(Locator::of_user(new), MailRequest::new(MailSubject::Invitation { user: new }, now)));
        let user = match key {
            Some(key) => {
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
            for act in [Act::UserAdded].into_iter().chain(is_invited.then_some(Act::UserInvited)) {
                request.trail.note(Event::of(act).subject(new).actor(caller.user_id()).credential(caller.credential_id));
            }
        }
        Ok(Answer::created(&UserView::from(user.clone()))?.at(UserView::path(user.user_id)))
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
