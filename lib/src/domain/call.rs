//! A call: one record, folded from the events of every provider that reported on it.

pub mod agent_status;
pub mod announcement;
pub mod claims;
pub mod counts;
pub mod direction;
pub mod ending;
pub mod explain;
pub mod facts;
pub mod filter;
pub mod in_call_event;
pub mod leg;
pub mod outcome;
pub mod owner;
pub mod participants;
pub mod public_leg;
pub mod report;
pub mod update;
mod views;
pub mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use super::call::update::{CallKeys, CallUpdate};
use super::{
    call::{
        announcement::{Announced, AnnouncedState, Announcement},
        facts::Facts,
        outcome::Outcome,
        owner::Owner,
        waiting::Waiting,
    },
    contact_id::ContactId,
    directory::Lead,
    event_type::{TRANSFER_COMPLETED, TRANSFER_INITIATED},
    key::{CallId, EventKey},
    scalar::Scalar,
    subscription::Traits,
    timestamp::Timestamp,
};

/// A call changes a few times in ways that filters see. More changes than this are not recorded.
const MAX_REMATCH_EVENTS: usize = 100;
/// Beyond this number, every event that reports a recording announces it.
const MAX_RECORDINGS: usize = 100;
/// An ended call changes a few times after its announcement. More changes than this are not
/// recorded.
const MAX_UPDATES: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum CallStatus {
    Active,
    Ended,
    Failed,
}

impl CallStatus {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Fixed at creation.
    pub id: CallId,
    /// Fixed at creation: when the event that created the record was received.
    pub created_at: Timestamp,
    /// When the last event that changed the record was received.
    pub updated_at: Timestamp,
    /// The tenant never changes once set.
    pub owner: Option<Owner>,
    pub facts: Facts,
    /// Which event announced which type. Processing an event again announces exactly the same.
    pub announced: BTreeMap<Announcement, Announced>,
    /// Which event announced which recording and state of it.
    pub recordings: BTreeMap<String, Announced>,
    /// Which event announced which transfer and state of it.
    pub transfers: BTreeMap<String, Announced>,
    /// The events that changed what had been announced about the call's end, each with the
    /// announced values.
    pub updates: BTreeMap<EventKey, Map<String, Value>>,
    /// The events that changed a filterable field after the call had announced something.
    /// Subscriptions that did not match before are matched again for them.
    pub rematch_events: BTreeSet<EventKey>,
    /// Events that wait for the call to have an owner before they enter the history.
    pub waiting: Waiting,
    pub received: ReceivedSpan,
    /// The records that were merged into this one.
    pub absorbed: BTreeMap<CallId, Absorption>,
}

/// The span in which a call's events were received. The end is coarse, so that an event without new
/// facts needs no write: it may be up to [`ReceivedSpan::SLACK_MILLIS`] too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedSpan {
    pub from: Timestamp,
    /// When the last one was received, or up to ten minutes before that.
    pub to: Timestamp,
}

impl ReceivedSpan {
    pub const SLACK_MILLIS: u64 = 10 * 60 * 1_000;

    pub fn include(&mut self, at: Timestamp) {
        self.from = self.from.min(at);
        if at.millis_since(self.to) > Self::SLACK_MILLIS {
            self.to = at;
        }
    }
}

/// A record that was merged into another one, because both were the same call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Absorption {
    pub by: EventKey,
    /// Both had announced their end: `call.merged` explains the second announcement.
    pub both_ended: bool,
}

impl Call {
    /// The call after its first event.
    pub fn begin(update: &CallUpdate, owner: Option<&Owner>) -> Self {
        let mut call = Self {
            id: update.keys.first_id(),
            created_at: update.received_at,
            updated_at: update.received_at,
            owner: None,
            facts: Facts::default(),
            announced: BTreeMap::new(),
            recordings: BTreeMap::new(),
            transfers: BTreeMap::new(),
            updates: BTreeMap::new(),
            rematch_events: BTreeSet::new(),
            waiting: Waiting::default(),
            received: ReceivedSpan {
                from: update.received_at,
                to: update.received_at,
            },
            absorbed: BTreeMap::new(),
        };
        call.apply(update, owner);
        call
    }

