//! Functions that no client calls: CloudFormation does at a deploy, and a schedule after it.

use std::future::Future;
use std::sync::Arc;

use aws_smithy_http_client::Connector;
use futures_util::FutureExt;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};
use tracing::Instrument;

use super::custom_resource::{Change, CustomResource};
use super::telemetry::{chain, request_span};
use super::{ConfigError, Events, Setup, aws};
use crate::audit::{Gauge, Origin, Trail};
use crate::domain::{SharedClock, Timestamp};

/// Why a task was not done; its text goes to whoever deploys, and holds no secret.
pub type TaskError = Box<dyn std::error::Error + Send + Sync>;

/// What a task is run for.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// A deploy made its custom resource, or changed that one's properties: these.
    Deploy(Value),
    /// Its time has come.
    Schedule,
}

/// What a function does unasked by a client. It may be run twice for one trigger.
pub trait Task: Send + Sync + Sized + 'static {
    /// The function's name.
    const NAME: &'static str;

    /// Takes what it needs.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    fn start(setup: &Setup) -> Result<Self, ConfigError>;

    /// Does it, notes what happened, and tells what it measured.
    fn run(&self, trigger: Trigger, now: Timestamp, trail: &Trail) -> impl Future<Output = Result<Vec<Gauge>, TaskError>> + Send;
}

/// A task and what stands around it: the public door through which tests come, too.
pub struct TaskService<T> {
    task: T,
    clock: SharedClock,
    events: Events,
    connector: Connector,
    /// Whether AWS is played by this machine.
    emulated: bool,
}

impl<T: Task> TaskService<T> {
    /// Starts the task.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub fn start(setup: &Setup) -> Result<Self, ConfigError> {
        let (clock, events) = (setup.clock.clone(), setup.events.clone());
        let emulated = setup.environment.optional("AWS_ENDPOINT_URL").is_some();
        Ok(Self { task: T::start(setup)?, clock, events, connector: aws::connector()?, emulated })
    }

    /// Runs the task for one event. CloudFormation is told how it ended; an event of nobody else is a schedule's.
    ///
    /// # Errors
    /// If a scheduled run failed, or CloudFormation could not be told: Lambda then repeats the event. The text is fixed, the cause is
    /// logged.
    pub async fn call(&self, event: Value, request_id: &str) -> Result<Value, &'static str> {
        let span = request_span!(T::NAME, request_id);
        self.answer(event, request_id).instrument(span).await
    }

    async fn answer(&self, event: Value, request_id: &str) -> Result<Value, &'static str> {
        let Some(resource) = CustomResource::find(&event) else {
            let measured = self.run(Trigger::Schedule, request_id).await.map_err(|_| "the task failed")?;
            return Ok(json!(measured));
        };
        let failure = match resource.request_type {
            // What a task has made stays, as the tables do.
            Change::Delete => None,
            Change::Create | Change::Update => self.run(Trigger::Deploy(resource.resource_properties.clone()), request_id).await.err(),
        };
        resource.answer(&self.connector, self.emulated, failure).await.map_err(|error| {
            tracing::error!(error = chain(&error), "failed");
            "CloudFormation could not be told"
        })?;
        Ok(Value::Null)
    }

    /// The error's text with all its causes, once it is logged.
    async fn run(&self, trigger: Trigger, request_id: &str) -> Result<Vec<Gauge>, String> {
        let trail = Trail::default();
        // Behind a pointer: the compiler gives up on the layout of so many calls within each other.
        let result = self.task.run(trigger, self.clock.now(), &trail).boxed().await;
        let origin = Origin { operation: T::NAME.to_owned(), request_id: Some(request_id.to_owned()), ..Origin::default() };
        // Those of a run that failed later, too: they have happened.
        for event in trail.take() {
            self.events.write(&event, &origin, self.clock.now());
        }
        let measured = result.map_err(|error| {
            let text = chain(error.as_ref());
            tracing::error!(error = text, "failed");
            text
        })?;
        for gauge in &measured {
            self.events.measure(gauge, T::NAME, self.clock.now());
        }
        tracing::info!("answered");
        Ok(measured)
    }
}

/// Answers events until the process is stopped.
pub(super) async fn run<T: Task>() -> Result<(), lambda_runtime::Error> {
    let service = Arc::new(TaskService::<T>::start(&Setup::of_process()?)?);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let service = service.clone();
        async move { service.call(event.payload, &event.context.request_id).await.map_err(lambda_runtime::Error::from) }
    }))
    .await
}
