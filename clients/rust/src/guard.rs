//! Whether a request may pass, for any framework that is built on the crate `http`.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, StatusCode, header};

use crate::caller::{Caller, Kind};
use crate::latchkey::Latchkey;
use crate::session::VerifyError;

/// A longer credential is none: Latchkey makes no such.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

type OrganizationOf = Arc<dyn Fn(&Parts) -> Option<String> + Send + Sync>;

/// What a route asks of its callers. By default, any good session passes. A login never does: whoever receives one can act as its user.
#[derive(Clone)]
#[must_use]
pub struct Rule {
    permission: Option<String>,
    organization: Option<OrganizationOf>,
    kinds: Vec<Kind>,
    introspect: Option<Duration>,
}

impl Default for Rule {
    fn default() -> Self {
        Self { permission: None, organization: None, kinds: vec![Kind::Session], introspect: None }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { permission, organization, kinds, introspect } = self;
        let has_organization = organization.is_some();
        formatter
            .debug_struct("Rule")
            .field("permission", permission)
            .field("has_organization", &has_organization)
            .field("kinds", kinds)
            .field("introspect", introspect)
            .finish()
    }
}

impl Rule {
    /// The rule that lets any good session pass.
    pub fn new() -> Self {
        Self::default()
    }

    /// The permission that the ACL must grant: in the request's organization or, if the rule names none, everywhere.
    pub fn permission(mut self, permission: impl Into<String>) -> Self {
        self.permission = Some(permission.into());
        self
    }

    /// Where the request's organization comes from. For entity tokens, it must be the token's entity. `None` is no organization: then
    /// the permission must be granted everywhere.
    pub fn in_organization(mut self, of: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.organization = Some(Arc::new(of));
        self
    }

    /// The kinds that the route takes; sessions by default. The others need [`Rule::introspect`].
    pub fn kinds(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.kinds = kinds.into_iter().collect();
        self
    }

    /// Asks Latchkey about each request, and so sees a revocation at once. Without it, a session is verified by the public keys.
    pub fn introspect(self) -> Self {
        self.introspect_cached(Duration::ZERO)
    }

    /// The same, but keeps good answers for `cache`.
    pub fn introspect_cached(mut self, cache: Duration) -> Self {
        self.introspect = Some(cache);
        self
    }
}

/// Why a rule would let through more than it says, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRule {
    /// A route takes some of sessions, API keys and entity tokens.
    #[error("the kinds of a rule are some of Session, ApiKey and EntityToken")]
    Kinds,
    /// Only sessions are verified by the public keys.
    #[error("only sessions are verified without introspection")]
    NeedsIntrospection,
    /// Introspection needs an API key, which the client was not given.
    #[error("introspection needs an API key: Latchkey::builder(url).api_key(key)")]
    NeedsApiKey,
    /// An organization alone permits nothing.
    #[error("an organization needs a permission")]
    NeedsPermission,
    /// No ACL grants it.
    #[error("a permission has a name")]
    EmptyPermission,
    /// The ACL of an entity token is empty: what it proves is its entity.
    #[error("entity tokens need an organization, no permission and a route of their own: they have no ACL")]
    EntityTokens,
}

/// Why a request does not pass.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The request has no credential.
    #[error("no credential")]
    NoCredential,
    /// The credential is not good, is for another audience, or of a kind that the route does not take.
    #[error("no good credential")]
    InvalidCredential,
    /// The credential is good, and does not permit this.
    #[error("the credential does not permit this")]
    Forbidden,
    /// Nobody knows whether the credential is good.
    #[error("Latchkey did not answer, or refused the API key of this service")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl Refused {
    /// The status of the answer: 401, 403 or 503.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoCredential | Self::InvalidCredential => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// `WWW-Authenticate` of the answer, as RFC 6750 has it.
    #[must_use]
    pub fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::NoCredential => Some("Bearer"),
            Self::InvalidCredential => Some("Bearer error=\"invalid_token\""),
            Self::Forbidden => Some("Bearer error=\"insufficient_scope\""),
            Self::Unavailable(_) => None,
        }
    }
}

/// Decides about requests by a [`Rule`].
///
/// ```no_run
/// # async fn example(request: http::request::Parts) -> Result<(), Box<dyn std::error::Error>> {
/// use latchkey_client::{Caller, Guard, Latchkey, Refused, Rule};
///
/// let guard = Guard::new(&Latchkey::new("https://auth.example.org")?, Rule::new().permission("read-invoices"))?;
/// let caller: Result<Caller, Refused> = guard.check(&request).await;
/// # let _ = caller;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Guard {
    latchkey: Latchkey,
    rule: Arc<Rule>,
}

