//! What a SignalWire callback reports about its call.

use super::{
    in_call_event,
    payload::{Callback, Progress},
};
use crate::domain::{
    bounded::BoundedMap,
    call::{
        CallUpdate,
        claims::{EarliestTime, Latest},
        direction::Direction,
        facts::Facts,
        outcome::Outcome,
        report::{Hangup, Report},
    },
    event::Event,
    key::CallKey,
    phone::PhoneNumber,
    timestamp::Timestamp,
};

/// The carrier is the best source of a call's start and end.
const CARRIER: u8 = 3;
/// As reliable for numbers and the direction as a SIP trunk.
const FROM_CARRIER: u8 = 1;
const LOWEST: u8 = 0;

/// `None` when the callback names no call.
///
/// Only the call's own id is a key. A call that dialled this one (`ParentCallSid`, `parent`) and
/// the one that it is connected to (`peer`) are legs of the same conversation, but each has its own
/// start, numbers, answer and end: merged, an unanswered transfer would end its caller's call.
/// `segment_id` names a part of a call, which further parts may follow.
pub(super) fn of(callback: &Callback, event: &Event) -> Option<CallUpdate> {
    let sid = callback.call_sid.clone()?;
    let key = CallKey::CallSid(sid.clone());
    Some(CallUpdate {
        recording: in_call_event::state(callback),
        ..CallUpdate::of(event, [Some(key)], facts(sid, callback, event.occurred_at))?
    })
}

fn facts(sid: String, callback: &Callback, at: Timestamp) -> Facts {
    Facts {
        first_event: EarliestTime::claimed(Some(at)),
        recording_url: Latest::of(LOWEST, at, callback.recording_url.clone()),
        campaign_id: Latest::of(LOWEST, at, callback.campaign_id.clone()),
        lead_id: Latest::of(LOWEST, at, callback.contact_id.clone()),
        reports: BoundedMap::of(sid, report(callback, at)),
        ..Facts::default()
    }
}

fn report(callback: &Callback, at: Timestamp) -> Report {
    let progress = callback.progress;
    let is = |stage: Progress| Some(at).filter(|_| progress == Some(stage));
    let failure = callback
        .reason
        .clone()
        .filter(|_| callback.verdict == Some(Outcome::Failed));
    let hangup = is(Progress::Ended).map(|at| Hangup {
        at: callback.ended_at.unwrap_or(at),
        reason: callback.reason.clone(),
    });
    // A busy leg is also reported as completed, with a duration of zero: the more specific report
    // takes precedence.
    let says_little = callback.verdict == Some(Outcome::Completed) && callback.seconds == Some(0);
    let of_verdict = if says_little { LOWEST } else { CARRIER };
    Report {
        by_carrier: progress.is_some(),
        is_phone: !callback.is_web && (callback.from.is_some() || callback.to.is_some()),
        was_dialled: callback.was_dialled,
        started: Latest::of(CARRIER, at, callback.started_at.or(is(Progress::Created))),
        ringing: EarliestTime::claimed(is(Progress::Ringing)),
        answered: EarliestTime::claimed(callback.answered_at.or(is(Progress::Answered))),
        hangup: Latest::of(CARRIER, at, hangup),
        verdict: Latest::of(of_verdict, at, callback.verdict),
        failure: Latest::of(CARRIER, at, failure),
        seconds: Latest::of(CARRIER, at, callback.seconds),
        ..numbers(callback, at)
    }
}

/// Addresses that are not numbers (SIP, a browser, `anonymous`) are ignored.
fn numbers(callback: &Callback, at: Timestamp) -> Report {
    let number = |address: &Option<String>| address.as_deref().and_then(PhoneNumber::parse);
    let (phone, line) = match callback.direction {
        Some(Direction::Inbound) => (number(&callback.from), number(&callback.to)),
        // A dialled leg shows the number of the party that called the dialling leg, unless it is
        // configured otherwise. That number is not ours and may be another tenant's, who must not
        // get the call.
        Some(Direction::Outbound) if callback.was_dialled => (number(&callback.to), None),
        Some(Direction::Outbound) => (number(&callback.to), number(&callback.from)),
        None => (None, None),
    };
    // A callback with an explicit direction is more reliable.
    let rank = if callback.is_of_number {
        LOWEST
    } else {
        FROM_CARRIER
    };
    Report {
        direction: Latest::of(rank, at, callback.direction),
        number: Latest::of(rank, at, phone),
        line: Latest::of(rank, at, line),
        ..Report::default()
    }
}
