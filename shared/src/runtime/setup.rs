//! What a function takes from its environment at start: variables, keys, tables, AWS clients.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::SharedHttpClient;
use tokio::sync::OnceCell;

use super::closed_origin::ClosedOrigin;
use super::key_store::KeyStore;
use super::mail::Channel;
use super::settings::{
    self, APP_URL, AUDIENCE, BREACHED_PASSWORDS_URL, CLIENT_ADDRESS_HEADER, ISSUER, MAIL_CONFIGURATION_SET, MAIL_FROM, MAIL_TRANSPORT,
    ORIGIN_SECRETS, PROBLEM_TYPES_URL, SIGNING_KEYS, Setting, TOKEN_KEYS, TextSetting, VERIFICATION_KEYS,
};
use super::{BreachedPasswords, ConfigError, Environment, Events, KeySecret, KeySets, KeySource, Keys, Live, MailTransport, aws};
use crate::caller::{LoginLives, PasswordGate};
use crate::credentials::{Issuer, KeySetError, OriginSecrets, PasswordLife, PasswordRules, SigningKeys, TokenKeys, VerificationKeys};
use crate::domain::{SharedClock, SystemClock};
use crate::http::{Operation, ProblemTypes};
use crate::store::{Database, KeyVersions, LoginAttempts, Tables, Throttle, Users};

/// An operation that can be started.
pub trait Start: Operation + Sized {
    /// The settings that this operation alone reads.
    const SETTINGS: &'static [Setting] = &[];

    /// Takes what the operation needs.
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

/// The variables, the clock, and the way to AWS.
#[derive(Clone)]
pub struct Setup {
    /// The variables.
    pub environment: Environment,
    /// The clock.
    pub clock: SharedClock,
    /// Where audit events go.
    pub events: Events,
    /// When the process began to start.
    pub(super) begun: Instant,
    aws: SdkConfig,
    dynamodb: Arc<OnceLock<aws_sdk_dynamodb::Client>>,
    key_store: Arc<OnceCell<KeyStore>>,
    /// What prepares the hasher's memory beside the rest of the start.
    preparation: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Setup {
    /// The setup of this process.
    ///
    /// # Errors
    /// [`ConfigError`] if `AWS_REGION` is not set.
    pub fn of_process() -> Result<Self, ConfigError> {
        Self::new(Environment::of_process(), Arc::new(SystemClock), None)
    }

    /// A setup for tests, with another clock, and another HTTP client under the AWS clients.
    ///
    /// # Errors
    /// [`ConfigError`] if `AWS_REGION` is not set.
    pub fn new(environment: Environment, clock: SharedClock, http_client: Option<SharedHttpClient>) -> Result<Self, ConfigError> {
        let begun = Instant::now();
        let aws = aws::config(&environment, http_client)?;
        let events = Events::new(&environment);
        Ok(Self {
            environment,
            clock,
            events,
            begun,
            aws,
            dynamodb: Arc::default(),
            key_store: Arc::default(),
            preparation: Arc::default(),
        })
    }

    /// The database with the tables that the operation touches. The others are not even named.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] names the variable of a table.
    pub fn database(&self, touched: &[Table]) -> Result<Database, ConfigError> {
        let name = |table, setting: TextSetting| {
            if touched.contains(&table) { self.environment.required(setting.name) } else { Ok(String::new()) }
        };
        let tables = Tables {
            users: name(Table::Users, settings::USERS_TABLE)?,
            tokens: name(Table::Tokens, settings::TOKENS_TABLE)?,
            sessions: name(Table::Sessions, settings::SESSIONS_TABLE)?,
        };
        let client = self.dynamodb.get_or_init(|| aws::dynamodb(&self.environment, &self.aws));
        Ok(Database::new(client.clone(), tables))
    }

    /// `ISSUER`, and `AUDIENCE`, which is the issuer by default.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for an issuer that is not an `https` URL; on loopback `http` will do.
    pub fn issuer(&self) -> Result<Issuer, ConfigError> {
        let url = https_url(ISSUER.name, self.environment.required(ISSUER.name)?)?;
        let audience = self.environment.text(&AUDIENCE).unwrap_or_else(|| url.clone());
        Ok(Issuer { url, audience })
    }

    /// The private keys of `SIGNING_KEYS`.
    ///
    /// # Errors
    /// [`ConfigError`] if they cannot be read.
    pub async fn signing_keys(&self) -> Result<Live<SigningKeys>, ConfigError> {
        self.key_set(SIGNING_KEYS.name, SigningKeys::parse).await
    }

    /// The public keys of `VERIFICATION_KEYS`.
    ///
    /// # Errors
    /// [`ConfigError`] if they cannot be read.
    pub async fn verification_keys(&self) -> Result<Live<VerificationKeys>, ConfigError> {
        self.key_set(VERIFICATION_KEYS.name, VerificationKeys::parse).await
    }

    /// The keys of opaque tokens, `TOKEN_KEYS`.
    ///
    /// # Errors
    /// [`ConfigError`] if they cannot be read.
    pub async fn token_keys(&self) -> Result<Live<TokenKeys>, ConfigError> {
        self.key_set(TOKEN_KEYS.name, TokenKeys::parse).await
    }

    /// What most operations check credentials with: `ISSUER`, `AUDIENCE`, `VERIFICATION_KEYS`, `TOKEN_KEYS`.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub async fn keys(&self) -> Result<Keys, ConfigError> {
        Ok(Keys { issuer: self.issuer()?, jwt: self.verification_keys().await?, tokens: self.token_keys().await? })
    }

