//! The legs of a call, as the API and payloads show them.

use serde::Serialize;

use super::{
    direction::Direction,
    facts::Facts,
    leg::LegOutcome,
    participants::{Participant, Participants, Role},
    report::Report,
};
use crate::domain::{phone::PhoneNumber, timestamp::Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegView {
    pub role: Role,
    /// A phone joins when it is dialled.
    pub joined_at: Option<Timestamp>,
    /// In the room, or the carrier's call SID.
    pub identity: Option<String>,
    pub number: Option<PhoneNumber>,
    pub answered_at: Option<Timestamp>,
    pub left_at: Option<Timestamp>,
    pub outcome: Option<LegOutcome>,
}

impl Participant<'_> {
    fn view(&self, over: Option<Timestamp>) -> LegView {
        let identity = Some(self.key.identity()).filter(|identity| !identity.is_empty());
        LegView {
            role: self.role,
            joined_at: self.joined_at(),
            identity: identity.map(str::to_owned),
            number: self.number().cloned(),
            answered_at: self.answered_at(),
            left_at: self.departure(over).map(|departure| departure.at()),
            outcome: self.outcome(over),
        }
    }
}

impl Facts {
    /// In the order in which they joined.
    pub fn legs(&self) -> Vec<LegView> {
        let (participants, over) = (Participants::of(self), self.rooms_closed_at());
        let mut legs: Vec<LegView> = participants
            .all
            .iter()
            .map(|participant| participant.view(over))
            .collect();
        // If a room shows phones, the carrier's unlinked leg is one of them.
        if participants.phones().next().is_none() {
            legs.extend(
                self.reports
                    .iter()
                    .filter(|(_, report)| report.is_phone)
                    .map(of_carrier),
            );
        }
        legs.sort_by(|one, other| {
            (one.joined_at.is_none(), one.joined_at, one).cmp(&(
                other.joined_at.is_none(),
                other.joined_at,
                other,
            ))
        });
        legs
    }

    /// The dialled-in legs of the room, and the legs that another leg dialled, each with a stable
    /// name.
    pub fn transfers(&self) -> Vec<(String, LegView)> {
        let (participants, over) = (Participants::of(self), self.rooms_closed_at());
        let dialled_in = participants
            .all
            .iter()
            .filter(|participant| participant.role == Role::DialledIn);
        let of_room = dialled_in
            .map(|participant| (participant.key.as_str().to_owned(), participant.view(over)));
        let dialled = self.reports.iter().filter(|(_, report)| report.was_dialled);
        let of_carriers = dialled.map(|leg| (format!("c{}", leg.0), of_carrier(leg)));
        of_room.chain(of_carriers).collect()
    }
}

fn of_carrier((sid, report): (&String, &Report)) -> LegView {
    let role = match report.direction.get() {
        _ if report.was_dialled => Role::DialledIn,
        Some(Direction::Outbound) => Role::Callee,
        _ => Role::Caller,
    };
    let verdict = report.verdict.get().copied().map(LegOutcome::from);
    LegView {
        role,
        joined_at: report
            .started
            .get()
            .copied()
            .or(report.ringing.get())
            .or(report.answered.get()),
        identity: Some(sid.clone()),
        number: report.number.get().cloned(),
        answered_at: report.answered.get(),
        left_at: report.hangup.get().map(|hangup| hangup.at),
        outcome: report
            .is_answered()
            .then_some(LegOutcome::Connected)
            .or(verdict),
    }
}

/// Unknown values are left out.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicLeg {
    role: Role,
    identity: Option<String>,
    number: Option<String>,
    joined_at: Option<String>,
    answered_at: Option<String>,
    left_at: Option<String>,
    outcome: Option<LegOutcome>,
}

impl From<LegView> for PublicLeg {
    fn from(leg: LegView) -> Self {
        Self {
            role: leg.role,
            identity: leg.identity,
            number: leg.number.map(|number| number.as_str().to_owned()),
            joined_at: leg.joined_at.map(|at| at.to_string()),
            answered_at: leg.answered_at.map(|at| at.to_string()),
            left_at: leg.left_at.map(|at| at.to_string()),
            outcome: leg.outcome,
        }
    }
}

/// All legs, in the order in which they joined.
pub fn of(facts: &Facts) -> Vec<PublicLeg> {
    facts.legs().into_iter().map(PublicLeg::from).collect()
}
