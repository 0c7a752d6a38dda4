//! What one event reports about a call, and under which keys.

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
    /// The tenant, if the event itself names it.
    pub tenant_id: Option<String>,
    /// The most reliable key first.
    pub keys: CallKeys,
    pub facts: Facts,
    /// The recording and the state that it reached, if the event names a recording. Each is
    /// announced once, by the first event that reports it.
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

    /// Without placeholders in place of ids. The keys never are placeholders.
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

/// The keys of one call as one event knows them, the most reliable first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallKeys {
    first: CallKey,
    others: Vec<CallKey>,
    /// The tenant whose provider account uses these names; `None` for the platform's account.
    account: Option<String>,
}

impl CallKeys {
    /// The keys that name a call, each once; `None` if there is none.
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

    /// The same names in a tenant's own provider account. They lead only to calls of that tenant,
    /// because the owner of an account can choose any name.
    pub fn in_account_of(self, tenant_id: &str) -> Self {
        Self {
            account: Some(tenant_id.to_owned()),
            ..self
        }
    }

    pub fn are_of_an_account(&self) -> bool {
        self.account.is_some()
    }

    pub fn id_of(&self, key: &CallKey) -> CallId {
        match &self.account {
            Some(tenant_id) => key.call_id().owned_by(tenant_id),
            None => key.call_id(),
        }
    }

    /// The id of a new call: that of the most reliable key.
    pub fn first_id(&self) -> CallId {
        self.id_of(&self.first)
    }

    pub fn iter(&self) -> impl Iterator<Item = &CallKey> {
        std::iter::once(&self.first).chain(&self.others)
    }
}
