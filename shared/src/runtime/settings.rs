//! The settings: each is declared once, with its default, its range and its meaning. docs/configuration.md and the template's
//! parameters are compared with what stands here.
//!
//! Here are the settings that several functions share. A setting of one function stands in that function's `lib.rs`, and in
//! [`Start::SETTINGS`](super::Start::SETTINGS).

use std::ops::RangeInclusive;

/// A variable that functions read once, at start.
#[derive(Clone, Debug)]
pub enum Setting {
    /// A whole number.
    Number(NumberSetting),
    /// A text.
    Text(TextSetting),
}

/// A whole number in a range.
#[derive(Clone, Debug)]
pub struct NumberSetting {
    /// The variable; the template's parameter is the same in PascalCase.
    pub name: &'static str,
    /// The value where the variable is absent.
    pub default: u32,
    /// The values that a function starts with.
    pub range: RangeInclusive<u32>,
    /// One sentence, with the unit.
    pub meaning: &'static str,
}

/// A text of a certain form.
#[derive(Clone, Debug)]
pub struct TextSetting {
    /// The variable.
    pub name: &'static str,
    /// The value where the variable is absent.
    pub default: TextDefault,
    /// The form, in Markdown; empty if any text will do.
    pub form: &'static str,
    /// One sentence.
    pub meaning: &'static str,
}

/// What holds where a text is absent or empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextDefault {
    /// The function does not start.
    Required,
    /// It is left out, as the meaning says.
    Absent,
    /// This value.
    Value(&'static str),
}

/// Every setting that is declared in this file.
pub const SHARED: &[Setting] = &[
    Setting::Text(USERS_TABLE),
    Setting::Text(SESSIONS_TABLE),
    Setting::Text(TOKENS_TABLE),
    Setting::Text(ISSUER),
    Setting::Text(AUDIENCE),
    Setting::Text(SIGNING_KEYS),
    Setting::Text(VERIFICATION_KEYS),
    Setting::Text(TOKEN_KEYS),
    Setting::Number(KEYS_REFRESH_SECONDS),
    Setting::Text(ORIGIN_SECRETS),
    Setting::Text(CLIENT_ADDRESS_HEADER),
    Setting::Number(LOGIN_TTL_SECONDS),
    Setting::Number(LOGIN_SESSION_TTL_SECONDS),
    Setting::Number(LOGIN_ATTEMPTS),
    Setting::Number(ADDRESS_ATTEMPTS),
    Setting::Number(LOGIN_WINDOW_SECONDS),
    Setting::Number(API_KEY_LOGIN_MAX_AGE_SECONDS),
    Setting::Number(ARGON2_MEMORY_KIB),
    Setting::Number(ARGON2_ITERATIONS),
    Setting::Number(ARGON2_PARALLELISM),
    Setting::Number(PASSWORD_MIN_LENGTH),
    Setting::Number(PASSWORD_MAX_LENGTH),
    Setting::Number(PASSWORD_MAX_AGE_DAYS),
    Setting::Text(BREACHED_PASSWORDS_URL),
    Setting::Number(OTP_TTL_SECONDS),
    Setting::Number(OTP_WINDOW_SECONDS),
    Setting::Number(ENTITY_TOKEN_MAX_TTL_SECONDS),
    Setting::Text(MAIL_TRANSPORT),
    Setting::Text(MAIL_FROM),
    Setting::Text(MAIL_CONFIGURATION_SET),
    Setting::Text(APP_URL),
    Setting::Number(MAIL_REQUESTS_PER_ADDRESS),
    Setting::Text(PROBLEM_TYPES_URL),
    Setting::Text(LOG_LEVEL),
    Setting::Text(METRICS_NAMESPACE),
    Setting::Text(STAGE),
    Setting::Text(RELEASE),
    Setting::Number(AWS_CALL_TIMEOUT_SECONDS),
];

