//! Repeats the part of a batch that DynamoDB left undone.
//!
//! DynamoDB answers a batch with success when it throttles some of its rows, and names those in the answer. The SDK sees
//! a success and repeats nothing.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use tokio::time::{Instant, timeout_at};

use super::StoreError;

const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_secs(1);
/// For a client without a timeout. Those of the functions and of the operator's program have one.
const DEFAULT_TIME: Duration = Duration::from_secs(3);

/// The repetitions of one batch. All of them together take at most the time that a client has for one call.
pub(super) struct Backoff {
    longest_delay: Duration,
    deadline: Instant,
}

impl Backoff {
    /// Starts the time of a batch that `client` is about to send.
    pub fn new(client: &Client) -> Self {
        let time = client.config().timeout_config().and_then(|config| config.operation_timeout());
        Self { longest_delay: FIRST_DELAY, deadline: Instant::now() + time.unwrap_or(DEFAULT_TIME) }
    }

    /// The result of `request`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it fails, or does not end in time.
    pub async fn in_time<T, E>(&self, request: impl Future<Output = Result<T, E>>) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        Ok(timeout_at(self.deadline, request).await.map_err(|_| StoreError::unprocessed())??)
    }

    /// Waits before a repetition, with exponential backoff and full jitter.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] once the time is used up.
    pub async fn pause(&mut self) -> Result<(), StoreError> {
        let delay = self.next_delay();
        timeout_at(self.deadline, sleep(delay)).await.map_err(|_| StoreError::unprocessed())
    }

    /// Uniform between zero and a limit that doubles: callers that were throttled together do not come back together.
    fn next_delay(&mut self) -> Duration {
        let limit = self.longest_delay;
        self.longest_delay = (limit * 2).min(LONGEST_DELAY);
        limit.mul_f64(fastrand::f64())
    }
}

#[expect(clippy::disallowed_methods, reason = "a throttled row is tried again after a pause, or it stays throttled")]
async fn sleep(delay: Duration) {
    tokio::time::sleep(delay).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff() -> Backoff {
        Backoff { longest_delay: FIRST_DELAY, deadline: Instant::now() }
    }

    #[test]
    fn delays_lie_below_limits_that_double_up_to_a_second() {
        for _ in 0..100 {
            let mut backoff = backoff();
            for limit in [50, 100, 200, 400, 800, 1000, 1000] {
                assert!(backoff.next_delay() < Duration::from_millis(limit));
            }
        }
    }

    #[test]
    fn delays_differ_from_caller_to_caller() {
        let first: std::collections::HashSet<_> = (0..10).map(|_| backoff().next_delay()).collect();

        assert!(first.len() > 1);
    }
}
