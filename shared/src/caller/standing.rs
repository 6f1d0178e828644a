//! What any credential of this service stands for, for those who have been shown one: `introspect` and the `authorizer`.

use super::session::AskedSession;
use super::{Asked, AskedToken, CallerError, Credential, Gate};
use crate::credentials::{ApiKey, EntityToken, LoginClaims, OneTimeToken, SessionClaims, TokenKind, kind_of};
use crate::domain::{Acl, CustomClaims, EntityId, SessionId, Timestamp};
use crate::store::{Batch, EntityTokenRow, RowKey, Rows, StoreError, UserRow, schema};

/// What a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The JWT of a login.
    Login,
    /// The JWT of an exchanged session.
    Session,
    /// A named API key.
    ApiKey,
    /// An entity's authentication token.
    EntityToken,
    /// A one-time authentication token.
    OneTimeToken,
}

impl Kind {
    /// The kind's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Session => "session",
            Self::ApiKey => "api-key",
            Self::EntityToken => "entity-token",
            Self::OneTimeToken => "one-time-token",
        }
    }
}

/// What a credential stands for while it is good.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// What it is.
    pub kind: Kind,
    /// A user's id or a customer's, or the user of an entity.
    pub subject: String,
    /// The name of a subject who is a user here.
    pub username: Option<String>,
    /// Of an entity token: the entity.
    pub entity: Option<EntityId>,
    /// What it permits here and now.
    pub acl: Acl,
    /// Of a session: the team's own claims.
    pub custom_claims: CustomClaims,
    /// The session of a JWT.
    pub session: Option<SessionId>,
    /// When it was made.
    pub issued_at: Timestamp,
    /// From when on it is refused, if it ever is without being revoked.
    pub expires_at: Option<Timestamp>,
}

/// A credential of any kind whose seal or signature is right; whether it is still good stands in its rows.
pub enum Opened {
    /// A login JWT or an API key.
    Caller(Credential),
    /// An exchanged session's JWT.
    Session(SessionClaims),
    /// An entity token.
    Entity(EntityToken),
    /// A one-time token.
    OneTime(OneTimeToken),
}

/// An [`Opened`] credential whose rows are in a batch.
pub enum AskedStanding {
    /// A login JWT or an API key; of the JWT, its times.
    Caller(Asked, Option<(Timestamp, Timestamp)>),
    /// An exchanged session's JWT.
    Session(AskedSession, SessionClaims),
    /// An entity token.
    Entity(EntityToken, RowKey, Option<RowKey>),
    /// A one-time token.
    OneTime(AskedToken),
}

impl Gate<'_> {
    /// Checks the seal or the signature of `text`, whatever kind it is: no I/O. `None` for anything but a credential of this service.
    #[must_use]
    pub fn open(&self, text: &str) -> Option<Opened> {
        let opened = match kind_of(text) {
            Some(TokenKind::ApiKey) => ApiKey::open(self.token_keys, text).map(Credential::ApiKey).map(Opened::Caller).ok(),
            Some(TokenKind::Entity) => EntityToken::open(self.token_keys, text).map(Opened::Entity).ok(),
            Some(TokenKind::OneTime) => OneTimeToken::open(self.token_keys, text).map(Opened::OneTime).ok(),
            None => None,
        };
        let login = || LoginClaims::verify(text, self.issuer, self.jwt_keys, self.now).map(Credential::Login).map(Opened::Caller).ok();
        let session = || SessionClaims::verify(text, self.issuer, self.jwt_keys, self.now).map(Opened::Session).ok();
        opened.or_else(|| if LoginClaims::is_claimed_by(text) { login() } else { session() })
    }
}

impl Opened {
    /// Adds the rows that tell whether this credential is still good to `batch`.
    pub fn ask(self, batch: &mut Batch<'_>) -> AskedStanding {
        match self {
            Self::Caller(credential) => {
                let times = match &credential {
                    Credential::Login(claims) => Some((claims.issued_at, claims.expires_at)),
                    Credential::ApiKey(_) => None,
                };
                AskedStanding::Caller(credential.ask(batch), times)
            }
            Self::Session(claims) => AskedStanding::Session(AskedSession::ask(claims.clone(), batch), claims),
            Self::Entity(token) => {
                let row = batch.token(schema::entity_token(&token.locator));
                AskedStanding::Entity(token, row, token.user.map(|user| batch.user(user)))
            }
            Self::OneTime(token) => AskedStanding::OneTime(AskedToken::ask(&token, batch)),
        }
    }
}

impl AskedStanding {
    /// What the credential stands for; `None` if it has been revoked or is over.
    ///
    /// # Errors
    /// [`StoreError`] if the tables can not tell.
    pub fn resolve(self, rows: &Rows, now: Timestamp) -> Result<Option<Standing>, StoreError> {
        match self {
            Self::Caller(asked, times) => match asked.resolve(rows, now) {
                Ok(caller) => Ok(Some(Standing {
                    kind: if caller.session.is_some() { Kind::Login } else { Kind::ApiKey },
                    subject: caller.user_id().to_string(),
                    entity: None,
                    acl: caller.acl(),
                    custom_claims: CustomClaims::default(),
                    session: caller.session.map(|(id, _)| id),
                    issued_at: times.map_or(caller.credential_made_at, |(issued_at, _)| issued_at),
                    expires_at: times.map(|(_, expires_at)| expires_at),
                    username: Some(caller.user.username),
                })),
                Err(CallerError::Store(error)) => Err(error),
                Err(_) => Ok(None),
            },
            Self::Session(asked, claims) => Ok(asked.resolve(rows, now)?.map(|_| Standing {
                kind: Kind::Session,
                subject: claims.customer.to_string(),
                username: None,
                entity: None,
                acl: claims.acl,
                custom_claims: claims.custom_claims,
                session: Some(claims.session),
                issued_at: claims.issued_at,
                expires_at: Some(claims.expires_at),
            })),
            Self::Entity(token, row, user) => {
                let user: Option<UserRow> = user.map(|user| rows.find(&user)).transpose()?.flatten();
                let row: Option<EntityTokenRow> = rows.find(&row)?;
                // A generation that has been replaced is refused at once: the grace is for refreshing it, not for using it.
                let live = |row: &EntityTokenRow| row.is_live(now) && row.token_id == token.id && row.generation == token.generation;
                let row = row.filter(|row| live(row) && user.as_ref().is_none_or(UserRow::is_active));
                Ok(row.map(|row| Standing {
                    kind: Kind::EntityToken,
                    subject: row.entity_user_id.to_string(),
                    username: user.map(|user| user.username),
                    entity: Some(row.entity_id),
                    acl: Acl::default(),
                    custom_claims: CustomClaims::default(),
                    session: None,
                    issued_at: row.rotated_at.unwrap_or(row.created_at),
                    expires_at: Some(row.expires_at),
                }))
            }
            Self::OneTime(asked) => Ok(asked.resolve(rows)?.filter(|(row, _)| row.is_live(now)).map(|(row, _)| Standing {
                kind: Kind::OneTimeToken,
                subject: row.customer_id.to_string(),
                username: Some(row.username),
                entity: None,
                acl: row.acl,
                custom_claims: row.custom_claims,
                session: None,
                issued_at: row.created_at,
                expires_at: Some(row.expires_at),
            })),
        }
    }
}
