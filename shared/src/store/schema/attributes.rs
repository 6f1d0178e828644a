//! The attributes of all rows.

use std::fmt::{self, Display};

/// An attribute of a row. There are no others than the constants of this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attribute(&'static str);

impl Attribute {
    /// The attribute's name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl Display for Attribute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

macro_rules! attributes {
    ($($attribute:ident = $name:literal)*) => {
        $(#[doc = concat!("The attribute `", $name, "`.")] pub const $attribute: Attribute = Attribute($name);)*

        impl Attribute {
            /// Every attribute of every row.
            pub const ALL: &[Self] = &[$($attribute),*];
        }
    };
}

attributes! {
    // Keys: of users and tokens, of tokens, of sessions.
    PK = "pk"
    SK = "sk"
    SUBJECT = "subject"
    SESSION_ID = "session_id"

    // Of several rows. `expires_at` is the TTL attribute of every table.
    EXPIRES_AT = "expires_at"
    CREATED_AT = "created_at"
    SEALED_UNDER = "sealed_under"
    ACL = "acl"
    CUSTOM_CLAIMS = "custom_claims"
    REQUEST_HASH = "request_hash"
    TOKEN_ID = "token_id"
    CUSTOMER_ID = "customer_id"
    ISSUER_ID = "issuer_id"
    EPOCH = "epoch"
    ENDED_BY = "ended_by"
    ATTEMPT_IDS = "attempt_ids"

    // Of users.
    USER_ID = "user_id"
    USERNAME = "username"
    EMAIL = "email"
    EMAIL_VERIFIED = "email_verified"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    PASSWORD_HASH = "password_hash"
    FAILED_ATTEMPT_IDS = "failed_attempt_ids"
    PASSWORD_EXPIRES_AT = "password_expires_at"
    PASSWORD_SET_AT = "password_set_at"
    PASSWORD_EPOCH = "password_epoch"
    DISABLED_AT = "disabled_at"
    ERASED_AT = "erased_at"

    // Of the versions of the key sets.
    SIGNING_KEYS = "signing_keys"
    VERIFICATION_KEYS = "verification_keys"
    TOKEN_KEYS = "token_keys"

    // Of API keys, and of what an `Idempotency-Key` made.
    KEY_ID = "key_id"
    NAME = "name"
    KEYS_ADDED = "keys_added"
    KEYS_LIMIT = "keys_limit"
    MADE_ID = "made_id"

    // Of mails: what is asked for; of a mailbox, what was mailed to it, and why it gets no more.
    MAIL = "mail"
    DONE_IDS = "done_ids"
    MAILED_AT = "mailed_at"
    REASON = "reason"

    // Of entity tokens.
    ENTITY_ID = "entity_id"
    ENTITY_USER_ID = "entity_user_id"
    FOR_MEMBER = "for_member"
    GENERATION = "generation"
    ROTATED_AT = "rotated_at"
    PREVIOUSLY_ROTATED_AT = "previously_rotated_at"
    FLAGS = "flags"
    LIFE_SECONDS = "life_seconds"

    // Of sessions, and of the one-time tokens that become sessions.
    KIND = "kind"
    ISSUER_EPOCH = "issuer_epoch"
    API_KEY = "api_key"
    CREDENTIAL_ID = "credential_id"
    OTP_REQUIRED = "otp_required"
    CONSUMED_BY = "consumed_by"
    IDEMPOTENCY = "idempotency"
    KEPT_UNDER = "kept_under"
    GRANTED_ACL = "granted_acl"
    GRANTED_CLAIMS = "granted_claims"
    USER_AGENT = "user_agent"
}
