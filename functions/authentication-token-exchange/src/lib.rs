//! `POST /authentication-tokens/{token}/exchange`: a one-time token for a session JWT with an ACL.
//!
//! A failed exchange never consumes the token; of any number at the same instant exactly one succeeds.

use futures_util::future::{join, try_join};
use latchkey::caller::{Caller, Credential, Gate};
use latchkey::credentials::{Issuer, OneTimePassword, OneTimeToken, SessionClaims, SigningKeys, TokenKeys};
use latchkey::domain::{Acl, CustomClaims, CustomerId, Secret, SessionId, SharedClock, Timestamp};
use latchkey::http::{Answer, ApiError, Fields, Link, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start, Table};
use latchkey::store::{Database, NewSession, OneTimeTokenRow, OneTimeTokens, SessionKind, SessionRow, Throttle, UserRow, schema};
use serde::Serialize;

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
    clock: SharedClock,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    id: SessionId,
    r#type: &'static str,
    token: Secret,
    customer_id: CustomerId,
    acl: Acl,
    custom_claims: CustomClaims,
    created_time: Timestamp,
    updated_time: Timestamp,
    expired_time: Timestamp,
    #[serde(rename = "_links")]
    links: [Link; 1],
}

/// What the caller asks for.
struct Wish {
    invalidate: bool,
    one_time_password: Option<Secret>,
    expires_at: Timestamp,
    acl: Option<Acl>,
    custom_claims: Option<CustomClaims>,
}

/// Whose rights bound the session's.
struct Parties {
    issuer: UserRow,
    caller: Option<Caller>,
}

impl Operation for AuthenticationTokenExchange {
    const NAME: &'static str = "authentication-token-exchange";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/authentication-tokens/{token}/exchange")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = self.clock.now();
        let mut fields = request.fields()?;
        let wish = self.read_wish(&mut fields, now);
        fields.finish()?;

        let (signing_keys, token_keys) = join(self.signing_keys.get(), self.token_keys.get()).await;
        let text: String = request.path("token")?;
        let token = OneTimeToken::open(&token_keys, &text).map_err(|_| ApiError::TokenNotFound)?;
        latchkey::caller::note_row(token.id);
        let gate = Gate { issuer: &self.issuer, jwt_keys: signing_keys.verification(), token_keys: &token_keys, now };
        let credential = gate.any(&request.headers)?;

        let (row, parties) = self.read(&token, credential, now).await?;
        self.check_one_time_password(&token, &row, wish.one_time_password.as_ref(), &token_keys, now)?;
        let granted = parties.and_then(|parties| wish.granted(&row, &parties));
        let (acl, custom_claims) = match granted {
            Ok(granted) => granted,
            Err(error) => return Err(self.forget_attempts(&token, now, error).await),
        };

        let claims = SessionClaims {
            customer: row.customer_id.clone(),
            session: SessionId::random(),
            acl,
            custom_claims,
            issued_at: now,
            expires_at: wish.expires_at,
        };
        let jwt = claims.mint(&self.issuer, &signing_keys).map_err(ApiError::internal)?;
        let session = session_row(&claims);
        let forget_attempts = token.otp_customer.map(|customer| (customer, self.otp_attempts_per_customer));
        let exchange = NewSession { token: &row, session: &session, invalidate: wish.invalidate, forget_attempts };
        self.tokens.exchange(&exchange, now).await?;
        answer(claims, jwt)
    }
}

impl AuthenticationTokenExchange {
    /// The read-only fields that the seed lists (id, token, type, …) are accepted and ignored.
    fn read_wish(&self, fields: &mut Fields, now: Timestamp) -> Wish {
        let wish = Wish {
            invalidate: fields.boolean("invalidate").unwrap_or(true),
            one_time_password: fields.text("oneTimePassword", 64).map(Secret::new),
            expires_at: fields.expiry("expiredTime", now, self.max_ttl_seconds).unwrap_or(now.plus(self.ttl_seconds)),
            acl: fields.acl("acl"),
            custom_claims: fields.claims("customClaims"),
        };
        if let Err(error) = wish.custom_claims.clone().unwrap_or_default().check_size_with(&wish.acl.clone().unwrap_or_default()) {
            fields.invalid("customClaims", error.to_string());
        }
        wish
    }

    /// The token's row, who made it and who presents it, while an attempt is reserved for a token that takes a one-time password: requests side by
    /// side, so that nothing is compared before it is counted.
    async fn read(
        &self,
        token: &OneTimeToken,
        credential: Option<Credential>,
        now: Timestamp,
    ) -> Result<(OneTimeTokenRow, Result<Parties, ApiError>), ApiError> {
        let mut batch = self.database.batch();
        let asked = credential.map(|credential| credential.ask(&mut batch));
        let (key, issuer) = (batch.token(schema::one_time_token(token.id)), batch.user(token.issuer));
        let reserve = async {
            let Some(customer) = &token.otp_customer else { return Ok(()) };
            self.tokens.reserve_otp_attempt(token.id, customer, self.otp_attempts_per_token, self.otp_attempts_per_customer, now).await
        };
        let (rows, ()) =
            try_join(async { batch.get().await.map_err(ApiError::from) }, async { reserve.await.map_err(ApiError::from) }).await?;
        let row: Option<OneTimeTokenRow> = rows.find(&key)?;
        let row = row.filter(|row| row.is_live(now)).ok_or(ApiError::TokenNotFound)?;
        let issuer: Option<UserRow> = rows.find(&issuer)?;
        let issuer = issuer.filter(|issuer| row.is_backed_by(issuer)).ok_or(ApiError::TokenNotFound)?;
        let caller = asked.map(|asked| asked.resolve(&rows, now)).transpose().map_err(ApiError::from);
        Ok((row, caller.map(|caller| Parties { issuer, caller })))
    }