/// Users.
pub const USERS_TABLE: TextSetting = table("USERS_TABLE", "Table of the users.");
/// Sessions.
pub const SESSIONS_TABLE: TextSetting = table("SESSIONS_TABLE", "Table of the sessions.");
/// Tokens.
pub const TOKENS_TABLE: TextSetting = table("TOKENS_TABLE", "Table of the API keys, entity tokens and one-time tokens.");

/// `iss`.
pub const ISSUER: TextSetting = TextSetting {
    name: "ISSUER",
    default: TextDefault::Required,
    form: "`https` URL; `http` on `127.0.0.1`, `localhost` or `[::1]`",
    meaning: "`iss` of every JWT.",
};
/// `aud`.
pub const AUDIENCE: TextSetting = TextSetting {
    name: "AUDIENCE",
    default: TextDefault::Absent,
    form: "",
    meaning: "`aud` of the sessions that an exchange mints; the issuer if absent.",
};

/// The keys that sign.
pub const SIGNING_KEYS: TextSetting = key_set("SIGNING_KEYS", "Private keys that sign JWTs.");
/// The keys that verify.
pub const VERIFICATION_KEYS: TextSetting = key_set("VERIFICATION_KEYS", "Public keys that verify JWTs.");
/// The keys that seal.
pub const TOKEN_KEYS: TextSetting = key_set("TOKEN_KEYS", "Keys that seal opaque tokens.");
/// How old a key set may be.
pub const KEYS_REFRESH_SECONDS: NumberSetting = NumberSetting {
    name: "KEYS_REFRESH_SECONDS",
    default: 60,
    range: 1..=3600,
    meaning: "How often, in seconds, a running function checks whether its key sets have changed. A rotation waits twice as long at each step.",
};

/// What the distribution in front shows.
pub const ORIGIN_SECRETS: TextSetting = TextSetting {
    name: "ORIGIN_SECRETS",
    default: TextDefault::Absent,
    form: "`secretsmanager:<arn>` or `file:<path>`",
    meaning: "Secrets that the distribution (CDN) in front of the API sends to prove itself; other requests are refused. If absent, anyone may call.",
};
/// Where the distribution in front tells the client's address.
pub const CLIENT_ADDRESS_HEADER: TextSetting = TextSetting {
    name: "CLIENT_ADDRESS_HEADER",
    default: TextDefault::Absent,
    form: "header that holds one address; needs `ORIGIN_SECRETS`",
    meaning: "Header in which the distribution in front gives the client's address; the gateway's source address counts if absent.",
};

/// The life of a login JWT.
pub const LOGIN_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "LOGIN_TTL_SECONDS",
    default: 3600,
    range: 60..=86_400,
    meaning: "Life of a login JWT in seconds. Its session may end it earlier.",
};
/// Renewing a JWT does not extend the session: it ends this long after the password was given.
pub const LOGIN_SESSION_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "LOGIN_SESSION_TTL_SECONDS",
    default: 43_200,
    range: 60..=2_592_000,
    meaning: "Life of a login's session in seconds, in which its JWT can be renewed without the password.",
};
/// The cap of the login throttle, for each name. More than [`MOST_FAILURES`](crate::store::MOST_FAILURES) would never be met.
pub const LOGIN_ATTEMPTS: NumberSetting = NumberSetting {
    name: "LOGIN_ATTEMPTS",
    default: 10,
    range: 1..=100,
    meaning: "Password attempts per user name and window, whether the name exists or not. Not above those per address.",
};
/// The cap of the login throttle, for each client address. docs/security.md reckons the default. A row of more than a hundred
/// ids is billed as two or more.
pub const ADDRESS_ATTEMPTS: NumberSetting = NumberSetting {
    name: "ADDRESS_ATTEMPTS",
    default: 100,
    range: 10..=1000,
    meaning: "Password attempts per client address and window. An address is one of IPv4, or a /64 network of IPv6.",
};
/// The window of the login throttle.
pub const LOGIN_WINDOW_SECONDS: NumberSetting = NumberSetting {
    name: "LOGIN_WINDOW_SECONDS",
    default: 900,
    range: 60..=86_400,
    meaning: "Length in seconds of the window that counts password attempts.",
};

