//! `POST /authentication-tokens/{token}/exchange`: exchange a one-time token for a session JWT with an ACL.
//!
//! A failed exchange never consumes the token. Of any number of exchanges at the same instant exactly one succeeds. A caller who lost
//! the answer repeats the request under its `Idempotency-Key` and gets the same session: the token's row is the session's.

mod first;
mod one_time_password;
mod repetition;
mod request;
mod token;

use std::sync::Arc;

use latchkey::audit::{Act, Event};
use latchkey::caller::Gate;
use latchkey::credentials::{Issuer, OneTimeToken, SessionClaims, SigningKeys, TokenKeys};
use latchkey::domain::Locator;
use latchkey::http::{Answer, ApiError, Operation, Request, Route, SessionView};
use latchkey::runtime::settings::{NumberSetting, OTP_TTL_SECONDS, OTP_WINDOW_SECONDS, Setting};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::{Database, OneTimeTokens, SessionRow, Throttle};
use request::ExchangeRequest;
use token::FoundToken;

/// What the operation needs.
pub struct AuthenticationTokenExchange {
    tokens: OneTimeTokens,
    database: Database,
    issuer: Issuer,
    signing_keys: Live<SigningKeys>,
    token_keys: Live<TokenKeys>,
    ttl_seconds: u32,
    max_ttl_seconds: u32,
    otp_ttl_seconds: u32,
    otp_attempts_per_token: u32,
    otp_attempts_per_customer: Throttle,
}

/// An exchange on its way: what is asked for, and the token as it was found.
struct TokenExchange<'a> {
    request: &'a Request,
    wanted: ExchangeRequest,
    found: FoundToken,
    /// The mark of the `Idempotency-Key`, if there is one.
    mark: Option<Locator>,
    signing_keys: Arc<SigningKeys>,
    token_keys: Arc<TokenKeys>,
}

impl Operation for AuthenticationTokenExchange {
    const NAME: &'static str = "authentication-token-exchange";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/authentication-tokens/{token}/exchange")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let wanted = ExchangeRequest::read(request, self.ttl_seconds, self.max_ttl_seconds)?;
        let (signing_keys, token_keys) = (self.signing_keys.get().await, self.token_keys.get().await);
        let text: String = request.path("token")?;
        let token = OneTimeToken::open(&token_keys, &text).map_err(|_| ApiError::TokenNotFound)?;
        latchkey::caller::note_row(token.name());
        let jwt_keys = signing_keys.verification();
        let gate = Gate { issuer: &self.issuer, jwt_keys, token_keys: &token_keys, now: request.now };
        let credential = gate.optional_caller(&request.headers)?;

        let mark = wanted.mark(token.session_id());
        let (found, reserved) = self.find(token, credential, request.now).await?;
        let exchange = TokenExchange { request, wanted, found, mark, signing_keys, token_keys };
        if exchange.is_repetition() {
            return self.repeat(&exchange).await;
        }
        reserved.inspect_err(|error| exchange.note_throttled(error))?;
        self.begin(&exchange).await
    }
}

impl AuthenticationTokenExchange {
    /// 201 with the session and its JWT, which is minted again from the row each time it is asked for.
    fn answer(&self, session: &SessionRow, exchange: &TokenExchange<'_>) -> Result<Answer, ApiError> {
        let claims = SessionClaims {
            customer: session.customer_id.clone(),
            session: session.id(),
            acl: session.granted_acl(),
            custom_claims: session.granted_claims(),
            issued_at: session.created_at,
            expires_at: session.expires_at,
        };
        let jwt = claims.mint(&self.issuer, &exchange.signing_keys).map_err(ApiError::internal)?;
        SessionView::new(session.clone(), Some(jwt)).created()
    }
}

impl TokenExchange<'_> {
    /// Whether the token was consumed by this same request, whose answer was lost.
    fn is_repetition(&self) -> bool {
        self.mark.is_some() && self.found.row.idempotency == self.mark
    }

    fn event(&self, act: Act) -> Event {
        Event::of(act).subject(&self.found.row.customer_id).row(self.found.token.name())
    }
}

const SESSION_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "SESSION_TTL_SECONDS",
    default: 3600,
    range: 60..=86_400,
    meaning: "Life in seconds of an exchanged session whose caller names no expiry. Not above the longest life.",
};
const SESSION_MAX_TTL_SECONDS: NumberSetting = NumberSetting {
    name: "SESSION_MAX_TTL_SECONDS",
    default: 86_400,
    range: 60..=2_592_000,
    meaning: "Longest life in seconds that the caller of an exchange may ask for.",
};
/// A guess is right once in a million. The two caps keep a customer's odds at ten times that in every window.
const OTP_ATTEMPTS_PER_TOKEN: NumberSetting = NumberSetting {
    name: "OTP_ATTEMPTS_PER_TOKEN",
    default: 5,
    range: 1..=10,
    meaning: "One-time passwords that may be tried against one token.",
};
const OTP_ATTEMPTS_PER_CUSTOMER: NumberSetting = NumberSetting {
    name: "OTP_ATTEMPTS_PER_CUSTOMER",
    default: 10,
    range: 1..=100,
    meaning: "One-time passwords that may be tried against one customer and window, over all tokens.",
};

impl Start for AuthenticationTokenExchange {
    const SETTINGS: &'static [Setting] = &[
        Setting::Number(SESSION_TTL_SECONDS),
        Setting::Number(SESSION_MAX_TTL_SECONDS),
        Setting::Number(OTP_ATTEMPTS_PER_TOKEN),
        Setting::Number(OTP_ATTEMPTS_PER_CUSTOMER),
    ];

    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        let max_ttl_seconds = setup.environment.number(&SESSION_MAX_TTL_SECONDS)?;
        Ok(Self {
            tokens: OneTimeTokens::new(&database),
            database,
            issuer: setup.issuer()?,
            signing_keys: setup.signing_keys().await?,
            token_keys: setup.token_keys().await?,
            ttl_seconds: setup.environment.number_up_to(&SESSION_TTL_SECONDS, max_ttl_seconds)?,
            max_ttl_seconds,
            otp_ttl_seconds: setup.environment.number(&OTP_TTL_SECONDS)?,
            otp_attempts_per_token: setup.environment.number(&OTP_ATTEMPTS_PER_TOKEN)?,
            otp_attempts_per_customer: Throttle {
                attempts: setup.environment.number(&OTP_ATTEMPTS_PER_CUSTOMER)?,
                window_seconds: setup.environment.number(&OTP_WINDOW_SECONDS)?,
            },
        })
    }
}
