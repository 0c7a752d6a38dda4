//! `listen` on any stage: the history is read, and each delivery is built and signed anew.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use standardwebhooks::Webhook;
use uuid::Uuid;

use super::{options::Listen, position::Position, session::Session};
use crate::{
    api::Api,
    clock::{now, rfc3339},
    events,
    failure::{Failure, Kind},
    profile::{folder, load_private, save_private},
    reading::{at, text},
};

const EVENTS: &str = "/api/webhooks/events";
/// The pause after a reading that found something, and the longest pause.
const BUSY: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_secs(10);

/// Reads the history until it is stopped.
pub(super) async fn run(listen: &Listen, api: &Api, session: &Session) -> Result<(), Failure> {
    let secret = secret();
    let encoded = format!("whsec_{}", STANDARD.encode(&secret));
    let webhook = Webhook::from_bytes(secret)
        .map_err(|error| Failure::usage(format!("No secret: {error}."), "Start again."))?;
    let path = position_file(api, listen.subscription)?;
    let mut position = match listen.since {
        Some(since) => Position::since(since),
        None => match load_private(&path)? {
            Some(position) => position,
            None => start(api).await?,
        },
    };
    session.output.note("· reading the history: subscriptions of this stage are mirrored, none is changed; Ctrl-C ends");
    if listen.print_secret {
        session.output.note(&encoded);
    } else {
        session
            .output
            .note("· signed with a secret of this session, which --print-secret prints");
    }
    let mut pause = BUSY;
    loop {
        pause = match read(listen, api, session, &webhook, &mut position, &path).await {
            Ok(0) => (pause * 2).min(IDLE),
            Ok(_) => BUSY,
            // A machine that slept, or a stage that restarts: the position holds, and the next reading goes on from it.
            Err(failure) if failure.kind == Kind::Network => {
                session.output.note(&failure.to_string());
                IDLE
            }
            Err(failure) => return Err(failure),
        };
        if session.has_forwarded(listen.max) || !session.pauses(pause).await {
            return Ok(());
        }
    }
}

/// Forwards what is new, the oldest first, and says how many events that were. Ctrl-C does not interrupt it between a
/// post and the saving of the position: what was posted is not posted again.
async fn read(
    listen: &Listen,
    api: &Api,
    session: &Session,
    webhook: &Webhook,
    position: &mut Position,
    path: &Path,
) -> Result<usize, Failure> {
    let query = [
        ("direction", Some("outbound".to_owned())),
        (
            "webhookConfigId",
            listen.subscription.map(|id| id.to_string()),
        ),
        ("fromDate", position.from().map(rfc3339)),
        ("count", Some("false".to_owned())),
    ];
    let mut rows = tokio::select! {
        rows = api.list(EVENTS, "events", &query, usize::MAX) => rows?,
        () = session.stopped() => return Ok(0),
    };
    rows.sort_by_key(|row| (made_at(row), at(row, "id").as_u64()));
    let mut forwarded = 0;
    for row in rows {
        let message_id = text(&row, "messageId");
        if !position.is_new(&message_id) {
            continue;
        }
        if session.has_forwarded(listen.max) {
            break;
        }
        if session.targets.want(&text(&row, "eventType")) {
            if !forward(&row, api, session, webhook).await? {
                break;
            }
            forwarded += 1;
        }
        position.forwarded(&message_id, made_at(&row));
        save_private(path, position)?;
    }
    Ok(forwarded)
}

