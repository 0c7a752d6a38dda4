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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        bounded::{BoundedMap, BoundedSet},
        call::{
            claims::Latest,
            leg::{Leg, LegKey},
            report::{Report, RoomSpan},
            tests::{at, update},
        },
        scalar::Scalar,
    };

    /// Facts with this text as every id.
    fn facts(id: &str) -> Facts {
        let latest = || Latest::of(1, at(1), Some(id.to_owned()));
        let leg = Leg {
            sip_calls: BoundedSet::of([id.to_owned()]),
            call_sids: BoundedSet::of([id.to_owned()]),
            ..Leg::default()
        };
        let talk = ConversationReport {
            agent_id: latest(),
            ..ConversationReport::default()
        };
        Facts {
            legs: BoundedMap::of(LegKey::phone("a"), leg),
            reports: BoundedMap::of(id.to_owned(), Report::default()),
            rooms: BoundedMap::of(id.to_owned(), RoomSpan::default()),
            talks: BoundedMap::of(id.to_owned(), talk),
            room_sid: latest(),
            room_name: latest(),
            sip_call_id: latest(),
            call_sid: latest(),
            conversation_id: latest(),
            agent_id: latest(),
            campaign_id: latest(),
            lead_id: Latest::of(1, at(1), Some(Scalar::from(id.to_owned()).into())),
            ..Facts::default()
        }
    }

    #[test]
    fn no_id_of_a_call_is_a_placeholder() {
        let kept = |id: &str| update("CA1", 1, facts(id)).without_placeholders().facts;
        assert_eq!(kept("an-id-1"), facts("an-id-1"));
        let without_ids = Facts {
            legs: BoundedMap::of(LegKey::phone("a"), Leg::default()),
            ..Facts::default()
        };
        for placeholder in ["undefined", "{{call_id}}", "0"] {
            assert_eq!(kept(placeholder), without_ids, "{placeholder}");
        }
        let mut named = facts("an-id-1");
        let agent = Latest::of(1, at(1), Some("null".to_owned()));
        let talk = |agent_id| ConversationReport {
            agent_id,
            ..ConversationReport::default()
        };
        named.talks = BoundedMap::of("conv_1".to_owned(), talk(agent));
        let talks = update("CA1", 1, named).without_placeholders().facts.talks;
        assert_eq!(talks.get("conv_1"), Some(&talk(Latest::default())));
    }

    #[test]
    fn a_name_in_a_tenants_own_account_leads_to_another_call() {
        let keys = || CallKeys::new([CallKey::CallSid("CA1".to_owned())]).unwrap();
        let of_acme = keys().in_account_of("acme");
        assert!(of_acme.are_of_an_account() && !keys().are_of_an_account());
        assert_eq!(
            keys().first_id(),
            CallKey::CallSid("CA1".to_owned()).call_id()
        );
        assert_ne!(of_acme.first_id(), keys().first_id());
        assert_ne!(of_acme.first_id(), keys().in_account_of("other").first_id());
    }
}
