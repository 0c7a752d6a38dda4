//! `deliveries tail`: deliveries as they are made and as their state changes.

use std::{collections::HashMap, time::Duration};

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    api::Api,
    clock::{now, parse_duration, rfc3339},
    events,
    failure::Failure,
    output::Output,
    reading::text,
};

const PAUSE: Duration = Duration::from_secs(2);

/// What to do with deliveries.
#[derive(Debug, Subcommand)]
pub(crate) enum DeliveriesVerb {
    /// Print deliveries, and each change of their state, until Ctrl-C
    Tail(Tail),
}

/// Which deliveries to watch.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// Only deliveries in this state: pending, delivered, failed or cancelled
    #[arg(long)]
    status: Option<String>,
    /// Only deliveries of this subscription
    #[arg(long)]
    subscription: Option<u64>,
    /// Watch deliveries that are at most this old: with retries, one can fail hours after it was made
    #[arg(long, value_parser = parse_duration, default_value = "10m")]
    since: SignedDuration,
    /// End after this many lines
    #[arg(long, value_name = "N")]
    max: Option<usize>,
}

/// Runs a verb of `deliveries`.
pub(crate) async fn run(verb: &DeliveriesVerb, api: &Api, output: Output) -> Result<(), Failure> {
    let DeliveriesVerb::Tail(tail) = verb;
    let mut known = Known::default();
    let mut printed = 0;
    loop {
        let oldest = now()
            .checked_sub(tail.since)
            .ok()
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let query = [
            ("direction", Some("outbound".to_owned())),
            ("status", tail.status.clone()),
            (
                "webhookConfigId",
                tail.subscription.map(|id| id.to_string()),
            ),
            ("fromDate", Some(rfc3339(oldest))),
            ("count", Some("false".to_owned())),
        ];
        let listed = api
            .list("/api/webhooks/events", "events", &query, usize::MAX)
            .await?;
        let mut changed = known.changed(listed);
        changed.truncate(tail.max.map_or(usize::MAX, |max| max - printed));
        match (changed.is_empty(), printed) {
            (true, _) => {}
            (false, 0) => output.records(&changed, events::table),
            (false, _) => output.more_records(&changed, events::table),
        }
        printed += changed.len();
        if tail.max.is_some_and(|max| printed >= max) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The states in which deliveries were last printed.
#[derive(Default)]
struct Known(HashMap<String, (String, String)>);

impl Known {
    /// What of a list, newest first, is new or has changed; the oldest first. What the list no longer has is forgotten.
    fn changed(&mut self, listed: Vec<Value>) -> Vec<Value> {
        let states: HashMap<_, _> = listed
            .iter()
            .map(|event| {
                (
                    text(event, "id"),
                    (text(event, "status"), text(event, "attempts")),
                )
            })
            .collect();
        let is_new =
            |event: &Value| self.0.get(&text(event, "id")) != states.get(&text(event, "id"));
        let changed = listed.into_iter().rev().filter(is_new).collect();
        self.0 = states;
        changed
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_delivery_is_printed_when_it_is_new_and_when_its_state_changes() {
        let event = |id: u64, status: &str, attempts: u64| json!({ "id": id, "status": status, "attempts": attempts });
        let ids = |events: Vec<Value>| {
            events
                .iter()
                .map(|event| text(event, "id"))
                .collect::<Vec<_>>()
        };
        let mut known = Known::default();
        assert_eq!(
            ids(known.changed(vec![event(2, "pending", 1), event(1, "delivered", 1)])),
            ["1", "2"]
        );
        assert_eq!(
            ids(known.changed(vec![event(2, "pending", 2), event(1, "delivered", 1)])),
            ["2"]
        );
        assert_eq!(
            ids(known.changed(vec![event(3, "pending", 0), event(2, "failed", 2)])),
            ["2", "3"]
        );
        assert_eq!(
            ids(known.changed(vec![event(3, "pending", 0), event(2, "failed", 2)])),
            [""; 0]
        );
    }
}
