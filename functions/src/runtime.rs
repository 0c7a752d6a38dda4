//! What every function does around its own work: start logging, initialise, take invocations, and
//! write one line about each.

use std::{borrow::Cow, fmt::Display, future::Future, process::ExitCode, time::Instant};

use http::{Response, header::RETRY_AFTER};
use lambda_http::{Body, Request, RequestExt, service_fn};
use lambda_runtime::LambdaEvent;
use ringpost::{
    http::{
        error::{ApiError, ErrorShape},
        reply::{self, Reply},
    },
    telemetry::{self, Context},
};
use serde::{Serialize, de::DeserializeOwned};
use tracing::{Instrument, Span, field};

/// An endpoint behind API Gateway.
pub trait Endpoint: Sized + Send + Sync {
    /// The name of its binary.
    const NAME: &'static str;
    /// The shape of its errors: its document's.
    const ERRORS: ErrorShape;

    /// Makes ready for requests, once per process.
    fn init() -> impl Future<Output = Result<Self, InitError>> + Send;

    /// Answers a request.
    fn handle(&self, request: Request) -> impl Future<Output = Result<Reply, ApiError>> + Send;
}

/// A worker that AWS invokes with batches of records.
pub trait Worker: Sized + Send + Sync {
    /// The name of its binary.
    const NAME: &'static str;
    /// The batch.
    type Batch: DeserializeOwned + Send;
    /// Which records AWS must deliver again.
    type Answer: Serialize + Send;

    /// Makes ready for batches, once per process.
    fn init() -> impl Future<Output = Result<Self, InitError>> + Send;

    /// Works on a batch.
    fn handle(&self, batch: Self::Batch) -> impl Future<Output = Self::Answer> + Send;
}

/// Why a function cannot start.
pub type InitError = Box<dyn std::error::Error + Send + Sync>;

/// The fields of the canonical line that a handler fills in while it works.
pub mod log {
    use super::{Display, Span};

    /// Names the event that the request or record is about.
    pub fn event_key(key: impl Display) {
        Span::current().record("event_key", tracing::field::display(key));
    }

    /// Names the call that it is about.
    pub fn call_id(id: impl Display) {
        Span::current().record("call_id", tracing::field::display(id));
    }

    /// Says what became of it.
    pub fn result(result: impl Display) {
        Span::current().record("result", tracing::field::display(result));
    }
}

/// Runs an endpoint until Lambda ends the process.
#[must_use]
pub fn serve<E: Endpoint>() -> ExitCode {
    start(E::NAME, Context::Request, async {
        let endpoint = E::init().await?;
        lambda_http::run(service_fn(|request| answer(&endpoint, request))).await
    })
}

/// Runs a worker until Lambda ends the process.
#[must_use]
pub fn work<W: Worker>() -> ExitCode {
    start(W::NAME, Context::Nothing, async {
        let worker = W::init().await?;
        let handle = service_fn(async |event: LambdaEvent<W::Batch>| {
            Ok::<_, lambda_runtime::Error>(worker.handle(event.payload).await)
        });
        lambda_runtime::run(handle).await
    })
}

fn start(
    function: &'static str,
    context: Context,
    run: impl Future<Output = Result<(), InitError>>,
) -> ExitCode {
    telemetry::init(function, context);
    // One invocation at a time on at most two processors: a second thread would only cost memory.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(
                error = telemetry::chain(error.as_ref()),
                "function cannot run"
            );
            ExitCode::FAILURE
        }
    }
}

/// One request: the handler's answer as HTTP, and the canonical line. Public for the tests, which
/// hand the sample events to the same code.
///
/// # Errors
/// Never; the type is what the runtime wants.
pub async fn answer<E: Endpoint>(
    endpoint: &E,
    request: Request,
) -> Result<Response<Body>, lambda_http::Error> {
    let started = Instant::now();
    let request_id = request
        .lambda_context_ref()
        .map_or("", |context| context.request_id.as_str());
    let span = tracing::info_span!(
        "request",
        request_id,
        event_key = field::Empty,
        call_id = field::Empty,
        result = field::Empty,
    );
    let outcome = endpoint.handle(request).instrument(span.clone()).await;
    let _in_span = span.enter();
    let duration_ms = started.elapsed().as_secs_f64() * 1_000.0;
    let (status, headers, retry_after, body) = match outcome {
        Ok(reply) => {
            let status = reply.status();
            tracing::info!(status = status.as_u16(), duration_ms, "answered");
            (status, reply.headers(), None, reply.into_body())
        }
        Err(error) => {
            let (status, cause) = (error.status(), error.cause_chain());
            if status.is_server_error() {
                tracing::error!(status = status.as_u16(), duration_ms, cause, "failed");
            } else {
                tracing::info!(status = status.as_u16(), duration_ms, cause, "refused");
            }
            (
                status,
                reply::JSON,
                error.retry_after(),
                Cow::Owned(error.body(E::ERRORS)),
            )
        }
    };
    let response = Response::builder().status(status);
    let response = headers.iter().fold(response, |response, (name, value)| {
        response.header(*name, *value)
    });
    let response = match retry_after {
        Some(seconds) => response.header(RETRY_AFTER, seconds),
        None => response,
    };
    Ok(response.body(body.into())?)
}
