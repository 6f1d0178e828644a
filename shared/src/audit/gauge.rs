//! A measured value, as a line that CloudWatch makes a metric of.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::Metrics;
use crate::domain::Timestamp;

/// How much of something there is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gauge {
    /// The metric's name, like `KeyAgeDays`. A name that has been published is never given another meaning.
    pub metric: &'static str,
    /// The name and the value of the dimension beside the stage.
    pub of: (&'static str, Cow<'static, str>),
    /// The value, a count.
    pub value: u64,
}

impl Gauge {
    /// The line of JSON that `operation` writes at `now`, without its end.
    #[must_use]
    pub fn line(&self, operation: &str, metrics: Option<&Metrics>, now: Timestamp) -> String {
        let (dimension, name) = &self.of;
        let mut line = json!({
            "timestamp": now,
            "level": "INFO",
            "message": "measured",
            "operation": operation,
            *dimension: name,
            self.metric: self.value,
        });
        if let (Some(Metrics { namespace, stage }), Value::Object(members)) = (metrics, &mut line) {
            members.insert("Stage".into(), json!(stage));
            members.insert("_aws".into(), Metrics::directive(namespace, &["Stage", dimension], self.metric, now));
        }
        line.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_is_a_metric_of_its_stage_and_its_dimension() {
        let gauge = Gauge { metric: "KeyAgeDays", of: ("KeySet", "signing".into()), value: 3 };
        let metrics = Metrics { namespace: "Latchkey".into(), stage: "prod".into() };

        let line: Value = serde_json::from_str(&gauge.line("keys", Some(&metrics), Timestamp::from_unix(1))).unwrap();

        assert_eq!(
            line,
            json!({
                "timestamp": "1970-01-01T00:00:01Z",
                "level": "INFO",
                "message": "measured",
                "operation": "keys",
                "KeySet": "signing",
                "KeyAgeDays": 3,
                "Stage": "prod",
                "_aws": {
                    "Timestamp": 1000,
                    "CloudWatchMetrics": [{
                        "Namespace": "Latchkey",
                        "Dimensions": [["Stage", "KeySet"]],
                        "Metrics": [{ "Name": "KeyAgeDays", "Unit": "Count" }],
                    }],
                },
            })
        );
        assert!(!gauge.line("keys", None, Timestamp::from_unix(1)).contains("_aws"));
    }
}
