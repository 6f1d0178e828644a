//! How many passwords a test has hashed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};

use latchkey::credentials::{PasswordHasher, PasswordParameters};
use latchkey::domain::Secret;
use tracing::callsite::rebuild_interest_cache;
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Counts the password hashes that this thread computes, by the log line that each of them is.
pub struct Hashes {
    counted: Arc<AtomicU64>,
    _guard: DefaultGuard,
}

struct Counter(Arc<AtomicU64>);

impl Hashes {
    /// Counts from now on.
    pub fn count() -> Self {
        let counted = Arc::<AtomicU64>::default();
        let guard = set_default(tracing_subscriber::registry().with(Counter(counted.clone())));
        // Whether a line is wanted is decided where it is first met, and a thread without a counter may have met it.
        static MET: Once = Once::new();
        MET.call_once(|| {
            let hasher = PasswordHasher::new(PasswordParameters { memory_kib: 7168, iterations: 1, parallelism: 1 }).unwrap();
            let password = Secret::new("");
            hasher.verify(&password, Some(&hasher.hash(&password).unwrap())).unwrap();
            rebuild_interest_cache();
        });
        counted.store(0, Ordering::Relaxed);
        Self { counted, _guard: guard }
    }

    /// The hashes since then.
    pub fn so_far(&self) -> u64 {
        self.counted.load(Ordering::Relaxed)
    }
}

impl<S: Subscriber> Layer<S> for Counter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "latchkey::credentials::password" {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
