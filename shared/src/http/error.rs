//! Everything an operation can answer but success. A use case's error becomes HTTP here, and nowhere else.

use std::error::Error;

use crate::caller::{CallerError, PasswordGateError};
use crate::domain::Timestamp;
use crate::store::{ConsumeError, DeleteApiKeyError, NewApiKeyError, NewOneTimeTokenError, OtpAttemptError, RepeatError, StoreError};

/// A field of a request that can not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// The dot path of the field.
    pub field: String,
    /// What is expected; never what was sent.
    pub message: String,
}

/// What is answered instead of success. The texts are fixed for each variant; the cause is logged once, with the request's id.
#[derive(Debug)]
pub enum ApiError {
    /// The body is no JSON object in UTF-8 without duplicate keys.
    MalformedBody,
    /// The body is larger than any that is taken.
    BodyTooLarge,
    /// Fields are missing or wrong.
    InvalidFields(Vec<InvalidField>),
    /// No credentials where some are needed.
    MissingCredentials,
    /// Credentials that are forged, expired or revoked.
    InvalidCredentials,
    /// Unknown user, wrong password or disabled user.
    IncorrectCredentials,
    /// The password was right and has expired.
    PasswordExpired,
    /// The one-time password is missing, wrong or expired.
    OneTimePasswordRefused,
    /// A valid credential without the right.
    Forbidden,
    /// More was asked for than the credential may hand out.
    Escalation,
    /// No such token: unknown, expired, deleted, consumed, revoked.
    TokenNotFound,
    /// No such auth header of this user.
    AuthHeaderNotFound,
    /// No such session that the caller may see: unknown, over, ended, somebody else's.
    SessionNotFound,
    /// The `Idempotency-Key` was used for another request.
    IdempotencyKeyReused,
    /// What the `Idempotency-Key` made is gone: deleted, expired or exchanged.
    IdempotencyKeySpent,
    /// What was to be changed was changed by somebody else at the same time.
    Conflict,
    /// The attempts are used up until `retry_at`.
    Throttled {
        /// When it may be tried again.
        retry_at: Timestamp,
    },
    /// Something this service needs did not answer.
    Unavailable(Box<dyn Error + Send + Sync>),
    /// A fault of this service.
    Internal(Box<dyn Error + Send + Sync>),
}

impl ApiError {
    /// The error of a single wrong field.
    pub fn invalid_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::InvalidFields(vec![InvalidField { field: field.into(), message: message.into() }])
    }

    /// A fault of this service.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// The stable name in `type`; docs/errors.md explains each.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedBody => "malformed-body",
            Self::BodyTooLarge => "body-too-large",
            Self::InvalidFields(_) => "invalid-fields",
            Self::MissingCredentials => "missing-credentials",
            Self::InvalidCredentials => "invalid-credentials",
            Self::IncorrectCredentials => "incorrect-credentials",
            Self::PasswordExpired => "password-expired",
            Self::OneTimePasswordRefused => "one-time-password-refused",
            Self::Forbidden => "forbidden",
            Self::Escalation => "escalation",
            Self::TokenNotFound => "token-not-found",
            Self::AuthHeaderNotFound => "auth-header-not-found",
            Self::SessionNotFound => "session-not-found",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::IdempotencyKeySpent => "idempotency-key-spent",
            Self::Conflict => "conflict",
            Self::Throttled { .. } => "throttled",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::MalformedBody => 400,
            Self::BodyTooLarge => 413,
            Self::InvalidFields(_) | Self::IdempotencyKeyReused => 422,
            Self::IdempotencyKeySpent | Self::Conflict => 409,
            Self::MissingCredentials | Self::InvalidCredentials | Self::IncorrectCredentials | Self::OneTimePasswordRefused => 401,
            Self::PasswordExpired | Self::Forbidden | Self::Escalation => 403,
            Self::TokenNotFound | Self::AuthHeaderNotFound | Self::SessionNotFound => 404,
            Self::Throttled { .. } => 429,
            Self::Unavailable(_) => 503,
            Self::Internal(_) => 500,
        }
    }

    /// What happened, in a few words.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::MalformedBody => "Malformed body",
            Self::BodyTooLarge => "Body too large",
            Self::InvalidFields(_) => "Invalid fields",
            Self::MissingCredentials => "Missing credentials",
            Self::InvalidCredentials => "Invalid credentials",
            Self::IncorrectCredentials => "Incorrect credentials",
            Self::PasswordExpired => "Password expired",
            Self::OneTimePasswordRefused => "One-time password refused",
            Self::Forbidden | Self::Escalation => "Forbidden",
            Self::TokenNotFound => "Token not found",
            Self::AuthHeaderNotFound => "Auth header not found",
            Self::SessionNotFound => "Session not found",
            Self::IdempotencyKeyReused => "Idempotency-Key reused",
            Self::IdempotencyKeySpent => "Idempotency-Key spent",
            Self::Conflict => "Conflict",
            Self::Throttled { .. } => "Too many attempts",
            Self::Unavailable(_) => "Service unavailable",
            Self::Internal(_) => "Internal error",
        }
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn detail(&self) -> &'static str {
        match self {
            Self::MalformedBody => "The body must be a JSON object in UTF-8, without duplicate keys and without deep nesting.",
            Self::BodyTooLarge => "The body has more than 65536 bytes.",
            Self::InvalidFields(_) => "Some fields are missing or wrong; see invalidFields.",
            Self::MissingCredentials => "This operation needs credentials that the request does not carry.",
            Self::InvalidCredentials => "The credentials are not valid, have expired or were revoked.",
            Self::IncorrectCredentials => "The username or the password is incorrect.",
            Self::PasswordExpired => "The password has expired and must be changed.",
            Self::OneTimePasswordRefused => "This token needs the one-time password that was sent by e-mail, within ten minutes.",
            Self::Forbidden => "The credentials do not permit this operation here.",
            Self::Escalation => "The request asks for more rights than the credentials can hand out.",
            Self::TokenNotFound => "Token not found",
            Self::AuthHeaderNotFound => "Auth header not found",
            Self::SessionNotFound => "Session not found",
            Self::IdempotencyKeyReused => "This Idempotency-Key was used for another request; use a new one for each.",
            Self::IdempotencyKeySpent => "What this Idempotency-Key made is gone; use a new one.",
            Self::Conflict => "Somebody else changed the same thing at the same time; look at it and try again.",
            Self::Throttled { .. } => "Too many attempts; try again later, see Retry-After.",
            Self::Unavailable(_) => "The service can not answer now; try again, see Retry-After.",
            Self::Internal(_) => "The service failed to answer; the request's id helps its operator to find out why.",
        }
    }

    /// What the log is told and the caller is not.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable(cause) | Self::Internal(cause) => Some(cause.as_ref()),
            _ => None,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(error.into()),
            StoreError::Corrupt(_) => Self::Internal(error.into()),
        }
    }
}

