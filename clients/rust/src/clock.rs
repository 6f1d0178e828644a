//! The machine's clock. What remembers tells time by it too: a monotonic clock stands still while a machine sleeps, and a revocation
//! would be noticed later than promised.

use std::time::{Duration, SystemTime};

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else takes injected")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// How far apart two times are, whichever is first: the clock may have been set back.
pub(crate) fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}
