//! Counts requests to each route, as API Gateway's throttle does: by a token bucket. Imports [`crate::template`].

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::template::{Limit, Route};

/// The buckets of the routes that have a limit.
#[derive(Debug)]
pub struct Limiter(Mutex<BTreeMap<Route, Bucket>>);

/// A token for each request that may pass at this instant.
#[derive(Debug)]
struct Bucket {
    limit: Limit,
    tokens: f64,
    filled_at: Instant,
}

impl Limiter {
    /// Full buckets for `routes`.
    #[must_use]
    pub fn new(routes: &[Route]) -> Self {
        let now = Instant::now();
        let bucket = |route: &Route| {
            let limit = route.limit?;
            Some((route.clone(), Bucket { limit, tokens: limit.burst.into(), filled_at: now }))
        };
        Self(Mutex::new(routes.iter().filter_map(bucket).collect()))
    }

    /// Whether a request to `route` may pass now.
    pub fn admits(&self, route: &Route) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.get_mut(route).is_none_or(|bucket| bucket.take(Instant::now()))
    }
}

impl Bucket {
    fn take(&mut self, now: Instant) -> bool {
        let gained = now.duration_since(self.filled_at).as_secs_f64() * f64::from(self.limit.rate);
        self.tokens = (self.tokens + gained).min(self.limit.burst.into());
        self.filled_at = now;
        let is_left = self.tokens >= 1.0;
        if is_left {
            self.tokens -= 1.0;
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn route(path: &str, limit: Option<Limit>) -> Route {
        Route { path: path.into(), method: "POST".into(), operation: String::new(), authorizer: None, limit }
    }

    /// How many of a hundred requests at once may pass.
    fn passed(limiter: &Limiter, route: &Route) -> usize {
        (0..100).filter(|_| limiter.admits(route)).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_route_takes_its_burst_at_once_and_then_its_rate() {
        let limited = route("/a", Some(Limit { rate: 10, burst: 20 }));
        let limiter = Limiter::new(std::slice::from_ref(&limited));

        let mut counts = vec![passed(&limiter, &limited)];
        for seconds in [1, 2, 60] {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            counts.push(passed(&limiter, &limited));
        }

        assert_eq!(counts, [20, 10, 20, 20], "no bucket holds more than its burst");
    }

    #[tokio::test(start_paused = true)]
    async fn one_route_takes_nothing_from_another() {
        let limit = Limit { rate: 1, burst: 1 };
        let routes = [route("/a", Some(limit)), route("/b", Some(limit)), route("/c", None)];
        let limiter = Limiter::new(&routes);

        assert_eq!(routes.each_ref().map(|route| passed(&limiter, route)), [1, 1, 100]);
    }
}
