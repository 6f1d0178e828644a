//! `POST /authentication-tokens`: a one-time token for a customer, made by the customer's password or by a backend.

use futures_util::future::join;
use latchkey::audit::{Act, Event};
use latchkey::caller::{PasswordGate, may_issue_tokens};
use latchkey::credentials::{KeyNumber, OneTimePassword, OneTimeToken};
use latchkey::domain::{Acl, CustomClaims, CustomerId, IdempotencyKey, Locator, RandomId, Secret, Timestamp, UserId};
use latchkey::http::{Answer, ApiError, AuthenticationTokenView, Fields, Operation, Request, Route};
use latchkey::runtime::settings::{NumberSetting, OTP_TTL_SECONDS, Setting};
use latchkey::runtime::{ConfigError, Keys, Mail, Mailer, Setup, Start, Table};
use latchkey::store::{Database, IdempotencyGuard, OneTimeTokenRow, OneTimeTokens, UserRow};

/// What the operation needs.
pub struct AuthenticationTokenCreate {
    /// Checks passwords.
    pub passwords: PasswordGate,
    tokens: OneTimeTokens,
    database: Database,
    keys: Keys,
    mailer: Mailer,
    ttl_seconds: u32,
    max_ttl_seconds: u32,
    otp_ttl_seconds: u32,
}

/// How the caller proves the right to a token.
enum Mode {
    Password { username: String, password: Secret },
    Passwordless { customer: CustomerId },
}

/// What the caller asks for besides.
struct Wish {
    otp_required: bool,
    expires_at: Timestamp,
    acl: Acl,
    custom_claims: CustomClaims,
    /// The caller's name for this wish, and the wish hashed.
    once: Option<(IdempotencyKey, String)>,
}

/// For whom the token is and in whose name it is made.
struct Grant {
    customer: CustomerId,
    username: String,
    email: Option<String>,
    issuer: UserId,
    issuer_epoch: Option<u64>,
    customer_epoch: Option<u64>,
    credential_id: String,
    api_key: Option<Locator>,
}

impl Operation for AuthenticationTokenCreate {
    const NAME: &'static str = "authentication-token-create";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/authentication-tokens")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let now = request.now;
        let key = request.idempotency_key()?;
        let mut fields = request.fields()?;
        let once = key.map(|key| (key, fields.digest(&["password"])));
        let mode = read_mode(&mut fields);
        let wish = Wish { once, ..self.read_wish(&mut fields, now) };
        fields.finish()?;
        let mode = mode.ok_or_else(|| ApiError::invalid_field("mode", "is required"))?;

        match mode {
            Mode::Password { username, password } => self.by_password(&username, &password, wish, request, now).await,
            Mode::Passwordless { customer } => self.for_customer(customer, wish, request, now).await,
        }
    }
}

impl AuthenticationTokenCreate {
    /// A user who knows the password makes a token for themselves.
    async fn by_password(
        &self,
        username: &str,
        password: &Secret,
        wish: Wish,
        request: &Request,
        now: Timestamp,
    ) -> Result<Answer, ApiError> {
        let proven = self.passwords.prove(username, password, now, &request.trail).await?;
        // Claims are believed by whoever verifies the session: to make up one's own takes the same right as to make tokens for others.
        let may_claim = wish.custom_claims.is_empty() || may_issue_tokens(&proven.row.acl);
        if !may_claim || !proven.row.acl.covers(&wish.acl) {
            // The password was right: it is no attempt that counts.
            self.passwords.settle(&proven).await;
            return Err(ApiError::Escalation);
        }
        let (made, ()) = join(self.issue(Grant::to_themselves(&proven.row), wish, request, now), self.passwords.settle(&proven)).await;
        made
    }

    /// Somebody with the permission makes a token for a customer, who need not be a user here.
    async fn for_customer(&self, customer: CustomerId, wish: Wish, request: &Request, now: Timestamp) -> Result<Answer, ApiError> {
        let credential = self.keys.get().await.gate(now).caller(&request.headers)?;
        let mut batch = self.database.batch();
        let pending = credential.add_to(&mut batch);
        let customer_row = batch.user(&customer);
        let rows = batch.get().await?;
        let caller = pending.caller(&rows, now)?;
        if !caller.may_issue_tokens() {
            return Err(ApiError::Forbidden);
        }
        if !caller.covers(&wish.acl) {
            return Err(ApiError::Escalation);
        }
        let user: Option<UserRow> = rows.find(&customer_row)?;
        if user.as_ref().is_some_and(|user| !user.is_active()) {
            return Err(ApiError::invalid_field("customerId", "is a user who is disabled"));
        }
        let grant = Grant {
            username: user.as_ref().map_or_else(|| customer.to_string(), |user| user.username.clone()),
            customer,
            customer_epoch: user.as_ref().map(|user| user.epoch),
            email: user.and_then(|user| user.email),
            issuer: caller.user_id(),
            issuer_epoch: caller.session.map(|_| caller.user.epoch),
            credential_id: caller.credential_id.to_string(),
            api_key: caller.session.is_none().then_some(caller.credential_id),
        };
        self.issue(grant, wish, request, now).await
    }

    fn read_wish(&self, fields: &mut Fields, now: Timestamp) -> Wish {
        let otp_required = fields.boolean("otpRequired").unwrap_or(false);
        let ttl_seconds = if otp_required { self.otp_ttl_seconds.min(self.ttl_seconds) } else { self.ttl_seconds };
        let expires_at = fields.expiry("expiredTime", now, self.max_ttl_seconds).unwrap_or(now.plus(ttl_seconds));
        let acl = fields.acl("acl").unwrap_or_default();
        let custom_claims = fields.claims("customClaims").unwrap_or_default();
        if let Err(error) = custom_claims.check_size_with(&acl) {
            fields.invalid("customClaims", error.to_string());
        }
        Wish { otp_required, expires_at, acl, custom_claims, once: None }
    }

