//! The status of an agent's call for somebody who may or may not see it: as the log knows it, unless
//! that may be behind; then as ElevenLabs says, whose answer becomes an event like any other.
//!
//! A call that the caller may not see is treated as one that nobody knows, step for step, so that
//! neither the answer nor what is asked of ElevenLabs tells them apart.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    auth::{
        limiter::{Exceeded, Limiter},
        token::Caller,
    },
    domain::{
        call::{Call, agent_status::StatusWord, claims::Claim, facts::Facts},
        key::{CallId, CallKey, EventKey},
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

/// The call that a request is about: at least one name of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentCallQuery {
    /// ElevenLabs' id of the conversation.
    pub conversation_id: Option<String>,
    /// The carrier's id of the call.
    pub call_sid: Option<String>,
}

impl AgentCallQuery {
    /// The names as keys of calls, the strongest first.
    pub fn keys(&self) -> impl Iterator<Item = CallKey> {
        let conversation = self.conversation_id.clone().map(CallKey::Conversation);
        conversation
            .into_iter()
            .chain(self.call_sid.clone().map(CallKey::CallSid))
    }
}

/// Answers status queries.
#[derive(Debug, Clone)]
pub struct AgentCalls {
    /// Where calls are.
    pub calls: CallTable,
    /// Where what was told of them is, and what ElevenLabs answers is kept.
    pub events: EventTable,
    /// Finds the call of an answer.
    pub lookup: Lookup,
    /// Folds an answer into its call.
    pub fold: Fold,
    /// Whom to ask.
    pub api: ConversationApi,
    /// How old a status that is not final may be.
    pub fresh_millis: u64,
    /// How many unknown calls a user may ask about.
    pub questions: Option<Arc<Limiter>>,
}

/// What is known of a call.
#[derive(Debug)]
pub enum Status {
    /// The caller may see it.
    Known {
        /// The call.
        call: Box<Call>,
        /// The payload of the event that told its status, if it is still kept.
        reported_by: Option<Bytes>,
        /// ElevenLabs was to be asked and gave no answer, so that this may be behind.
        stale: bool,
    },
    /// There is no such call that the caller may see.
    NotFound,
    /// Nothing is known of it here, and ElevenLabs gave no answer.
    Unanswered(ConversationApiError),
    /// Nothing is known of it here, and the caller has asked about too many such calls.
    TooOften(Exceeded),
}

/// Under whose names a call was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Account {
    /// Those of the platform's accounts.
    Platforms,
    /// Those of its tenant's own account.
    Own,
}

/// What came of asking ElevenLabs.
enum Asked {
    Told(Box<Call>),
    /// It is about a call that the caller may not see.
    Hidden,
    Failed(ConversationApiError),
    /// Without a key, or with an id that ElevenLabs cannot have given, nobody is asked.
    Skipped,
}

impl AgentCalls {
    /// The status of the call that `query` names.
    ///
    /// # Errors
    /// When the database fails.
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
        if let Some(questions) = self.questions.as_ref().filter(|_| known.is_none())
            && let Err(exceeded) = questions.admit(&caller.name()).await
        {
            return Ok(Status::TooOften(exceeded));
        }
        let asked = self
            .ask(caller, key, conversation_id, known.as_ref(), now)
            .await?;
        match (known, asked) {
            (None, Asked::Told(call)) => self.known(*call, false).await,
            (Some(known), Asked::Told(call)) if known.id == call.id => {
                self.known(*call, false).await
            }
            (Some(known), _) => self.known(known, true).await,
            (
                None,
                Asked::Failed(ConversationApiError::NotFound(_)) | Asked::Hidden | Asked::Skipped,
            ) => Ok(Status::NotFound),
            (None, Asked::Failed(error)) => Ok(Status::Unanswered(error)),
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
                let call = self.calls.find(id).await?.map(|trail| trail.whole());
                if let Some(call) = call.filter(|call| may_read(caller, call)) {
                    return Ok(Some((call, account)));
                }
            }
        }
        Ok(None)
    }

    async fn known(&self, call: Call, stale: bool) -> Result<Status, StoreError> {
        let reported_by = match call.facts.agent_status.get() {
            Some(status) => self.payload(&status.event).await?,
            None => None,
        };
        Ok(Status::Known {
            call: Box::new(call),
            reported_by,
            stale,
        })
    }

    async fn payload(&self, event: &EventKey) -> Result<Option<Bytes>, StoreError> {
        Ok(self.events.find(event).await?.map(|event| event.payload))
    }

    /// Whether ElevenLabs may know more. `ended` is not final before the transcript: how the call
    /// ended is known after it. An answer that told less than was known is an answer too.
    fn is_behind(&self, facts: &Facts, now: Timestamp) -> bool {
        let told = facts.agent_status.claim();
        let is_final = told.is_some_and(|claim| match claim.value().word {
            StatusWord::Ended => facts.transcript().is_some(),
            word => word.is_terminal(),
        });
        let heard_at = told.map(Claim::at).max(facts.asked.claim().map(Claim::at));
        !is_final && heard_at.is_none_or(|at| now.millis_since(at) > self.fresh_millis)
    }

    async fn ask(
        &self,
        caller: &Caller,
        key: Option<&ApiKey>,
        conversation_id: &str,
        known: Option<&Call>,
        now: Timestamp,
    ) -> Result<Asked, StoreError> {
        let (Some(key), Some(id)) = (key, ConversationId::parse(conversation_id)) else {
            return Ok(Asked::Skipped);
        };
        let event = match self.api.conversation(key, &id).await {
            Ok(conversation) => conversation.into_event(now),
            Err(error) => {
                tracing::warn!(
                    conversation_id,
                    cause = telemetry::chain(&error),
                    "no answer from ElevenLabs"
                );
                return Ok(Asked::Failed(error));
            }
        };
        let Some(update) = providers::read_update(&event) else {
            return Ok(Asked::Failed(ConversationApiError::Unusable(
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
        // Before anything is written: a stranger's question leaves no trace in a tenant's history.
        if !is_of_known && !owner.is_some_and(|owner| caller.may_read(owner)) {
            return Ok(Asked::Hidden);
        }
        for item in found.items.values() {
            let trail = self.calls.follow(item.clone()).await?;
            let pinned = trail.and_then(|trail| trail.whole().owner);
            if pinned.is_some_and(|owner| !caller.may_read(&owner)) {
                return Ok(Asked::Hidden);
            }
        }
        self.events.append(&event).await?;
        let call = self.fold.fold(&update, &found).await?;
        // The record may have had another owner than the directory names now.
        Ok(if may_read(caller, &call) {
            Asked::Told(Box::new(call))
        } else {
            Asked::Hidden
        })
    }
}

fn may_read(caller: &Caller, call: &Call) -> bool {
    call.owner
        .as_ref()
        .is_some_and(|owner| caller.may_read(owner))
}

fn leads_to(found: &CallLookup, id: CallId) -> bool {
    found.items.values().any(|item| match item {
        CallItem::Call(stored) => stored.call.id == id,
        CallItem::Pointer(pointer) => pointer.to == id,
        CallItem::Absorbed(record) => record.into == id,
    })
}
