//! Whether the service runs.

pub mod call_completed_health;
pub mod webhooks_health;

use std::marker::PhantomData;

use lambda_http::Request;
use ringpost::{
    clock::Clock,
    http::{
        error::{ApiError, ErrorShape},
        reply::Reply,
    },
};
use serde::Serialize;

use crate::{
    runtime::Endpoint,
    wiring::{InitError, Wiring},
};

/// A service whose health a document describes.
pub trait Service: Send + Sync + 'static {
    /// The name of its binary.
    const BINARY: &'static str;
    const ERRORS: ErrorShape;
    /// Its name in the answer.
    const NAME: &'static str;
    /// `success` of the answer, if its document has it.
    const SUCCESS: Option<bool> = None;
    /// The service's endpoints, if its document lists them.
    const ENDPOINTS: Option<&'static [&'static str]> = None;
}

/// What the function of such a service may touch: nothing but the clock.
pub struct Function<S> {
    pub clock: Clock,
    service: PhantomData<S>,
}

#[serde_with::skip_serializing_none]
#[derive(Serialize)]
struct Health {
    success: Option<bool>,
    status: &'static str,
    service: &'static str,
    version: &'static str,
    timestamp: String,
    endpoints: Option<&'static [&'static str]>,
}

impl<S> Function<S> {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            service: PhantomData,
        }
    }
}

impl<S: Service> Endpoint for Function<S> {
    const NAME: &'static str = S::BINARY;
    const ERRORS: ErrorShape = S::ERRORS;

    async fn wire(_: &Wiring) -> Result<Self, InitError> {
        Ok(Self::new(Clock::system()))
    }

    async fn warm_up(_: &Wiring) -> Result<(), InitError> {
        Ok(())
    }

    async fn handle(&self, _request: Request) -> Result<Reply, ApiError> {
        Ok(Reply::ok(&Health {
            success: S::SUCCESS,
            status: "healthy",
            service: S::NAME,
            version: env!("CARGO_PKG_VERSION"),
            timestamp: self.clock.now().to_string(),
            endpoints: S::ENDPOINTS,
        }))
    }
}