    /// Adds an event's facts, and sets the owner if the call has none; without an owner the event
    /// waits. Applying an event again changes nothing.
    pub fn apply(&mut self, update: &CallUpdate, owner: Option<&Owner>) {
        let before = (self.facts.clone(), self.owner.clone());
        self.facts.merge(update.facts.clone());
        self.received.include(update.received_at);
        self.own(owner);
        if self.owner.is_none() {
            self.waiting.insert(update.event.clone());
        }
        if (&self.facts, &self.owner) != (&before.0, &before.1) {
            self.updated_at = self.updated_at.max(update.received_at);
            let seen_before = || traits(&before.0, before.1.as_ref());
            let has_room = self.rematch_events.len() < MAX_REMATCH_EVENTS;
            if has_room && !self.announced.is_empty() && seen_before() != self.traits() {
                self.rematch_events.insert(update.event.clone());
            }
            if self.announced.contains_key(&Announcement::Completed) {
                self.record_update(&update.event, &AnnouncedState::of(&before.0));
            }
        }
        let announced = Announced {
            by: update.event.clone(),
            at: update.received_at,
        };
        for &announcement in Announcement::ALL {
            if announcement.is_due(&self.facts) {
                self.announced
                    .entry(announcement)
                    .or_insert_with(|| announced.clone());
            }
        }
        if let Some(recording) = &update.recording
            && self.recordings.len() < MAX_RECORDINGS
        {
            self.recordings
                .entry(recording.clone())
                .or_insert_with(|| announced.clone());
        }
        for (name, leg) in self.facts.transfers() {
            let states = [
                Some(TRANSFER_INITIATED),
                leg.outcome.map(|_| TRANSFER_COMPLETED),
            ];
            for state in states.into_iter().flatten() {
                let transfer = in_call_event::transfer_state(state, &name);
                self.transfers
                    .entry(transfer)
                    .or_insert_with(|| announced.clone());
            }
        }
    }

    /// Records what an event changed of the announced values, once per event.
    fn record_update(&mut self, event: &EventKey, announced: &AnnouncedState) {
        let previous = announced.changed_to(&AnnouncedState::of(&self.facts));
        if previous.is_empty()
            || (self.updates.len() >= MAX_UPDATES && !self.updates.contains_key(event))
        {
            return;
        }
        let known = self.updates.entry(event.clone()).or_default();
        for (name, value) in previous {
            known.entry(name).or_insert(value);
        }
    }

    /// Merges another record of the same call into this one. Doing so again changes nothing. What
    /// both have announced counts as announced by this record's event.
    pub fn absorb(&mut self, other: &Self, by: &EventKey) {
        let both_ended = [&*self, other]
            .iter()
            .all(|call| call.announced.contains_key(&Announcement::Completed));
        let before = [self.traits(), other.traits()];
        let has_announced_end = |call: &Self| call.announced.contains_key(&Announcement::Completed);
        let announced = [&*self, other]
            .into_iter()
            .find(|call| has_announced_end(call))
            .map(|call| AnnouncedState::of(&call.facts));
        self.facts.merge(other.facts.clone());
        let is_ongoing = self.facts.ending().is_none();
        self.own(other.owner.as_ref());
        self.updated_at = self.updated_at.max(other.updated_at);
        self.received.from = self.received.from.min(other.received.from);
        self.received.to = self.received.to.max(other.received.to);
        for (announcement, event) in &other.announced {
            // The end of a part is not the end of the whole call.
            if *announcement != Announcement::Completed || !is_ongoing {
                self.announced
                    .entry(*announcement)
                    .or_insert_with(|| event.clone());
            }
        }
        for (transfer, event) in &other.transfers {
            self.transfers
                .entry(transfer.clone())
                .or_insert_with(|| event.clone());
        }
        for (event, previous) in &other.updates {
            self.updates
                .entry(event.clone())
                .or_insert_with(|| previous.clone());
        }
        for (recording, event) in &other.recordings {
            self.recordings
                .entry(recording.clone())
                .or_insert_with(|| event.clone());
        }
        let room = MAX_REMATCH_EVENTS.saturating_sub(self.rematch_events.len());
        self.rematch_events
            .extend(other.rematch_events.iter().take(room).cloned());
        // The merged call may match filters that neither part matched.
        if !self.absorbed.contains_key(&other.id)
            && before.iter().any(|traits| *traits != self.traits())
        {
            self.rematch_events.insert(by.clone());
        }
        let has_announced_end = self.announced.contains_key(&Announcement::Completed);
        if let Some(announced) =
            announced.filter(|_| has_announced_end && !self.absorbed.contains_key(&other.id))
        {
            self.record_update(by, &announced);
        }
        self.waiting.extend(other.waiting.iter().cloned());
        for (id, absorption) in &other.absorbed {
            self.absorbed
                .entry(*id)
                .or_insert_with(|| absorption.clone());
        }
        self.absorbed.entry(other.id).or_insert_with(|| Absorption {
            by: by.clone(),
            both_ended,
        });
    }

