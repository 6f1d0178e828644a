//! What the start of a process took, for the line of its first request: Lambda's own lines say it for every request, in
//! twice as many bytes, and are switched off.

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::Span;

/// The start of this process, until a line has told of it.
pub(super) struct ColdStart(Mutex<Option<u64>>);

impl ColdStart {
    /// A start that began at `begun` and is over.
    pub fn over(begun: Instant) -> Self {
        Self(Mutex::new(Some(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX))))
    }

    /// Adds to the current span how long the start took, and how much memory the process has used at most. Only the
    /// first call does.
    pub fn tell(&self) {
        let Some(init_ms) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let span = Span::current();
        span.record("init_ms", init_ms);
        if let Some(peak) = peak_memory_mb() {
            span.record("memory_mb", peak);
        }
    }
}

/// The most memory that this process has had, which Linux tells.
fn peak_memory_mb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib.div_ceil(1024))
}
