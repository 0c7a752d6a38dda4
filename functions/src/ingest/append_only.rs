//! Webhooks that are appended to the log and answered, and nothing else; `fan-out` does the rest.

use bytes::Bytes;
use lambda_http::Request;
use ringpost::{
    domain::{event::Event, timestamp::Timestamp},
    http::{
        error::{ApiError, ErrorShape},
        reply::Reply,
    },
    store::events::EventTable,
};

use super::{gate::WebhookGate, receipt::keep};
use crate::{
    runtime::Endpoint,
    wiring::{InitError, Wiring},
};

/// A provider whose webhooks are only appended.
pub trait Provider: Send + Sync + 'static {
    /// The name of its binary.
    const BINARY: &'static str;
    type Gate: WebhookGate;

    fn gate(wiring: &Wiring) -> impl Future<Output = Result<Self::Gate, InitError>> + Send;

    /// Reads a verified body.
    fn read(body: &Bytes, received_at: Timestamp) -> Result<Received, ApiError>;
}

/// A body that was read.
pub struct Received {
    pub event: Event,
    /// Why nothing follows from the event.
    pub ignored: Option<String>,
}

impl From<Event> for Received {
    fn from(event: Event) -> Self {
        Self {
            event,
            ignored: None,
        }
    }
}

/// What the function of such a provider may touch: it appends to `events` and reads the provider's
/// secrets.
pub struct Function<P: Provider> {
    pub events: EventTable,
    pub gate: P::Gate,
}

impl<P: Provider> Endpoint for Function<P> {
    const NAME: &'static str = P::BINARY;
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            events: wiring.events()?,
            gate: P::gate(wiring).await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let webhook = self.gate.verified(request).await?;
        let Received { event, ignored } = P::read(webhook.body(), self.gate.now())?;
        let event = webhook.signed(event);
        keep(&self.events, &event, ignored.as_deref()).await
    }
}
