//! What an operation takes from its surroundings at start.

use std::future::Future;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::SharedHttpClient;

use super::mail::Transport;
use super::{ConfigError, Environment, Events, KeySecret, KeySets, KeySource, Keys, Live, Mailer, aws};
use crate::caller::PasswordGate;
use crate::credentials::{Issuer, PasswordHasher, PasswordParameters, PasswordRules, SigningKeys, TokenKeys, VerificationKeys};
use crate::domain::{SharedClock, SystemClock};
use crate::http::Operation;
use crate::store::{Database, LoginAttempts, Tables, Throttle, Users};

/// An operation that can be started from its surroundings.
pub trait Start: Operation + Sized {
    /// Takes what the operation needs; one operation, one list of variables.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    fn start(setup: &Setup) -> impl Future<Output = Result<Self, ConfigError>> + Send;
}

/// A table that an operation touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// `USERS_TABLE`
    Users,
    /// `TOKENS_TABLE`
    Tokens,
    /// `SESSIONS_TABLE`
    Sessions,
}

/// The surroundings: variables, the clock, AWS.
#[derive(Clone)]
pub struct Setup {
    /// The variables.
    pub environment: Environment,
    /// The clock.
    pub clock: SharedClock,
    /// Where audit events go.
    pub events: Events,
    aws: SdkConfig,
}

impl Setup {
    /// The surroundings of this process.
    ///
    /// # Errors
    /// [`ConfigError`] if `AWS_REGION` is not set.
    pub fn of_process() -> Result<Self, ConfigError> {
        Self::new(Environment::of_process(), Arc::new(SystemClock), None)
    }

    /// Surroundings of one's own making, for tests: another clock, another HTTP client under the AWS clients.
    ///
    /// # Errors
    /// [`ConfigError`] if `AWS_REGION` is not set.
    pub fn new(environment: Environment, clock: SharedClock, http_client: Option<SharedHttpClient>) -> Result<Self, ConfigError> {
        let aws = aws::config(&environment, http_client)?;
        let events = Events::new(&environment);
        Ok(Self { environment, clock, events, aws })
    }

    /// The database with the tables that the operation touches; the others are not even named.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] names the variable of a table.
    pub fn database(&self, touched: &[Table]) -> Result<Database, ConfigError> {
        let name = |table, variable| if touched.contains(&table) { self.environment.required(variable) } else { Ok(String::new()) };
        let tables = Tables {
            users: name(Table::Users, "USERS_TABLE")?,
            tokens: name(Table::Tokens, "TOKENS_TABLE")?,
            sessions: name(Table::Sessions, "SESSIONS_TABLE")?,
        };
        Ok(Database::new(aws::dynamodb(&self.environment, &self.aws), tables))
    }

    /// `ISSUER`, and `AUDIENCE`, which is the issuer by default.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for an issuer that is no `https` URL; `http` is taken on loopback.
    pub fn issuer(&self) -> Result<Issuer, ConfigError> {
        let url = self.environment.required("ISSUER")?;
        let parsed: http::Uri = url.parse().map_err(|_| ConfigError::invalid("ISSUER", "must be an https URL"))?;
        match (parsed.scheme_str(), parsed.host()) {
            (Some("https"), Some(_)) | (Some("http"), Some("127.0.0.1" | "localhost" | "[::1]")) => {}
            _ => return Err(ConfigError::invalid("ISSUER", "must be an https URL")),
        }
        let audience = self.environment.optional("AUDIENCE").unwrap_or_else(|| url.clone());
        Ok(Issuer { url, audience })
    }

    /// `LOGIN_TTL_SECONDS`: how long a login JWT lives, an hour by default.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is no number of seconds up to a day.
    pub fn login_ttl_seconds(&self) -> Result<u32, ConfigError> {
        self.environment.number("LOGIN_TTL_SECONDS", 3600, 60..=86_400)
    }

    /// The private keys of `SIGNING_KEYS`.
    ///
    /// # Errors
    /// [`ConfigError`] if they can not be read.
    pub async fn signing_keys(&self) -> Result<Live<SigningKeys>, ConfigError> {
        self.key_set("SIGNING_KEYS", SigningKeys::parse).await
    }

    /// The public keys of `VERIFICATION_KEYS`.
    ///
    /// # Errors
    /// [`ConfigError`] if they can not be read.
    pub async fn verification_keys(&self) -> Result<Live<VerificationKeys>, ConfigError> {
        self.key_set("VERIFICATION_KEYS", VerificationKeys::parse).await
    }

