//! Compares this machine's clock, which expiries and the waits of a rotation depend on, with DynamoDB's.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};

use super::Finding;
use crate::connection::Connection;

/// The Date header has whole seconds, and an answer takes a while.
const TOLERATED_SECONDS: u64 = 10;

pub async fn check(connection: &Connection) -> Vec<Finding> {
    let date = DateOfAnswer::default();
    // An error's answer has a date too.
    let _ = connection.dynamodb.list_tables().limit(1).customize().interceptor(date.clone()).send().await;
    let (now, there) = (connection.now(), date.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    vec![match there {
        Some(there) => {
            let apart = now.unix().abs_diff(there);
            if apart <= TOLERATED_SECONDS {
                Finding::good("clock", format!("is within {TOLERATED_SECONDS} seconds of DynamoDB's"))
            } else {
                let advice =
                    "Set the clock (NTP). AWS refuses requests that are 300 seconds off, and the waits of a rotation depend on it.";
                Finding::wrong(
                    "clock",
                    format!("is {apart} seconds {} DynamoDB's", if now.unix() > there { "ahead of" } else { "behind" }),
                    advice,
                )
            }
        }
        None => Finding::wrong("clock", "could not be compared: DynamoDB did not answer", "See the findings about the tables."),
    }]
}

/// The Date header of the last answer, as unix seconds.
#[derive(Clone, Debug, Default)]
struct DateOfAnswer(Arc<Mutex<Option<i64>>>);

impl Intercept for DateOfAnswer {
    fn name(&self) -> &'static str {
        "DateOfAnswer"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(|date| DateTime::from_str(date, DateTimeFormat::HttpDate).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date.map(|date| date.secs());
        Ok(())
    }
}
