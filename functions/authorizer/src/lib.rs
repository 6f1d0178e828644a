//! An API Gateway Lambda authorizer (REQUEST, payload 2.0, simple responses) for the APIs of this service's users.
//!
//! It takes a credential of the kinds in `AUTHORIZER_KINDS` from the first identity source, and nothing from anywhere else: what the
//! gateway caches under that source then depends on it alone, and on no route.

use latchkey::caller::note_reason;
use latchkey::credentials::CredentialKind;
use latchkey::http::ApiError;
use latchkey::runtime::settings::{Setting, TextDefault, TextSetting};
use latchkey::runtime::{Authorization, Authorize, AuthorizerEvent, ConfigError, Environment, Keys, Setup, Table};
use latchkey::store::Database;

/// What the authorizer needs.
pub struct Authorizer {
    database: Database,
    keys: Keys,
    kinds: Vec<CredentialKind>,
}

/// An API that receives a login can act as its user here, so logins are let through only where somebody says so.
const AUTHORIZER_KINDS: TextSetting = TextSetting {
    name: "AUTHORIZER_KINDS",
    default: TextDefault::Value("session,api-key,entity-token"),
    form: "`session`, `api-key`, `entity-token`, `login`, with commas between",
    meaning: "Kinds of credential that the authorizer lets through. A login can be used here by every API that receives it.",
};

impl Authorize for Authorizer {
    const NAME: &'static str = "authorizer";
    const SETTINGS: &'static [Setting] = &[Setting::Text(AUTHORIZER_KINDS)];

    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { database, keys: setup.keys().await?, kinds: kinds(&setup.environment)? })
    }

    async fn authorize(&self, event: &AuthorizerEvent) -> Result<Authorization, ApiError> {
        let Some(credential) = event.credential() else { return Ok(Authorization::refused()) };
        let now = event.now;
        let keys = self.keys.get().await;
        let Some(credential) = keys.gate(now).open(credential) else { return Ok(Authorization::refused()) };
        if !self.kinds.contains(&credential.kind()) {
            note_reason("a kind that the authorizer does not let through");
            return Ok(Authorization::refused());
        }

        let mut batch = self.database.batch();
        let pending = credential.add_to(&mut batch);
        let active = pending.active(&batch.get().await?, now)?;
        Ok(active.map_or_else(Authorization::refused, Authorization::of))
    }
}

/// A one-time token is there to be exchanged: it is no credential for anything else.
fn kinds(environment: &Environment) -> Result<Vec<CredentialKind>, ConfigError> {
    let named = |name: &str| CredentialKind::ALL.into_iter().find(|kind| kind.name() == name && *kind != CredentialKind::OneTimeToken);
    let unknown = || ConfigError::invalid(AUTHORIZER_KINDS.name, format!("must be some of {}", AUTHORIZER_KINDS.form));
    let names = environment.text(&AUTHORIZER_KINDS).unwrap_or_default();
    names.split(',').map(|name| named(name).ok_or_else(unknown)).collect()
}
