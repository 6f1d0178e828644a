//! Keeps the key sets of a process up to date, at next to no cost, and out of the way of its requests.
//!
//! Whoever rotates a set announces its version in a row of the users table ([`KeyVersions`]). Every
//! `KEYS_REFRESH_SECONDS`, while requests come in, a process reads that row, beside a request that goes on with the keys
//! that are there. Only a set whose version has changed is read again. What is announced nowhere, such as an edit by
//! hand, is found within [`UNANNOUNCED_SECONDS`].
//!
//! A process that had no request for [`IDLE`] times as long may have slept through a whole step of a rotation. Its first
//! request waits for the row, which is one read of DynamoDB, over the connection that the request needs next.
//!
//! Whatever fails leaves the keys that are there in use: a service that does not answer must not lock everybody out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tracing::Instrument;

use super::key_source::{KeySource, KeySourceError};
use super::settings::{SIGNING_KEYS, TOKEN_KEYS, VERIFICATION_KEYS};
use super::telemetry::chain;
use crate::domain::{Locator, Secret, SharedClock, Timestamp};
use crate::store::{KeyVersions, KeyVersionsRow};

/// How many intervals a process may have been idle before a request waits. A rotation waits two for each step.
const IDLE: u64 = 2;

/// After how long a set is read again although nobody announced a change.
const UNANNOUNCED_SECONDS: u64 = 3600;

/// A key set of this process.
pub(super) trait Held: Send + Sync {
    /// The variable that names it.
    fn name(&self) -> &'static str;
    /// Where it is read from.
    fn source(&self) -> &KeySource;
    /// The version that is in use.
    fn version(&self) -> Locator;
    /// Uses `text` from now on. If it cannot be used, what is there stays.
    fn replace(&self, text: &Secret) -> Result<(), KeySourceError>;
}

/// The refresh of all sets of a process.
pub(super) struct KeyRefresh {
    sets: Mutex<Vec<Arc<dyn Held>>>,
    /// Where versions are announced. Without it every check reads the sets themselves.
    versions: Option<KeyVersions>,
    refresh_seconds: u64,
    clock: SharedClock,
    state: Mutex<State>,
    has_failed: AtomicBool,
}

struct State {
    checked_at: Timestamp,
    read_at: Timestamp,
    looked_at: Timestamp,
    /// The check that requests wait for.
    awaited: Option<Shared<BoxFuture<'static, ()>>>,
}

impl KeyRefresh {
    /// Nothing to refresh yet; what will be was read now.
    pub fn new(versions: Option<KeyVersions>, refresh_seconds: u32, clock: SharedClock) -> Self {
        let state = State { checked_at: clock.now(), read_at: clock.now(), looked_at: clock.now(), awaited: None };
        Self {
            sets: Mutex::default(),
            versions,
            refresh_seconds: refresh_seconds.into(),
            clock,
            state: Mutex::new(state),
            has_failed: AtomicBool::new(false),
        }
    }

    /// Refreshes `set` from now on.
    pub fn hold(&self, set: Arc<dyn Held>) {
        lock(&self.sets).push(set);
    }

    /// Starts a check if it is time, and waits for it if the process was idle for long.
    pub async fn touch(self: &Arc<Self>) {
        let awaited = self.start_if_due();
        if let Some(check) = awaited {
            check.await;
        }
    }

    /// Reads `set` again, at most once in `KEYS_REFRESH_SECONDS`, for a request that shows what is not in it: who sent that may know of a
    /// change before this process does.
    pub async fn look_again(&self, set: Arc<dyn Held>) {
        let now = self.clock.now();
        {
            let mut state = lock(&self.state);
            if now.seconds_since(state.looked_at) < self.refresh_seconds {
                return;
            }
            state.looked_at = now;
        }
        self.read(vec![set]).await;
    }

    fn start_if_due(self: &Arc<Self>) -> Option<Shared<BoxFuture<'static, ()>>> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let age = now.seconds_since(state.checked_at);
        if age < self.refresh_seconds {
            return state.awaited.clone();
        }
        // Requests that come meanwhile start no other check, nor do those after a failure until it is time again.
        state.checked_at = now;
        let check = self.in_background(Self::check);
        if now.seconds_since(state.read_at) >= UNANNOUNCED_SECONDS {
            state.read_at = now;
            drop(self.in_background(Self::read_all));
        }
        state.awaited = (age >= IDLE * self.refresh_seconds).then_some(check);
        state.awaited.clone()
    }

    /// Runs `task` beside this request and those that follow. Lambda freezes a process between two requests.
    fn in_background<F>(self: &Arc<Self>, task: fn(Arc<Self>) -> F) -> Shared<BoxFuture<'static, ()>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        tokio::spawn(task(self.clone()).in_current_span()).map(drop).boxed().shared()
    }

    /// Reads again the sets that have changed.
    async fn check(self: Arc<Self>) {
        let versions = match &self.versions {
            Some(versions) => versions.find().await.map(Some),
            None => Ok(None),
        };
        match versions {
            Ok(versions) => {
                let has_changed = |set: &Arc<dyn Held>| match (set.source(), &versions) {
                    (KeySource::Secret(_), Some(versions)) => {
                        announced(versions, set.name()).is_some_and(|version| version != set.version())
                    }
                    // Nothing announces the other secrets: they are read again every hour.
                    (KeySource::Secret(_), None) => false,
                    (KeySource::File(_), _) => true,
                };
                let changed = lock(&self.sets).iter().filter(|set| has_changed(set)).cloned().collect();
                self.read(changed).await;
            }
            Err(error) => self.failed("USERS_TABLE", &error),
        }
    }

    async fn read_all(self: Arc<Self>) {
        let all = lock(&self.sets).clone();
        self.read(all).await;
    }

    async fn read(&self, sets: Vec<Arc<dyn Held>>) {
        let sources: Vec<_> = sets.iter().map(|set| set.source()).collect();
        let texts = KeySource::read_all(&sources).await;
        let mut all_are_read = true;
        for (set, text) in sets.iter().zip(texts) {
            match text.map(|text| set.replace(&text)) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn(set.name(), &error),
                Err(error) => {
                    all_are_read = false;
                    self.failed(set.name(), &error);
                }
            }
        }
        if all_are_read {
            self.has_failed.store(false, Ordering::Relaxed);
        }
    }

    /// One failure alone may be a call that Lambda froze together with the process, so only a second one is a warning.
    fn failed(&self, variable: &str, error: &(dyn std::error::Error + 'static)) {
        if self.has_failed.swap(true, Ordering::Relaxed) {
            warn(variable, error);
        } else {
            tracing::debug!(variable, error = chain(error), "a check of the keys failed");
        }
    }
}

fn warn(variable: &str, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(variable, error = chain(error), "keys could not be read again");
}

fn announced(versions: &KeyVersionsRow, variable: &str) -> Option<Locator> {
    let of = [(SIGNING_KEYS, versions.signing_keys), (VERIFICATION_KEYS, versions.verification_keys), (TOKEN_KEYS, versions.token_keys)];
    of.into_iter().find(|(setting, _)| setting.name == variable)?.1
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
