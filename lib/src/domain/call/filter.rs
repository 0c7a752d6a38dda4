//! Which calls a list shows. A status may be given in any document's spelling; docs/api/calls.md
//! has the table of meanings.

use super::{Call, CallStatus, agent_status::StatusWord, outcome::Outcome};
use crate::domain::{call::direction::Direction, phone::PhoneNumber, timestamp::Timestamp};

/// The criteria of a list; one that is absent matches every call.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Any of these; empty for any status.
    pub statuses: Vec<StatusFilter>,
    /// Any of these, business outcomes included; empty for any outcome.
    pub outcomes: Vec<String>,
    pub direction: Option<Direction>,
    pub campaign_id: Option<String>,
    /// The number of the other side.
    pub phone_number: Option<PhoneNumber>,
    pub follow_up_from: Option<Timestamp>,
    pub follow_up_to: Option<Timestamp>,
    pub lead_id: Option<String>,
    pub employee_id: Option<String>,
}

/// A status as any of the documents spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusFilter {
    Active,
    /// A status that `status` or `agentStatus` shows, or its equivalent for a call that no event
    /// reported in those terms.
    Word(StatusWord),
}

impl StatusFilter {
    /// Reads a status of the Call Outcomes, inbound call, ElevenLabs or Call Capture document, or
    /// of a carrier: `no_answer`, `no-answer`, `No Answer`.
    pub fn parse(text: &str) -> Option<Self> {
        let word = match with_underscores(text).as_str() {
            "active" => return Some(Self::Active),
            "queued" => StatusWord::Initiated,
            "in_progress" => StatusWord::Answered,
            "cancelled" => StatusWord::Canceled,
            word => word.parse().ok()?,
        };
        Some(Self::Word(word))
    }

    pub fn matches(self, call: &Call) -> bool {
        let status = call.status();
        let Self::Word(word) = self else {
            return status == CallStatus::Active;
        };
        let facts = &call.facts;
        if facts
            .agent_status
            .get()
            .is_some_and(|status| status.word == word)
        {
            return true;
        }
        let (rang, answered) = (facts.ringing_at().is_some(), facts.answered_at().is_some());
        let is_ongoing = status == CallStatus::Active;
        match word {
            StatusWord::Initiated => is_ongoing && !rang && !answered,
            StatusWord::Ringing => is_ongoing && rang && !answered,
            StatusWord::Answered => is_ongoing && answered,
            StatusWord::Ended => status == CallStatus::Ended,
            StatusWord::Failed => status == CallStatus::Failed,
            StatusWord::Completed => {
                !is_ongoing
                    && facts
                        .outcome()
                        .is_none_or(|outcome| outcome == Outcome::Completed)
            }
            StatusWord::Busy => facts.outcome() == Some(Outcome::Busy),
            StatusWord::NoAnswer => facts.outcome() == Some(Outcome::NoAnswer),
            // Only a reported status shows these.
            StatusWord::InitiationFailed
            | StatusWord::Canceled
            | StatusWord::Unreachable
            | StatusWord::Rejected => false,
        }
    }
}

impl CallFilter {
    pub fn matches(&self, call: &Call) -> bool {
        let facts = &call.facts;
        let is = |wanted: &Option<String>, known: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| known == Some(wanted))
        };
        let direction = facts.direction().unwrap_or(Direction::Inbound);
        (self.statuses.is_empty() || self.statuses.iter().any(|status| status.matches(call)))
            && (self.outcomes.is_empty()
                || self
                    .outcomes
                    .iter()
                    .any(|outcome| has_outcome(call, outcome)))
            && self.direction.is_none_or(|wanted| wanted == direction)
            && self
                .phone_number
                .as_ref()
                .is_none_or(|wanted| facts.phone_number() == Some(wanted))
            && is(&self.campaign_id, call.campaign_id())
            && self
                .lead_id
                .as_deref()
                .is_none_or(|id| call.lead_id().is_some_and(|lead| lead.as_str() == id))
            && is(&self.employee_id, facts.employee_id.as_str())
            && self.has_wanted_follow_up(call)
    }

    fn has_wanted_follow_up(&self, call: &Call) -> bool {
        if self.follow_up_from.is_none() && self.follow_up_to.is_none() {
            return true;
        }
        let follow_up = call.facts.follow_up.get().and_then(Option::as_ref);
        follow_up.is_some_and(|follow_up| {
            self.follow_up_from
                .is_none_or(|from| from <= follow_up.due_at)
                && self.follow_up_to.is_none_or(|to| follow_up.due_at <= to)
        })
    }
}

