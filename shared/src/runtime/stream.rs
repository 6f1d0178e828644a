//! Functions that a table's stream invokes, and beside it what AWS has to report to them.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};
use tracing::Instrument;

use super::cold_start::ColdStart;
use super::settings::Setting;
use super::telemetry::{chain, request_span};
use super::{ConfigError, Events, Setup};
use crate::audit::{Origin, Trail};
use crate::domain::{SharedClock, Timestamp};

/// Why a delivery has to be repeated. Its text goes to the log.
pub type DeliveryError = Box<dyn std::error::Error + Send + Sync>;

/// What a consumer is given.
#[derive(Clone, Copy, Debug)]
pub enum Delivery<'e> {
    /// A row as a write left it, as DynamoDB writes rows: `{"pk": {"S": "…"}, …}`.
    Row {
        /// The row.
        image: &'e Value,
        /// When it was written, by the table's clock.
        written_at: Timestamp,
    },
    /// An event of EventBridge.
    Notice(&'e Value),
}

/// What a function does with each delivery. It may get one twice, and those of different rows in any order.
pub trait Consumer: Send + Sync + Sized + 'static {
    /// The function's name.
    const NAME: &'static str;
    /// The settings that this function alone reads.
    const SETTINGS: &'static [Setting] = &[];

    /// Takes what it needs.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    fn start(setup: &Setup) -> impl Future<Output = Result<Self, ConfigError>> + Send;

    /// Does what is to be done about one delivery. An error has it delivered again; what would fail again and again must not be one,
    /// since it would hold up what comes after it.
    fn take(&self, delivery: Delivery<'_>, now: Timestamp, trail: &Trail) -> impl Future<Output = Result<(), DeliveryError>> + Send;
}

/// A consumer with its logs and events: the public door, which tests use too.
pub struct ConsumerService<C> {
    consumer: C,
    clock: SharedClock,
    events: Events,
    cold_start: ColdStart,
}

impl<C: Consumer> ConsumerService<C> {
    /// Starts the consumer.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let consumer = C::start(setup).await?;
        let cold_start = ColdStart::over(setup.begun);
        Ok(Self { consumer, clock: setup.clock.clone(), events: setup.events.clone(), cold_start })
    }

    /// Answers one event. Of a batch of records all are tried, whichever of them fail: the answer names those
    /// (`ReportBatchItemFailures`). Lambda repeats them, and all records after the first of them.
    ///
    /// # Errors
    /// If the event is malformed, or an event of EventBridge has to be repeated. The text is fixed; the cause is logged.
    pub async fn call(&self, event: Value, request_id: &str) -> Result<Value, &'static str> {
        let span = request_span!(C::NAME, request_id);
        self.answer(event, request_id).instrument(span).await
    }

    async fn answer(&self, event: Value, request_id: &str) -> Result<Value, &'static str> {
        let start = Instant::now();
        let answer = match event.get("Records").and_then(Value::as_array) {
            Some(records) => self.records(records, request_id).await,
            None if event.get("detail").is_some() => self.take(Delivery::Notice(&event), request_id).await.map(|()| Value::Null),
            None => Err("the event is neither of a stream nor of EventBridge"),
        };
        self.cold_start.tell();
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &answer {
            Ok(answer) => {
                let failed = answer.get(FAILURES).and_then(Value::as_array).map_or(0, Vec::len);
                tracing::info!(milliseconds, failed, "answered");
            }
            Err(error) => tracing::error!(milliseconds, error, "failed"),
        }
        answer
    }

    async fn records(&self, records: &[Value], request_id: &str) -> Result<Value, &'static str> {
        // Those of one row one after another, as the stream has them: the same request twice is then recognised.
        let key = |record: &&Value| record.pointer("/dynamodb/Keys").cloned();
        let mut rows = Vec::<Vec<&Value>>::new();
        for record in records {
            match rows.iter_mut().find(|row| row.first().is_some_and(|first| key(first) == key(&record))) {
                Some(row) => row.push(record),
                None => rows.push(vec![record]),
            }
        }
        let deliveries = rows.iter().map(|records| async move {
            for record in records {
                let number = record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).ok_or("a record has no SequenceNumber")?;
                let written_at = record.pointer("/dynamodb/ApproximateCreationDateTime").and_then(seconds);
                let delivered = match record.pointer("/dynamodb/NewImage") {
                    Some(image) => {
                        let written_at = written_at.ok_or("a record has no ApproximateCreationDateTime")?;
                        self.take(Delivery::Row { image, written_at }, request_id).await
                    }
                    // A row that was removed.
                    None => Ok(()),
                };
                if delivered.is_err() {
                    return Ok(Some(json!({ "itemIdentifier": number })));
                }
            }
            Ok::<_, &'static str>(None)
        });
        let failures: Vec<Option<Value>> = join_all(deliveries).await.into_iter().collect::<Result<_, _>>()?;
        Ok(json!({ FAILURES: failures.into_iter().flatten().collect::<Vec<_>>() }))
    }

    async fn take(&self, delivery: Delivery<'_>, request_id: &str) -> Result<(), &'static str> {
        let trail = Trail::default();
        let result = self.consumer.take(delivery, self.clock.now(), &trail).await;
        let origin = Origin { operation: C::NAME.to_owned(), request_id: Some(request_id.to_owned()), ..Origin::default() };
        for event in trail.take() {
            self.events.write(&event, &origin, self.clock.now());
        }
        result.map_err(|error| {
            tracing::warn!(error = chain(error.as_ref()), "to be repeated");
            "the delivery has to be repeated"
        })
    }
}

/// An instant in seconds, which Lambda may write as `1479499740.0`.
fn seconds(number: &Value) -> Option<Timestamp> {
    let whole = number.as_i64().or_else(|| format!("{:.0}", number.as_f64()?.floor()).parse().ok())?;
    Some(Timestamp::from_unix(whole))
}

/// The member by which Lambda is told which records to repeat.
const FAILURES: &str = "batchItemFailures";

/// Answers events until the process is stopped.
pub(super) async fn run<C: Consumer>() -> Result<(), lambda_runtime::Error> {
    let service = Arc::new(ConsumerService::<C>::start(&Setup::of_process()?).await?);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let service = service.clone();
        // Boxed: the type of the whole, spelt out, is deeper than the compiler looks.
        async move { Box::pin(service.call(event.payload, &event.context.request_id)).await.map_err(lambda_runtime::Error::from) }
    }))
    .await
}