impl Guard {
    /// A guard that asks `latchkey`.
    ///
    /// # Errors
    ///
    /// [`InvalidRule`] if the rule contradicts itself.
    pub fn new(latchkey: &Latchkey, rule: Rule) -> Result<Self, InvalidRule> {
        let takes_entities = rule.kinds.contains(&Kind::EntityToken);
        if rule.kinds.is_empty() || !rule.kinds.iter().all(|kind| matches!(kind, Kind::Session | Kind::ApiKey | Kind::EntityToken)) {
            return Err(InvalidRule::Kinds);
        }
        if rule.introspect.is_none() && rule.kinds.iter().any(|kind| *kind != Kind::Session) {
            return Err(InvalidRule::NeedsIntrospection);
        }
        if rule.introspect.is_some() && !latchkey.has_api_key() {
            return Err(InvalidRule::NeedsApiKey);
        }
        if rule.permission.as_deref() == Some("") {
            return Err(InvalidRule::EmptyPermission);
        }
        if takes_entities && !(rule.takes_entities_only() && rule.permission.is_none() && rule.organization.is_some()) {
            return Err(InvalidRule::EntityTokens);
        }
        if !takes_entities && rule.permission.is_none() && rule.organization.is_some() {
            return Err(InvalidRule::NeedsPermission);
        }
        Ok(Self { latchkey: latchkey.clone(), rule: Arc::new(rule) })
    }

    /// The caller of a request. Its credential stands in `Authorization`, with or without `Bearer`.
    ///
    /// # Errors
    ///
    /// [`Refused`] if the request may not pass.
    pub async fn check(&self, request: &Parts) -> Result<Caller, Refused> {
        let rule = &*self.rule;
        let token = credential(&request.headers)?;
        let caller = self.ask(token).await?.filter(|caller| self.takes(caller)).ok_or(Refused::InvalidCredential)?;
        let organization = rule.organization.as_ref().and_then(|of| of(request));
        let is_permitted = if rule.takes_entities_only() {
            organization.is_some() && caller.entity == organization
        } else {
            rule.permission.as_ref().is_none_or(|permission| caller.grants(permission, organization.as_deref()))
        };
        if is_permitted { Ok(caller) } else { Err(Refused::Forbidden) }
    }

    fn takes(&self, caller: &Caller) -> bool {
        let is_meant = caller.kind != Kind::Session || caller.audience.as_deref() == Some(self.latchkey.audience());
        is_meant && self.rule.kinds.contains(&caller.kind)
    }

    async fn ask(&self, token: &str) -> Result<Option<Caller>, Refused> {
        match self.rule.introspect {
            Some(cache) => self.latchkey.introspect_cached(token, cache).await.map_err(|error| Refused::Unavailable(error.into())),
            None => match self.latchkey.verify_session(token).await {
                Ok(caller) => Ok(Some(caller)),
                Err(VerifyError::InvalidSession(_)) => Ok(None),
                Err(error) => Err(Refused::Unavailable(error.into())),
            },
        }
    }
}

impl Rule {
    fn takes_entities_only(&self) -> bool {
        self.kinds.iter().all(|kind| *kind == Kind::EntityToken)
    }
}

/// The one credential of a request.
fn credential(headers: &HeaderMap) -> Result<&str, Refused> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Refused::NoCredential)?;
    if values.next().is_some() {
        return Err(Refused::InvalidCredential);
    }
    let value = value.to_str().map_err(|_| Refused::InvalidCredential)?.trim();
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => value,
    };
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(Refused::NoCredential);
    }
    if token.len() > MAX_TOKEN_BYTES { Err(Refused::InvalidCredential) } else { Ok(token) }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn found(values: &[&[u8]]) -> Result<String, &'static str> {
        let values = values.iter().map(|value| (header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap()));
        credential(&values.collect()).map(str::to_owned).map_err(|refused| refused.challenge().unwrap())
    }

    #[test]
    fn a_credential_stands_alone_or_behind_bearer() {
        for value in ["eyJ", "Bearer eyJ", "bearer  eyJ", " BEARER eyJ "] {
            assert_eq!(found(&[value.as_bytes()]).as_deref(), Ok("eyJ"), "{value}");
        }
    }

    #[test]
    fn whatever_else_stands_there_is_no_credential() {
        let long = vec![b'a'; MAX_TOKEN_BYTES + 1];

        for values in [&[][..], &[&b""[..]], &[b"Basic Y2Fyb2w6eA=="], &[b"Bearer a b"]] {
            assert_eq!(found(values), Err("Bearer"), "{values:?}");
        }
        for values in [&[&b"\xff\xe9"[..]][..], &[b"eyJ", b"eyJ"], &[&long]] {
            assert_eq!(found(values), Err("Bearer error=\"invalid_token\""), "{values:?}");
        }
    }
}
