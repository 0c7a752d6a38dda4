//! A room of LiveKit and what happens in it, as its webhooks report it.

use serde_json::{Value, json};

/// When every room is created.
pub(crate) const CREATED: i64 = 1_767_312_000;

/// A room and its events so far; each second is counted from [`CREATED`].
pub(crate) struct Room {
    sid: String,
    pub(crate) events: Vec<Value>,
}

impl Room {
    pub(crate) fn new(sid: &str) -> Self {
        let mut room = Self {
            sid: sid.to_owned(),
            events: Vec::new(),
        };
        room.event("room_started", 0, None);
        room
    }

    fn event(&mut self, name: &str, second: i64, participant: Option<Value>) {
        let number = self.events.len();
        let mut body = json!({
            "event": name,
            "id": format!("EV_{}_{number:03}", self.sid),
            "createdAt": (CREATED + second).to_string(),
            "room": { "sid": self.sid, "name": format!("n-{}", self.sid), "creationTime": CREATED.to_string() },
        });
        if let Some(participant) = participant {
            body["participant"] = participant;
        }
        self.events.push(body);
    }

    pub(crate) fn joined(&mut self, second: i64, who: Value) {
        self.event("participant_joined", second, Some(who));
    }

    pub(crate) fn left(&mut self, second: i64, who: Value, reason: &str) {
        self.event("participant_left", second, Some(because(who, reason)));
    }

    pub(crate) fn aborted(&mut self, second: i64, who: Value, reason: &str) {
        self.event(
            "participant_connection_aborted",
            second,
            Some(because(who, reason)),
        );
    }

    pub(crate) fn finished(&mut self, second: i64) {
        self.event("room_finished", second, None);
    }
}

fn because(mut who: Value, reason: &str) -> Value {
    who["disconnectReason"] = json!(reason);
    who
}

/// Whom a dispatch rule lets in.
pub(crate) fn caller(name: &str) -> Value {
    let mut caller = phone(name, "active", "+15105550100");
    caller["attributes"]["sip.ruleID"] = json!("SDR_1");
    caller
}

/// Whom the platform dials, in this state.
pub(crate) fn dialled(name: &str, status: &str) -> Value {
    phone(name, status, "+15105550999")
}

fn phone(name: &str, status: &str, number: &str) -> Value {
    json!({
        "identity": format!("sip_{name}"), "kind": "SIP",
        "attributes": {
            "sip.callID": format!("SCL_{name}"), "sip.trunkID": "ST_1", "sip.callStatus": status,
            "sip.phoneNumber": number, "sip.trunkPhoneNumber": "+18588796658"
        }
    })
}

/// A person in a browser.
pub(crate) fn web(name: &str) -> Value {
    json!({ "identity": name })
}

pub(crate) fn agent() -> Value {
    json!({ "identity": "agent-1", "kind": "AGENT" })
}