    async fn key_set<T: Send + Sync + 'static>(
        &self,
        name: &'static str,
        parse: fn(&str) -> Result<T, KeySetError>,
    ) -> Result<Live<T>, ConfigError> {
        self.environment.required(name)?;
        self.key_store.get_or_try_init(|| self.read_keys()).await?.live(name, parse)
    }

    /// What admits requests, where `ORIGIN_SECRETS` close the origin to all but the distribution in front.
    pub(super) async fn closed_origin(&self) -> Result<Option<ClosedOrigin>, ConfigError> {
        let address_header = self.environment.text(&CLIENT_ADDRESS_HEADER);
        match (self.environment.text(&ORIGIN_SECRETS), address_header) {
            (Some(_), address_header) => {
                let secrets = self.key_set(ORIGIN_SECRETS.name, OriginSecrets::parse).await?;
                ClosedOrigin::new(secrets, address_header).map(Some)
            }
            (None, Some(_)) => {
                Err(ConfigError::invalid(CLIENT_ADDRESS_HEADER.name, "needs ORIGIN_SECRETS: without them anybody can send that header"))
            }
            (None, None) => Ok(None),
        }
    }

    /// Reads every set that the environment names, which are those that the function needs.
    async fn read_keys(&self) -> Result<KeyStore, ConfigError> {
        let client = aws::secrets_manager(&self.environment, &self.aws);
        let named = [SIGNING_KEYS, VERIFICATION_KEYS, TOKEN_KEYS, ORIGIN_SECRETS].into_iter();
        let sources: Vec<_> = named.filter_map(|setting| Some((setting.name, self.key_source(setting.name, &client).ok()?))).collect();
        // A function that has no key sets may not read the row of their versions.
        let is_announced = |(name, source): &(&str, KeySource)| *name != ORIGIN_SECRETS.name && source.is_secret();
        let versions = sources.iter().any(is_announced).then(|| self.database(&[Table::Users])).and_then(Result::ok);
        let versions = versions.map(|database| KeyVersions::new(&database));
        let refresh_seconds = self.environment.number(&settings::KEYS_REFRESH_SECONDS)?;
        Ok(KeyStore::read(sources, versions, refresh_seconds, self.clock.clone()).await)
    }

