//! Logs: JSON lines on standard output, of this service's own modules only. The SDK's and the runtime's would hold rows and events.

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{ConfigError, Environment};

/// Writes what happens from now on, down to `LOG_LEVEL` (`info` by default).
///
/// # Errors
/// [`ConfigError::Invalid`] for a level that is none.
pub fn start(environment: &Environment) -> Result<(), ConfigError> {
    let level = environment.optional("LOG_LEVEL").unwrap_or_else(|| "info".into());
    let level: LevelFilter = level.parse().map_err(|_| ConfigError::invalid("LOG_LEVEL", "must be error, warn, info, debug or off"))?;
    let ours = filter_fn(|metadata| metadata.target().starts_with("latchkey"));
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false).with_target(false);
    // A second start in one process (tests) keeps the first one's lines.
    tracing_subscriber::registry().with(lines.with_filter(level).with_filter(ours)).try_init().or(Ok(()))
}
