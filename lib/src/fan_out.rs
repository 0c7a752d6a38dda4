//! Everything that follows from an event in the log:
//!
//! ```text
//! fold into its call ─ bind its keys ─┬─ owned ── schedule its follow-up ── history row ── lead ─┐
//!   (records what is announced)       │    ┌── deliveries of what it announces ◄────────────────┘
//!                                     │    └── queue the waiting events ── remove them from the call
//!                                     └─ unowned: waits in the call
//! ```
//!
//! When ElevenLabs reports the end of a call, its transcript is requested before the other steps.
//!
//! Every step may be repeated, so a crash is repaired by doing all steps again. No step is skipped because
//! an earlier step had been done.

mod announce;
mod announce_platform;
pub mod follow_ups;
pub mod payload;
pub mod publish;
pub mod samples;
pub mod unfinished;

use std::{
    collections::BTreeSet,
    iter,
    time::{Duration, Instant},
};

use crate::{
    domain::{
        call::{
            Call, CallUpdate, agent_status::StatusWord, announcement::Announcement,
            outcome::Outcome,
        },
        directory::Lead,
        event::{Event, Source},
        key::{CallId, EventKey},
        timestamp::Timestamp,
    },
    fan_out::{
        announce::CallAnnouncements,
        follow_ups::FollowUps,
        publish::{Batch, FanOutError, Publisher},
        unfinished::UnfinishedCalls,
    },
    ingest::fold::Fold,
    providers,
    queue::{SendError, fan_out_retry::FanOutRetryQueue, transcripts::TranscriptQueue},
    store::{
        StoreError,
        history::{HistoryTable, Receipt},
        leads::LeadTable,
        lookup::{CallLookup, Lookup},
    },
};

/// Every conflict means that another writer succeeded, so the loop ends even under contention.
const MAX_ROUNDS: usize = 32;
/// Waiting events that are queued before they are removed from the call.
const RELEASED_AT_ONCE: usize = 100;
/// The time that one event spends on the waiting events of its call.
const LONGEST_RELEASE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub struct FanOut {
    pub lookup: Lookup,
    pub fold: Fold,
    pub history: HistoryTable,
    pub retry: FanOutRetryQueue,
    pub leads: LeadTable,
    pub transcripts: TranscriptQueue,
    pub follow_ups: FollowUps,
    pub unfinished: UnfinishedCalls,
    pub publisher: Publisher,
}

#[derive(Debug)]
pub struct ParsedEvent {
    pub event: Event,
    update: Option<CallUpdate>,
}

impl ParsedEvent {
    pub fn parse(event: Event) -> Self {
        let update = providers::read_update(&event);
        Self { event, update }
    }