    /// Where the three key sets are kept, whether they are there or not.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub fn key_sets(&self) -> Result<KeySets<KeySource>, ConfigError> {
        let client = aws::patient_secrets_manager(&self.environment, &self.aws);
        let source = |name| self.key_source(name, &client);
        Ok(KeySets { signing: source(SIGNING_KEYS.name)?, verification: source(VERIFICATION_KEYS.name)?, token: source(TOKEN_KEYS.name)? })
    }

    fn key_source(&self, name: &'static str, client: &aws_sdk_secretsmanager::Client) -> Result<KeySource, ConfigError> {
        let text = self.environment.required(name)?;
        match text.split_once(':') {
            Some(("file", path)) => Ok(KeySource::File(path.into())),
            Some(("secretsmanager", arn)) => Ok(KeySource::Secret(KeySecret::new(client.clone(), arn.to_owned()))),
            _ => Err(KeySource::unknown(name)),
        }
    }

    /// The check of passwords: its throttles, and its hasher, whose memory is allocated from now on.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is wrong, or says that no password can be hashed.
    pub fn password_gate(&self, database: &Database) -> Result<PasswordGate, ConfigError> {
        let window_seconds = self.environment.number(&settings::LOGIN_WINDOW_SECONDS)?;
        let per_address = Throttle { attempts: self.environment.number(&settings::ADDRESS_ATTEMPTS)?, window_seconds };
        let per_name = self.environment.number_up_to(&settings::LOGIN_ATTEMPTS, per_address.attempts)?;
        let per_name = Throttle { attempts: per_name, window_seconds };
        let hasher = self.environment.password_hasher()?;
        *self.preparation() = hasher.prepare().map_err(ConfigError::Hash)?;
        Ok(PasswordGate { users: Users::new(database), attempts: LoginAttempts::new(database, per_name, per_address), hasher })
    }

    /// How long logins live: `LOGIN_TTL_SECONDS` and `LOGIN_SESSION_TTL_SECONDS`.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is wrong.
    pub fn login_lives(&self) -> Result<LoginLives, ConfigError> {
        let jwt_seconds = self.environment.number(&settings::LOGIN_TTL_SECONDS)?;
        Ok(LoginLives { jwt_seconds, session_seconds: self.environment.number(&settings::LOGIN_SESSION_TTL_SECONDS)? })
    }

    /// Waits until the memory of the hasher is there, so that no request pays for it. In Lambda a start has a whole CPU, and
    /// a request its share of one.
    pub(super) fn settle(&self) {
        if let Some(thread) = self.preparation().take() {
            // If it panicked, the first hash does its work.
            let _ = thread.join();
        }
    }

    fn preparation(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.preparation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rules for a new password: `PASSWORD_MIN_LENGTH` and `PASSWORD_MAX_LENGTH`.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is wrong.
    pub fn password_rules(&self) -> Result<PasswordRules, ConfigError> {
        let min_chars = self.environment.number(&settings::PASSWORD_MIN_LENGTH)?;
        Ok(PasswordRules { min_chars, max_chars: self.environment.number(&settings::PASSWORD_MAX_LENGTH)? })
    }

    /// When a password that is set at `now` expires: after `PASSWORD_MAX_AGE_DAYS`.
    ///
    /// # Errors
    /// [`ConfigError`] if the variable is wrong.
    pub fn password_life(&self) -> Result<PasswordLife, ConfigError> {
        Ok(PasswordLife { days: self.environment.number(&settings::PASSWORD_MAX_AGE_DAYS)? })
    }

    /// The check of new passwords against those known from breaches, at `BREACHED_PASSWORDS_URL`; none by default.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is not an `https` URL, and for one with a query or a fragment: the hash goes behind it.
    pub fn breached_passwords(&self) -> Result<BreachedPasswords, ConfigError> {
        match self.environment.text(&BREACHED_PASSWORDS_URL) {
            Some(url) if url.contains(['?', '#']) => {
                Err(ConfigError::invalid(BREACHED_PASSWORDS_URL.name, "must have no query and no fragment"))
            }
            Some(url) => Ok(BreachedPasswords::at(&https_url(BREACHED_PASSWORDS_URL.name, url)?)),
            None => Ok(BreachedPasswords::default()),
        }
    }

    /// How many mails anybody may ask for from one client address: `MAIL_REQUESTS_PER_ADDRESS` in an hour.
    ///
    /// # Errors
    /// [`ConfigError`] if the variable is wrong.
    pub fn mail_requests(&self) -> Result<Throttle, ConfigError> {
        Ok(Throttle { attempts: self.environment.number(&settings::MAIL_REQUESTS_PER_ADDRESS)?, window_seconds: 3600 })
    }

    /// Where links in mails lead: `APP_URL`, which is the issuer by default.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is not an `https` URL, and for one with a fragment: a link has its token there.
    pub fn app_url(&self) -> Result<String, ConfigError> {
        match self.environment.text(&APP_URL) {
            Some(url) if url.contains('#') => Err(ConfigError::invalid(APP_URL.name, "must have no fragment")),
            Some(url) => https_url(APP_URL.name, url),
            None => Ok(self.issuer()?.url),
        }
    }

    /// What `type` of a problem is: a place on the page at `PROBLEM_TYPES_URL`, or a URN by default.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is not an `https` URL, and for one with a fragment: the problem's name goes there.
    pub(super) fn problem_types(&self) -> Result<ProblemTypes, ConfigError> {
        match self.environment.text(&PROBLEM_TYPES_URL) {
            Some(url) if url.contains('#') => Err(ConfigError::invalid(PROBLEM_TYPES_URL.name, "must have no fragment")),
            Some(url) => https_url(PROBLEM_TYPES_URL.name, url).map(ProblemTypes::Page),
            None => Ok(ProblemTypes::Urn),
        }
    }

    /// What sends mail: by `MAIL_TRANSPORT`, from `MAIL_FROM`.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub fn mail_transport(&self) -> Result<MailTransport, ConfigError> {
        let from = self.environment.required(MAIL_FROM.name)?;
        let from = from.parse().map_err(|_| ConfigError::invalid(MAIL_FROM.name, "must be an e-mail address"))?;
        let transport = self.environment.required(MAIL_TRANSPORT.name)?;
        let channel = match transport.split_once(':') {
            Some(("directory", path)) => Channel::Directory(path.into()),
            None if transport == "ses" => Channel::Ses {
                client: aws::ses(&self.environment, &self.aws),
                configuration_set: self.environment.text(&MAIL_CONFIGURATION_SET),
            },
            _ => return Err(ConfigError::invalid(MAIL_TRANSPORT.name, "must be ses or directory:<path>")),
        };
        Ok(MailTransport { from, channel })
    }
}

/// `text`, if it is an `https` URL; on loopback `http` will do.
fn https_url(name: &'static str, text: String) -> Result<String, ConfigError> {
    let refused = || ConfigError::invalid(name, "must be an https URL");
    let parsed: http::Uri = text.parse().map_err(|_| refused())?;
    match (parsed.scheme_str(), parsed.host()) {
        (Some("https"), Some(_)) | (Some("http"), Some("127.0.0.1" | "localhost" | "[::1]")) => Ok(text),
        _ => Err(refused()),
    }
}