    /// The keys of opaque tokens, `TOKEN_KEYS`.
    ///
    /// # Errors
    /// [`ConfigError`] if they can not be read.
    pub async fn token_keys(&self) -> Result<Live<TokenKeys>, ConfigError> {
        self.key_set("TOKEN_KEYS", TokenKeys::parse).await
    }

    /// What most operations check credentials with: `ISSUER`, `VERIFICATION_KEYS`, `TOKEN_KEYS`.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub async fn keys(&self) -> Result<Keys, ConfigError> {
        Ok(Keys { issuer: self.issuer()?, jwt: self.verification_keys().await?, tokens: self.token_keys().await? })
    }

    async fn key_set<T>(
        &self,
        name: &'static str,
        parse: fn(&str) -> Result<T, crate::credentials::KeySetError>,
    ) -> Result<Live<T>, ConfigError> {
        let refresh_seconds = self.environment.number("KEYS_REFRESH_SECONDS", 60, 1..=3600)?;
        let source = self.key_source(name, &aws::secrets_manager(&self.environment, &self.aws))?;
        Live::start(name, source, parse, refresh_seconds, self.clock.clone()).await
    }

    /// Where the three key sets are kept, whether they are there or not.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub fn key_sets(&self) -> Result<KeySets<KeySource>, ConfigError> {
        let client = aws::patient_secrets_manager(&self.environment, &self.aws);
        let source = |name| self.key_source(name, &client);
        Ok(KeySets { signing: source("SIGNING_KEYS")?, verification: source("VERIFICATION_KEYS")?, token: source("TOKEN_KEYS")? })
    }

    fn key_source(&self, name: &'static str, client: &aws_sdk_secretsmanager::Client) -> Result<KeySource, ConfigError> {
        let text = self.environment.required(name)?;
        match text.split_once(':') {
            Some(("file", path)) => Ok(KeySource::File(path.into())),
            Some(("inline", json)) if self.environment.optional("AWS_SAM_LOCAL").is_some() => Ok(KeySource::Inline(json.to_owned())),
            Some(("secretsmanager", arn)) => Ok(KeySource::Secret(KeySecret::new(client.clone(), arn.to_owned()))),
            _ => Err(ConfigError::invalid(name, "must be secretsmanager:<arn> or file:<path> (under sam local: inline:<JWK set>)")),
        }
    }

    /// The check of passwords: throttle and argon2 from the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is wrong.
    pub fn password_gate(&self, database: &Database) -> Result<PasswordGate, ConfigError> {
        let number = |name, default, range| self.environment.number(name, default, range);
        let throttle = Throttle {
            attempts: number("LOGIN_ATTEMPTS", 10, 1..=1000)?,
            window_seconds: number("LOGIN_WINDOW_SECONDS", 900, 1..=86_400)?,
        };
        let parameters = PasswordParameters {
            memory_kib: number("ARGON2_MEMORY_KIB", 19_456, 8..=1_048_576)?,
            iterations: number("ARGON2_ITERATIONS", 2, 1..=100)?,
            parallelism: number("ARGON2_PARALLELISM", 1, 1..=16)?,
        };
        let hasher = PasswordHasher::new(parameters).map_err(|error| ConfigError::invalid("ARGON2_MEMORY_KIB", error))?;
        Ok(PasswordGate { users: Users::new(database), attempts: LoginAttempts::new(database, throttle), hasher })
    }

    /// What a new password must be like: `PASSWORD_MIN_LENGTH` (8) and `PASSWORD_MAX_LENGTH` (256) characters.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is wrong.
    pub fn password_rules(&self) -> Result<PasswordRules, ConfigError> {
        let max_chars = self.environment.number("PASSWORD_MAX_LENGTH", 256, 64..=4096)?;
        Ok(PasswordRules { min_chars: self.environment.number("PASSWORD_MIN_LENGTH", 8, 8..=max_chars)?, max_chars })
    }

    /// The way out for mail: `MAIL_TRANSPORT` is `ses` or `directory:<path>`, `MAIL_FROM` the sender.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub fn mailer(&self) -> Result<Mailer, ConfigError> {
        let from = self.environment.required("MAIL_FROM")?;
        let transport = self.environment.required("MAIL_TRANSPORT")?;
        let transport = match transport.split_once(':') {
            Some(("directory", path)) => Transport::Directory(path.into()),
            None if transport == "ses" => Transport::Ses(aws::ses(&self.environment, &self.aws)),
            _ => return Err(ConfigError::invalid("MAIL_TRANSPORT", "must be ses or directory:<path>")),
        };
        Ok(Mailer { from, transport })
    }
}