/// How old the proof of a password may be for the operations that show API keys.
pub const API_KEY_LOGIN_MAX_AGE_SECONDS: NumberSetting = NumberSetting {
    name: "API_KEY_LOGIN_MAX_AGE_SECONDS",
    default: 0,
    range: 0..=86_400,
    meaning: "How long a login may add and list API keys after the password was given, in seconds. Renewing does not extend it. 0 is no limit.",
};

/// What a hash costs. OWASP lists 19456 KiB with 2 passes and 7168 KiB with 5 as equals, and nothing below 7168.
pub const ARGON2_MEMORY_KIB: NumberSetting =
    NumberSetting { name: "ARGON2_MEMORY_KIB", default: 19_456, range: 7168..=262_144, meaning: "argon2id memory in KiB." };
/// What a hash costs.
pub const ARGON2_ITERATIONS: NumberSetting =
    NumberSetting { name: "ARGON2_ITERATIONS", default: 2, range: 1..=20, meaning: "argon2id passes over the memory." };
/// What a hash costs.
pub const ARGON2_PARALLELISM: NumberSetting = NumberSetting {
    name: "ARGON2_PARALLELISM",
    default: 1,
    range: 1..=4,
    meaning: "argon2id lanes. More than 1 helps only an attacker while a function has one vCPU.",
};
/// The shortest password.
pub const PASSWORD_MIN_LENGTH: NumberSetting = NumberSetting {
    name: "PASSWORD_MIN_LENGTH",
    default: 8,
    range: 8..=64,
    meaning: "Fewest characters of a new password. NIST SP 800-63B-4 asks for 15 where the password is the only factor.",
};
/// The longest password; its least value is the greatest of [`PASSWORD_MIN_LENGTH`], so that the two never contradict each other.
pub const PASSWORD_MAX_LENGTH: NumberSetting =
    NumberSetting { name: "PASSWORD_MAX_LENGTH", default: 256, range: 64..=4096, meaning: "Most characters of a new password." };

/// NIST SP 800-63B-4 forbids having passwords changed without a reason; some rule books demand it all the same.
pub const PASSWORD_MAX_AGE_DAYS: NumberSetting = NumberSetting {
    name: "PASSWORD_MAX_AGE_DAYS",
    default: 0,
    range: 0..=3650,
    meaning: "Days after which a changed password expires. 0 is never.",
};
/// Who knows breached passwords.
pub const BREACHED_PASSWORDS_URL: TextSetting = TextSetting {
    name: "BREACHED_PASSWORDS_URL",
    default: TextDefault::Absent,
    form: "`https` URL without a query or a fragment; `http` on `127.0.0.1`, `localhost` or `[::1]`",
    meaning: "Range API that new passwords are looked up in, like `https://api.pwnedpasswords.com/range`; they are not if absent.",
};

/// The life of a one-time password. NIST SP 800-63B ends an out-of-band secret after 10 minutes.
pub const OTP_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "OTP_TTL_SECONDS",
    default: 600,
    range: 60..=600,
    meaning: "Life in seconds of a one-time password, which is sent by e-mail.",
};
/// The window of one-time passwords.
pub const OTP_WINDOW_SECONDS: NumberSetting = NumberSetting {
    name: "OTP_WINDOW_SECONDS",
    default: 3600,
    range: 60..=86_400,
    meaning: "Length in seconds of the window that counts a customer's one-time passwords.",
};
/// The longest life of an entity token.
pub const ENTITY_TOKEN_MAX_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "ENTITY_TOKEN_MAX_TTL_SECONDS",
    default: 31_536_000,
    range: 60..=315_360_000,
    meaning: "Longest life in seconds of an entity token, counted from its creation, its last refresh or the change of its expiry.",
};
/// How mail leaves.
pub const MAIL_TRANSPORT: TextSetting = TextSetting {
    name: "MAIL_TRANSPORT",
    default: TextDefault::Required,
    form: "`ses` or `directory:<path>`",
    meaning: "Where mail goes: Amazon SES, or one file per mail in a folder.",
};
/// From whom mail comes.
pub const MAIL_FROM: TextSetting =
    TextSetting { name: "MAIL_FROM", default: TextDefault::Required, form: "address", meaning: "Sender of all mails." };
