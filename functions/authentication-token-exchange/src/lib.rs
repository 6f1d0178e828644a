//! `POST /authentication-tokens/{token}/exchange`: a one-time token for a session JWT with an ACL.
//!
//! A failed exchange never consumes the token; of any number at the same instant exactly one succeeds. One that is repeated under
//! its `Idempotency-Key` because the answer was lost gets its own session again: the session's id derives from the key.

mod wish;

use futures_util::future::join;
use latchkey::audit::{Act, Event, Trail};
use latchkey::caller::{Credential, Gate, PendingOneTimeToken, live_session};
use latchkey::credentials::{Issuer, OneTimePassword, OneTimeToken, SessionClaims, SigningKeys, TokenKeys};
use latchkey::domain::{Locator, Secret, SessionId, Timestamp};
use latchkey::http::{Answer, ApiError, Operation, Request, Route, SessionView};
use latchkey::runtime::settings::{NumberSetting, OTP_TTL_SECONDS, Setting};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::{
    Database, Exchange, ExchangeError, OneTimeTokenRow, OneTimeTokens, OtpAttemptError, SessionKind, SessionRow, Throttle,
};
use wish::{Parties, Wish};

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

/// The token as it was found.
struct Found {
    row: OneTimeTokenRow,
    parties: Result<Parties, ApiError>,
    /// Whether an attempt at the one-time password was counted, where the token takes one.
    reserved: Result<(), OtpAttemptError>,
}

impl Operation for AuthenticationTokenExchange {
    const NAME: &'static str = "authentication-token-exchange";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/authentication-tokens/{token}/exchange")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = request.now;
        let key = request.idempotency_key()?;
        let mut fields = request.fields()?;
        let digest = fields.digest(&["oneTimePassword"]);
        let wish = Wish::read(&mut fields, self.ttl_seconds, self.max_ttl_seconds, now);
        fields.finish()?;

        let (signing_keys, token_keys) = join(self.signing_keys.get(), self.token_keys.get()).await;
        let text: String = request.path("token")?;
        let token = OneTimeToken::open(&token_keys, &text).map_err(|_| ApiError::TokenNotFound)?;
        latchkey::caller::note_row(token.id);
        let gate = Gate { issuer: &self.issuer, jwt_keys: signing_keys.verification(), token_keys: &token_keys, now };
        let credential = gate.optional_caller(&request.headers)?;

        let Found { row, parties, reserved } = self.read(&token, credential, now).await?;
        let password = wish.one_time_password.as_ref();
        let caller = parties.as_ref().ok().and_then(|parties| parties.caller.as_ref()).map(|caller| caller.user_id());
        let request_hash = key.as_ref().map(|_| caller.map_or_else(|| digest.clone(), |user| format!("{digest}/{user}")));
        let session_id = key.as_ref().map_or_else(SessionId::random, |key| key.session_of(token.id));
        if request_hash.is_some() && row.consumed_by == Some(session_id) {
            if row.otp_required {
                self.tokens.reserve_repeated_otp_attempt(token.id, session_id, self.otp_attempts_per_token).await?;
            }
            check_one_time_password(&token, &row, password, &token_keys, None)
                .inspect_err(|_| request.trail.note(event(Act::OneTimePasswordRefused, &row)))?;
            // Who repeats it must be allowed to what the first got: the key is no credential.
            wish.granted(&row, &parties?)?;
            return self.repeat(&row, session_id, request_hash, &signing_keys, now).await;
        }
        reserved.inspect_err(|error| tell_throttled(error, &row, &request.trail))?;
        if !row.is_live(now) {
            return Err(ApiError::TokenNotFound);
        }
        check_one_time_password(&token, &row, password, &token_keys, Some((self.otp_ttl_seconds, now)))
            .inspect_err(|_| request.trail.note(event(Act::OneTimePasswordRefused, &row)))?;
        let (acl, custom_claims) = match parties.and_then(|parties| wish.granted(&row, &parties)) {
            Ok(granted) => granted,
            Err(error) => return Err(self.forget_attempts(&token, now, error).await),
        };

        let session = SessionRow {
            subject: row.customer_id.to_string(),
            session_id,
            kind: SessionKind::Exchange,
            created_at: now,
            expires_at: wish.expires_at,
            epoch: row.customer_epoch,
            issuer_id: Some(row.issuer_id),
            request_hash: request_hash.clone(),
            acl: Some(acl),
            custom_claims: Some(custom_claims),
        };
        let answer = self.answer(&row, session.clone(), &signing_keys)?;
        let forget_attempts = token.otp_customer.map(|customer| (customer, self.otp_attempts_per_customer));
        let exchange = Exchange { token: &row, session: &session, invalidate: wish.invalidate, forget_attempts };
        match self.tokens.exchange(&exchange, now).await {
            Err(ExchangeError::SessionExists) if key.is_some() => {
                if let Some((customer, throttle)) = forget_attempts {
                    self.tokens.forget_otp_attempts(token.id, &customer, throttle, now).await?;
                }
                self.repeat(&row, session_id, request_hash, &signing_keys, now).await
            }
            other => {
                other?;
                let event = event(Act::OneTimeTokenExchanged, &row).credential(Locator::of_session(session_id));
                request.trail.note(caller.into_iter().fold(event, Event::actor));
                Ok(answer)
            }
        }
    }
}

