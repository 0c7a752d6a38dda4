//! Everything that follows from an event in the log:
//!
//! ```text
//! fold into its call ─ bind its keys ─┬─ owned ── note its follow-up ── history row ── lead ─┐
//!   (records what is announced)       │    ┌── deliveries of what it announces ◄────────────┘
//!                                     │    └── drive what waited ── forget it
//!                                     └─ unowned: waits in the call
//! ```
//!
//! When ElevenLabs tells the end of a call, its transcript is asked for before anything else follows.
//!
//! Each step can be repeated, so a crash anywhere is repaired by doing all of it again; no step is
//! skipped because an earlier one had been done.

mod announce;
mod announce_platform;
pub mod follow_ups;
pub mod payload;
pub mod publish;
pub mod samples;
pub mod unfinished;

use std::time::{Duration, Instant};

use thiserror::Error;

use crate::{
    domain::{
        call::{
            Call, CallUpdate, agent_status::StatusWord, announcement::Announcement,
            outcome::Outcome,
        },
        directory::Lead,
        event::{Event, Source},
        key::{CallId, EventKey},
    },
    fan_out::{
        announce::CallAnnouncements,
        follow_ups::FollowUps,
        publish::{Batch, Publisher},
        unfinished::UnfinishedCalls,
    },
    ingest::fold::Fold,
    providers,
    queue::{SendError, fan_out_retry::FanOutRetryQueue, transcripts::TranscriptQueue},
    store::{
        StoreError,
        history::HistoryTable,
        leads::LeadTable,
        lookup::{CallLookup, Lookup},
    },
};

/// Every further round means that another writer got through, so that even a crowd ends.
const MAX_ROUNDS: usize = 32;
/// Events that waited and are queued before the call forgets them.
const RELEASED_AT_ONCE: usize = 100;
/// An event spends so long on others that waited for its call's owner.
const LONGEST_RELEASE: Duration = Duration::from_secs(2);

/// Drives events, with all that may follow from one.
#[derive(Debug, Clone)]
pub struct FanOut {
    /// Finds the call of an event.
    pub lookup: Lookup,
    /// Folds it.
    pub fold: Fold,
    /// What tenants see of it.
    pub history: HistoryTable,
    /// What must be driven again.
    pub retry: FanOutRetryQueue,
    /// Who called.
    pub leads: LeadTable,
    /// Whose transcript is to be fetched.
    pub transcripts: TranscriptQueue,
    /// Who is to be called again.
    pub agenda: FollowUps,
    /// Which calls must end some day.
    pub watch: UnfinishedCalls,
    /// Who is told what.
    pub publisher: Publisher,
}

/// An event, and what it says of its call.
#[derive(Debug)]
pub struct ParsedEvent {
    /// The event.
    pub event: Event,
    update: Option<CallUpdate>,
}

impl ParsedEvent {
    /// Reads an event.
    #[must_use]
    pub fn by(event: Event) -> Self {
        let update = providers::read_update(&event);
        Self { event, update }
    }

    /// The id under which its call is, or would begin: events with the same one are best driven one
    /// after another. `None` when it is about no call.
    #[must_use]
    pub fn surest_call(&self) -> Option<CallId> {
        Some(self.update.as_ref()?.keys.first_id())
    }
}

/// Why an event must be driven again.
#[derive(Debug, Error)]
pub enum FanOutError {
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// AWS answers too slowly: others must not wait for this one.
    #[error("took too long")]
    Slow,
    /// The queue failed.
    #[error("the queue failed")]
    Queue(#[from] SendError),
}

/// What was done with an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processed {
    /// It is in its tenant's history.
    Recorded(Recorded),
    /// It waits for its call to have an owner.
    Waiting(CallId),
    /// Its call has no owner, and too many events wait already: only a replay processes it.
    LeftOut(CallId),
    /// It is about no call and belongs to nobody; it is in the log only.
    Unowned,
}

/// Where an event was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Whose event it is.
    pub tenant_id: String,
    /// The call that it is about.
    pub call_id: Option<CallId>,
    /// The types of what it announces, wanted or not.
    pub announced: Vec<String>,
    /// The outcome, where it announces the end of its call.
    pub outcome: Option<Outcome>,
}

