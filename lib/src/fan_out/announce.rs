//! What an event announces to its tenant's subscriptions. It is deterministic: processing the event again
//! gives messages with the same ids and the same keys in the history.
//!
//! A message's id is derived from the event that announced it, which the call stores. The call's own id
//! would change when two records are united, and the younger record's messages would be sent again.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    domain::{
        call::{
            Call, CallUpdate,
            announcement::{Announced, Announcement},
            in_call_event::{InCallEvent, transfer_state},
            owner::Owner,
            public_leg::LegView,
        },
        delivery::{Message, announced_id},
        directory::Lead,
        event::Event,
        event_type::{CONTACT_CREATED, MERGED, TRANSFER_COMPLETED, TRANSFER_INITIATED, UPDATED},
        key::{CallId, EventKey},
        subscription::Traits,
        timestamp::Timestamp,
    },
    fan_out::payload::{self, CallData, ContactData, EventOrder, Merged, More},
    providers,
};

/// The lifecycle types take the places below these.
const PLACE_OF_IN_CALL_EVENT: u8 = 8;
const PLACE_OF_CONTACT: u8 = 9;
const PLACE_OF_TRANSFER: u8 = 10;
const PLACE_OF_UPDATE: u8 = 14;
const PLACE_OF_MERGER: u8 = 15;

#[derive(Debug)]
pub(super) struct OutgoingMessage {
    pub(super) message: Message,
    pub(super) audience: Audience,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    All,
    /// Subscriptions with filters, which may have refused the message before something changed.
    WithFilters,
}

#[derive(Debug)]
pub(super) struct CallAnnouncements<'a> {
    event: &'a Event,
    call: &'a Call,
    owner: &'a Owner,
    lifecycle: Vec<(Announcement, &'a Announced, Audience)>,
    occurrence: Option<InCallEvent>,
    merged: Vec<CallId>,
    transfers: Vec<Transfer>,
    /// The values that were announced before this event changed them.
    updated: Option<&'a Map<String, Value>>,
    lead: Option<&'a Lead>,
}

/// A leg that is called into the call, and the state that this event gave it.
#[derive(Debug)]
struct Transfer {
    event_type: &'static str,
    name: String,
    leg: LegView,
}