fn has_outcome(call: &Call, wanted: &str) -> bool {
    call.facts
        .outcome()
        .is_some_and(|outcome| outcome.as_str() == wanted)
        || call
            .facts
            .results()
            .is_some_and(|results| results.contains(wanted))
}

/// `No Answer` and `no-answer` as `no_answer`. Capitals do not separate words: `appointmentSet`
/// becomes `appointmentset`, while [`snake_case`](crate::domain::result_name::snake_case) makes
/// `appointment_set` of it.
pub fn with_underscores(text: &str) -> String {
    text.trim().to_lowercase().replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        call::{
            CallKeys, CallUpdate,
            agent_status::AgentStatus,
            claims::{Claim, Latest},
            facts::Facts,
            report::Hangup,
        },
        key::{CallKey, EventKey},
        result_name::snake_case,
    };

    fn call(facts: Facts) -> Call {
        let update = CallUpdate {
            event: EventKey::of("livekit", "EV_1"),
            received_at: Timestamp::EPOCH,
            tenant_id: None,
            keys: CallKeys::new([CallKey::RoomSid("RM_1".to_owned())]).unwrap(),
            facts,
            recording: None,
        };
        Call::begin(&update, None)
    }

    fn claimed<T: Ord>(value: T) -> Latest<T> {
        Latest::claimed(Some(Claim::new(0, Timestamp::EPOCH, value)))
    }

    fn matching(call: &Call) -> Vec<&'static str> {
        let words = [
            "active",
            "initiated",
            "ringing",
            "answered",
            "completed",
            "ended",
            "initiation_failed",
            "busy",
            "no_answer",
            "failed",
            "canceled",
            "unreachable",
            "rejected",
        ];
        words
            .into_iter()
            .filter(|word| StatusFilter::parse(word).unwrap().matches(call))
            .collect()
    }

    #[test]
    fn a_call_is_found_by_what_it_shows_and_by_what_that_means_elsewhere() {
        let reported = |word| {
            claimed(AgentStatus {
                word,
                event: EventKey::of("x", "1"),
            })
        };
        let hangup = || {
            claimed(Hangup {
                at: Timestamp::EPOCH,
                reason: None,
            })
        };
        let rejected = Facts {
            agent_status: reported(StatusWord::Rejected),
            hangup: hangup(),
            verdict: claimed(Outcome::Busy),
            ..Facts::default()
        };
        assert_eq!(matching(&call(rejected)), ["ended", "busy", "rejected"]);
        let hung_up = Facts {
            agent_status: reported(StatusWord::Answered),
            hangup: hangup(),
            ..Facts::default()
        };
        assert_eq!(matching(&call(hung_up)), ["answered", "completed", "ended"]);
        assert_eq!(matching(&call(Facts::default())), ["active", "initiated"]);
    }

    #[test]
    fn every_documents_spelling_is_read_and_no_other_word() {
        for text in ["no_answer", "no-answer", "No Answer", " NO-ANSWER "] {
            assert_eq!(
                StatusFilter::parse(text),
                Some(StatusFilter::Word(StatusWord::NoAnswer)),
                "{text}"
            );
        }
        assert_eq!(
            StatusFilter::parse("cancelled"),
            Some(StatusFilter::Word(StatusWord::Canceled))
        );
        assert_eq!(with_underscores("appointmentSet"), "appointmentset");
        assert_eq!(
            snake_case("appointmentSet").as_deref(),
            Some("appointment_set")
        );
        for text in ["", "noanswer", "complete", "inactive"] {
            assert_eq!(StatusFilter::parse(text), None, "{text}");
        }
    }

    fn shown(filter: CallFilter, call: &Call) -> bool {
        filter.matches(call)
    }

    #[test]
    fn every_criterion_must_match_and_an_absent_one_always_does() {
        let number = |text: &str| PhoneNumber::parse(text).unwrap();
        let call = call(Facts {
            direction: claimed(Direction::Outbound),
            campaign_id: claimed("spring".to_owned()),
            phone_number: claimed(number("+15105550123")),
            lead_id: claimed(crate::domain::scalar::Scalar::from("lead-1".to_owned()).into()),
            employee_id: claimed("ann".to_owned()),
            verdict: claimed(Outcome::Busy),
            results: claimed(std::collections::BTreeSet::from(["follow_up".to_owned()])),
            hangup: claimed(Hangup {
                at: Timestamp::EPOCH,
                reason: None,
            }),
            ..Facts::default()
        });
        let all = CallFilter {
            statuses: vec![StatusFilter::Active, StatusFilter::Word(StatusWord::Busy)],
            outcomes: vec!["completed".to_owned(), "follow_up".to_owned()],
            direction: Some(Direction::Outbound),
            campaign_id: Some("spring".to_owned()),
            phone_number: Some(number("+15105550123")),
            lead_id: Some("lead-1".to_owned()),
            employee_id: Some("ann".to_owned()),
            ..CallFilter::default()
        };
        assert!(shown(CallFilter::default(), &call) && shown(all.clone(), &call));
        let other = || Some("x".to_owned());
        for wrong in [
            CallFilter {
                statuses: vec![StatusFilter::Active],
                ..all.clone()
            },
            CallFilter {
                outcomes: vec!["completed".to_owned()],
                ..all.clone()
            },
            CallFilter {
                direction: Some(Direction::Inbound),
                ..all.clone()
            },
            CallFilter {
                campaign_id: other(),
                ..all.clone()
            },
            CallFilter {
                phone_number: Some(number("+15105550124")),
                ..all.clone()
            },
            CallFilter {
                lead_id: other(),
                ..all.clone()
            },
            CallFilter {
                employee_id: other(),
                ..all.clone()
            },
            CallFilter {
                follow_up_to: Some(Timestamp::LATEST),
                ..all.clone()
            },
        ] {
            assert!(!shown(wrong.clone(), &call), "{wrong:?}");
        }
        let by_outcome = CallFilter {
            outcomes: vec!["busy".to_owned()],
            ..all
        };
        assert!(shown(by_outcome, &call));
    }

    #[test]
    fn a_follow_up_is_in_a_window_with_both_its_ends() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let due = |due| {
            call(Facts {
                follow_up: claimed(due),
                ..Facts::default()
            })
        };
        let follow_up = crate::domain::follow_up::FollowUp {
            due_at: at(100),
            date: "1970-01-01".to_owned(),
            time: None,
            automatic: false,
        };
        let (with, without) = (due(Some(follow_up)), due(None));
        for (from, to, found) in [
            (None, None, true),
            (Some(100), None, true),
            (None, Some(100), true),
            (Some(99), Some(101), true),
            (Some(101), None, false),
            (None, Some(99), false),
            (Some(50), Some(99), false),
        ] {
            let filter = CallFilter {
                follow_up_from: from.map(at),
                follow_up_to: to.map(at),
                ..CallFilter::default()
            };
            assert_eq!(shown(filter.clone(), &with), found, "{filter:?}");
            let any = from.is_none() && to.is_none();
            assert_eq!(shown(filter, &without), any);
        }
    }
}