    /// Stores the token and, where one is required, mails its one-time password; in this order, so that a password that
    /// somebody reads belongs to a token that exists. A repeated request mails it again: nobody knows whether the first did.
    async fn issue(&self, grant: Grant, wish: Wish, request: &Request, now: Timestamp) -> Result<Answer, ApiError> {
        let keys = self.keys.get().await.tokens;
        let mailbox = match (wish.otp_required, grant.email) {
            (true, None) => return Err(ApiError::invalid_field("otpRequired", "the customer has no e-mail address here")),
            (true, mailbox) => mailbox,
            (false, _) => None,
        };
        let token_id = RandomId::random();
        let row = OneTimeTokenRow {
            token_id,
            customer_id: grant.customer,
            username: grant.username,
            issuer_id: grant.issuer,
            issuer_epoch: grant.issuer_epoch,
            customer_epoch: grant.customer_epoch,
            credential_id: grant.credential_id,
            api_key: grant.api_key,
            sealed_under: keys.current().get(),
            otp_required: wish.otp_required,
            acl: wish.acl,
            custom_claims: wish.custom_claims,
            created_at: now,
            expires_at: wish.expires_at,
            consumed_by: None,
        };
        let once = wish.once.map(|(key, digest)| IdempotencyGuard::new(grant.issuer, Self::NAME, &key, digest, now));
        let row = self.tokens.insert_new(row, once.as_ref()).await?;
        let token = sealed(&row);
        // A token whose key has left the ring meanwhile opens nothing any more.
        let text = token.seal(&keys).map_err(|_| ApiError::IdempotencyKeySpent)?;
        if !row.is_live(now) {
            return Err(ApiError::IdempotencyKeySpent);
        }
        if row.token_id == token_id {
            let event = Event::of(Act::OneTimeTokenCreated).subject(&row.customer_id).actor(row.issuer_id).row(token_id);
            request.trail.note(grant.api_key.into_iter().fold(event, Event::credential));
        }
        if let Some(mailbox) = mailbox.filter(|_| now < row.created_at.plus(self.otp_ttl_seconds)) {
            let password = OneTimePassword::of(&token, &keys).map_err(ApiError::internal)?;
            self.mailer.send(&self.mail(mailbox, &password)).await.map_err(|error| ApiError::Unavailable(error.into()))?;
        }

        let view = AuthenticationTokenView::new(row, text);
        Ok(Answer::created(&view)?.at(view.location()))
    }

    fn mail(&self, to: String, password: &OneTimePassword) -> Mail {
        let (digits, minutes) = (password.digits(), self.otp_ttl_seconds.div_ceil(60));
        let text = format!(
            "Your one-time password is {}.\n\nIt is valid for {minutes} minutes. If you did not ask for it, ignore this mail and tell nobody.\n",
            digits.expose()
        );
        Mail { to, subject: "Your one-time password".to_owned(), text }
    }
}

impl Grant {
    /// A user who knows the password is the customer, in their own name.
    fn to_themselves(user: &UserRow) -> Self {
        Self {
            customer: user.user_id.into(),
            username: user.username.clone(),
            email: user.email.clone(),
            credential_id: user.user_id.to_string(),
            api_key: None,
            issuer: user.user_id,
            issuer_epoch: Some(user.epoch),
            customer_epoch: Some(user.epoch),
        }
    }
}

/// The token of `row`.
fn sealed(row: &OneTimeTokenRow) -> OneTimeToken {
    OneTimeToken {
        key: KeyNumber::new(row.sealed_under),
        id: row.token_id,
        issuer: row.issuer_id,
        api_key: row.api_key,
        otp_customer: row.otp_required.then(|| Locator::of_customer(&row.customer_id)),
    }
}

/// A customer who may be a user here is looked for under the one spelling of a user's id.
fn canonical(customer: CustomerId) -> CustomerId {
    customer.as_str().parse::<UserId>().map_or(customer, CustomerId::from)
}

/// The mode, or `None` where what is wrong has been noted.
fn read_mode(fields: &mut Fields) -> Option<Mode> {
    match fields.required_text("mode", usize::MAX).as_str() {
        "password" => {
            let username = fields.required_secret("username").expose().to_owned();
            Some(Mode::Password { username, password: fields.required_secret("password") })
        }
        "passwordless" => fields.required_parsed("customerId").map(|customer| Mode::Passwordless { customer: canonical(customer) }),
        // What is wrong has been noted.
        "" => None,
        _ => {
            fields.invalid("mode", "must be password or passwordless");
            None
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

impl Start for AuthenticationTokenCreate {
    const SETTINGS: &'static [Setting] = &[Setting::Number(ONE_TIME_TOKEN_TTL_SECONDS), Setting::Number(ONE_TIME_TOKEN_MAX_TTL_SECONDS)];

    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        let max_ttl_seconds = setup.environment.number(&ONE_TIME_TOKEN_MAX_TTL_SECONDS)?;
        Ok(Self {
            passwords: setup.password_gate(&database)?,
            tokens: OneTimeTokens::new(&database),
            database,
            keys: setup.keys().await?,
            mailer: setup.mailer()?,
            ttl_seconds: setup.environment.number_up_to(&ONE_TIME_TOKEN_TTL_SECONDS, max_ttl_seconds)?,
            max_ttl_seconds,
            otp_ttl_seconds: setup.environment.number(&OTP_TTL_SECONDS)?,
        })
    }
}