impl From<CallerError> for ApiError {
    fn from(error: CallerError) -> Self {
        match error {
            CallerError::Missing => Self::MissingCredentials,
            CallerError::Refused(reason) => {
                tracing::info!(reason, "credentials refused");
                Self::InvalidCredentials
            }
            CallerError::Forbidden => Self::Forbidden,
            CallerError::Store(error) => error.into(),
        }
    }
}

impl From<PasswordGateError> for ApiError {
    fn from(error: PasswordGateError) -> Self {
        match error {
            PasswordGateError::Incorrect => Self::IncorrectCredentials,
            PasswordGateError::Expired => Self::PasswordExpired,
            PasswordGateError::Throttled { retry_at } => Self::Throttled { retry_at },
            PasswordGateError::Store(error) => error.into(),
            PasswordGateError::Hash(error) => Self::internal(error),
        }
    }
}

impl From<NewApiKeyError> for ApiError {
    fn from(error: NewApiKeyError) -> Self {
        match error {
            NewApiKeyError::SessionEnded => Self::InvalidCredentials,
            NewApiKeyError::Repeated(error) => error.into(),
            NewApiKeyError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteApiKeyError> for ApiError {
    fn from(error: DeleteApiKeyError) -> Self {
        match error {
            DeleteApiKeyError::SessionEnded => Self::InvalidCredentials,
            // The same 404 whether the key is somebody else's or nobody's: it tells no one which keys exist.
            DeleteApiKeyError::NotFound => Self::AuthHeaderNotFound,
            DeleteApiKeyError::Store(error) => error.into(),
        }
    }
}

impl From<OtpAttemptError> for ApiError {
    fn from(error: OtpAttemptError) -> Self {
        match error {
            OtpAttemptError::TokenGone => Self::TokenNotFound,
            OtpAttemptError::Throttled { retry_at } => Self::Throttled { retry_at },
            OtpAttemptError::Store(error) => error.into(),
        }
    }
}

impl From<RepeatError> for ApiError {
    fn from(error: RepeatError) -> Self {
        match error {
            RepeatError::OtherRequest => Self::IdempotencyKeyReused,
            RepeatError::Gone => Self::IdempotencyKeySpent,
        }
    }
}

impl From<NewOneTimeTokenError> for ApiError {
    fn from(error: NewOneTimeTokenError) -> Self {
        match error {
            NewOneTimeTokenError::Repeated(error) => error.into(),
            NewOneTimeTokenError::Store(error) => error.into(),
        }
    }
}

impl From<ConsumeError> for ApiError {
    fn from(error: ConsumeError) -> Self {
        match error {
            ConsumeError::TokenGone | ConsumeError::Begun => Self::TokenNotFound,
            ConsumeError::Store(error) => error.into(),
        }
    }
}
