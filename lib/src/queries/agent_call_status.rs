//! The status of an agent's call. If the stored status may be out of date, ElevenLabs is asked, and its
//! response is appended to the log like any other event.
//!
//! A call that the caller may not read is treated like an unknown call in every step, so that neither the
//! answer nor the requests to ElevenLabs reveal it.

use bytes::Bytes;

use super::call::{find_readable, readable};
use crate::{
    auth::{
        limiter::{Exceeded, Limiter},
        token::Caller,
    },
    domain::{
        call::{Call, agent_status::StatusWord, claims::Claim, facts::Facts},
        key::{CallId, CallKey},
        timestamp::Timestamp,
    },
    ingest::fold::Fold,
    providers::{
        self,
        elevenlabs::client::{ApiKey, ConversationApi, ConversationApiError, ConversationId},
    },
    store::{
        StoreError,
        calls::{CallItem, CallTable},
        events::EventTable,
        lookup::{CallLookup, Lookup},
    },
    telemetry,
};

/// At least one of the two is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentCallQuery {
    pub conversation_id: Option<String>,
    /// The carrier's id.
    pub call_sid: Option<String>,
}

impl AgentCallQuery {
    /// The strongest key first.
    pub fn keys(&self) -> impl Iterator<Item = CallKey> {
        let conversation = self.conversation_id.clone().map(CallKey::Conversation);
        conversation
            .into_iter()
            .chain(self.call_sid.clone().map(CallKey::CallSid))
    }
}

#[derive(Debug)]
pub struct AgentCalls {
    pub calls: CallTable,
    pub events: EventTable,
    pub lookup: Lookup,
    pub fold: Fold,
    pub api: ConversationApi,
    /// The maximum age of a status that is not final.
    pub fresh_millis: u64,
    /// Limits how many unknown calls a user may ask about.
    pub limiter: Option<Limiter>,
}

#[derive(Debug)]
pub enum Status {
    Known {
        call: Box<Call>,
        /// The payload of the event that reported its status, if it is still stored.
        reported_by: Option<Bytes>,
        /// ElevenLabs gave no usable response, so this may be out of date.
        stale: bool,
    },
    NotFound,
    Unanswered(ConversationApiError),
    /// The call is unknown, and the caller has asked about too many unknown calls.
    TooOften(Exceeded),
}

/// Whose account named the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Account {
    Platforms,
    Own,
}

enum ApiResult {
    Call(Box<Call>),
    /// The call is not visible to the caller.
    Hidden,
    Failed(ConversationApiError),
    /// There is no key, or the id cannot be one of ElevenLabs.
    Skipped,
}

impl AgentCalls {
    pub async fn status(
        &self,
        caller: &Caller,
        key: Option<&ApiKey>,
        query: &AgentCallQuery,
        now: Timestamp,
    ) -> Result<Status, StoreError> {
        let known = match self.find_visible(caller, query).await? {
            // The platform's key is not for what a tenant's own account names.
            Some((call, Account::Own)) => return self.known(call, false).await,
            Some((call, Account::Platforms)) if !self.is_behind(&call.facts, now) => {
                return self.known(call, false).await;
            }
            Some((call, Account::Platforms)) => Some(call),
            None => None,
        };
        let of_call = known.as_ref().and_then(|call| call.facts.conversation_id());
        let Some(conversation_id) = of_call.or(query.conversation_id.as_ref()) else {
            return match known {
                Some(call) => self.known(call, false).await,
                None => Ok(Status::NotFound),
            };
        };
        // Every unknown call is looked up at ElevenLabs.
        if let Some(limiter) = self.limiter.as_ref().filter(|_| known.is_none())
            && let Err(exceeded) = limiter.admit(&caller.name()).await
        {
            return Ok(Status::TooOften(exceeded));
        }
        let result = self
            .ask(caller, key, conversation_id, known.as_ref(), now)
            .await?;
        match (known, result) {
            (None, ApiResult::Call(call)) => self.known(*call, false).await,
            (Some(known), ApiResult::Call(call)) if known.id == call.id => {
                self.known(*call, false).await
            }
            (Some(known), _) => self.known(known, true).await,
            (
                None,
                ApiResult::Failed(ConversationApiError::NotFound(_))
                | ApiResult::Hidden
                | ApiResult::Skipped,
            ) => Ok(Status::NotFound),
            (None, ApiResult::Failed(error)) => Ok(Status::Unanswered(error)),
        }
    }

