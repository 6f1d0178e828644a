//! Logs: JSON lines on standard output, of this service's own modules only. The SDK's and the runtime's would hold rows and events.

use std::error::Error;

use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
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
    // A second start in one process (tests) keeps the first one's lines.
    tracing_subscriber::registry().with(lines(level, std::io::stdout)).try_init().or(Ok(())).and(result)
}

/// The lines down to `level`, written by `writer`.
pub fn lines<S, W>(level: LevelFilter, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let ours = filter_fn(|metadata| metadata.target().starts_with("latchkey"));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    lines.with_target(false).with_writer(writer).with_filter(level).with_filter(ours)
}

/// The span of a request, with the fields that every line of it has. Of the highest level, so that a line of any level has them. What is
/// empty is filled when it is known.
macro_rules! request_span {
    ($operation:expr, $request_id:expr) => {
        tracing::error_span!(
            "request",
            operation = $operation,
            request_id = $request_id,
            row = tracing::field::Empty,
            reason = tracing::field::Empty,
            init_ms = tracing::field::Empty,
            memory_mb = tracing::field::Empty
        )
    };
}
pub(super) use request_span;

/// An error and everything that it came from, in one text; `tracing` writes the outermost only.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
