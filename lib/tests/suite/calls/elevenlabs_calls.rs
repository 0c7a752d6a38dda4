//! What ElevenLabs' post-call webhooks say of a call: the fixtures, and what the fixtures leave out.

use ringpost::domain::{
    call::{
        Call, CallUpdate, agent_status::StatusWord, announcement::Announcement,
        direction::Direction, outcome::Outcome,
    },
    key::CallKey,
    phone::PhoneNumber,
};
use serde_json::{Value, json};

use crate::support::elevenlabs::{self, at, body, event, fixtures, keys, text, update};

const AGENT: &str = "agent_01jx7n5t2se5xv3m8q9b4c6d7e";
const PHONE_CALL: &str = "CA0123456789abcdef0123456789abcdef";

fn reported(body: &Value) -> CallUpdate {
    update(body).expect("a call")
}

fn call(body: &Value) -> Call {
    Call::begin(&reported(body), None)
}

fn word(update: &CallUpdate) -> Option<StatusWord> {
    update.facts.agent_status.get().map(|status| status.word)
}

fn number(number: Option<&PhoneNumber>) -> Option<&str> {
    number.map(PhoneNumber::as_str)
}

fn results(update: &CallUpdate) -> Vec<&str> {
    update
        .facts
        .results()
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect()
}

/// The first fixture with `change` made to its `data`.
fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = body("01_post_call_transcription_twilio");
    change(&mut body["data"]);
    body
}

#[test]
fn a_transcription_reports_all_of_a_phone_call() {
    let body = body("01_post_call_transcription_twilio");
    let (event, update) = (event(&body), reported(&body));
    assert_eq!(
        (event.event_type.as_str(), event.occurred_at),
        ("post_call_transcription", at(1_767_311_999))
    );
    assert!(
        event
            .key
            .as_str()
            .starts_with("elevenlabs:post_call_transcription:conv_01jxa3b5c7d9:")
    );
    let conversation = CallKey::Conversation("conv_01jxa3b5c7d9".to_owned());
    assert_eq!(
        keys(&update),
        [conversation, CallKey::CallSid(PHONE_CALL.to_owned())]
    );
    let facts = &update.facts;
    assert_eq!(facts.agent_id().map(String::as_str), Some(AGENT));
    assert_eq!(facts.direction(), Some(Direction::Inbound));
    assert_eq!(
        (number(facts.line_number()), number(facts.phone_number())),
        (Some("+18005550199"), Some("+15105550123"))
    );
    assert!(facts.is_phone_call());
    assert_eq!(facts.answered_at(), Some(at(1_767_311_931)));
    assert_eq!(
        (facts.reported_start(), facts.conversation_ended_at()),
        (Some(at(1_767_311_930)), Some(at(1_767_311_992)))
    );
    assert_eq!(word(&update), Some(StatusWord::Completed));
    assert_eq!(
        facts.agent_status.get().map(|status| &status.event),
        Some(&event.key)
    );
    assert_eq!(facts.transcript(), Some(&event.key));
    assert_eq!(results(&update), ["call_successful", "resolved"]);
    assert!(facts.reported_verdict().is_none() && facts.failure_reason().is_none());
    let call = call(&body);
    assert_eq!(
        (call.facts.outcome(), call.duration_seconds()),
        (Some(Outcome::Completed), Some(62))
    );
    assert!(call.announced.contains_key(&Announcement::Completed));
}

#[test]
fn a_conversation_in_a_browser_has_no_numbers() {
    let update = reported(&body("03_post_call_transcription_web_no_phone_no_analysis"));
    // `system__call_sid` among its variables may be anyone's words.
    assert_eq!(
        keys(&update),
        [CallKey::Conversation("conv_01jxweb00001".to_owned())]
    );
    let facts = &update.facts;
    assert!(facts.line_number().is_none() && facts.direction().is_none() && !facts.is_phone_call());
    assert!(facts.results().is_none());
    assert_eq!(facts.stated_seconds(), Some(62));
}

