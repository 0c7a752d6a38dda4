//! LiveKit's names of events (livekit/protocol `webhook/consts.go`).

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum EventName {
    RoomStarted,
    #[strum(serialize = "room_finished", serialize = "room_closed")]
    RoomFinished,
    /// A participant became active.
    ParticipantJoined,
    ParticipantLeft,
    /// It left before it ever became active.
    ParticipantConnectionAborted,
    TrackPublished,
    TrackUnpublished,
    EgressStarted,
    EgressUpdated,
    EgressEnded,
    IngressStarted,
    IngressEnded,
    AgentJobStarted,
    AgentJobEnded,
    /// Kept and acknowledged.
    Unknown,
}

impl EventName {
    /// Reads LiveKit's name, also as the inbound call document spells it: `room.finished`. Its
    /// `room.closed` is the same event.
    pub fn parse(name: &str) -> Self {
        name.replace('.', "_").parse().unwrap_or(Self::Unknown)
    }

    /// Whether the Call Outcomes endpoint answers `processed`: for events that can end a call or
    /// add its recording. Others are kept and answered `ignored`.
    pub fn is_processable(self) -> bool {
        match self {
            Self::ParticipantLeft
            | Self::ParticipantConnectionAborted
            | Self::RoomFinished
            | Self::EgressEnded => true,
            Self::RoomStarted
            | Self::ParticipantJoined
            | Self::TrackPublished
            | Self::TrackUnpublished
            | Self::EgressStarted
            | Self::EgressUpdated
            | Self::IngressStarted
            | Self::IngressEnded
            | Self::AgentJobStarted
            | Self::AgentJobEnded
            | Self::Unknown => false,
        }
    }

    /// The subject decides whether an event must name a room. Tracks and agents' jobs report
    /// nothing about a call.
    pub(super) fn subject(self) -> Subject {
        match self {
            Self::RoomStarted
            | Self::RoomFinished
            | Self::ParticipantJoined
            | Self::ParticipantLeft
            | Self::ParticipantConnectionAborted => Subject::Room,
            Self::EgressStarted | Self::EgressUpdated | Self::EgressEnded => Subject::Egress,
            Self::TrackPublished
            | Self::TrackUnpublished
            | Self::IngressStarted
            | Self::IngressEnded
            | Self::AgentJobStarted
            | Self::AgentJobEnded
            | Self::Unknown => Subject::Other,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// A room or its participants.
    Room,
    /// A recording or a stream, of a room or of a web page.
    Egress,
    Other,
}