    async fn find_visible(
        &self,
        caller: &Caller,
        query: &AgentCallQuery,
    ) -> Result<Option<(Call, Account)>, StoreError> {
        for key in query.keys() {
            let id = key.call_id();
            let own = id.owned_by(&caller.tenant_id());
            for (id, account) in [(id, Account::Platforms), (own, Account::Own)] {
                if let Some((call, _)) = find_readable(&self.calls, caller, id).await? {
                    return Ok(Some((call, account)));
                }
            }
        }
        Ok(None)
    }

    async fn known(&self, call: Call, stale: bool) -> Result<Status, StoreError> {
        let event = match call.facts.agent_status.get() {
            Some(status) => self.events.find(&status.event).await?,
            None => None,
        };
        Ok(Status::Known {
            call: Box::new(call),
            reported_by: event.map(|event| event.payload),
            stale,
        })
    }

    /// Whether ElevenLabs may know more. `ended` is not final before the transcript, which shows how the
    /// call ended. A response without news counts, too.
    fn is_behind(&self, facts: &Facts, now: Timestamp) -> bool {
        let status = facts.agent_status.claim();
        let is_final = status.is_some_and(|claim| match claim.value().word {
            StatusWord::Ended => facts.transcript().is_some(),
            word => word.is_terminal(),
        });
        let asked_at = facts.asked.claim().map(Claim::at);
        let updated_at = status.map(Claim::at).max(asked_at);
        !is_final && updated_at.is_none_or(|at| now.millis_since(at) > self.fresh_millis)
    }

    async fn ask(
        &self,
        caller: &Caller,
        key: Option<&ApiKey>,
        conversation_id: &str,
        known: Option<&Call>,
        now: Timestamp,
    ) -> Result<ApiResult, StoreError> {
        let (Some(key), Some(id)) = (key, ConversationId::parse(conversation_id)) else {
            return Ok(ApiResult::Skipped);
        };
        let event = match self.api.conversation(key, &id).await {
            Ok(conversation) => conversation.into_event(now),
            Err(error) => {
                tracing::warn!(
                    conversation_id,
                    cause = telemetry::chain(&error),
                    "no answer from ElevenLabs"
                );
                return Ok(ApiResult::Failed(error));
            }
        };
        let Some(update) = providers::read_update(&event) else {
            return Ok(ApiResult::Failed(ConversationApiError::Unusable(
                "tells nothing of a call",
            )));
        };
        let found = self.lookup.find(&update).await?;
        let is_of_known = known.is_some_and(|call| {
            call.facts
                .conversation_id()
                .is_some_and(|id| id == conversation_id)
                || leads_to(&found, call.id)
        });
        let owner = found.owner.as_ref().or(self.fold.default_owner());
        // Checked before any write, so that another tenant's request adds nothing to the history.
        if !is_of_known && !owner.is_some_and(|owner| caller.may_read(owner)) {
            return Ok(ApiResult::Hidden);
        }
        for item in found.items.values() {
            let trail = self.calls.follow(item.clone(), &found.items).await?;
            let pinned = trail.and_then(|trail| trail.whole().owner);
            if pinned.is_some_and(|owner| !caller.may_read(&owner)) {
                return Ok(ApiResult::Hidden);
            }
        }
        self.events.append(&event).await?;
        let call = self.fold.fold(&update, &found).await?;
        // The record may have another owner than the directory names now.
        Ok(match readable(caller, call) {
            Some((call, _)) => ApiResult::Call(Box::new(call)),
            None => ApiResult::Hidden,
        })
    }
}

fn leads_to(found: &CallLookup, id: CallId) -> bool {
    found.items.values().any(|item| match item {
        CallItem::Call(stored) => stored.call.id == id,
        CallItem::Pointer(pointer) => pointer.to == id,
        CallItem::Absorbed(record) => record.into == id,
    })
}
