//! The events of whole calls as LiveKit sends them, by chance: times, reasons, kinds and spellings.
//! LiveKit reports the time of an event in whole seconds. Many events of a call therefore share theirs.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};

/// One room and its events so far.
struct Room {
    salt: u32,
    room: Value,
    now_millis: i64,
    pauses: Vec<i64>,
    events: Vec<Value>,
}

impl Room {
    /// A room that has just been created; `pauses` are the milliseconds before each event.
    fn start(chance: &Chance) -> Self {
        let now_millis = 1_767_312_000_000 + chance.start_millis;
        let mut room = json!({ "sid": "RM_1", "name": chance.room_name });
        room["creationTime"] = json!((now_millis / 1_000).to_string());
        if chance.exact_start {
            room["creationTimeMs"] = json!(now_millis.to_string());
        }
        room["metadata"] = json!(chance.metadata);
        let mut this = Self {
            salt: chance.salt,
            room,
            now_millis,
            pauses: chance.pauses.clone(),
            events: Vec::new(),
        };
        this.event("room_started", json!({}));
        this
    }

    fn event(&mut self, name: &str, more: Value) {
        let number = self.events.len();
        self.now_millis += self.pauses[number % self.pauses.len()];
        let mut body = json!({
            "event": name,
            "id": format!("EV_{}_{number}", self.salt),
            "createdAt": (self.now_millis / 1_000).to_string(),
            "room": self.room,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.events.push(body);
    }

    fn participant(&mut self, name: &str, who: &Value, status: Option<&str>, reason: &Value) {
        let mut participant = who.clone();
        participant["joinedAt"] = json!((self.now_millis / 1_000).to_string());
        if let Some(status) = status {
            participant["attributes"]["sip.callStatus"] = json!(status);
        }
        if name != "participant_joined" {
            participant["disconnectReason"] = reason.clone();
        }
        self.event(name, json!({ "participant": participant }));
    }

    /// A track is reported with the bare ids of its room and participant.
    fn track(&mut self, name: &str, who: &Value) {
        let room = json!({ "sid": self.room["sid"], "name": self.room["name"] });
        let participant = json!({ "identity": who["identity"] });
        self.event(name, json!({ "room": room, "participant": participant }));
    }

    fn egress(&mut self, name: &str, status: &str, results: Value) {
        let mut info =
            json!({ "roomId": self.room["sid"], "roomName": self.room["name"], "status": status });
        for (name, value) in results.as_object().into_iter().flatten() {
            info[name] = value.clone();
        }
        self.event(
            name,
            json!({ "room": null, "participant": null, "egressInfo": info }),
        );
    }

    /// The same leaving as the relay of the Call Outcomes document reports it.
    fn relayed_leaving(&mut self, who: &Value, reason: &Value) {
        let at = |millis: i64| {
            jiff::Timestamp::from_millisecond(millis)
                .expect("a time")
                .to_string()
        };
        let participant = json!({ "identity": who["identity"], "disconnectReason": reason });
        let mut room = json!({ "sid": self.room["sid"], "name": self.room["name"] });
        room["creationTime"] = json!(at(self.now_millis - 20_000));
        let created_at = json!(at(self.now_millis));
        let more = json!({ "room": room, "participant": participant, "createdAt": created_at });
        self.event("participant_left", more);
    }
}

/// Everything about a call that chance decides.
#[derive(Debug, Clone)]
struct Chance {
    salt: u32,
    start_millis: i64,
    exact_start: bool,
    room_name: &'static str,
    metadata: Option<&'static str>,
    pauses: Vec<i64>,
    agent: Value,
    person: Value,
    reasons: [Value; 2],
    extra: [bool; 3],
}

fn reason() -> impl Strategy<Value = Value> {
    select(vec![
        json!("CLIENT_INITIATED"),
        json!("ROOM_DELETED"),
        json!("USER_REJECTED"),
        json!("USER_UNAVAILABLE"),
        json!("SIP_TRUNK_FAILURE"),
        json!("line busy"),
        json!(11),
        json!(14),
        json!(null),
    ])
}

fn agent() -> impl Strategy<Value = Value> {
    select(vec![
        json!({ "identity": "agent-1", "kind": "AGENT" }),
        json!({ "identity": "agent-1", "kind": 4 }),
        json!({ "identity": "agent-1", "permission": { "agent": true } }),
    ])
}

fn person() -> impl Strategy<Value = Value> {
    select(vec![
        json!({ "identity": "web-1" }),
        json!({ "identity": "web-1", "kind": "STANDARD" }),
        json!({ "identity": "web-1", "kind": "CONNECTOR" }),
    ])
}

prop_compose! {
    fn chance()(
        salt: u32,
        start_millis in 0..1_000_i64,
        exact_start: bool,
        room_name in select(vec!["sip-7678189426__1__x", "call-_+15105550123_Xq7", "room"]),
        metadata in option::of(select(vec!["", r#"{"campaign":"c-1"}"#])),
        pauses in vec(prop_oneof![Just(0), 0..3_000_i64, 0..90_000_i64], 5..16),
        agent in agent(),
        person in person(),
        reasons in [reason(), reason()],
        extra: [bool; 3],
    ) -> Chance {
        Chance {
            salt, start_millis, exact_start, room_name, metadata, pauses, agent, person, reasons, extra,
        }
    }
}

/// A SIP participant; an inbound call has a dispatch rule.
fn phone(number: u8, inbound: bool) -> Value {
    let mut attributes = json!({
        "sip.callID": format!("SCL_{number}"),
        "sip.trunkID": "ST_1",
        "sip.phoneNumber": format!("+1510555012{number}"),
        "sip.trunkPhoneNumber": "+18005550199",
    });
    if inbound {
        attributes["sip.ruleID"] = json!("SDR_1");
    }
    json!({ "identity": format!("sip_{number}"), "kind": "SIP", "attributes": attributes })
}

/// A person calls one of our numbers, talks to an agent, perhaps to a person too, and hangs up.
fn inbound(chance: &Chance) -> Vec<Value> {
    let (mut room, caller) = (Room::start(chance), phone(1, true));
    let [recorded, joined_by_person, relayed] = chance.extra;
    let [reason, other] = &chance.reasons;
    room.participant("participant_joined", &caller, Some("active"), reason);
    room.participant("participant_joined", &chance.agent, None, reason);
    room.track("track_published", &caller);
    if recorded {
        room.egress("egress_started", "EGRESS_STARTING", json!({}));
    }
    if joined_by_person {
        room.participant("participant_joined", &chance.person, None, other);
        room.participant("participant_left", &chance.person, None, other);
    }
    room.track("track_unpublished", &caller);
    room.participant("participant_left", &chance.agent, None, other);
    room.participant("participant_left", &caller, Some("hangup"), reason);
    if relayed {
        room.relayed_leaving(&caller, reason);
    }
    if recorded {
        let segments = json!({ "segmentResults": [{ "playlistLocation": "s3://b/1.m3u8" }] });
        room.egress("egress_updated", "EGRESS_COMPLETE", segments);
        let file = json!({ "fileResults": [{ "location": "s3://b/1.ogg" }] });
        room.egress("egress_ended", "EGRESS_COMPLETE", file);
    }
    room.event("room_finished", json!({}));
    room.events
}

/// A person talks to an agent in a browser, perhaps joined by a second one.
fn browser(chance: &Chance) -> Vec<Value> {
    let mut room = Room::start(chance);
    let [second, relayed, finished_first] = chance.extra;
    let [reason, other] = &chance.reasons;
    let guest = json!({ "identity": "web-2" });
    room.participant("participant_joined", &chance.person, None, reason);
    room.participant("participant_joined", &chance.agent, None, reason);
    if second {
        room.participant("participant_joined", &guest, None, other);
        room.participant("participant_left", &guest, None, other);
    }
    room.participant("participant_left", &chance.person, None, reason);
    if relayed {
        room.relayed_leaving(&chance.person, reason);
    }
    if finished_first {
        room.event("room_finished", json!({}));
    }
    room.participant("participant_left", &chance.agent, None, other);
    room.event("room_finished", json!({}));
    room.events
}

/// The platform calls a person who does not answer, perhaps a second number too, which may.
fn outbound(chance: &Chance) -> Vec<Value> {
    let mut room = Room::start(chance);
    let [aborted, second, answered] = chance.extra;
    let [reason, other] = &chance.reasons;
    let (first, next) = (phone(1, false), phone(2, false));
    room.participant("participant_joined", &chance.agent, None, reason);
    room.participant("participant_joined", &first, Some("dialing"), reason);
    let leaving = if aborted {
        "participant_connection_aborted"
    } else {
        "participant_left"
    };
    room.participant(leaving, &first, Some("ringing"), reason);
    if second {
        room.participant("participant_joined", &next, Some("dialing"), other);
        let status = if answered { "active" } else { "ringing" };
        room.participant("participant_left", &next, Some(status), other);
    }
    room.event("room_finished", json!({}));
    room.events
}

/// The events of one whole call in the order in which they happened.
pub(crate) fn whole_call() -> impl Strategy<Value = Vec<Value>> {
    let kinds: [fn(&Chance) -> Vec<Value>; 3] = [inbound, browser, outbound];
    (chance(), select(kinds.to_vec())).prop_map(|(chance, kind)| kind(&chance))
}
