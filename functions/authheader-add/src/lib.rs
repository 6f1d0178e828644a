//! `POST /authheader/add`: make an auth header, which is a named API key, for the user who is logged in.

use latchkey::audit::{Act, Event};
use latchkey::caller::Credential;
use latchkey::credentials::LoginClaims;
use latchkey::domain::{Acl, CustomClaims, KeyId, Locator, Name, Timestamp};
use latchkey::http::{Answer, ApiError, AuthHeaderView, Operation, Request, Route};
use latchkey::runtime::settings::API_KEY_LOGIN_MAX_AGE_SECONDS;
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{ApiKeyRow, ApiKeys, Database, IdempotencyGuard, LoginSession};

/// What the operation needs.
pub struct AuthheaderAdd {
    api_keys: ApiKeys,
    database: Database,
    keys: Keys,
    login_max_age: u32,
}

impl Operation for AuthheaderAdd {
    const NAME: &'static str = "authheader-add";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/authheader/add")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let key = request.idempotency_key()?;
        let mut fields = request.fields()?;
        let digest = fields.digest(&[]);
        let name = fields.required_parsed::<Name>("name");
        let acl = fields.acl("acl");
        if let Err(error) = CustomClaims::default().check_size_with(acl.as_ref().unwrap_or(&Acl::default())) {
            fields.invalid("acl", error.to_string());
        }
        // A misspelt restriction must not make an unrestricted key.
        fields.finish_without_others()?;

        let now = request.now;
        let keys = self.keys.get().await;
        let login = keys.gate(now).fresh_login(&request.headers, self.login_max_age)?;
        if let Some(acl) = &acl {
            self.check_owner_covers(acl, login, now).await?;
        }

        let key_id = KeyId::random();
        let name = name.map(|name| name.to_string()).unwrap_or_default();
        let row = ApiKeyRow { user_id: login.user, key_id, name, created_at: now, sealed_under: keys.tokens.current().get(), acl };
        let session = LoginSession { user: login.user, session: login.session, epoch: login.epoch, now };
        let credential = || Locator::of_session(login.session).to_string();
        let once = key.map(|key| IdempotencyGuard::new((login.user, &credential()), Self::NAME, &key, digest, now));
        let row = self.api_keys.insert_new(row, &session, once.as_ref()).await?;
        let made = row.key_id == key_id;
        if made {
            request.trail.note(Event::of(Act::ApiKeyAdded).subject(login.user).credential(Locator::of_api_key(key_id)));
        }
        // When a request is repeated, the token key may have left the ring: the key that was made then opens nothing.
        let view = AuthHeaderView::derive(row, &keys.tokens);
        Answer::ok(&view.map_err(|error| if made { ApiError::internal(error) } else { ApiError::IdempotencyKeySpent })?)
    }
}

impl AuthheaderAdd {
    /// A key that is given an ACL of its own needs its owner's: one more request, which other keys do not cost.
    async fn check_owner_covers(&self, acl: &Acl, login: LoginClaims, now: Timestamp) -> Result<(), ApiError> {
        let mut batch = self.database.batch();
        let pending = Credential::Login(login).add_to(&mut batch);
        let owner = pending.caller(&batch.get().await?, now)?;
        if owner.covers(acl) { Ok(()) } else { Err(ApiError::Escalation) }
    }
}

impl Start for AuthheaderAdd {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        let login_max_age = setup.environment.number(&API_KEY_LOGIN_MAX_AGE_SECONDS)?;
        Ok(Self { api_keys: ApiKeys::new(&database), database, keys: setup.keys().await?, login_max_age })
    }
}
