//! `POST /introspect` (RFC 7662): tell whether a credential is valid now, and what it stands for.
//!
//! It takes any credential of this service and consumes none. An invalid one is `{"active":false}`, whatever the reason.

use latchkey::caller::ActiveCredential;
use latchkey::credentials::CredentialKind;
use latchkey::domain::{Acl, CustomClaims, Permission, Scope, UserId};
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
    #[serde(rename = "issuedBy", skip_serializing_if = "Option::is_none")]
    issued_by: Option<UserId>,
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
        let credential = gate.caller(&request.headers)?;

        let mut batch = self.database.batch();
        let pending = credential.add_to(&mut batch);
        let presented = gate.open(token.expose()).map(|credential| credential.add_to(&mut batch));
        let rows = batch.get().await?;
        let caller = pending.caller(&rows, now)?;
        if !caller.restriction_allows(&Permission::new(Self::NAME), &Scope::everywhere()) {
            return Err(ApiError::Forbidden);
        }
        let presented = presented.map(|presented| presented.active(&rows, now)).transpose()?.flatten();
        let issuer = gate.issuer;
        let what = presented.map(|credential| active(credential, &issuer.url, &issuer.audience, &issuer.login_audience()));
        Answer::ok(&Introspection { active: what.is_some(), what })
    }
}

fn active(credential: ActiveCredential, issuer: &str, audience: &str, login_audience: &str) -> Active {
    let (token_type, aud) = match credential.kind {
        CredentialKind::Login => (Some("Bearer"), Some(login_audience)),
        CredentialKind::Session => (Some("Bearer"), Some(audience)),
        CredentialKind::ApiKey | CredentialKind::EntityToken | CredentialKind::OneTimeToken => (None, None),
    };
    Active {
        token_type,
        sub: credential.subject,
        username: credential.username,
        iss: issuer.to_owned(),
        aud: aud.map(str::to_owned),
        iat: credential.issued_at.unix(),
        exp: credential.expires_at.map(|at| at.unix()),
        jti: credential.session.map(|id| id.to_string()),
        kind: credential.kind.name(),
        issued_by: credential.issued_by,
        entity: credential.entity.map(|id| id.to_string()),
        acl: credential.acl,
        custom_claims: credential.custom_claims,
    }
}

impl Start for Introspect {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self { database, keys: setup.keys().await? })
    }
}
