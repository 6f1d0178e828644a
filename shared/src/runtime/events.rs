//! Where audit events go: to standard output, beside the log, where CloudWatch reads them and the metrics in them.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::Environment;
use super::settings::{METRICS_NAMESPACE, RELEASE, STAGE};
use crate::audit::{Event, Gauge, Line, Metrics, Origin};
use crate::domain::Timestamp;

/// Writes audit events. A clone writes to the same place.
#[derive(Clone, Default)]
pub struct Events {
    metrics: Option<Metrics>,
    release: Option<String>,
    kept: Option<Arc<Mutex<Vec<String>>>>,
}

impl Events {
    /// Standard output; with metrics if `METRICS_NAMESPACE` is set, counted under `STAGE`.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        let stage = environment.text(&STAGE).unwrap_or_default();
        let metrics = environment.text(&METRICS_NAMESPACE).map(|namespace| Metrics { namespace, stage });
        Self { metrics, release: environment.text(&RELEASE), kept: None }
    }

    /// Keeps the lines instead, for tests.
    #[must_use]
    pub fn keep(self) -> Self {
        Self { kept: Some(Arc::default()), ..self }
    }

    /// The lines that were kept since the last time.
    pub fn take(&self) -> Vec<String> {
        self.kept.as_ref().map(|kept| std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner))).unwrap_or_default()
    }

    /// Writes the line of `event`, in one piece.
    pub(super) fn write(&self, event: &Event, origin: &Origin, now: Timestamp) {
        if let Ok(line) = Line::new(event, origin, self.metrics.as_ref(), now).to_json() {
            self.write_line(line);
        }
    }

    /// Writes the line of `gauge`, in one piece.
    pub(super) fn measure(&self, gauge: &Gauge, operation: &str, now: Timestamp) {
        self.write_line(gauge.line(operation, self.metrics.as_ref(), now));
    }

    /// Counts a 5xx of `operation` under the release that is being rolled out, if one is: an alarm looks at it alone.
    pub(super) fn count_failure(&self, operation: &str, now: Timestamp) {
        if let (Some(_), Some(release)) = (&self.metrics, &self.release) {
            let failures = Gauge { metric: "Failures", of: ("Release", release.clone().into()), value: 1 };
            self.measure(&failures, operation, now);
        }
    }

    fn write_line(&self, mut line: String) {
        match &self.kept {
            Some(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).push(line),
            None => {
                line.push('\n');
                // An answer is not lost because a line could not be written.
                let _ = std::io::stdout().lock().write_all(line.as_bytes());
            }
        }
    }
}
