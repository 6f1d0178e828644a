//! `POST /authentication-tokens`: make a one-time token for a customer, by the customer's password or by a backend.

mod grant;
mod issue;
mod request;

use latchkey::caller::PasswordGate;
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::settings::{NumberSetting, OTP_TTL_SECONDS, OTP_WINDOW_SECONDS, Setting};
use latchkey::runtime::{ConfigError, Keys, Setup, Start, Table};
use latchkey::store::{Database, OneTimeTokens, Throttle, Users};
use request::Proof;

/// What the operation needs.
pub struct AuthenticationTokenCreate {
    passwords: PasswordGate,
    tokens: OneTimeTokens,
    users: Users,
    database: Database,
    keys: Keys,
    otp_mails: Throttle,
    ttl_seconds: u32,
    max_ttl_seconds: u32,
    otp_ttl_seconds: u32,
}

impl Operation for AuthenticationTokenCreate {
    const NAME: &'static str = "authentication-token-create";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/authentication-tokens")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let (proof, wanted) = self.read(request)?;
        match proof {
            Proof::Password { username, password } => self.by_password(&username, &password, wanted, request).await,
            Proof::Permission { customer } => self.for_customer(customer, wanted, request).await,
        }
    }
}

const ONE_TIME_TOKEN_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "ONE_TIME_TOKEN_TTL_SECONDS",
    default: 1800,
    range: 60..=604_800,
    meaning: "Life in seconds of a one-time token whose creator names no expiry. Not above the longest life.",
};
const ONE_TIME_TOKEN_MAX_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "ONE_TIME_TOKEN_MAX_TTL_SECONDS",
    default: 604_800,
    range: 60..=2_592_000,
    meaning: "Longest life in seconds that the creator of a one-time token may ask for.",
};
const OTP_MAILS_PER_CUSTOMER: NumberSetting = NumberSetting {
    name: "OTP_MAILS_PER_CUSTOMER",
    default: 20,
    range: 1..=100,
    meaning: "One-time passwords that one customer is mailed in a window, over all tokens.",
};

impl Start for AuthenticationTokenCreate {
    const SETTINGS: &'static [Setting] = &[
        Setting::Number(ONE_TIME_TOKEN_TTL_SECONDS),
        Setting::Number(ONE_TIME_TOKEN_MAX_TTL_SECONDS),
        Setting::Number(OTP_MAILS_PER_CUSTOMER),
    ];

    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        let max_ttl_seconds = setup.environment.number(&ONE_TIME_TOKEN_MAX_TTL_SECONDS)?;
        Ok(Self {
            passwords: setup.password_gate(&database)?,
            tokens: OneTimeTokens::new(&database),
            users: Users::new(&database),
            database,
            keys: setup.keys().await?,
            otp_mails: Throttle {
                attempts: setup.environment.number(&OTP_MAILS_PER_CUSTOMER)?,
                window_seconds: setup.environment.number(&OTP_WINDOW_SECONDS)?,
            },
            ttl_seconds: setup.environment.number_up_to(&ONE_TIME_TOKEN_TTL_SECONDS, max_ttl_seconds)?,
            max_ttl_seconds,
            otp_ttl_seconds: setup.environment.number(&OTP_TTL_SECONDS)?,
        })
    }
}
