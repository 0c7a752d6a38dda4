//! `GET /api/v1/webhooks/health`

use std::process::ExitCode;

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
    runtime::{self, Endpoint},
    wiring::{InitError, Wiring},
};

/// The endpoints of the inbound call document.
const ENDPOINTS: [&str; 4] = [
    "POST /api/v1/webhooks/livekit/sip-inbound",
    "POST /api/v1/webhooks/livekit/events",
    "GET /api/v1/webhooks/health",
    "POST /api/v1/webhooks/test",
];

/// What this function may touch: nothing but the clock.
pub struct Function {
    pub clock: Clock,
}

#[derive(Serialize)]
struct Health {
    success: bool,
    status: &'static str,
    service: &'static str,
    version: &'static str,
    timestamp: String,
    endpoints: [&'static str; 4],
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "webhooks-health";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(_: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            clock: Clock::system(),
        })
    }

    async fn warm_up(_: &Wiring) -> Result<(), InitError> {
        Ok(())
    }

    async fn handle(&self, _request: Request) -> Result<Reply, ApiError> {
        Ok(Reply::ok(&Health {
            success: true,
            status: "healthy",
            service: "inbound_webhooks",
            version: env!("CARGO_PKG_VERSION"),
            timestamp: self.clock.now().to_string(),
            endpoints: ENDPOINTS,
        }))
    }
}
