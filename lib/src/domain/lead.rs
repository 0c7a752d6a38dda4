//! How a lead changes with the calls of its number. It is a merge, so the order, repetition and
//! concurrency of writes do not matter.

use uuid::Uuid;

use super::{
    call::Call,
    directory::{Lead, LeadStatus},
    key::{CallId, EventKey},
};

impl Lead {
    /// The id of the lead that calls in an owned inbound call.
    pub fn id_of_caller(call: &Call) -> Option<Uuid> {
        let owner = call.owner.as_ref().filter(|_| call.facts.has_lead)?;
        let phone_number = call.facts.other_side()?;
        Some(Self::id_of(
            &owner.tenant_id,
            owner.campaign_id.as_deref(),
            phone_number,
        ))
    }

    /// The lead that calls in an owned inbound call, after this call. `reporter` is the event that
    /// creates the lead if it does not exist.
    pub fn of(call: &Call, reporter: &EventKey) -> Option<Self> {
        let owner = call.owner.as_ref().filter(|_| call.facts.has_lead)?;
        let phone_number = call.facts.other_side()?.clone();
        let (started_at, ending) = (call.started_at(), call.facts.ending());
        Some(Self {
            tenant_id: owner.tenant_id.clone(),
            campaign_id: owner.campaign_id.clone(),
            name: format!("Inbound Caller {}", phone_number.as_str()),
            phone_number,
            status: if ending.is_some() {
                LeadStatus::Completed
            } else {
                LeadStatus::Calling
            },
            created_at: started_at,
            last_call_at: ending.map_or(started_at, |ending| ending.at),
            last_call_id: call.id,
            last_call_started_at: started_at,
            created_by: reporter.clone(),
        })
    }

    /// Adds one of its calls. A newer call becomes the last one; an older one changes nothing but
    /// `created_at`. `is_that_call` knows the ids of the added call. The name and the creating
    /// event stay.
    pub fn add_call(&mut self, other: &Self, is_that_call: impl Fn(CallId) -> bool) {
        self.created_at = self.created_at.min(other.created_at);
        let newer = |lead: &Self| (lead.last_call_started_at, lead.last_call_id);
        if is_that_call(self.last_call_id) {
            // Within a call the end follows the start, whatever their times say.
            match (self.status, other.status) {
                (LeadStatus::Calling, LeadStatus::Completed) => {
                    self.last_call_at = other.last_call_at;
                }
                (LeadStatus::Completed, LeadStatus::Calling) => {}
                (LeadStatus::Completed, LeadStatus::Completed) => {
                    self.last_call_at = self.last_call_at.max(other.last_call_at);
                }
                (LeadStatus::Calling, LeadStatus::Calling) => {
                    self.last_call_at = self.last_call_at.min(other.last_call_at);
                }
            }
            if other.status == LeadStatus::Completed {
                self.status = LeadStatus::Completed;
            }
            self.last_call_id = other.last_call_id;
            self.last_call_started_at = self.last_call_started_at.min(other.last_call_started_at);
        } else if newer(other) > newer(self) {
            self.status = other.status;
            self.last_call_at = other.last_call_at;
            self.last_call_id = other.last_call_id;
            self.last_call_started_at = other.last_call_started_at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{key::CallKey, phone::PhoneNumber, timestamp::Timestamp};

    fn lead(call: &str, started: i64, ended: Option<i64>) -> Lead {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        Lead {
            tenant_id: "acme".to_owned(),
            campaign_id: Some("spring".to_owned()),
            phone_number: PhoneNumber::parse("+15551234567").unwrap(),
            name: "Inbound Caller +15551234567".to_owned(),
            status: if ended.is_some() {
                LeadStatus::Completed
            } else {
                LeadStatus::Calling
            },
            created_at: at(started),
            last_call_at: at(ended.unwrap_or(started)),
            last_call_id: CallKey::SipCall(call.to_owned()).call_id(),
            last_call_started_at: at(started),
            created_by: EventKey::of("livekit", "EV_1"),
        }
    }

    fn after(leads: &[Lead]) -> Lead {
        let (first, rest) = leads.split_first().unwrap();
        let mut lead = first.clone();
        for next in rest {
            lead.add_call(next, |id| id == next.last_call_id);
        }
        lead
    }

    #[test]
    fn every_order_of_two_calls_leaves_the_same_lead() {
        let calls = [
            lead("a", 100, None),
            lead("a", 100, Some(160)),
            lead("b", 150, None),
            lead("b", 150, Some(155)),
        ];
        let expected = after(&calls);
        assert_eq!(
            (expected.status, expected.last_call_at.as_seconds()),
            (LeadStatus::Completed, 155)
        );
        assert_eq!(expected.created_at.as_seconds(), 100);
        for shift in 0..4 {
            for swap in 0..4 {
                let mut order = calls.clone();
                order.rotate_left(shift);
                order.swap(0, swap);
                let repeated = [&order[..], &order[..]].concat();
                assert_eq!(after(&repeated), expected, "shift {shift}, swap {swap}");
            }
        }
    }

    #[test]
    fn an_older_call_that_ends_does_not_close_a_newer_one() {
        let lead = after(&[lead("b", 150, None), lead("a", 100, Some(200))]);
        assert_eq!(
            (lead.status, lead.last_call_at.as_seconds()),
            (LeadStatus::Calling, 150)
        );
    }

    #[test]
    fn a_call_that_was_united_with_an_older_record_is_still_the_same_call() {
        let (mut lead, ended) = (lead("younger", 100, None), lead("elder", 90, Some(160)));
        let younger = lead.last_call_id;
        lead.add_call(&ended, |id| id == ended.last_call_id || id == younger);
        assert_eq!(
            (lead.status, lead.last_call_id),
            (LeadStatus::Completed, ended.last_call_id)
        );
    }
}
