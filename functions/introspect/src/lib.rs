//! `POST /introspect` (RFC 7662): whether a credential is good right now, and what it stands for.
//!
//! It takes any credential of this service and consumes none. Whatever is not good, for whatever reason, is `{"active":false}`.

use latchkey::caller::{Kind, Standing};
use latchkey::domain::{Acl, CustomClaims, Permission, Scope};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::Database;
use serde::Serialize;

/// What the operation needs.
pub struct Introspect {
    database: Database,
    keys: Keys,
}

/// RFC 7662, 2.2, and this service's own members after them.
#[derive(Default, Serialize)]
struct Introspection {
    active: bool,
    #[serde(flatten)]
    what: Option<Active>,
}

#[derive(Serialize)]
struct Active {
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    iss: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    acl: Acl,
    #[serde(rename = "customClaims")]
    custom_claims: CustomClaims,
}

impl Operation for Introspect {
    const NAME: &'static str = "introspect";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/introspect")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.form()?;
        let token = fields.required_secret("token");
        fields.finish()?;

        let now = request.now;
        let keys = self.keys.get().await;
        let gate = keys.gate(now);
        let credential = gate.any(&request.headers)?.ok_or(ApiError::MissingCredentials)?;

        let mut batch = self.database.batch();
        let asked = credential.ask(&mut batch);
        let standing = gate.open(token.expose()).map(|opened| opened.ask(&mut batch));
        let rows = batch.get().await?;
        let caller = asked.resolve(&rows, now)?;
        if !caller.is_unrestricted_for(&Permission::new(Self::NAME), &Scope::everywhere()) {
            return Err(ApiError::Forbidden);
        }
        let standing = standing.map(|standing| standing.resolve(&rows, now)).transpose()?.flatten();
        let issuer = gate.issuer;
        let what = standing.map(|standing| active(standing, &issuer.url, &issuer.audience, &issuer.login_audience()));
        Answer::ok(&Introspection { active: what.is_some(), what })
    }
}

fn active(standing: Standing, issuer: &str, audience: &str, login_audience: &str) -> Active {
    let (token_type, aud) = match standing.kind {
        Kind::Login => (Some("Bearer"), Some(login_audience)),
        Kind::Session => (Some("Bearer"), Some(audience)),
        Kind::ApiKey | Kind::EntityToken | Kind::OneTimeToken => (None, None),
    };
    Active {
        token_type,
        sub: standing.subject,
        username: standing.username,
        iss: issuer.to_owned(),
        aud: aud.map(str::to_owned),
        iat: standing.issued_at.unix(),
        exp: standing.expires_at.map(|at| at.unix()),
        jti: standing.session.map(|id| id.to_string()),
        kind: standing.kind.name(),
        entity: standing.entity.map(|id| id.to_string()),
        acl: standing.acl,
        custom_claims: standing.custom_claims,
    }
}

impl Start for Introspect {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { database, keys: setup.keys().await? })
    }
}