impl AuthenticationTokenExchange {
    /// The token's row, who made it and who presents it, while an attempt is reserved for a token that takes a one-time password:
    /// requests side by side, so that nothing is compared before it is counted.
    async fn read(&self, token: &OneTimeToken, credential: Option<Credential>, now: Timestamp) -> Result<Found, ApiError> {
        let mut batch = self.database.batch();
        let pending = credential.map(|credential| credential.add_to(&mut batch));
        let token_rows = PendingOneTimeToken::new(token, &mut batch);
        let reserve = async {
            let Some(customer) = &token.otp_customer else { return Ok(()) };
            self.tokens.reserve_otp_attempt(token.id, customer, self.otp_attempts_per_token, self.otp_attempts_per_customer, now).await
        };
        let (rows, reserved) = join(batch.get(), reserve).await;
        let rows = rows?;
        let (row, issuer) = token_rows.resolve(&rows)?.ok_or(ApiError::TokenNotFound)?;
        let caller = pending.map(|pending| pending.caller(&rows, now)).transpose().map_err(ApiError::from);
        Ok(Found { row, parties: caller.map(|caller| Parties { issuer, caller }), reserved })
    }

    /// Gives back what a right one-time password took when the exchange fails all the same: a failed exchange consumes nothing.
    async fn forget_attempts(&self, token: &OneTimeToken, now: Timestamp, error: ApiError) -> ApiError {
        let Some(customer) = &token.otp_customer else { return error };
        let forgotten = self.tokens.forget_otp_attempts(token.id, customer, self.otp_attempts_per_customer, now).await;
        forgotten.map_or_else(ApiError::from, |()| error)
    }

    /// The session that the same request began before, while it lasts.
    async fn repeat(
        &self,
        row: &OneTimeTokenRow,
        id: SessionId,
        request_hash: Option<String>,
        keys: &SigningKeys,
        now: Timestamp,
    ) -> Result<Answer, ApiError> {
        let session = live_session(&self.database, &row.customer_id, id, now).await?.ok_or(ApiError::TokenNotFound)?;
        if session.request_hash != request_hash {
            return Err(ApiError::IdempotencyKeyReused);
        }
        self.answer(row, session, keys)
    }

    fn answer(&self, row: &OneTimeTokenRow, session: SessionRow, keys: &SigningKeys) -> Result<Answer, ApiError> {
        let claims = SessionClaims {
            customer: row.customer_id.clone(),
            session: session.session_id,
            acl: session.acl.clone().unwrap_or_default(),
            custom_claims: session.custom_claims.clone().unwrap_or_default(),
            issued_at: session.created_at,
            expires_at: session.expires_at,
        };
        let jwt = claims.mint(&self.issuer, keys).map_err(ApiError::internal)?;
        SessionView::new(session, Some(jwt)).created()
    }
}

/// Compares the one-time password, where the token takes one; `ends` is its life in seconds and the present, where its time counts.
fn check_one_time_password(
    token: &OneTimeToken,
    row: &OneTimeTokenRow,
    presented: Option<&Secret>,
    keys: &TokenKeys,
    ends: Option<(u32, Timestamp)>,
) -> Result<(), ApiError> {
    if !row.otp_required {
        return Ok(());
    }
    let password = OneTimePassword::of(token, keys).map_err(ApiError::internal)?;
    let right = presented.is_some_and(|presented| password.verify(presented.expose()));
    let in_time = ends.is_none_or(|(ttl_seconds, now)| now < row.created_at.plus(ttl_seconds));
    if right && in_time { Ok(()) } else { Err(ApiError::OneTimePasswordRefused) }
}

fn event(act: Act, row: &OneTimeTokenRow) -> Event {
    Event::of(act).subject(&row.customer_id).row(row.token_id)
}

fn tell_throttled(error: &OtpAttemptError, row: &OneTimeTokenRow, trail: &Trail) {
    if let OtpAttemptError::Throttled { .. } = error {
        trail.note(event(Act::OneTimePasswordThrottled, row));
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
const OTP_WINDOW_SECONDS: NumberSetting = NumberSetting {
    name: "OTP_WINDOW_SECONDS",
    default: 3600,
    range: 60..=86_400,
    meaning: "Length in seconds of the window that counts a customer's one-time passwords.",
};

impl Start for AuthenticationTokenExchange {
    const SETTINGS: &'static [Setting] = &[
        Setting::Number(SESSION_TTL_SECONDS),
        Setting::Number(SESSION_MAX_TTL_SECONDS),
        Setting::Number(OTP_ATTEMPTS_PER_TOKEN),
        Setting::Number(OTP_ATTEMPTS_PER_CUSTOMER),
        Setting::Number(OTP_WINDOW_SECONDS),
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
