//! The platform's own events are announced with their own payload.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::{
    domain::{
        delivery::{Message, announced_id},
        event::{Event, Source},
        event_type,
        result_name::snake_case,
        subscription::Traits,
    },
    fan_out::payload,
    json::{self, Json, Object},
    providers::platform,
};

/// The message of a platform event; `None` for an event of another source, without a tenant, or of a type
/// without subscriptions.
pub(super) fn message(event: &Event) -> Option<Message> {
    let tenant_id = event.tenant_id.clone()?;
    if event.source != Source::Platform || !event_type::is_known(&event.event_type) {
        return None;
    }
    let text = json::text(&event.payload);
    let payload = Object::parse(&text).ok()?;
    let posted = RawValue::from_string(json::posted(&text).into_owned()).ok()?;
    Some(Message {
        id: announced_id(&tenant_id, &event.key, &event.event_type, &[]),
        tenant_id,
        event_type: event.event_type.clone(),
        occurred_at: event.occurred_at,
        announced_at: event.received_at,
        call_id: platform::call_of(event),
        user_id: None,
        traits: traits(&payload),
        body: payload::body(&event.event_type, event.occurred_at, &posted),
    })
}

/// The filterable fields, if the payload names them as the payload of a call does.
fn traits(payload: &Object<'_>) -> Traits {
    let id = |name: &str| payload.get(name).scalar().map(Cow::into_owned);
    let outcomes = payload.get("outcomes");
    let flags = outcomes.object();
    let names = outcomes
        .list()
        .into_iter()
        .chain([payload.get("outcome")])
        .filter_map(Json::string);
    let set = flags
        .members()
        .filter(|(_, flag)| flag.bool() == Some(true))
        .map(|(name, _)| Cow::Borrowed(name));
    Traits {
        campaign_id: id("campaignId"),
        agents: ["agentId", "agentConfigId"]
            .into_iter()
            .filter_map(id)
            .collect(),
        outcomes: names
            .chain(set)
            .filter_map(|name| snake_case(&name))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn traits_of(payload: &Value) -> Traits {
        traits(&Object::parse(&payload.to_string()).unwrap())
    }

    #[test]
    fn filters_look_at_the_names_of_a_calls_payload() {
        let expected = Traits {
            campaign_id: Some("789".to_owned()),
            agents: ["agent_1", "config_1"].map(str::to_owned).into(),
            outcomes: ["appointment_set", "completed", "lead_qualified"]
                .map(str::to_owned)
                .into(),
        };
        for outcomes in [
            json!({ "appointmentSet": true, "leadQualified": true, "voicemailLeft": false, "odd": "true" }),
            json!(["appointment_set", "Lead qualified", 7]),
        ] {
            let payload = json!({
                "campaignId": 789, "agentId": "agent_1", "agentConfigId": "config_1",
                "outcome": "completed", "outcomes": outcomes
            });
            assert_eq!(traits_of(&payload), expected, "{payload}");
        }
    }

    #[test]
    fn what_has_another_form_has_no_traits() {
        let payload = json!({ "campaignId": {}, "agentId": null, "outcome": 7, "outcomes": "all" });
        assert_eq!(traits_of(&payload), Traits::default());
    }
}
