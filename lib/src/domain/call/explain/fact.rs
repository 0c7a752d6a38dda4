//! The facts of a call that events can claim, and their public names.

use crate::domain::call::direction::Direction;

/// What a call shows that events can claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
pub(super) enum Fact {
    /// The outcome that a provider reported.
    Verdict,
    /// The outcome that the reason for the end implies.
    ReasonedOutcome,
    Reason,
    End,
    Duration,
    Start,
    Ringing,
    Answered,
    Direction,
    OtherSide,
    OurLine,
    Owner,
    Agent,
    Conversation,
    ConversationEnd,
    CallSid,
    Room,
    Status,
    Failure,
    Results,
    Campaign,
    Lead,
    Employee,
    Recording,
    FollowUp,
}

impl Fact {
    /// The public name in a call of this direction.
    pub(super) fn name(self, direction: Direction) -> &'static str {
        match (self, direction) {
            (Self::Verdict | Self::ReasonedOutcome, _) => "outcome",
            (Self::Reason, _) => "reason",
            (Self::End, _) => "end",
            (Self::Duration, _) => "duration",
            (Self::Start, _) => "start",
            (Self::Ringing, _) => "ringing",
            (Self::Answered, _) => "answered",
            (Self::Direction, _) => "direction",
            (Self::OtherSide, Direction::Inbound) | (Self::OurLine, Direction::Outbound) => "from",
            (Self::OtherSide, Direction::Outbound) | (Self::OurLine, Direction::Inbound) => "to",
            (Self::Owner, _) => "owner",
            (Self::Agent, _) => "agent",
            (Self::Conversation, _) => "conversation",
            (Self::ConversationEnd, _) => "conversation_end",
            (Self::CallSid, _) => "call_sid",
            (Self::Room, _) => "room",
            (Self::Status, _) => "status",
            (Self::Failure, _) => "failure",
            (Self::Results, _) => "results",
            (Self::Campaign, _) => "campaign",
            (Self::Lead, _) => "lead",
            (Self::Employee, _) => "employee",
            (Self::Recording, _) => "recording",
            (Self::FollowUp, _) => "follow_up",
        }
    }
}
