//! `GET /api/webhooks/call_completed/health`

use std::process::ExitCode;

use ringpost::http::error::ErrorShape;

use super::Service;
use crate::runtime;

pub struct CallOutcomes;
pub type Function = super::Function<CallOutcomes>;

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Service for CallOutcomes {
    const BINARY: &'static str = "call-completed-health";
    const ERRORS: ErrorShape = ErrorShape::CallOutcomes;
    const NAME: &'static str = "call_outcomes";
}
