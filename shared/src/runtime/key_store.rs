//! The key sets of a process as they are at its start.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use tokio::time::timeout;

use super::key_refresh::KeyRefresh;
use super::key_source::{KeySource, KeySourceError};
use super::{ConfigError, Live};
use crate::credentials::KeySetError;
use crate::domain::{Secret, SharedClock};
use crate::store::KeyVersions;

/// How long a start waits for DynamoDB, which it can do without.
const CONNECT: Duration = Duration::from_secs(1);

/// Every set of a process, read at once.
pub(super) struct KeyStore {
    sets: Vec<Set>,
    refresh: Arc<KeyRefresh>,
}

struct Set {
    name: &'static str,
    source: KeySource,
    text: Result<Secret, KeySourceError>,
}

impl KeyStore {
    /// Reads the sets in one request for all, and beside it the row of their versions: nothing at a start needs that
    /// row, but it opens the connection to DynamoDB, so that the first request finds one.
    pub async fn read(
        sources: Vec<(&'static str, KeySource)>,
        versions: Option<KeyVersions>,
        refresh_seconds: u32,
        clock: SharedClock,
    ) -> Self {
        let connect = async {
            if let Some(versions) = &versions {
                // A table that does not answer fails the requests that need it, not the start.
                let _ = timeout(CONNECT, versions.find()).await;
            }
        };
        let all: Vec<_> = sources.iter().map(|(_, source)| source).collect();
        let (texts, ()) = join(KeySource::read_all(&all), connect).await;
        let sets = sources.into_iter().zip(texts).map(|((name, source), text)| Set { name, source, text }).collect();
        Self { sets, refresh: Arc::new(KeyRefresh::new(versions, refresh_seconds, clock)) }
    }

    /// The set `name`, kept up to date from now on.
    ///
    /// # Errors
    /// [`ConfigError`] if it could not be read or cannot be used. The other sets do not matter.
    pub fn live<T: Send + Sync + 'static>(
        &self,
        name: &'static str,
        parse: fn(&str) -> Result<T, KeySetError>,
    ) -> Result<Live<T>, ConfigError> {
        let set = self.sets.iter().find(|set| set.name == name).ok_or_else(|| KeySource::unknown(name))?;
        Live::start(name, set.source.clone(), set.text.as_ref(), parse, self.refresh.clone())
    }
}
