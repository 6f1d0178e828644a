//! The line that is written.

use serde::Serialize;
use serde_json::{Value, json};

use super::Event;
use crate::domain::Timestamp;

/// The version of the lines' schema: it grows when a member changes its meaning or goes, not when one is added.
const SCHEMA: u32 = 1;

/// Where an event comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The operation, or the command of the operator's program.
    pub operation: String,
    /// The request's id, which its other log lines and its answer have too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The client's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// Of the operator's program: who runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

/// How CloudWatch counts events (embedded metric format): a metric for each act, for each stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// The metrics' namespace.
    pub namespace: String,
    /// The one dimension's value.
    pub stage: String,
}

impl Metrics {
    /// The member `_aws` that makes a line's member `metric` a metric of these dimensions.
    pub(super) fn directive(namespace: &str, dimensions: &[&str], metric: &str, now: Timestamp) -> Value {
        json!({
            "Timestamp": now.unix().saturating_mul(1000),
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": [dimensions],
                "Metrics": [{ "Name": metric, "Unit": "Count" }],
            }],
        })
    }
}

/// A line of JSON, without its end.
#[derive(Serialize)]
pub struct Line<'a> {
    timestamp: Timestamp,
    level: &'static str,
    schema: u32,
    #[serde(flatten)]
    event: &'a Event,
    #[serde(flatten)]
    origin: &'a Origin,
    #[serde(flatten)]
    metric: Option<Value>,
}

impl<'a> Line<'a> {
    /// The line of `event` at `now`.
    #[must_use]
    pub fn new(event: &'a Event, origin: &'a Origin, metrics: Option<&Metrics>, now: Timestamp) -> Self {
        let metric = metrics.map(|Metrics { namespace, stage }| {
            let name = event.act.metric();
            json!({ "_aws": Metrics::directive(namespace, &["Stage"], name, now), "Stage": stage, name: 1 })
        });
        Self { timestamp: now, level: "INFO", schema: SCHEMA, event, origin, metric }
    }

    /// The text.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Act;
    use super::*;

    #[test]
    fn a_line_is_an_event_and_a_metric_in_one() {
        let event = Event::of(Act::LoginRefused).subject("alice").because("wrong password");
        let origin = Origin { operation: "user-login".into(), source_ip: Some("192.0.2.1".into()), ..Origin::default() };
        let metrics = Metrics { namespace: "Latchkey".into(), stage: "prod".into() };

        let text = Line::new(&event, &origin, Some(&metrics), Timestamp::from_unix(1)).to_json().unwrap();

        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({
                "timestamp": "1970-01-01T00:00:01Z",
                "level": "INFO",
                "schema": 1,
                "event": "login.refused",
                "subject": "alice",
                "reason": "wrong password",
                "operation": "user-login",
                "source_ip": "192.0.2.1",
                "_aws": {
                    "Timestamp": 1000,
                    "CloudWatchMetrics": [
                        { "Namespace": "Latchkey", "Dimensions": [["Stage"]], "Metrics": [{ "Name": "LoginRefused", "Unit": "Count" }] }
                    ],
                },
                "Stage": "prod",
                "LoginRefused": 1,
            })
        );
        assert!(!Line::new(&event, &origin, None, Timestamp::from_unix(1)).to_json().unwrap().contains("_aws"));
    }
}
