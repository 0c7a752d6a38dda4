//! What every function does around its own work: start logging, initialise, take invocations, and
//! write one line about each.

pub mod log;
pub mod queue;

use std::{future::Future, process::ExitCode};

use http::{Response, header::RETRY_AFTER, response};
use lambda_http::{Body, Request, RequestExt, service_fn};
use lambda_runtime::{LambdaEvent, Runtime};
use ringpost::{
    http::{
        error::{ApiError, ErrorShape},
        reply::{self, Content, Reply},
    },
    telemetry,
};
use serde::{Serialize, de::DeserializeOwned};
use tracing::Instrument;

use crate::wiring::{InitError, Wiring};

/// An endpoint behind API Gateway.
pub trait Endpoint: Sized + Send + Sync {
    /// The name of its binary.
    const NAME: &'static str;
    /// The shape of its errors: its document's.
    const ERRORS: ErrorShape;

    fn wire(wiring: &Wiring) -> impl Future<Output = Result<Self, InitError>> + Send;

    /// Opens its connections early, beside [`Endpoint::wire`].
    fn warm_up(wiring: &Wiring) -> impl Future<Output = Result<(), InitError>> + Send {
        wiring.warm_up()
    }

    fn handle(&self, request: Request) -> impl Future<Output = Result<Reply, ApiError>> + Send;
}

/// A worker that AWS invokes with batches of records.
pub trait Worker: Sized + Send + Sync {
    /// The name of its binary.
    const NAME: &'static str;
    type Batch: DeserializeOwned + Send;
    /// Which records AWS must deliver again.
    type Answer: Serialize + Send;

    fn wire(wiring: &Wiring) -> impl Future<Output = Result<Self, InitError>> + Send;

    fn handle(&self, batch: Self::Batch) -> impl Future<Output = Self::Answer> + Send;
}

/// Runs an endpoint until Lambda ends the process.
pub fn serve<E: Endpoint>() -> ExitCode {
    start(E::NAME, async {
        let wiring = Wiring::from_env();
        let (endpoint, ()) = tokio::try_join!(E::wire(&wiring), E::warm_up(&wiring))?;
        lambda_http::run(service_fn(|request| answer(&endpoint, request))).await
    })
}

/// Runs a worker until Lambda ends the process.
pub fn work<W: Worker>() -> ExitCode {
    start(W::NAME, async {
        let wiring = Wiring::from_env();
        let (worker, ()) = tokio::try_join!(W::wire(&wiring), wiring.warm_up())?;
        let handle = service_fn(async |event: LambdaEvent<W::Batch>| {
            Ok::<_, lambda_runtime::Error>(worker.handle(event.payload).await)
        });
        // Not `lambda_runtime::run`: its span would stand in every line, and the lines say all there is.
        Runtime::new(handle).run().await
    })
}

fn start(function: &'static str, run: impl Future<Output = Result<(), InitError>>) -> ExitCode {
    telemetry::init(function);
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

/// One request: the handler's answer as HTTP, and the canonical line. It never fails; the type is what
/// the runtime wants.
pub async fn answer<E: Endpoint>(
    endpoint: &E,
    request: Request,
) -> Result<Response<Body>, lambda_http::Error> {
    let request_id = request
        .lambda_context_ref()
        .map_or("", |context| context.request_id.as_str());
    let span = log::request(request_id);
    // On the heap, for it has some 20 KB and would be copied with every future around it.
    let answering = Box::pin(endpoint.handle(request)).instrument(span.clone());
    let (outcome, duration_ms) = log::timed(answering).await;
    let _in_span = span.enter();
    match outcome {
        Ok(reply) => {
            let status = reply.status();
            tracing::info!(status = status.as_u16(), duration_ms, "answered");
            let response = with_headers(Response::builder().status(status), reply.headers());
            Ok(response.body(match reply.into_body() {
                Content::Text(text) => text.into(),
                Content::Bytes(bytes) => bytes.into(),
            })?)
        }
        Err(error) => {
            let (status, cause) = (error.status(), error.cause_chain());
            if status.is_server_error() {
                tracing::error!(status = status.as_u16(), duration_ms, cause, "failed");
            } else {
                tracing::info!(status = status.as_u16(), duration_ms, cause, "refused");
            }
            let response = Response::builder().status(status);
            let response = with_headers(response, reply::JSON.iter().copied());
            let response = match error.retry_after() {
                Some(seconds) => response.header(RETRY_AFTER, seconds),
                None => response,
            };
            Ok(response.body(error.body(E::ERRORS).into())?)
        }
    }
}

fn with_headers<'a>(
    response: response::Builder,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
) -> response::Builder {
    headers.fold(response, |response, (name, value)| {
        response.header(name, value)
    })
}