/// What SES reports on.
pub const MAIL_CONFIGURATION_SET: TextSetting = TextSetting {
    name: "MAIL_CONFIGURATION_SET",
    default: TextDefault::Absent,
    form: "",
    meaning: "SES configuration set that reports bounces and complaints; nothing is reported if absent.",
};
/// Where links in mails lead.
pub const APP_URL: TextSetting = TextSetting {
    name: "APP_URL",
    default: TextDefault::Absent,
    form: "`https` URL without a fragment; `http` on `127.0.0.1`, `localhost` or `[::1]`",
    meaning: "Page of your own that links in mails lead to, with the token in the fragment; the issuer if absent.",
};

/// What one client may ask for. A row of more than twenty ids may be billed as two units or more.
pub const MAIL_REQUESTS_PER_ADDRESS: NumberSetting = NumberSetting {
    name: "MAIL_REQUESTS_PER_ADDRESS",
    default: 20,
    range: 1..=100,
    meaning: "Mails of one kind that anybody can ask for, per client address and hour.",
};

/// Where problems are explained.
pub const PROBLEM_TYPES_URL: TextSetting = TextSetting {
    name: "PROBLEM_TYPES_URL",
    default: TextDefault::Absent,
    form: "`https` URL without a fragment; `http` on `127.0.0.1`, `localhost` or `[::1]`",
    meaning: "Page that explains errors: `type` of a problem is this URL, `#` and the problem's name; `urn:latchkey:problem:` and the name if absent.",
};

/// What is logged.
pub const LOG_LEVEL: TextSetting = TextSetting {
    name: "LOG_LEVEL",
    default: TextDefault::Value("info"),
    form: "`error`, `warn`, `info`, `debug`, `trace`",
    meaning: "Least severe level that is logged.",
};
/// Where events are counted.
pub const METRICS_NAMESPACE: TextSetting = TextSetting {
    name: "METRICS_NAMESPACE",
    default: TextDefault::Absent,
    form: "",
    meaning: "CloudWatch namespace that counts the audit events; they are not counted if absent. The parameter's default is `Latchkey`.",
};
/// Which deployment this is.
pub const STAGE: TextSetting = TextSetting {
    name: "STAGE",
    default: TextDefault::Value("local"),
    form: "",
    meaning: "Name of the deployment, a dimension of the metrics; see the parameter `Stage` below.",
};
/// Which deploy this is.
pub const RELEASE: TextSetting = TextSetting {
    name: "RELEASE",
    default: TextDefault::Absent,
    form: "",
    meaning: "Name of the deploy, under which 5xx are counted while it is rolled out; they are not counted if absent.",
};
/// How long a call of AWS may take. The first call that times out ends the request, which stays inside a function's ten seconds, so
/// that the caller gets a 503 and not the gateway's 504.
pub const AWS_CALL_TIMEOUT_SECONDS: NumberSetting = NumberSetting {
    name: "AWS_CALL_TIMEOUT_SECONDS",
    default: 3,
    range: 1..=60,
    meaning: "Seconds for a call of an AWS service with all its attempts. One attempt has half of them.",
};

const fn table(name: &'static str, meaning: &'static str) -> TextSetting {
    TextSetting { name, default: TextDefault::Required, form: "table name", meaning }
}

const fn key_set(name: &'static str, meaning: &'static str) -> TextSetting {
    TextSetting { name, default: TextDefault::Required, form: "`secretsmanager:<arn>` or `file:<path>`", meaning }
}