    /// The id under which its call is, or would be created: events with the same id are best processed
    /// one after another. `None` when the event is about no call.
    pub fn strongest_call(&self) -> Option<CallId> {
        Some(self.update.as_ref()?.keys.first_id())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processed {
    Recorded(Recorded),
    /// It waits for its call to have an owner.
    Waiting(CallId),
    /// Its call has no owner, and too many events wait already; only a replay processes it.
    LeftOut(CallId),
    /// It is about no call and has no owner; it is in the log only.
    Unowned,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub tenant_id: String,
    pub call_id: Option<CallId>,
    /// Whether any subscription wants them or not.
    pub announced: Vec<String>,
    /// Set if it announces the end of its call.
    pub outcome: Option<Outcome>,
}

impl FanOut {
    /// Processes an event of a batch, except that its deliveries are queued when the batch ends. `found`
    /// is the result of [`FanOut::look_up`], if there is one. Processing an event again changes nothing;
    /// after an error it is needed.
    pub async fn process(
        &self,
        parsed: &ParsedEvent,
        found: Option<CallLookup>,
        batch: &Batch,
    ) -> Result<Processed, FanOutError> {
        let event = &parsed.event;
        let Some(update) = &parsed.update else {
            return self.process_without_call(event, batch).await;
        };
        let call = self.fold(update, found).await?;
        self.request_transcript(event, update, &call).await?;
        let Some(owner) = &call.owner else {
            let waits = call.waiting.contains(&event.key);
            return Ok(if waits {
                Processed::Waiting(call.id)
            } else {
                Processed::LeftOut(call.id)
            });
        };
        self.follow_ups.schedule(update, &call).await?;
        self.unfinished.schedule(&call, &owner.tenant_id).await?;
        let receipt = self
            .history
            .record_inbound(
                event,
                &owner.tenant_id,
                Some(call.id),
                owner.user_id.as_deref(),
            )
            .await?;
        let lead = self.record_lead(event, update, &call).await?;
        let announced = CallAnnouncements::new(event, update, &call, owner, lead.as_ref());
        self.publisher.publish(&announced, batch).await?;
        if receipt == Receipt::Repeated {
            self.resume(event, &call, &owner.tenant_id, batch).await?;
        }
        let announced = announced.types();
        let ended = announced
            .iter()
            .any(|event_type| event_type == Announcement::Completed.as_str());
        let recorded = Recorded {
            tenant_id: owner.tenant_id.clone(),
            call_id: Some(call.id),
            outcome: call.facts.outcome().filter(|_| ended),
            announced,
        };
        self.process_waiting(&event.key, call).await?;
        Ok(Processed::Recorded(recorded))
    }

    /// Queues the deliveries that an earlier pass over the event recorded before it died. The call alone does
    /// not show them: since then it may have stopped to match their filters, or been absorbed.
    async fn resume(
        &self,
        event: &Event,
        call: &Call,
        tenant_id: &str,
        batch: &Batch,
    ) -> Result<(), FanOutError> {
        let absorbed = self.fold.absorbed(call).await?;
        let records = iter::once(call).chain(&absorbed);
        let announced = records.flat_map(|record| record.announced.values());
        let moments: BTreeSet<Timestamp> = announced
            .map(|announced| announced.at)
            .chain(iter::once(event.received_at))
            .collect();
        self.publisher.resume(tenant_id, moments, batch).await
    }

    async fn process_without_call(
        &self,
        event: &Event,
        batch: &Batch,
    ) -> Result<Processed, FanOutError> {
        let default = self.fold.default_owner().map(|owner| &owner.tenant_id);
        let Some(tenant_id) = event.tenant_id.as_ref().or(default).cloned() else {
            return Ok(Processed::Unowned);
        };
        let call_id = providers::platform::call_of(event);
        if let Some(id) = call_id {
            self.fold
                .extend_received_span(id, event.received_at)
                .await?;
        }
        let receipt = self
            .history
            .record_inbound(event, &tenant_id, call_id, None)
            .await?;
        let mut announced = Vec::new();
        if let Some(message) = announce_platform::message(event) {
            announced.push(message.event_type.clone());
            self.publisher.publish_message(message, batch).await?;
        }
        if receipt == Receipt::Repeated {
            let moment = [event.received_at];
            self.publisher.resume(&tenant_id, moment, batch).await?;
        }
        Ok(Processed::Recorded(Recorded {
            tenant_id,
            call_id,
            announced,
            outcome: None,
        }))
    }

    /// Looks up, in one trip, the items that several events need. `None` where an event needs nothing or
    /// the trip failed; [`FanOut::process`] then looks up its own.
    pub async fn look_up(
        &self,
        events: impl Iterator<Item = Option<&ParsedEvent>>,
    ) -> Vec<Option<CallLookup>> {
        let updates: Vec<_> = events.map(|event| event?.update.as_ref()).collect();
        let present: Vec<_> = updates.iter().copied().flatten().collect();
        let found = match present.len() {
            0 | 1 => Vec::new(),
            _ => self.lookup.find_all(&present).await.unwrap_or_default(),
        };
        let mut found = found.into_iter();
        let of_event = |update: Option<_>| update.and_then(|_| found.next().flatten());
        updates.into_iter().map(of_event).collect()
    }

    /// The call with the event in it, found by all of the event's keys from now on.
    async fn fold(
        &self,
        update: &CallUpdate,
        mut known: Option<CallLookup>,
    ) -> Result<Call, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let found = match known.take() {
                Some(found) => found,
                None => self.lookup.find(update).await?,
            };
            let Some(call) = self.fold.unite(update, &found).await? else {
                continue;
            };
            if self.fold.bind(update, &found, &call).await? {
                return Ok(call);
            }
        }
        Err(StoreError::Contended)
    }

    /// Updates the caller's lead if this event began or ended the call. Returns the stored lead.
    async fn record_lead(
        &self,
        event: &Event,
        update: &CallUpdate,
        call: &Call,
    ) -> Result<Option<Lead>, StoreError> {
        let began = event.source == Source::SipInbound;
        let announced_end = call.announced.get(&Announcement::Completed);
        let ended = announced_end.is_some_and(|announced| announced.by == event.key)
            || update.facts.ending().is_some()
            || call.updates.contains_key(&event.key)
            || call
                .absorbed
                .values()
                .any(|absorption| absorption.by == event.key);
        match Lead::of(call, &event.key).filter(|_| began || ended) {
            Some(lead) => self
                .leads
                .record(&lead, |id| call.is_known_as(id))
                .await
                .map(Some),
            None => Ok(None),
        }
    }

    /// Requests the transcript of a call whose end ElevenLabs reported, also of a call without an owner:
    /// the conversation names its agent, and the directory may know the agent's tenant. Conversations that
    /// a tenant's own account names are never requested, because the platform's key can read any of them.
    async fn request_transcript(
        &self,
        event: &Event,
        update: &CallUpdate,
        call: &Call,
    ) -> Result<(), SendError> {
        if update.keys.are_of_an_account() {
            return Ok(());
        }
        // The status and the conversation's id may come in any order.
        let status = call.facts.agent_status.get().map(|status| status.word);
        let ended = matches!(status, Some(StatusWord::Completed | StatusWord::Ended));
        match call.facts.conversation_id() {
            Some(conversation_id)
                if event.source == Source::CallStatus
                    && ended
                    && call.facts.transcript().is_none() =>
            {
                self.transcripts.send(call.id, conversation_id).await
            }
            _ => Ok(()),
        }
    }

    /// Queues the events that waited for the owner, then removes them from the call, in parts. If the time
    /// is up, the queued events continue, each from another part.
    async fn process_waiting(&self, event: &EventKey, mut call: Call) -> Result<(), FanOutError> {
        let started = Instant::now();
        while !call.waiting.is_empty() && started.elapsed() < LONGEST_RELEASE {
            let queued = call.waiting.next_after(event, RELEASED_AT_ONCE);
            self.retry.send_all(&queued).await?;
            self.fold.release(call.id, &queued).await?;
            call.waiting.remove(&queued);
        }
        Ok(())
    }

    /// Queues an event that could not be processed, so that others do not wait for it.
    pub async fn queue_for_retry(&self, event_key: &EventKey) -> Result<(), SendError> {
        self.retry.send(event_key).await
    }
}
