//! `POST /authheader/delete`: revoke an auth header of the user who is logged in.

use latchkey::audit::{Act, Event};
use latchkey::credentials::ApiKey;
use latchkey::domain::Locator;
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{ApiKeys, LoginSession};

/// What the operation needs.
pub struct AuthheaderDelete {
    api_keys: ApiKeys,
    keys: Keys,
}

impl Operation for AuthheaderDelete {
    const NAME: &'static str = "authheader-delete";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/authheader/delete")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.fields()?;
        let text = fields.required_secret("text");
        fields.finish()?;

        let now = request.now;
        let keys = self.keys.get().await;
        let login = keys.gate(now).login(&request.headers)?;

        // The token, or the key's id. Somebody else's token names another owner's row, and is not looked up at all.
        let id = match ApiKey::open(&keys.tokens, text.expose()) {
            Ok(key) if key.user == login.user => key.id,
            Ok(_) => return Err(ApiError::AuthHeaderNotFound),
            Err(_) => text.expose().parse().map_err(|_| ApiError::AuthHeaderNotFound)?,
        };
        let session = LoginSession { user: login.user, session: login.session, epoch: login.epoch, now };
        self.api_keys.delete(id, &session).await?;
        request.trail.note(Event::of(Act::ApiKeyDeleted).subject(login.user).credential(Locator::of_api_key(id)));
        Answer::message("Success")
    }
}

impl Start for AuthheaderDelete {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { api_keys: ApiKeys::new(&database), keys: setup.keys().await? })
    }
}
