//! `POST /api/events`: an event of the tenant's own, for all of its subscriptions that want it.
//!
//! The event key follows from the tenant and its `Idempotency-Key`, so that the append to the log is
//! the check as well. Whoever comes second reads what was kept: the same is answered alike, anything
//! else is refused.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    clock::Clock,
    domain::{delivery::announced_id, event::Event, event_type, timestamp::Timestamp},
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        fields::{Fields, wrong},
        reply::Reply,
    },
    providers::platform::published,
    store::{
        StoreError,
        events::{Accepted, EventTable},
    },
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    authenticator::Authenticator,
    runtime::{self, Endpoint, InitError, log},
    wiring::Aws,
};

const KEY_HEADER: &str = "idempotency-key";
const MAX_KEY_BYTES: usize = 256;
/// So that the row of a delivery, and what receivers must take, stay modest.
const MAX_PAYLOAD_BYTES: usize = 60 * 1024;

/// What this function may touch: it appends to `events` and reads what it finds there, and reads the
/// keys of user tokens.
pub struct Deps {
    /// Where the event is kept.
    pub events: EventTable,
    /// Who may publish.
    pub authenticator: Authenticator,
    /// What time it is.
    pub clock: Clock,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Published {
    success: bool,
    event_id: String,
}

/// What a request wants to have published.
struct Publication {
    event_type: String,
    payload: Map<String, Value>,
    occurred_at: Option<Timestamp>,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Deps>()
}

impl Endpoint for Deps {
    const NAME: &'static str = "publish-event";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        let (authenticator, connected) = tokio::join!(aws.authenticator(), aws.connect_to_log());
        connected?;
        Ok(Self { events: aws.events()?, authenticator: authenticator?, clock: Clock::system() })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let tenant_id = self.authenticator.administered_tenant(&request).await?;
        let key = idempotency_key(&request)?;
        let publication = Publication::read(&Fields::parse(request.body())?)?;
        let event = publication.event(&tenant_id, key, self.clock.now());
        log::event_key(&event.key);
        match self.events.append(&event).await.map_err(failed)? {
            Accepted::New => log::result("published"),
            Accepted::Duplicate => self.compare(&publication, &event).await?,
        }
        let event_id = announced_id(&tenant_id, &event.key, &event.event_type, &[]);
        Ok(Reply::accepted(&Published { success: true, event_id }))
    }
}

impl Deps {
    /// Whether the event under this key is the one that is to be published now.
    async fn compare(&self, publication: &Publication, event: &Event) -> Result<(), ApiError> {
        let kept = self.events.find(&event.key).await.map_err(failed)?.ok_or_else(expired)?;
        // Of an event without a time of its own, the moment of its receipt is kept.
        let is_same_time = match publication.occurred_at {
            Some(at) => at == kept.occurred_at,
            None => kept.occurred_at == kept.received_at,
        };
        if !is_same_time || kept.event_type != event.event_type || kept.payload != event.payload {
            let message = "This Idempotency-Key was used for another event";
            return Err(ApiError::new(ErrorStatus::Conflict, message).field("Idempotency-Key"));
        }
        log::result("published before");
        Ok(())
    }
}

impl Publication {
    fn read(fields: &Fields) -> Result<Self, ApiError> {
        let event_type = fields.required_name("eventType")?;
        if !event_type::is_published(&event_type) {
            let known = event_type::all().iter().copied().filter(|known| event_type::is_published(known));
            let known: Vec<_> = known.collect();
            return Err(wrong("eventType", &format!("must be one of {}", known.join(", "))));
        }
        let payload = match fields.value("payload") {
            Some(Value::Object(payload)) => modest(payload)?.clone(),
            Some(_) => return Err(wrong("payload", "must be an object")),
            None => return Err(wrong("payload", "is required")),
        };
        let occurred_at = fields.value("occurredAt").map(|value| {
            let time = value.as_str().and_then(Timestamp::parse_rfc3339);
            time.ok_or_else(|| wrong("occurredAt", "must be an RFC 3339 time"))
        });
        Ok(Self { event_type, payload, occurred_at: occurred_at.transpose()? })
    }

    fn event(&self, tenant_id: &str, key: &str, now: Timestamp) -> Event {
        let occurred_at = self.occurred_at.unwrap_or(now);
        published(tenant_id, key, &self.event_type, &self.payload, occurred_at, now)
    }
}

fn modest(payload: &Map<String, Value>) -> Result<&Map<String, Value>, ApiError> {
    let bytes = serde_json::to_vec(payload).map_or(usize::MAX, |json| json.len());
    if bytes > MAX_PAYLOAD_BYTES {
        return Err(wrong("payload", &format!("may have {MAX_PAYLOAD_BYTES} bytes of JSON at most")));
    }
    Ok(payload)
}

/// The key, by which a repeated request is known.
fn idempotency_key(request: &Request) -> Result<&str, ApiError> {
    let Some(value) = request.headers().get(KEY_HEADER) else {
        return Err(wrong("Idempotency-Key", "is required"));
    };
    let key = value.to_str().unwrap_or_default();
    if (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(key);
    }
    Err(wrong("Idempotency-Key", "must be 1 to 256 visible ASCII characters"))
}

fn expired() -> ApiError {
    ApiError::new(ErrorStatus::Internal, "The event of this Idempotency-Key has just expired")
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to publish the event").cause(error)
}