    /// Records of different tenants are never the same call.
    pub fn may_absorb(&self, other: &Self) -> bool {
        match (&self.owner, &other.owner) {
            (Some(ours), Some(theirs)) => ours.tenant_id == theirs.tenant_id,
            (None, _) | (_, None) => true,
        }
    }

    /// Whether this record absorbs `other` when they are one call: the older one does, so that two
    /// writers decide alike and records never absorb each other in a circle.
    pub fn is_elder_of(&self, other: &Self) -> bool {
        (self.created_at, self.id) < (other.created_at, other.id)
    }

    fn own(&mut self, owner: Option<&Owner>) {
        match (&mut self.owner, owner) {
            (Some(known), Some(other)) => known.fill_in(other),
            (known @ None, Some(other)) => *known = Some(other.clone()),
            (_, None) => {}
        }
    }

    pub fn status(&self) -> CallStatus {
        match (self.facts.ending(), self.facts.outcome()) {
            (None, _) => CallStatus::Active,
            (Some(_), Some(Outcome::Failed)) => CallStatus::Failed,
            (Some(_), _) => CallStatus::Ended,
        }
    }

    /// Why the call failed, in the provider's words; `None` if it completed after all.
    pub fn failure_reason(&self) -> Option<&str> {
        let succeeded = self.facts.outcome() == Some(Outcome::Completed);
        self.facts.failure_reason().filter(|_| !succeeded)
    }

    /// Its start, or its first event if no start is known.
    pub fn started_at(&self) -> Timestamp {
        self.facts
            .started_at()
            .or(self.facts.first_event.get())
            .unwrap_or(self.created_at)
    }

    pub fn duration_seconds(&self) -> Option<u64> {
        Some(self.facts.duration_millis()? / 1_000)
    }

    /// Whether `id` names this record or one that it absorbed.
    pub fn is_known_as(&self, id: CallId) -> bool {
        self.id == id || self.absorbed.contains_key(&id)
    }

    /// The lead that a dialer named, or that the caller of an inbound call is.
    pub fn lead_id(&self) -> Option<ContactId> {
        let named = self.facts.lead_id.get().cloned();
        named.or_else(|| Some(Scalar::from(Lead::id_of_caller(self)?.to_string()).into()))
    }

    /// The campaign that the events name, or else that of the number.
    pub fn campaign_id(&self) -> Option<&str> {
        campaign_id(&self.facts, self.owner.as_ref())
    }

    pub fn traits(&self) -> Traits {
        traits(&self.facts, self.owner.as_ref())
    }
}

fn campaign_id<'a>(facts: &'a Facts, owner: Option<&'a Owner>) -> Option<&'a str> {
    let of_number = || owner?.campaign_id.as_deref();
    facts.campaign_id.as_str().or_else(of_number)
}

fn traits(facts: &Facts, owner: Option<&Owner>) -> Traits {
    let configured = owner.and_then(|owner| owner.agent_config_id.as_ref());
    let outcome = facts.outcome().map(|outcome| outcome.as_str().to_owned());
    Traits {
        campaign_id: campaign_id(facts, owner).map(str::to_owned),
        agents: facts
            .agent_id()
            .into_iter()
            .chain(configured)
            .cloned()
            .collect(),
        outcomes: facts
            .results()
            .into_iter()
            .flatten()
            .cloned()
            .chain(outcome)
            .collect(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