impl FanOut {
    /// Does everything that follows from an event of a batch, but for the queueing of its deliveries,
    /// which ends the batch. `found` is what was looked up for it, if anything was. Driving it again changes
    /// nothing.
    ///
    /// # Errors
    /// When a step failed; driving again is safe, and needed.
    pub async fn process(
        &self,
        told: &ParsedEvent,
        found: Option<CallLookup>,
        batch: &Batch,
    ) -> Result<Processed, FanOutError> {
        let event = &told.event;
        let Some(update) = &told.update else {
            let default = || {
                self.fold
                    .default_owner()
                    .map(|owner| owner.tenant_id.clone())
            };
            let Some(tenant_id) = event.tenant_id.clone().or_else(default) else {
                return Ok(Processed::Unowned);
            };
            let call_id = providers::platform::call_of(event);
            if let Some(id) = call_id {
                self.fold.see(id, event.received_at).await?;
            }
            self.history
                .record_inbound(event, &tenant_id, call_id, None)
                .await?;
            let mut announced = Vec::new();
            if let Some(message) = announce_platform::message(event) {
                announced.push(message.event_type.clone());
                self.publisher.publish_message(message, batch).await?;
            }
            return Ok(Processed::Recorded(Recorded {
                tenant_id,
                call_id,
                announced,
                outcome: None,
            }));
        };
        let call = self.fold(update, found).await?;
        self.ask_for_transcript(event, update, &call).await?;
        let Some(owner) = &call.owner else {
            let waits = call.waiting.contains(&event.key);
            return Ok(if waits {
                Processed::Waiting(call.id)
            } else {
                Processed::LeftOut(call.id)
            });
        };
        self.agenda.note(update, &call).await?;
        self.watch.note(&call, &owner.tenant_id).await?;
        self.history
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

    /// Looks up what the events of a batch need, in one trip. What could not be looked up is looked up once
    /// more by who drives the event.
    pub async fn look_up(&self, events: &[&ParsedEvent]) -> Vec<Option<CallLookup>> {
        let updates: Vec<&CallUpdate> = events
            .iter()
            .filter_map(|told| told.update.as_ref())
            .collect();
        if updates.len() < 2 {
            return events.iter().map(|_| None).collect();
        }
        let mut found = self
            .lookup
            .find_all(&updates)
            .await
            .unwrap_or_default()
            .into_iter();
        let of_event =
            |told: &&ParsedEvent| told.update.as_ref().and_then(|_| found.next().flatten());
        events.iter().map(of_event).collect()
    }

    /// The call with the event in it, found by all its keys from now on.
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

    /// Lets the caller's lead follow the call, where this event may tell it something new: that the
    /// call came, or that it ended. Gives the lead as it then stands.
    async fn record_lead(
        &self,
        event: &Event,
        update: &CallUpdate,
        call: &Call,
    ) -> Result<Option<Lead>, StoreError> {
        let came = event.source == Source::SipInbound;
        let announced_end = call.announced.get(&Announcement::Completed);
        let ended = announced_end.is_some_and(|announced| announced.by == event.key)
            || update.facts.ending().is_some()
            || call.updates.contains_key(&event.key)
            || call
                .absorbed
                .values()
                .any(|absorption| absorption.by == event.key);
        match Lead::of(call, &event.key).filter(|_| came || ended) {
            Some(lead) => self
                .leads
                .record(&lead, |id| call.is_known_as(id))
                .await
                .map(Some),
            None => Ok(None),
        }
    }

    /// Asks for the transcript of a call whose end ElevenLabs told. A call without an owner is no
    /// exception: the conversation names its agent, and the directory may know whose that is. What a tenant's
    /// own account names is never asked for: the platform's key would read any conversation for it.
    async fn ask_for_transcript(
        &self,
        event: &Event,
        update: &CallUpdate,
        call: &Call,
    ) -> Result<(), SendError> {
        if update.keys.are_of_an_account() {
            return Ok(());
        }
        // Either may come first: the status, or the name of the conversation.
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

    /// Queues the events that waited for the owner, a part at a time: first queued, then forgotten. The
    /// parts that this event has no time for are left to the events that it queued, each of which
    /// starts elsewhere.
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

    /// Puts an event that could not be driven aside, so that it holds up no other.
    ///
    /// # Errors
    /// When the queue did not take it.
    pub async fn queue_for_retry(&self, event_key: &EventKey) -> Result<(), SendError> {
        self.retry.send(event_key).await
    }
}
