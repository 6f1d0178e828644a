//! `POST /user/sign-up/confirm`: make the account that a mailed link permits, and log in.
//!
//! No account exists before the mailbox is proven, and its password comes with the proof: nobody can prepare an account for somebody
//! else's address. The account, its address and its first session are one transaction.

use latchkey::audit::{Act, Event};
use latchkey::caller::{LoginLives, NewLogin};
use latchkey::credentials::{Issuer, PasswordHasher, PasswordRules, SignUpToken, SigningKeys, TokenKeys, Weakness};
use latchkey::domain::{EmailAddress, Locator, Name, Secret, Username};
use latchkey::http::{Answer, ApiError, LoginView, Operation, Request, Route};
use latchkey::runtime::{BreachedPasswords, ConfigError, Live, Setup, Start, Table};
use latchkey::store::{NewUserError, UserRow, Users};

/// What the operation needs.
pub struct UserSignUpConfirm {
    users: Users,
    hasher: PasswordHasher,
    rules: PasswordRules,
    breached: BreachedPasswords,
    issuer: Issuer,
    signing_keys: Live<SigningKeys>,
    token_keys: Live<TokenKeys>,
    lives: LoginLives,
}

impl Operation for UserSignUpConfirm {
    const NAME: &'static str = "user-sign-up-confirm";
    const ROUTES: &'static [Route] = &[Route::new("POST", "/user/sign-up/confirm")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut fields = request.fields()?.in_either_case()?;
        let token = fields.required_secret("token");
        let password = fields.required_secret("password");
        let username = fields.text("username", usize::MAX).map(|name| name.trim().to_owned());
        let first_name = fields.parsed::<Name>("firstName").map(|name| name.to_string());
        let last_name = fields.parsed::<Name>("lastName").map(|name| name.to_string());
        fields.finish()?;

        let now = request.now;
        let token = SignUpToken::open(self.token_keys.get().await.as_ref(), token.expose(), now);
        let address = token.map_err(|_| ApiError::LinkNotFound)?.address;
        let username = user_name(username, &address)?;
        let email = Some(address.to_string());
        let user = UserRow { email, email_verified: true, first_name, last_name, ..UserRow::new(username, now) };
        self.rules.check(&password, &user.names()).map_err(weak)?;
        // A link that was used costs no hash. What decides is the transaction.
        if self.users.owner_of(&address).await?.is_some() {
            return Err(ApiError::LinkNotFound);
        }
        self.breached.check(&password, &request.trail).await.map_err(weak)?;

        let hash = self.hasher.hash(&password).map_err(ApiError::internal)?;
        let user = UserRow { password_hash: Some(Secret::new(hash.as_str())), ..user };
        let keys = self.signing_keys.get().await;
        let login = NewLogin::mint(&user, self.lives, (&self.issuer, keys.as_ref()), request.user_agent(), now);
        let NewLogin { session, token } = login.map_err(ApiError::internal)?;
        self.users.sign_up(&user, &session).await.map_err(|error| match error {
            // Whoever has the link is told no more than that it was used.
            NewUserError::EmailTaken => ApiError::LinkNotFound,
            error => error.into(),
        })?;
        request.trail.note(Event::of(Act::UserSignedUp).subject(user.user_id).credential(Locator::of_session(session.id())));
        Answer::created(&LoginView::new(user, token))
    }
}

/// The name that was chosen, or else the address. A name with `@` must be the address that was proven, or somebody could be called by
/// the address of another.
fn user_name(chosen: Option<String>, address: &EmailAddress) -> Result<String, ApiError> {
    let is_chosen = chosen.is_some();
    let refused = |why| ApiError::invalid_field("username", if is_chosen { why } else { "is required: this address can't be a user name" });
    let name = chosen.unwrap_or_else(|| address.to_string());
    let compared = Username::normalised(&name);
    if name.parse::<Name>().is_err() || !compared.is_possible() {
        return Err(refused("must have 1 to 256 bytes and no control or invisible character"));
    }
    let is_own = || compared.as_str().parse::<EmailAddress>().is_ok_and(|named| named.place() == address.place());
    if compared.as_str().contains('@') && !is_own() {
        return Err(refused("must be without @, or the e-mail address itself"));
    }
    Ok(name)
}

fn weak(weakness: Weakness) -> ApiError {
    ApiError::invalid_field("password", weakness.to_string())
}

impl Start for UserSignUpConfirm {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let database = setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?;
        Ok(Self {
            users: Users::new(&database),
            hasher: setup.environment.password_hasher()?,
            rules: setup.password_rules()?,
            breached: setup.breached_passwords()?,
            issuer: setup.issuer()?,
            signing_keys: setup.signing_keys().await?,
            token_keys: setup.token_keys().await?,
            lives: setup.login_lives()?,
        })
    }
}
