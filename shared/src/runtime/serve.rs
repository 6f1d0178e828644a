//! The entry point of every function.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use lambda_runtime::{LambdaEvent, service_fn};
use tracing::Instrument;

use super::telemetry::{self, chain};
use super::{ConfigError, Environment, GatewayAnswer, GatewayEvent, Setup, Start};
use crate::domain::SharedClock;
use crate::http::{Answer, ApiError, Family, Operation, Request, problem};

/// Starts operation `O` and answers events until the process is stopped: the whole of a function's `main`.
///
/// A configuration that can not work ends the process at once, with one log line that names the variable.
#[must_use]
pub fn serve<O: Start>() -> ExitCode {
    let logs = telemetry::start(&Environment::of_process());
    // One request at a time: a single thread starts faster than a pool.
    let result = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(lambda_runtime::Error::from);
    let result = logs.map_err(lambda_runtime::Error::from).and(result).and_then(|runtime| runtime.block_on(run::<O>()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(operation = O::NAME, error = %error, "the function can not run");
            ExitCode::FAILURE
        }
    }
}

async fn run<O: Start>() -> Result<(), lambda_runtime::Error> {
    let setup = Setup::of_process()?;
    let service = Arc::new(Service::<O>::start(&setup).await?);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<GatewayEvent>| {
        let service = service.clone();
        async move { Ok::<_, lambda_runtime::Error>(service.call(event.payload).await) }
    }))
    .await
}

/// An operation and what stands around it: the public door through which tests come, too.
pub struct Service<O> {
    /// The operation.
    pub operation: O,
    clock: SharedClock,
}

impl<O: Operation> Service<O> {
    /// Starts the operation.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub async fn start(setup: &Setup) -> Result<Self, ConfigError>
    where
        O: Start,
    {
        Ok(Self { operation: O::start(setup).await?, clock: setup.clock.clone() })
    }

    /// Answers one event, whatever it holds. A panic is answered too, and leaves the process to the next request.
    ///
    /// One log line for each: the operation, the request's id, the status, and the cause of a 5xx. Never the path, a header or
    /// the body.
    pub async fn call(&self, event: GatewayEvent) -> GatewayAnswer {
        let request = Request::from(event);
        // Of the highest level, so that a line of any level has the request's id.
        let span = tracing::error_span!("request", operation = O::NAME, request_id = request.id, row = tracing::field::Empty);
        self.answer(&request).instrument(span).await.into_gateway()
    }

    async fn answer(&self, request: &Request) -> Answer {
        let start = Instant::now();
        let caught = AssertUnwindSafe(self.operation.handle(request)).catch_unwind().await;
        let result = caught.unwrap_or_else(|_| Err(ApiError::internal("the operation panicked")));
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        match result {
            Ok(answer) => {
                tracing::info!(status = answer.status, milliseconds, "answered");
                answer
            }
            Err(error) => {
                let answer = problem(&error, Family::of(O::ROUTES), request, self.clock.now());
                match error.cause() {
                    Some(cause) => {
                        tracing::error!(status = answer.status, milliseconds, code = error.code(), error = chain(cause), "failed")
                    }
                    None => tracing::info!(status = answer.status, milliseconds, code = error.code(), "refused"),
                }
                answer
            }
        }
    }
}
