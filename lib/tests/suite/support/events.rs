//! Reads LiveKit bodies the way ingest does.

use ringpost::{
    domain::{call::CallUpdate, timestamp::Timestamp},
    providers::{
        PayloadError,
        livekit::{self, LiveKitEvent},
    },
};

/// What a body says, and of which call; `None` when it is about no call.
pub(crate) fn read(
    body: &[u8],
    received_at: Timestamp,
) -> Result<(LiveKitEvent, Option<CallUpdate>), PayloadError> {
    let livekit = LiveKitEvent::parse(body, received_at)?;
    let event = livekit.event(body.to_vec().into(), received_at);
    let update = livekit::read(&livekit, &event);
    Ok((livekit, update))
}

/// The moment that this RFC 3339 text names.
pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time")
}
