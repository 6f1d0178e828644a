//! A running Latchkey, and your backend's credential for it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use crate::caller::{Caller, fingerprint};
use crate::clock::now;
use crate::introspection::{self, IntrospectError};
use crate::keys::{Algorithm, KeySet};
use crate::known::Known;
use crate::session::{Trust, VerifyError};

const MAX_CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// Why a client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The URL is none of `http` or `https`.
    #[error("the URL of Latchkey must begin with https:// or http://")]
    Url,
    /// The API key holds what cannot stand in a header.
    #[error("the API key cannot stand in a header")]
    ApiKey,
    /// The clock tolerance is too long.
    #[error("the clock tolerance must be 30 seconds at most")]
    ClockTolerance,
    /// No algorithm is accepted.
    #[error("at least one algorithm must be accepted")]
    Algorithms,
    /// The HTTP client cannot be made, for example for want of the system's certificates.
    #[error("the HTTP client cannot be made")]
    Http(#[source] reqwest::Error),
}

/// A running Latchkey. Create one for each process: it holds the connections, the public keys and the cache of introspection. A clone
/// shares them.
#[derive(Clone)]
pub struct Latchkey(Arc<Inner>);

struct Inner {
    url: String,
    http: reqwest::Client,
    keys: KeySet,
    trust: Trust,
    api_key: Option<HeaderValue>,
    retries: u32,
    known: Known,
}

impl fmt::Debug for Latchkey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Latchkey").field("url", &self.0.url).field("audience", &self.0.trust.audience).finish_non_exhaustive()
    }
}

impl Latchkey {
    /// A client of the Latchkey at `url`, which is also the issuer and the audience, with the defaults of [`Builder`].
    ///
    /// # Errors
    ///
    /// [`ConfigError::Url`], and [`ConfigError::Http`].
    pub fn new(url: &str) -> Result<Self, ConfigError> {
        Self::builder(url).build()
    }

    /// Settings of a client of the Latchkey at `url`.
    #[must_use]
    pub fn builder(url: &str) -> Builder {
        Builder {
            url: url.trim_end_matches('/').to_owned(),
            api_key: None,
            issuer: None,
            audience: None,
            algorithms: vec![Algorithm::Es256],
            clock_tolerance: Duration::ZERO,
            retries: 2,
            timeout: Duration::from_secs(10),
        }
    }

    /// `aud` of the sessions that this client accepts.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.0.trust.audience
    }

    /// Verifies a session's JWT by the public keys alone, without a request once the keys are there, and without knowledge of a
    /// revocation. A login is never accepted.
    ///
    /// The keys are kept for five minutes. An unknown key is looked for at most twice a minute.
    ///
    /// # Errors
    ///
    /// [`VerifyError::InvalidSession`] for whatever is no good session; [`VerifyError::Unavailable`] if the keys could not be had, which
    /// says nothing about the JWT.
    pub async fn verify_session(&self, jwt: &str) -> Result<Caller, VerifyError> {
        self.0.trust.verify(&self.0.keys, jwt, now()).await
    }

    /// What Latchkey says of a credential of any kind now; `None` if it is not good.
    ///
    /// # Errors
    ///
    /// [`IntrospectError`] if nobody knows: it says nothing about the credential. A lost or a temporary answer is asked for again before.
    pub async fn introspect(&self, token: &str) -> Result<Option<Caller>, IntrospectError> {
        self.introspect_cached(token, Duration::ZERO).await
    }

    /// The same, but a good answer is kept for `cache`, under a hash of the credential, and a revocation takes as much longer. No bad
    /// answer is kept, and none outlives its credential.
    ///
    /// # Errors
    ///
    /// Those of [`Latchkey::introspect`].
    pub async fn introspect_cached(&self, token: &str, cache: Duration) -> Result<Option<Caller>, IntrospectError> {
        let Inner { url, http, api_key, retries, known, .. } = &*self.0;
        let api_key = api_key.as_ref().ok_or(IntrospectError::NoApiKey)?;
        let (name, at) = (fingerprint(token), now());
        if let Some(caller) = known.find(&name, cache, at) {
            return Ok(Some(caller));
        }
        known.remove(&name);
        let found = introspection::ask(http, &format!("{url}/introspect"), api_key, *retries, token, &name).await?;
        if let Some(caller) = found.as_ref().filter(|_| !cache.is_zero()) {
            known.put(name, caller.clone(), at);
        }
        Ok(found)
    }

    pub(crate) fn has_api_key(&self) -> bool {
        self.0.api_key.is_some()
    }
}

/// Settings of a [`Latchkey`].
pub struct Builder {
    url: String,
    api_key: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    algorithms: Vec<Algorithm>,
    clock_tolerance: Duration,
    retries: u32,
    timeout: Duration,
}

impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Builder").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Builder {
    /// The API key of your backend, which introspection needs. Verifying sessions needs none.
    #[must_use]
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = Some(api_key.into());
        self
    }

    /// `iss` of the JWTs; the URL by default.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// `aud` of the sessions; the issuer by default.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The algorithms that your deployment signs with; [`Algorithm::Es256`] by default.
    #[must_use]
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// By how much clocks may differ when a session is verified: not at all by default, 30 seconds at most.
    #[must_use]
    pub fn clock_tolerance(mut self, tolerance: Duration) -> Self {
        self.clock_tolerance = tolerance;
        self
    }

    /// How often a question is repeated after a lost or a temporary answer; 2 by default.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// When a request counts as lost; after 10 seconds by default, and for the public keys after 5 at the latest.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] says which setting is wrong.
    pub fn build(self) -> Result<Latchkey, ConfigError> {
        let url = reqwest::Url::parse(&self.url).map_err(|_| ConfigError::Url)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ConfigError::Url);
        }
        if self.clock_tolerance > MAX_CLOCK_TOLERANCE {
            return Err(ConfigError::ClockTolerance);
        }
        if self.algorithms.is_empty() {
            return Err(ConfigError::Algorithms);
        }
        let api_key = self.api_key.map(HeaderValue::try_from).transpose().map_err(|_| ConfigError::ApiKey)?.map(|mut key| {
            key.set_sensitive(true);
            key
        });
        // A redirection would take the API key along.
        let mut http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(self.timeout);
        if url.host_str().is_some_and(is_this_machine) {
            http = http.no_proxy();
        }
        let http = http.user_agent(concat!("latchkey-client/", env!("CARGO_PKG_VERSION"))).build().map_err(ConfigError::Http)?;
        let issuer = self.issuer.unwrap_or_else(|| self.url.clone());
        let audience = self.audience.unwrap_or_else(|| issuer.clone());
        let trust = Trust { issuer, audience, algorithms: self.algorithms, clock_tolerance: self.clock_tolerance };
        let keys = KeySet::new(http.clone(), &self.url, self.timeout);
        Ok(Latchkey(Arc::new(Inner { url: self.url, http, keys, trust, api_key, retries: self.retries, known: Known::default() })))
    }
}

/// Whether a host is this machine, as that of the local stack is.
fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
