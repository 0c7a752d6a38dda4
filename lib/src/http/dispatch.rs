//! The answer to LiveKit's question which agent takes a call, as the inbound call document has it.

use serde::Serialize;

use crate::{
    ingest::agent_choice::Assignment,
    providers::livekit::sip_inbound::{InboundCall, Party},
};

/// The answer to LiveKit.
#[derive(Debug, Serialize)]
pub struct DispatchAnswer {
    agent_name: String,
    metadata: String,
    attributes: Attributes,
}

/// What the agent's participant carries; all values are texts.
#[derive(Debug, Serialize)]
struct Attributes {
    inbound: &'static str,
    phone_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<String>,
}

/// The agent's metadata: JSON within a text.
#[serde_with::skip_serializing_none]
#[derive(Serialize)]
struct Metadata<'a> {
    call_type: &'static str,
    phone_number_id: Option<String>,
    tenant_id: Option<&'a str>,
    campaign_id: Option<&'a str>,
    from_number: Option<&'a str>,
    to_number: &'a str,
}

impl DispatchAnswer {
    /// The answer that gives `call` to its agent.
    pub fn of(call: &InboundCall, assignment: &Assignment) -> Self {
        let line = assignment.line.as_ref();
        let (called, caller) = (
            call.called.as_str(),
            call.caller.as_ref().map(Party::as_str),
        );
        let metadata = Metadata {
            call_type: "inbound",
            phone_number_id: line.map(|line| line.id().to_string()),
            tenant_id: assignment.tenant_id.as_deref(),
            campaign_id: line.and_then(|line| line.campaign_id.as_deref()),
            from_number: caller,
            to_number: called,
        };
        Self {
            agent_name: assignment.agent_name.clone(),
            metadata: super::reply::json(&metadata),
            attributes: Attributes {
                inbound: "true",
                phone_number: called.to_owned(),
                caller: caller.map(str::to_owned),
            },
        }
    }
}
