//! The entry point of every function.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use lambda_runtime::{LambdaEvent, service_fn};
use tracing::Instrument;

use super::authorizer::{self, Authorize};
use super::closed_origin::ClosedOrigin;
use super::cold_start::ColdStart;
use super::stream::{self, Consumer};
use super::task::{self, Task};
use super::telemetry::{self, chain, request_span};
use super::{ConfigError, Environment, Events, GatewayAnswer, GatewayEvent, Setup, Start};
use crate::audit::{Act, Event, Origin};
use crate::domain::SharedClock;
use crate::http::{Answer, ApiError, Family, Operation, ProblemTypes, Request, problem};

/// Starts operation `O` and answers events until the process is stopped: the whole of a function's `main`.
///
/// A wrong setting ends the process at once, with one log line that names the variable.
#[must_use]
pub fn serve<O: Start>() -> ExitCode {
    block_on(O::NAME, run::<O>())
}

/// The same for an authorizer.
#[must_use]
pub fn serve_authorizer<A: Authorize>() -> ExitCode {
    block_on(A::NAME, authorizer::run::<A>())
}

/// The same for a task, which no client calls.
#[must_use]
pub fn serve_task<T: Task>() -> ExitCode {
    block_on(T::NAME, task::run::<T>())
}

/// The same for a consumer of a table's stream.
#[must_use]
pub fn serve_consumer<C: Consumer>() -> ExitCode {
    block_on(C::NAME, stream::run::<C>())
}

fn block_on(name: &'static str, run: impl Future<Output = Result<(), lambda_runtime::Error>>) -> ExitCode {
    let logs = telemetry::start(&Environment::of_process());
    // One request at a time: a single thread starts faster than a pool.
    let result = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(lambda_runtime::Error::from);
    let result = logs.map_err(lambda_runtime::Error::from).and(result).and_then(|runtime| runtime.block_on(run));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(operation = name, error = %error, "the function cannot run");
            ExitCode::FAILURE
        }
    }
}

async fn run<O: Start>() -> Result<(), lambda_runtime::Error> {
    let service = Arc::new(Service::<O>::start(&Setup::of_process()?).await?);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<GatewayEvent>| {
        let service = service.clone();
        // Boxed: the type of the whole, spelt out, is deeper than the compiler looks.
        async move { Ok::<_, lambda_runtime::Error>(Box::pin(service.call(event.payload)).await) }
    }))
    .await
}

/// An operation as the gateway sees it, and as tests call it: an event in, an answer out.
pub struct Service<O> {
    operation: O,
    clock: SharedClock,
    events: Events,
    /// What admits a request, where the origin is closed.
    origin: Option<ClosedOrigin>,
    problem_types: ProblemTypes,
    cold_start: ColdStart,
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
        let operation = O::start(setup).await?;
        let origin = setup.closed_origin().await?;
        let problem_types = setup.problem_types()?;
        setup.settle();
        let cold_start = ColdStart::over(setup.begun);
        Ok(Self { operation, clock: setup.clock.clone(), events: setup.events.clone(), origin, problem_types, cold_start })
    }

    /// Answers one event, whatever it holds. A panic is answered with 500, and the process goes on with the next request.
    ///
    /// It logs one line: the operation, the request's id, the status, and the cause of a 5xx; the first one also what the start took. Never
    /// the path, a header or the body.
    pub async fn call(&self, event: GatewayEvent) -> GatewayAnswer {
        let mut request = event.into_request(self.clock.now());
        // Of the highest level, so that a line of any level has the request's id.
        let span = request_span!(O::NAME, request.id);
        let answer = self.answer(&mut request).instrument(span).await;
        self.tell(request);
        answer.into_gateway()
    }

    fn tell(&self, request: Request) {
        let origin = Origin { operation: O::NAME.to_owned(), request_id: Some(request.id), source_ip: request.source_ip, operator: None };
        for event in request.trail.take() {
            self.events.write(&event, &origin, self.clock.now());
        }
    }

    async fn answer(&self, request: &mut Request) -> Answer {
        let start = Instant::now();
        let admitted = match &self.origin {
            Some(origin) => origin.admit(request).await,
            None => Ok(()),
        };
        let request = &*request;
        let result = match admitted {
            Ok(()) => {
                let caught = AssertUnwindSafe(self.operation.handle(request)).catch_unwind().await;
                caught.unwrap_or_else(|_| Err(ApiError::internal("the operation panicked")))
            }
            Err(refusal) => Err(refusal),
        };
        self.cold_start.tell();
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        match result {
            Ok(answer) => {
                tracing::info!(status = answer.status, milliseconds, "answered");
                answer
            }
            Err(error) => {
                let answer = problem(&error, Family::of(O::ROUTES), request, &self.problem_types);
                match error {
                    ApiError::InvalidCredentials | ApiError::UnsuitableCredentials(_) => {
                        request.trail.note(Event::of(Act::CredentialsRefused))
                    }
                    ApiError::Forbidden | ApiError::Escalation => request.trail.note(Event::of(Act::PermissionDenied)),
                    ApiError::FreshLoginRequired { .. } => {
                        request.trail.note(Event::of(Act::PermissionDenied).because("the login is too old"))
                    }
                    _ => {}
                }
                match error.cause() {
                    Some(cause) => {
                        tracing::error!(
                            status = answer.status,
                            milliseconds,
                            code = error.problem_type().code,
                            error = chain(cause),
                            "failed"
                        );
                        self.events.count_failure(O::NAME, self.clock.now());
                    }
                    None => tracing::info!(status = answer.status, milliseconds, code = error.problem_type().code, "refused"),
                }
                answer
            }
        }
    }
}
