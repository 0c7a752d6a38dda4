//! `GET /api/webhooks/call_completed/health`

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

/// What this function may touch: nothing but the clock.
pub struct Function {
    pub clock: Clock,
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    service: &'static str,
    version: &'static str,
    timestamp: String,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "call-completed-health";
    const ERRORS: ErrorShape = ErrorShape::CallOutcomes;

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
            status: "healthy",
            service: "call_outcomes",
            version: env!("CARGO_PKG_VERSION"),
            timestamp: self.clock.now().to_string(),
        }))
    }
}
