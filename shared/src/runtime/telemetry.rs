//! Logs: JSON lines on standard output, of this service's own modules only. The SDK's and the runtime's would hold rows and events.

use std::error::Error;

use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::settings::LOG_LEVEL;
use super::{ConfigError, Environment};

/// Logs from now on, down to `LOG_LEVEL`.
///
/// # Errors
/// [`ConfigError::Invalid`] for an unknown level. Lines are written all the same, so that one of them can report the error.
pub fn start(environment: &Environment) -> Result<(), ConfigError> {
    let (level, result) = match environment.text(&LOG_LEVEL).unwrap_or_default().parse::<Level>() {
        Ok(level) => (LevelFilter::from_level(level), Ok(())),
        Err(_) => (LevelFilter::INFO, Err(ConfigError::invalid(LOG_LEVEL.name, "must be error, warn, info, debug or trace"))),
    };
    let ours = filter_fn(|metadata| metadata.target().starts_with("latchkey"));
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false).with_target(false);
    // A second start in one process (tests) keeps the first one's lines.
    tracing_subscriber::registry().with(lines.with_filter(level).with_filter(ours)).try_init().or(Ok(())).and(result)
}

/// An error and everything that it came from, in one text; `tracing` writes the outermost only.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
