//! `GET /api/v1/webhooks/health`

use std::process::ExitCode;

use ringpost::http::error::ErrorShape;

use super::Service;
use crate::runtime;

pub struct InboundWebhooks;
pub type Function = super::Function<InboundWebhooks>;

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Service for InboundWebhooks {
    const BINARY: &'static str = "webhooks-health";
    const ERRORS: ErrorShape = ErrorShape::Success;
    const NAME: &'static str = "inbound_webhooks";
    const SUCCESS: Option<bool> = Some(true);
    /// The endpoints of the inbound call document.
    const ENDPOINTS: Option<&'static [&'static str]> = Some(&[
        "POST /api/v1/webhooks/livekit/sip-inbound",
        "POST /api/v1/webhooks/livekit/events",
        "GET /api/v1/webhooks/health",
        "POST /api/v1/webhooks/test",
    ]);
}
