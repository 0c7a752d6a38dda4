//! `calls`: what happened, and why.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    api::{Api, Parameter, segment},
    clock::{parse_moment, rfc3339},
    failure::Failure,
    output::{Output, Rows},
    reading::{at, sheet, text},
    why,
};

/// What to read of calls.
#[derive(Debug, Subcommand)]
pub(crate) enum CallsVerb {
    /// List calls, the newest first
    List(Box<CallFilter>),
    /// Show one call with its legs
    Get {
        /// The call's id
        id: String,
    },
    /// Show what was reported about a call, a lane for each provider
    Timeline {
        /// The call's id
        id: String,
    },
    /// Explain the outcome of a call: who claimed what, who won, and who was informed
    Why {
        /// The call's id
        id: String,
    },
}

/// Which calls to list; they must match everything that is given.
#[derive(Debug, Args)]
pub(crate) struct CallFilter {
    /// The call's status; several with commas
    #[arg(long)]
    status: Option<String>,
    /// The outcome; several with commas
    #[arg(long)]
    outcome: Option<String>,
    /// inbound or outbound
    #[arg(long)]
    direction: Option<String>,
    /// The number of the other side, in any form
    #[arg(long)]
    phone: Option<String>,
    /// The campaign's id
    #[arg(long)]
    campaign: Option<String>,
    /// The carrier's id of the call
    #[arg(long)]
    call_sid: Option<String>,
    /// ElevenLabs' id of the conversation
    #[arg(long)]
    conversation: Option<String>,
    /// The name of LiveKit's room
    #[arg(long)]
    room: Option<String>,
    /// Calls recorded since then: a time, or a length of time before now (2h)
    #[arg(long, value_parser = parse_moment)]
    since: Option<Timestamp>,
    /// Calls recorded until then
    #[arg(long, value_parser = parse_moment)]
    until: Option<Timestamp>,
    /// How many calls at most
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

impl CallFilter {
    fn parameters(&self) -> Vec<Parameter<'static>> {
        let moment = |moment: Option<Timestamp>| moment.map(rfc3339);
        vec![
            ("status", self.status.clone()),
            ("outcome", self.outcome.clone()),
            ("direction", self.direction.clone()),
            ("phoneNumber", self.phone.clone()),
            ("campaignId", self.campaign.clone()),
            ("callSid", self.call_sid.clone()),
            ("conversationId", self.conversation.clone()),
            ("roomName", self.room.clone()),
            ("from", moment(self.since)),
            ("to", moment(self.until)),
        ]
    }
}

/// Runs a verb of `calls`.
pub(crate) async fn run(verb: &CallsVerb, api: &Api, output: Output) -> Result<(), Failure> {
    match verb {
        CallsVerb::List(filter) => {
            let calls = api
                .list("/api/calls", "calls", &filter.parameters(), filter.limit)
                .await?;
            output.records(&calls, table);
        }
        CallsVerb::Get { id } => {
            let answer = api
                .get(&format!("/api/calls/{}/timeline", segment(id)), &[])
                .await?;
            let call = at(&answer, "call");
            output.record(call, || sheet(call));
        }
        CallsVerb::Timeline { id } => {
            let path = format!("/api/calls/{}/timeline", segment(id));
            let events = api.list(&path, "events", &[], usize::MAX).await?;
            output.records(&events, lanes);
        }
        CallsVerb::Why { id } => drop(explain(api, id, output).await?),
    }
    Ok(())
}

/// Shows the explanation of a call, and returns it.
pub(crate) async fn explain(api: &Api, id: &str, output: Output) -> Result<Value, Failure> {
    let explanation = api
        .get(&format!("/api/calls/{}/explanation", segment(id)), &[])
        .await?;
    output.record(&explanation, || why::report(&explanation));
    Ok(explanation)
}

fn table(calls: &[Value]) -> Rows {
    let mut rows = Rows::new([
        "ID",
        "CREATED",
        "DIRECTION",
        "NUMBER",
        "STATUS",
        "OUTCOME",
        "SECONDS",
    ]);
    for call in calls {
        rows.push(
            [
                "id",
                "createdAt",
                "direction",
                "phoneNumber",
                "status",
                "outcome",
                "duration",
            ]
            .map(|name| text(call, name)),
        );
    }
    rows
}

/// The events of a call, in the lanes of their sources, with the time since the first one.
fn lanes(events: &[Value]) -> Rows {
    let mut events: Vec<&Value> = events.iter().collect();
    events.sort_by_key(|event| text(event, "occurredAt"));
    let sources: BTreeSet<String> = events.iter().map(|event| text(event, "source")).collect();
    let start = events.first().and_then(|event| moment(event, "occurredAt"));
    let headings = ["AT", "", "LATE"]
        .map(str::to_owned)
        .into_iter()
        .chain(sources.iter().map(|source| source.to_uppercase()));
    let mut rows = Rows::new(headings);
    for event in events {
        let (occurred, received) = (moment(event, "occurredAt"), moment(event, "receivedAt"));
        let lane = |source: &String| {
            let here = text(event, "source") == *source;
            if here {
                format!("● {}", text(event, "eventType"))
            } else {
                "│".to_owned()
            }
        };
        let head = [
            text(event, "occurredAt"),
            distance(start, occurred),
            distance(occurred, received),
        ];
        rows.push(head.into_iter().chain(sources.iter().map(lane)));
    }
    rows
}

fn moment(event: &Value, name: &str) -> Option<Timestamp> {
    at(event, name).as_str()?.parse().ok()
}

/// How much later the second moment is, in seconds.
fn distance(from: Option<Timestamp>, to: Option<Timestamp>) -> String {
    let seconds = from
        .zip(to)
        .map(|(from, to)| to.duration_since(from).as_millis_f64() / 1_000.0);
    seconds
        .map(|seconds| format!("{seconds:+.1} s"))
        .unwrap_or_default()
}

/// How many events the history has of a call.
pub(crate) async fn count_events(api: &Api, id: &str) -> Result<usize, Failure> {
    let path = format!("/api/calls/{}/timeline", segment(id));
    Ok(api.list(&path, "events", &[], usize::MAX).await?.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_timeline_has_a_lane_for_each_source() {
        let event = |source: &str, kind: &str, at: &str, received: &str| json!({ "source": source, "eventType": kind, "occurredAt": at, "receivedAt": received });
        let shown = lanes(&[
            event(
                "signalwire",
                "call.completed",
                "2026-01-02T00:00:08.000Z",
                "2026-01-02T00:00:09.500Z",
            ),
            event(
                "livekit",
                "room_started",
                "2026-01-02T00:00:00.000Z",
                "2026-01-02T00:00:00.000Z",
            ),
        ])
        .to_string();
        let lines: Vec<Vec<&str>> = shown
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(lines[0], ["AT", "LATE", "LIVEKIT", "SIGNALWIRE"]);
        assert_eq!(
            lines[1][1..],
            ["+0.0", "s", "+0.0", "s", "●", "room_started", "│"]
        );
        assert_eq!(
            lines[2][1..],
            ["+8.0", "s", "+1.5", "s", "│", "●", "call.completed"]
        );
    }
}
