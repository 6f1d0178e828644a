//! Every answer of an operation that is not a success. The error of a use case becomes HTTP here and nowhere else.

use std::error::Error;

use strum::{EnumDiscriminants, VariantArray};

use super::{MalformedBody, ProblemType};
use crate::caller::{CallerError, CredentialRequirement, PasswordGateError, note_reason};
use crate::domain::Timestamp;
use crate::store::{
    DeleteApiKeyError, ExchangeError, NewApiKeyError, NewOneTimeTokenError, NewUserError, OtpAttemptError, OutboxError, RepeatError,
    StoreError, UserChangeError,
};

/// A field of a request that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// The dot path of the field.
    pub field: String,
    /// What is expected. Never what was sent.
    pub message: String,
}

/// What is answered instead of success. Fixed texts go out, by the table of [`ProblemKind`]; the cause of a 5xx goes to the log,
/// once, with the request's id.
#[derive(Debug, EnumDiscriminants)]
#[strum_discriminants(name(ProblemKind), derive(VariantArray), doc = "The kind of an [`ApiError`], without what it holds.")]
#[strum_discriminants(allow(missing_docs, reason = "the variants are those of `ApiError`"))]
pub enum ApiError {
    /// The request did not come through the distribution in front of the API.
    ClosedOrigin,
    /// The body is not a JSON object in UTF-8 without duplicate keys.
    MalformedBody(MalformedBody),
    /// The body exceeds the largest size that is read.
    BodyTooLarge,
    /// Fields are missing or wrong.
    InvalidFields(Vec<InvalidField>),
    /// The request lacks the credential that the operation requires.
    MissingCredentials(CredentialRequirement),
    /// The request carries a credential of a kind, or in a header, that the operation does not take.
    UnsuitableCredentials(CredentialRequirement),
    /// The credentials are forged, expired or revoked.
    InvalidCredentials,
    /// The login is good, and its password was proven longer ago than the operation takes.
    FreshLoginRequired {
        /// The most seconds that the operation takes.
        max_age: u32,
    },
    /// Unknown user, wrong password or disabled user.
    IncorrectCredentials,
    /// The password is right and has expired.
    PasswordExpired,
    /// The one-time password is missing, wrong or expired.
    OneTimePasswordRefused,
    /// The credential is valid and lacks the right.
    Forbidden,
    /// The request asks for more rights than the credential can grant.
    Escalation,
    /// No such token: unknown, expired, deleted, consumed or revoked.
    TokenNotFound,
    /// This user has no such auth header.
    AuthHeaderNotFound,
    /// This user has as many auth headers as a user may have.
    TooManyAuthHeaders,
    /// No such session that the caller may see: unknown, expired, ended, or somebody else's.
    SessionNotFound,
    /// No such user whom the caller may see: unknown, erased, or no member of an entity of the caller's.
    UserNotFound,
    /// A mailed link leads nowhere: forged, expired, used, or of a user who has changed since.
    LinkNotFound,
    /// Another user has the name.
    UsernameTaken,
    /// The user has no address that a mail could go to.
    UserWithoutAddress,
    /// The user is disabled. Only an administrator is told.
    UserDisabled,
    /// Another user has the address. Only an administrator is told.
    EmailTaken,
    /// The `Idempotency-Key` was used for a different request.
    IdempotencyKeyReused,
    /// What the `Idempotency-Key` created no longer exists: deleted, expired or exchanged.
    IdempotencyKeySpent,
    /// Somebody else changed the same row at the same time.
    Conflict,
    /// The attempts are used up until `retry_at`.
    Throttled {
        /// When the caller may try again.
        retry_at: Timestamp,
    },
    /// Something that this service needs did not answer.
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

    /// The row of the table: code, status, title and detail.
    #[must_use]
    pub fn problem_type(&self) -> ProblemType {
        let row = ProblemKind::from(self).problem_type();
        match self {
            Self::MissingCredentials(requirement) | Self::UnsuitableCredentials(requirement) => row.requiring(*requirement),
            Self::MalformedBody(why) => row.because(*why),
            _ => row,
        }
    }

    /// The cause of a 5xx, for the log only.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable(cause) | Self::Internal(cause) => Some(cause.as_ref()),
            _ => None,
        }
    }
}

impl From<MalformedBody> for ApiError {
    fn from(why: MalformedBody) -> Self {
        Self::MalformedBody(why)
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
            CallerError::Missing(requirement) => Self::MissingCredentials(requirement),
            CallerError::Unsuitable(requirement) => {
                note_reason("not a credential that the operation takes");
                Self::UnsuitableCredentials(requirement)
            }
            CallerError::Refused(reason) => {
                note_reason(reason);
                Self::InvalidCredentials
            }
            CallerError::Stale { max_age } => Self::FreshLoginRequired { max_age },
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
            NewApiKeyError::TooMany => Self::TooManyAuthHeaders,
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

impl From<NewUserError> for ApiError {
    fn from(error: NewUserError) -> Self {
        match error {
            NewUserError::NameTaken => Self::UsernameTaken,
            NewUserError::EmailTaken => Self::EmailTaken,
            NewUserError::Repeated(error) => error.into(),
            NewUserError::Store(error) => error.into(),
        }
    }
}

impl From<UserChangeError> for ApiError {
    fn from(error: UserChangeError) -> Self {
        match error {
            UserChangeError::EmailTaken => Self::EmailTaken,
            UserChangeError::Store(error) => error.into(),
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

impl From<OutboxError> for ApiError {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Throttled { retry_at } => Self::Throttled { retry_at },
            OutboxError::Store(error) => error.into(),
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
            NewOneTimeTokenError::Throttled { retry_at } => Self::Throttled { retry_at },
            NewOneTimeTokenError::Store(error) => error.into(),
        }
    }
}

impl From<ExchangeError> for ApiError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::KeyReused => Self::IdempotencyKeyReused,
            ExchangeError::TokenGone | ExchangeError::SessionExists(_) => Self::TokenNotFound,
            ExchangeError::Store(error) => error.into(),
        }
    }
}