    /// Gives back what a right one-time password took when the exchange fails all the same: a failed exchange consumes nothing.
    async fn forget_attempts(&self, token: &OneTimeToken, now: Timestamp, error: ApiError) -> ApiError {
        let Some(customer) = &token.otp_customer else { return error };
        let forgotten = self.tokens.forget_otp_attempts(token.id, customer, self.otp_attempts_per_customer, now).await;
        forgotten.map_or_else(ApiError::from, |()| error)
    }

    fn check_one_time_password(
        &self,
        token: &OneTimeToken,
        row: &OneTimeTokenRow,
        presented: Option<&Secret>,
        keys: &TokenKeys,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        if !row.otp_required {
            return Ok(());
        }
        let password = OneTimePassword::of(token, keys).map_err(ApiError::internal)?;
        let right = presented.is_some_and(|presented| password.verify(presented.expose()));
        let in_time = now < row.created_at.plus(self.otp_ttl_seconds);
        if right && in_time { Ok(()) } else { Err(ApiError::OneTimePasswordRefused) }
    }
}

impl Wish {
    /// The ACL and the claims of the session: the token's own, or what is asked for as far as the token's own ACL or the caller's
    /// covers it. The token's own counts as far as whoever made it still has as much. Claims are the issuer's to make: to replace
    /// them takes a credential with the right to make such a token.
    fn granted(&self, row: &OneTimeTokenRow, parties: &Parties) -> Result<(Acl, CustomClaims), ApiError> {
        let acl = self.acl.clone().unwrap_or_else(|| row.acl.clone());
        let by_token = row.acl.covers(&acl) && parties.issuer.acl.covers(&acl);
        let caller = parties.caller.as_ref();
        if !by_token && !caller.is_some_and(|caller| caller.covers(&acl)) {
            return Err(ApiError::Escalation);
        }
        let custom_claims = match &self.custom_claims {
            None => row.custom_claims.clone(),
            Some(claims) if *claims == row.custom_claims => claims.clone(),
            Some(claims) if caller.is_some_and(Caller::may_issue_tokens) => claims.clone(),
            Some(_) => return Err(ApiError::Escalation),
        };
        custom_claims.check_size_with(&acl).map_err(|error| ApiError::invalid_field("customClaims", error.to_string()))?;
        Ok((acl, custom_claims))
    }
}

fn session_row(claims: &SessionClaims) -> SessionRow {
    SessionRow {
        subject: claims.customer.to_string(),
        session_id: claims.session,
        kind: SessionKind::Exchange,
        created_at: claims.issued_at,
        expires_at: claims.expires_at,
        epoch: None,
        acl: Some(claims.acl.clone()),
        custom_claims: Some(claims.custom_claims.clone()),
    }
}

fn answer(claims: SessionClaims, jwt: Secret) -> Result<Answer, ApiError> {
    let link = Link::new("customer", "/customers", claims.customer.as_str());
    let answer = Answer::created(&Session {
        id: claims.session,
        r#type: "customer",
        token: jwt,
        customer_id: claims.customer,
        acl: claims.acl,
        custom_claims: claims.custom_claims,
        created_time: claims.issued_at,
        updated_time: claims.issued_at,
        expired_time: claims.expires_at,
        links: [link],
    })?;
    Ok(answer.at(format!("/sessions/{}", claims.session)))
}

impl Start for AuthenticationTokenExchange {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        let number = |name, default, range| setup.environment.number(name, default, range);
        let max_ttl_seconds = number("SESSION_MAX_TTL_SECONDS", 86_400, 60..=2_592_000)?;
        Ok(Self {
            tokens: OneTimeTokens::new(&database),
            database,
            issuer: setup.issuer()?,
            signing_keys: setup.signing_keys().await?,
            token_keys: setup.token_keys().await?,
            ttl_seconds: number("SESSION_TTL_SECONDS", 3600, 60..=max_ttl_seconds)?,
            max_ttl_seconds,
            otp_ttl_seconds: number("OTP_TTL_SECONDS", 600, 60..=600)?,
            otp_attempts_per_token: number("OTP_ATTEMPTS_PER_TOKEN", 5, 1..=100)?,
            otp_attempts_per_customer: Throttle {
                attempts: number("OTP_ATTEMPTS_PER_CUSTOMER", 10, 1..=1000)?,
                window_seconds: number("OTP_WINDOW_SECONDS", 3600, 60..=86_400)?,
            },
            clock: setup.clock.clone(),
        })
    }
}
