//! The table of problems: what each error says to the caller. docs/errors.md and the contract are compared with it.

use strum::VariantArray;

use super::{MalformedBody, ProblemKind};
use crate::caller::CredentialRequirement;

/// What an error says to the caller (RFC 9457, section 4). The texts are fixed, so that nothing of a request can be in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// The stable end of `type`; [`ProblemTypes`](super::ProblemTypes) says what stands before it. Kinds that differ only in what the caller can do about them share
    /// code, status and title.
    pub code: &'static str,
    /// The status.
    pub status: u16,
    /// What happened, in a few words.
    pub title: &'static str,
    /// What the caller can do about it.
    pub detail: &'static str,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The row of the table.
    #[must_use]
    pub const fn problem_type(self) -> ProblemType {
        let (code, status, title, detail) = match self {
            Self::ClosedOrigin => {
                ("closed-origin", 403, "Closed origin", "This address answers nobody directly. Call the API at its public address.")
            }
            Self::MalformedBody => (
                "malformed-body",
                400,
                "Malformed body",
                "The body must be a JSON object in UTF-8, without duplicate keys and without deep nesting.",
            ),
            Self::InvalidFields => ("invalid-fields", 422, "Invalid fields", "Some fields are missing or wrong; see invalidFields."),
            Self::BodyTooLarge => ("body-too-large", 413, "Body too large", "The body has more than 65536 bytes."),
            Self::MissingCredentials => {
                ("missing-credentials", 401, "Missing credentials", "The request lacks the credentials that this operation requires.")
            }
            Self::InvalidCredentials => {
                ("invalid-credentials", 401, "Invalid credentials", "The credentials are invalid, expired or revoked.")
            }
            Self::UnsuitableCredentials => {
                ("invalid-credentials", 401, "Invalid credentials", "This operation does not take these credentials.")
            }
            Self::FreshLoginRequired => (
                "fresh-login-required",
                401,
                "Fresh login required",
                "This operation takes a login whose password was given a short time ago. Log in again.",
            ),
            Self::IncorrectCredentials => {
                ("incorrect-credentials", 401, "Incorrect credentials", "The username or the password is incorrect.")
            }
            Self::OneTimePasswordRefused => (
                "one-time-password-refused",
                401,
                "One-time password refused",
                "This token requires a one-time password, and it is missing, wrong or expired.",
            ),
            Self::PasswordExpired => ("password-expired", 403, "Password expired", "The password has expired and must be changed."),
            Self::Forbidden => ("forbidden", 403, "Forbidden", "The credentials do not permit this operation here."),
            Self::Escalation => ("escalation", 403, "Forbidden", "The request asks for more rights than the credentials can grant."),
            Self::TokenNotFound => ("token-not-found", 404, "Token not found", "Token not found"),
            Self::AuthHeaderNotFound => ("auth-header-not-found", 404, "Auth header not found", "Auth header not found"),
            Self::TooManyAuthHeaders => (
                "too-many-auth-headers",
                409,
                "Too many auth headers",
                "This user has 1000 auth headers, the most that a user can have. Delete one of them first.",
            ),
            Self::SessionNotFound => ("session-not-found", 404, "Session not found", "Session not found"),
            Self::UserNotFound => ("user-not-found", 404, "User not found", "User not found"),
            Self::LinkNotFound => {
                ("link-not-found", 404, "Link not found", "This link is wrong, has expired or was used before. Ask for another one.")
            }
            Self::UserWithoutAddress => (
                "not-invitable",
                409,
                "User cannot be invited",
                "The user has no e-mail address that an invitation could be sent to. Set one first.",
            ),
            Self::UserDisabled => ("not-invitable", 409, "User cannot be invited", "The user is disabled. Enable the user first."),
            Self::UsernameTaken => ("username-taken", 409, "User name taken", "Another user has this name."),
            Self::EmailTaken => ("email-taken", 409, "E-mail address taken", "Another user has this e-mail address."),
            Self::IdempotencyKeySpent => (
                "idempotency-key-spent",
                409,
                "Idempotency-Key spent",
                "What this Idempotency-Key created no longer exists. Use a new key.",
            ),
            Self::Conflict => {
                ("conflict", 409, "Conflict", "Somebody else made a change at the same time. Check the result and try again.")
            }
            Self::IdempotencyKeyReused => (
                "idempotency-key-reused",
                422,
                "Idempotency-Key reused",
                "This Idempotency-Key was used for a different request. Use a new key for each request.",
            ),
            Self::Throttled => ("throttled", 429, "Too many attempts", "Too many attempts. Try again after the seconds in Retry-After."),
            Self::Internal => (
                "internal",
                500,
                "Internal error",
                "The service failed to answer. Its operator can find the cause in the log, under the request's id.",
            ),
            Self::Unavailable => {
                ("unavailable", 503, "Service unavailable", "The service cannot answer now. Try again after the seconds in Retry-After.")
            }
        };
        ProblemType { code, status, title, detail }
    }
}

impl ProblemType {
    /// The same, with a detail that says what the operation takes, and where.
    #[must_use]
    pub const fn requiring(self, requirement: CredentialRequirement) -> Self {
        let detail = match requirement {
            CredentialRequirement::Login => "This operation takes a login JWT in the header Authorization.",
            CredentialRequirement::Caller => {
                "This operation takes an API key in the header apikey, or a login JWT in the header Authorization."
            }
            CredentialRequirement::CallerOrSession => {
                "This operation takes a session JWT or a login JWT in the header Authorization, or an API key in the header apikey."
            }
            CredentialRequirement::EntityApiKey => "This operation takes an API key in the header apikey.",
            CredentialRequirement::EntityLogin => "This operation takes the login JWT of the acting user in the header token.",
            CredentialRequirement::EntityUserId => "This operation takes the id of the acting user in the header userid.",
            CredentialRequirement::Authorizer => {
                "This route takes a credential that its authorizer lets through, in the header Authorization."
            }
        };
        Self { detail, ..self }
    }

    /// The same, with a detail that says why the body cannot be read.
    #[must_use]
    pub const fn because(self, why: MalformedBody) -> Self {
        let detail = match why {
            MalformedBody::Compressed => "The body is compressed. Send it as it is, without Content-Encoding.",
            MalformedBody::NotUtf8 => "The body is not UTF-8.",
            MalformedBody::ByteOrderMark => "The body begins with a byte order mark. Send it without one.",
            MalformedBody::NotJson => "The body is not JSON, or it nests more than 127 levels deep.",
            MalformedBody::NotAnObject => "The body is JSON, but not an object.",
            MalformedBody::DuplicateName => "The body has the same name twice in one object or form.",
        };
        Self { detail, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_one_code_have_one_status_and_one_title() {
        for (one, other) in ProblemKind::ALL.iter().flat_map(|one| ProblemKind::ALL.iter().map(move |other| (one, other))) {
            let (one, other) = (one.problem_type(), other.problem_type());
            if one.code == other.code {
                assert_eq!((one.status, one.title), (other.status, other.title), "{}", one.code);
            }
        }
    }
}