/// Posts a delivery as Ringpost would post it now. A target that is not there is waited for: a restart loses nothing.
/// False at Ctrl-C.
async fn forward(
    row: &Value,
    api: &Api,
    session: &Session,
    webhook: &Webhook,
) -> Result<bool, Failure> {
    let (event_type, message_id) = (text(row, "eventType"), text(row, "messageId"));
    let body = body(&whole(row, api).await?);
    let mut pause = Duration::from_secs(1);
    loop {
        let headers = signed(webhook, &message_id, &body)?;
        let answers = session
            .targets
            .forward(&event_type, &headers, &Bytes::from(body.clone()))
            .await;
        if answers.iter().any(|answer| answer.status.is_some()) {
            session.show(&event_type, &message_id, &answers);
            return Ok(true);
        }
        session.output.note(&format!(
            "· no target answers; {message_id} waits {} s",
            pause.as_secs()
        ));
        if !session.pauses(pause).await {
            return Ok(false);
        }
        pause = (pause * 2).min(Duration::from_secs(30));
    }
}

/// The row with its whole payload: a list has only the beginning of a long one.
async fn whole(row: &Value, api: &Api) -> Result<Value, Failure> {
    if at(row, "payloadTruncated") != &Value::Bool(true) {
        return Ok(row.clone());
    }
    let id = at(row, "id").as_u64().unwrap_or_default();
    Ok(at(&events::find(api, id).await?, "event").clone())
}

/// `{type, timestamp, data}`, as Ringpost posts it.
fn body(row: &Value) -> Vec<u8> {
    let data = at(row, "payload");
    let happened = [text(data, "occurredAt"), text(row, "createdAt")]
        .into_iter()
        .find(|time| !time.is_empty());
    let fields = [
        ("type", at(row, "eventType").clone()),
        ("timestamp", json!(happened)),
        ("data", data.clone()),
    ];
    let members = fields.map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", members.join(",")).into_bytes()
}

fn signed(webhook: &Webhook, message_id: &str, body: &[u8]) -> Result<HeaderMap, Failure> {
    let time = now().as_second();
    let signature = webhook.sign(message_id, time, body);
    let signature = signature.map_err(|error| {
        Failure::refused(
            format!("{message_id} cannot be signed: {error}."),
            "Look at it: `ringpost events list --webhook-id`.",
        )
    })?;
    let values = [
        ("content-type", "application/json".to_owned()),
        (
            "user-agent",
            concat!("ringpost-cli/", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        ("webhook-id", message_id.to_owned()),
        ("webhook-timestamp", time.to_string()),
        ("webhook-signature", signature),
    ];
    Ok(values
        .into_iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_str(&value).ok()?)))
        .collect())
}

fn made_at(row: &Value) -> Timestamp {
    text(row, "createdAt").parse().unwrap_or_default()
}

/// The position behind the newest event.
async fn start(api: &Api) -> Result<Position, Failure> {
    let query = [
        ("direction", Some("outbound".to_owned())),
        ("count", Some("false".to_owned())),
    ];
    let newest = api.list(EVENTS, "events", &query, 1).await?;
    let Some(newest) = newest.first().map(made_at) else {
        return Ok(Position::default());
    };
    // What is in the window already is old; what lands in it later is new.
    let mut position = Position::behind(newest);
    let [direction, count] = query;
    let query = [direction, count, ("fromDate", position.from().map(rfc3339))];
    for row in api.list(EVENTS, "events", &query, usize::MAX).await? {
        position.forwarded(&text(&row, "messageId"), made_at(&row));
    }
    Ok(position)
}

/// A secret of 32 bytes that cannot be guessed.
fn secret() -> Vec<u8> {
    [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()]
        .iter()
        .fold(Sha256::new(), |hash, id| hash.chain_update(id.as_bytes()))
        .finalize()
        .to_vec()
}

/// One file for each stage, user and choice of subscriptions.
fn position_file(api: &Api, subscription: Option<u64>) -> Result<PathBuf, Failure> {
    let stage = api.stage();
    let claims = stage.claims();
    let user = ["tenant_id", "sub"].map(|name| text(&claims, name));
    let whose = json!([stage.url, user, subscription]).to_string();
    let name = hex::encode(Sha256::digest(whose))
        .chars()
        .take(16)
        .collect::<String>();
    Ok(folder()?.join("positions").join(format!("{name}.json")))
}
