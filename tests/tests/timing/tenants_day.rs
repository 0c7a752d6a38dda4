//! A day of a tenant: its calls are reported, and it reads what is recorded and posted of them.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use ringpost_tests::{
    livekit::{sip_call, unique},
    receiver::Receiver,
    stack::{Answer, eventually},
};
use serde_json::Value;

use super::two_tenants::{CALL_LIST, HISTORY, Tenant};

/// Calls of a day.
pub(crate) const CALLS: usize = 10;

/// What is reported of each: its room opens, the caller joins and leaves, the room is closed.
pub(crate) const EVENTS: [usize; 4] = [0, 1, 4, 6];

/// What of an outcome differs from call to call.
const IDS: [&str; 7] = [
    "id",
    "livekitRoomName",
    "livekitRoomSid",
    "sipCallId",
    "callSid",
    "createdAt",
    "updatedAt",
];

/// What is seen of a call: its outcome, how often it is listed, where its history stands, what was posted.
#[derive(Debug, PartialEq)]
pub(crate) struct ReceivedSpan {
    pub(crate) outcome: Value,
    pub(crate) listed: usize,
    pub(crate) history: Vec<String>,
    pub(crate) posts: BTreeMap<String, usize>,
}

/// A day of a tenant: the ids of its calls and of a delivery, what it saw of them, what it asked with the
/// status of each answer, and how long each took.
#[derive(Default)]
pub(crate) struct Day {
    pub(crate) calls: Vec<String>,
    pub(crate) delivery: u64,
    pub(crate) seen: Vec<ReceivedSpan>,
    pub(crate) statuses: Vec<(String, u16)>,
    pub(crate) latencies: Vec<Duration>,
}

impl Day {
    /// What a tenant does every day: its calls are reported, and it reads their results.
    pub(crate) async fn of(tenant: &Tenant, receiver: &Receiver) -> Self {
        let mut day = Self::default();
        for _ in 0..CALLS {
            day.report(tenant).await;
        }
        day.settle(tenant).await;
        day.look(tenant, receiver).await;
        day.latencies.sort_unstable();
        day
    }

    pub(crate) async fn timed(
        &mut self,
        what: &str,
        answer: impl Future<Output = Answer>,
    ) -> Value {
        let begun = Instant::now();
        let answer = answer.await;
        self.latencies.push(begun.elapsed());
        self.statuses.push((what.to_owned(), answer.status));
        answer.body
    }

    /// The platform's LiveKit account reports a call on the tenant's number.
    pub(crate) async fn report(&mut self, tenant: &Tenant) {
        let (events, mut reported) = (sip_call(&unique(), &tenant.number), Value::Null);
        let secret = tenant.stack.value("LIVEKIT_API_SECRET");
        for event in EVENTS.map(|place| &events[place]) {
            let answer = tenant.send(tenant.livekit(secret, event));
            reported = self.timed(event["event"].as_str().unwrap(), answer).await;
        }
        self.calls
            .push(reported["call_id"].as_str().unwrap().to_owned());
    }

    /// Waits until every report is processed and delivered. The number of these requests depends on the machine: they
    /// are no part of the day.
    pub(crate) async fn settle(&self, tenant: &Tenant) {
        eventually("every event and delivery", async || {
            let history = tenant.get(HISTORY).await.body;
            let is_done =
                |row: &&Value| row["status"] == "processed" || row["status"] == "delivered";
            let done = |call: &String| rows(&history, call).filter(is_done).count();
            self.calls
                .iter()
                .all(|call| done(call) > EVENTS.len())
                .then_some(())
        })
        .await;
    }

    pub(crate) async fn look(&mut self, tenant: &Tenant, receiver: &Receiver) {
        let list = self.timed("list", tenant.get(CALL_LIST)).await;
        let history = self.timed("history", tenant.get(HISTORY)).await;
        for call in self.calls.clone() {
            let path = format!("/api/calls/{call}/outcome?user_id=user_day");
            let mut outcome = self.timed("outcome", tenant.get(&path)).await;
            outcome
                .as_object_mut()
                .unwrap()
                .retain(|name, _| !IDS.contains(&name.as_str()));
            let listed = list["calls"].as_array().into_iter().flatten();
            let listed = listed.filter(|listed| listed["id"] == *call).count();
            let mut delivery = rows(&history, &call).filter(|row| row["direction"] == "outbound");
            self.delivery = delivery.next().unwrap()["id"].as_u64().unwrap();
            let stands =
                |row: &Value| format!("{} {} {}", row["eventType"], row["status"], row["attempts"]);
            let mut history: Vec<String> = rows(&history, &call).map(stands).collect();
            history.sort_unstable();
            self.seen.push(ReceivedSpan {
                outcome,
                listed,
                history,
                posts: posts(receiver, tenant, &call),
            });
        }
    }
}

/// The rows of a history that are about a call.
fn rows<'a>(history: &'a Value, call: &'a str) -> impl Iterator<Item = &'a Value> {
    let rows = history["events"].as_array().into_iter().flatten();
    rows.filter(move |row| row["callId"] == *call)
}

/// How often each type was posted about a call, signed with the tenant's secret.
pub(crate) fn posts(receiver: &Receiver, tenant: &Tenant, call: &str) -> BTreeMap<String, usize> {
    let mut posts = BTreeMap::new();
    for post in receiver.requests() {
        let body = post.json();
        if body["data"]["callLogId"] == *call && post.is_signed_with(&tenant.secret) {
            *posts
                .entry(body["type"].as_str().unwrap().to_owned())
                .or_insert(0) += 1;
        }
    }
    posts
}
