//! What one event says about a call, and under which keys.

use super::{facts::Facts, report::ConversationReport};
use crate::domain::{
    event::Event,
    key::{CallId, CallKey, EventKey, is_call_name},
    placeholder::is_placeholder,
    timestamp::Timestamp,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallUpdate {
    pub event: EventKey,
    pub received_at: Timestamp,
    /// The tenant, where the event itself says whose it is.
    pub tenant_id: Option<String>,
    /// Every key under which the event knows the call, the surest first; never empty.
    pub keys: CallKeys,
    pub facts: Facts,
    /// Which recording reached which state, if it tells that of one it names: announced once, whoever
    /// reports it.
    pub recording: Option<String>,
}

impl CallUpdate {
    /// What `event` reports of the call that these keys name, the surest first; `None` when none of them names
    /// a call.
    pub fn of(
        event: &Event,
        keys: impl IntoIterator<Item = Option<CallKey>>,
        facts: Facts,
    ) -> Option<Self> {
        Some(Self {
            event: event.key.clone(),
            received_at: event.received_at,
            tenant_id: event.tenant_id.clone(),
            keys: CallKeys::new(keys.into_iter().flatten())?,
            facts,
            recording: None,
        })
    }

    /// The same without what only looks like an id. Its keys never are such.
    pub fn without_placeholders(self) -> Self {
        let (name, id) = (
            |text: &String| is_call_name(text),
            |text: &String| !is_placeholder(text),
        );
        let facts = Facts {
            legs: self.facts.legs.map(|leg| leg.with_ids(name)),
            reports: self.facts.reports.filter(name),
            rooms: self.facts.rooms.filter(name),
            talks: self
                .facts
                .talks
                .filter(name)
                .map(|talk| ConversationReport {
                    agent_id: talk.agent_id.filter(id),
                    ..talk
                }),
            room_sid: self.facts.room_sid.filter(name),
            room_name: self.facts.room_name.filter(id),
            sip_call_id: self.facts.sip_call_id.filter(name),
            call_sid: self.facts.call_sid.filter(name),
            conversation_id: self.facts.conversation_id.filter(name),
            agent_id: self.facts.agent_id.filter(id),
            campaign_id: self.facts.campaign_id.filter(id),
            lead_id: self
                .facts
                .lead_id
                .filter(|lead| !is_placeholder(lead.as_str())),
            ..self.facts
        };
        Self { facts, ..self }
    }
}

/// The keys of one call as one event knows them, the surest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallKeys {
    first: CallKey,
    others: Vec<CallKey>,
    /// Whose own account with the provider gave these names; `None` for the platform's.
    account: Option<String>,
}

impl CallKeys {
    /// Those of the keys that name a call, in this order, each once; `None` without any.
    pub fn new(keys: impl IntoIterator<Item = CallKey>) -> Option<Self> {
        let mut keys = keys.into_iter().filter(CallKey::names_a_call);
        let first = keys.next()?;
        let mut others = Vec::new();
        for key in keys {
            if key != first && !others.contains(&key) {
                others.push(key);
            }
        }
        Some(Self {
            first,
            others,
            account: None,
        })
    }

    /// The same names in a tenant's own account with the provider. They lead to that tenant's calls alone,
    /// whatever calls of others they name, for who has an account chooses what it says.
    pub fn in_account_of(self, tenant_id: &str) -> Self {
        Self {
            account: Some(tenant_id.to_owned()),
            ..self
        }
    }

    /// Whether a tenant's own account gave these names.
    pub fn are_of_an_account(&self) -> bool {
        self.account.is_some()
    }

    /// The id of the item that one of these keys leads to.
    pub fn id_of(&self, key: &CallKey) -> CallId {
        match &self.account {
            Some(tenant_id) => key.call_id().owned_by(tenant_id),
            None => key.call_id(),
        }
    }

    /// The id of the surest key: a new call gets it.
    pub fn first_id(&self) -> CallId {
        self.id_of(&self.first)
    }

    pub fn iter(&self) -> impl Iterator<Item = &CallKey> {
        std::iter::once(&self.first).chain(&self.others)
    }
}