impl<'a> CallAnnouncements<'a> {
    /// Of an event that was folded into `call`, and the lead that it updated.
    pub(super) fn new(
        event: &'a Event,
        update: &CallUpdate,
        call: &'a Call,
        owner: &'a Owner,
        lead: Option<&'a Lead>,
    ) -> Self {
        let merged = call
            .absorbed
            .iter()
            .filter(|(_, record)| record.by == event.key && record.both_ended);
        let is_first = |recording| {
            call.recordings
                .get(recording)
                .is_none_or(|first| first.by == event.key)
        };
        let is_new = update.recording.as_ref().is_none_or(is_first);
        Self {
            event,
            call,
            owner,
            lifecycle: lifecycle(event, call),
            occurrence: is_new
                .then(|| providers::read_in_call_event(event))
                .flatten(),
            merged: merged.map(|(id, _)| *id).collect(),
            transfers: transfers(event, call),
            updated: call.updates.get(&event.key),
            lead: lead.filter(|lead| lead.created_by == event.key),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lifecycle.is_empty()
            && self.occurrence.is_none()
            && self.merged.is_empty()
            && self.transfers.is_empty()
            && self.updated.is_none()
            && self.lead.is_none()
    }

    /// The types that it announces for the first time.
    pub(super) fn types(&self) -> Vec<String> {
        let first = self
            .lifecycle
            .iter()
            .filter(|(_, _, audience)| *audience == Audience::All);
        let lifecycle = first.map(|(announcement, ..)| announcement.as_str());
        let occurrence = self
            .occurrence
            .iter()
            .map(|occurrence| occurrence.event_type.as_str());
        let merged = self.merged.iter().map(|_| MERGED);
        let transfers = self.transfers.iter().map(|transfer| transfer.event_type);
        let updated = self.updated.iter().map(|_| UPDATED);
        let lead = self.lead.iter().map(|_| CONTACT_CREATED);
        let others = occurrence
            .chain(merged)
            .chain(transfers)
            .chain(updated)
            .chain(lead);
        lifecycle.chain(others).map(str::to_owned).collect()
    }

    pub(super) fn tenant_id(&self) -> &str {
        &self.owner.tenant_id
    }

    pub(super) fn messages(&self) -> Vec<OutgoingMessage> {
        let lifecycle = self
            .lifecycle
            .iter()
            .map(|(announcement, announced, audience)| OutgoingMessage {
                message: self.of_lifecycle(*announcement, announced),
                audience: *audience,
            });
        let occurrence = self
            .occurrence
            .iter()
            .map(|occurrence| self.of_in_call_event(occurrence));
        let merged = self.merged.iter().map(|from| self.of_merger(*from));
        let lead = self.lead.iter().map(|lead| self.of_contact(lead));
        let transfers = self
            .transfers
            .iter()
            .map(|transfer| self.of_transfer(transfer));
        let updated = self.updated.iter().map(|previous| self.of_update(previous));
        let others = occurrence
            .chain(merged)
            .chain(transfers)
            .chain(updated)
            .chain(lead);
        lifecycle
            .chain(others.map(|message| OutgoingMessage {
                message,
                audience: Audience::All,
            }))
            .collect()
    }

    fn of_lifecycle(&self, announcement: Announcement, announced: &Announced) -> Message {
        let event_type = announcement.as_str();
        let occurred_at = announcement
            .occurred_at(&self.call.facts)
            .unwrap_or(announced.at);
        let order = EventOrder::new(announced.at, announcement as u8, occurred_at);
        let data = CallData::of(self.call, Some(announcement), order, More::new());
        Message {
            announced_at: announced.at,
            ..self.message(&announced.by, event_type, &[], occurred_at, &data)
        }
    }

    fn of_in_call_event(&self, occurrence: &InCallEvent) -> Message {
        let mut more = More::new();
        if !occurrence.details.is_empty() {
            more.insert(occurrence.subject().to_owned(), occurrence.details.clone());
        }
        let order = self.order(PLACE_OF_IN_CALL_EVENT);
        let data = CallData::of(self.call, None, order, more);
        self.message(
            &self.event.key,
            &occurrence.event_type,
            &[],
            self.event.occurred_at,
            &data,
        )
    }

    fn of_merger(&self, from: CallId) -> Message {
        let data = Merged {
            from,
            into: self.call.id,
            order: self.order(PLACE_OF_MERGER),
        };
        self.message(
            &self.event.key,
            MERGED,
            &[&from.to_string()],
            self.event.occurred_at,
            &data,
        )
    }

    fn of_transfer(&self, transfer: &Transfer) -> Message {
        let data = CallData::of_transfer(
            self.call,
            self.order(PLACE_OF_TRANSFER),
            transfer.leg.clone(),
        );
        let at = self.event.occurred_at;
        self.message(
            &self.event.key,
            transfer.event_type,
            &[&transfer.name],
            at,
            &data,
        )
    }

    fn of_update(&self, previous: &Map<String, Value>) -> Message {
        let data = CallData::updated(self.call, self.order(PLACE_OF_UPDATE), previous);
        self.message(&self.event.key, UPDATED, &[], self.event.occurred_at, &data)
    }

    fn of_contact(&self, lead: &Lead) -> Message {
        let data = ContactData::of(lead, self.call, self.order(PLACE_OF_CONTACT));
        // Each trait by name, so that a new one is decided here, too.
        let traits = Traits {
            campaign_id: lead.campaign_id.clone(),
            agents: BTreeSet::new(),
            outcomes: BTreeSet::new(),
        };
        let at = self.event.occurred_at;
        Message {
            traits,
            ..self.message(&self.event.key, CONTACT_CREATED, &[], at, &data)
        }
    }

    fn order(&self, place: u8) -> EventOrder {
        EventOrder::new(self.event.received_at, place, self.event.occurred_at)
    }

    fn message(
        &self,
        announced_by: &EventKey,
        event_type: &str,
        about: &[&str],
        occurred_at: Timestamp,
        data: &impl serde::Serialize,
    ) -> Message {
        Message {
            id: announced_id(self.tenant_id(), announced_by, event_type, about),
            tenant_id: self.owner.tenant_id.clone(),
            event_type: event_type.to_owned(),
            occurred_at,
            announced_at: self.event.received_at,
            call_id: Some(self.call.id),
            user_id: self.owner.user_id.clone(),
            traits: self.call.traits(),
            body: payload::body(event_type, occurred_at, data),
        }
    }
}

fn transfers(event: &Event, call: &Call) -> Vec<Transfer> {
    if !call
        .transfers
        .values()
        .any(|announced| announced.by == event.key)
    {
        return Vec::new();
    }
    let states = |(name, leg): (String, LegView)| {
        let is_ours = |event_type: &&str| {
            let announced = call.transfers.get(&transfer_state(event_type, &name));
            announced.is_some_and(|announced| announced.by == event.key)
        };
        let ours: Vec<_> = [TRANSFER_INITIATED, TRANSFER_COMPLETED]
            .into_iter()
            .filter(is_ours)
            .collect();
        ours.into_iter().map(move |event_type| Transfer {
            event_type,
            name: name.clone(),
            leg: leg.clone(),
        })
    };
    call.facts
        .transfers()
        .into_iter()
        .flat_map(states)
        .collect()
}

/// The types that this event announced, and the types that earlier events announced if this event changed
/// filterable fields.
fn lifecycle<'a>(event: &Event, call: &'a Call) -> Vec<(Announcement, &'a Announced, Audience)> {
    let is_rematch = call.rematch_events.contains(&event.key);
    let announced = call
        .announced
        .iter()
        .filter_map(|(announcement, announced)| {
            let audience = match announced.by == event.key {
                true => Audience::All,
                false if is_rematch => Audience::WithFilters,
                false => return None,
            };
            Some((*announcement, announced, audience))
        });
    announced.collect()
}