#[test]
fn a_failed_conversation_is_a_failed_call() {
    let body = body("04_post_call_transcription_status_failed");
    let update = reported(&body);
    assert_eq!(word(&update), Some(StatusWord::Failed));
    assert_eq!(update.facts.failure_reason(), Some("LLM cascade failed"));
    assert_eq!(call(&body).facts.outcome(), Some(Outcome::Failed));
    let busy_model = {
        let mut body = body.clone();
        body["data"]["metadata"]["error"]["reason"] = json!("LLM is busy");
        call(&body)
    };
    assert_eq!(
        busy_model.facts.outcome(),
        Some(Outcome::Failed),
        "the model was, and no person"
    );
}

#[test]
fn a_failure_to_initiate_names_number_carrier_and_reason() {
    let body = body("06_call_initiation_failure_twilio");
    let update = reported(&body);
    let sid = CallKey::CallSid("CA8367245817625817632576245724".to_owned());
    assert_eq!(
        keys(&update),
        [CallKey::Conversation("conv_01jxfail0tw".to_owned()), sid]
    );
    let facts = &update.facts;
    assert_eq!(facts.direction(), Some(Direction::Outbound));
    assert_eq!(
        (number(facts.line_number()), number(facts.phone_number())),
        (Some("+11111111111"), Some("+441111111111"))
    );
    assert_eq!(word(&update), Some(StatusWord::InitiationFailed));
    assert_eq!(facts.failure_reason(), Some("busy"));
    assert_eq!(call(&body).facts.outcome(), Some(Outcome::Busy));
}

#[test]
fn a_failure_of_a_sip_trunk_is_read_too() {
    let body = |reason: &str| {
        json!({
            "type": "call_initiation_failure", "event_timestamp": 1_767_311_999,
            "data": {
                "agent_id": AGENT, "conversation_id": "conv_sip", "failure_reason": reason,
                "metadata": { "type": "sip", "body": {
                    "from_number": 18_005_550_199_i64, "to_number": "+15105550123", "sip_status_code": 503,
                    "error_reason": "Service Unavailable", "call_sid": "SCL_1"
                } }
            }
        })
    };
    let unknown = reported(&body("unknown"));
    assert_eq!(number(unknown.facts.line_number()), Some("+18005550199"));
    assert_eq!(number(unknown.facts.phone_number()), Some("+15105550123"));
    assert_eq!(unknown.facts.failure_reason(), Some("Service Unavailable"));
    for (reason, outcome) in [
        ("busy", Outcome::Busy),
        ("no-answer", Outcome::NoAnswer),
        ("unknown", Outcome::Failed),
        ("new", Outcome::Failed),
    ] {
        assert_eq!(
            call(&body(reason)).facts.outcome(),
            Some(outcome),
            "{reason}"
        );
    }
}

#[test]
fn an_unknown_type_is_kept_and_says_what_it_can() {
    assert_eq!(update(&body("09_unknown_type")), None);
    assert_eq!(
        event(&body("09_unknown_type")).event_type,
        "some_future_type"
    );
    let detection =
        json!({ "type": "answering_machine_detection", "data": { "conversation_id": "conv_1" } });
    assert_eq!(
        keys(&reported(&detection)),
        [CallKey::Conversation("conv_1".to_owned())]
    );
    assert_eq!(
        event(&detection).occurred_at,
        at(elevenlabs::RECEIVED),
        "it reports no time"
    );
    for data in [
        json!("text"),
        json!(7),
        json!(true),
        json!(null),
        json!([1, [2]]),
        json!(1.5),
        json!(-1),
    ] {
        assert_eq!(update(&json!({ "type": "new", "data": data })), None);
    }
}

#[test]
fn audio_names_its_owner() {
    let data =
        json!({ "agent_id": AGENT, "conversation_id": "conv_1", "full_audio": "SUQzBAAAAAAA" });
    let update = reported(
        &json!({ "type": "post_call_audio", "event_timestamp": 1_767_311_999, "data": data }),
    );
    assert_eq!(update.facts.agent_id().map(String::as_str), Some(AGENT));
    assert!(update.facts.transcript().is_none() && update.facts.ending().is_none());
}

#[test]
fn the_carriers_result_decides_where_no_one_spoke() {
    for (result, status, outcome, reported_word) in [
        ("busy", "done", Some(Outcome::Busy), StatusWord::Completed),
        ("busy", "failed", Some(Outcome::Busy), StatusWord::Busy),
        (
            "no_answer",
            "failed",
            Some(Outcome::NoAnswer),
            StatusWord::NoAnswer,
        ),
        (
            "failed",
            "failed",
            Some(Outcome::Failed),
            StatusWord::Failed,
        ),
        (
            "voicemail",
            "done",
            Some(Outcome::Completed),
            StatusWord::Completed,
        ),
    ] {
        let body = changed(|data| {
            data["status"] = json!(status);
            data["metadata"]["phone_call"]["call_result"] = json!(result);
        });
        assert_eq!(
            (call(&body).facts.outcome(), word(&reported(&body))),
            (outcome, Some(reported_word)),
            "{result}"
        );
        assert!(reported(&body).facts.answered_at().is_none(), "{result}");
    }
}

#[test]
fn an_outbound_call_by_a_sip_trunk_has_its_keys() {
    let update = reported(&changed(|data| {
        data["metadata"]["phone_call"] = json!({
            "type": "sip_trunking", "direction": "outbound", "agent_number": "+18005550199",
            "external_number": "+15105550123", "call_id": "sip-1@trunk", "call_sid": "SCL_1"
        });
    }));
    let others = [
        CallKey::CallSid("SCL_1".to_owned()),
        CallKey::SipCall("sip-1@trunk".to_owned()),
    ];
    assert_eq!(keys(&update)[1..], others);
    assert_eq!(update.facts.direction(), Some(Direction::Outbound));
    assert_eq!(number(update.facts.line_number()), Some("+18005550199"));
}

#[test]
fn a_transcript_that_is_left_out_is_no_transcript() {
    for transcript in [json!([]), json!(null)] {
        let update = reported(&changed(|data| data["transcript"] = transcript));
        assert!(update.facts.transcript().is_none());
    }
    let bare =
        json!({ "type": "post_call_transcription", "data": { "conversation_id": "conv_1" } });
    assert_eq!(
        word(&reported(&bare)),
        Some(StatusWord::Completed),
        "the call is over"
    );
    assert!(reported(&bare).facts.ending().is_some());
}

#[test]
fn the_documents_event_names_call_agent_and_campaign() {
    let documented = json!({
        "event_type": "voice.completed", "timestamp": "2023-07-29T15:05:00Z", "voice_id": "voice-123",
        "agent_id": "agent-456", "call_id": "CA123456789abcdef", "duration": 15.5,
        "metadata": { "campaignId": "campaign-123", "contactId": 42 }
    });
    let update = reported(&documented);
    assert_eq!(event(&documented).occurred_at, at(1_690_643_100));
    assert_eq!(
        keys(&update),
        [CallKey::CallSid("CA123456789abcdef".to_owned())]
    );
    assert_eq!(
        update.facts.agent_id().map(String::as_str),
        Some("agent-456")
    );
    assert_eq!(
        update.facts.campaign_id.get().map(String::as_str),
        Some("campaign-123")
    );
    assert_eq!(update.facts.first_event.get(), Some(at(1_690_643_100)));
    assert!(update.facts.ending().is_none() && update.facts.stated_seconds().is_none());
    for event_type in [
        "voice.processing",
        "agent.ready",
        "agent.speaking",
        "agent.listening",
        "agent.error",
    ] {
        let mut body = documented.clone();
        body["event_type"] = json!(event_type);
        assert_eq!(event(&body).event_type, event_type);
        assert!(reported(&body).facts.ending().is_none());
    }
    let about_no_call = json!({ "event_type": "agent.ready", "agent_id": "agent-456" });
    assert_eq!(elevenlabs::update(&about_no_call), None);
}

#[test]
fn the_same_body_has_the_same_key_and_any_other_another() {
    let body = body("01_post_call_transcription_twilio");
    assert_eq!(event(&body).key, event(&body).key);
    let later = changed(|data| data["analysis"]["call_successful"] = json!("failure"));
    assert_ne!(event(&body).key, event(&later).key);
}

#[test]
fn accepted_fixtures_are_read_byte_for_byte() {
    for (name, fixture) in fixtures() {
        let body = text(&fixture, "/body").as_bytes().to_vec();
        let read = ringpost::providers::elevenlabs::PostCall::parse(&body).expect(&name);
        let event = read.event(&body.clone().into(), at(elevenlabs::RECEIVED));
        assert_eq!(event.payload, body, "{name}");
    }
}
