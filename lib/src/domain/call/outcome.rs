//! The outcome of a call, in the four words of the Call Outcomes document.

use serde::{Deserialize, Serialize};

#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// A conversation of ten seconds or more.
    Completed,
    /// Not answered, or shorter than ten seconds.
    NoAnswer,
    /// The called party was busy or declined.
    Busy,
    /// The call failed, or ended within three seconds.
    Failed,
}

/// What is known of the end of a call when its outcome is decided.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// The provider's reason for the disconnection, in its spelling.
    pub reason: Option<&'a str>,
    /// An outcome that a provider reported; it takes precedence over the duration.
    pub verdict: Option<Outcome>,
    /// From the room's creation to the end; `None` when the start is unknown.
    pub duration_millis: Option<u64>,
    /// False when the phone never connected.
    pub connected: bool,
}

const FAILED_BELOW_MILLIS: u64 = 3_000;
const NO_ANSWER_BELOW_MILLIS: u64 = 10_000;

/// The rule that decides an outcome. Its word is public: `rule` of a call's explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Rule {
    /// The call has not ended.
    Ongoing,
    /// The reason for the end means that the called party was busy or declined.
    ReasonBusy,
    /// The reason for the end means that the called party was not available.
    ReasonUnavailable,
    /// The reason for the end is an error.
    ReasonError,
    /// A provider reported the outcome.
    Verdict(Outcome),
    /// The call ended within three seconds.
    TooShort,
    /// The call lasted three seconds or more and less than ten.
    NeverAnswered,
    /// The phone never connected, however long it rang.
    NeverConnected,
    /// A conversation of ten seconds or more.
    Talked,
    /// No event reported the end, and no event arrived for hours.
    Silent,
    /// Neither a reason, nor a provider, nor a duration decides.
    Undecided,
}

impl Rule {
    /// The first rule that matches decides: a reason that means busy, an error or no answer; then a
    /// provider's own verdict; then the duration. A call that never connected is never `completed`,
    /// however long it rang.
    pub fn decide(end: End<'_>) -> Self {
        let of_verdict = || end.verdict.map(Self::Verdict);
        if let Some(rule) = end.reason.and_then(Self::of_reason).or_else(of_verdict) {
            return rule;
        }
        match end.duration_millis {
            Some(..FAILED_BELOW_MILLIS) => Self::TooShort,
            Some(FAILED_BELOW_MILLIS..NO_ANSWER_BELOW_MILLIS) => Self::NeverAnswered,
            _ if !end.connected => Self::NeverConnected,
            Some(_) => Self::Talked,
            None => Self::Undecided,
        }
    }

    fn of_reason(reason: &str) -> Option<Self> {
        let reason = reason.to_ascii_uppercase();
        match reason.as_str() {
            "USER_REJECTED" => Some(Self::ReasonBusy),
            "USER_UNAVAILABLE" => Some(Self::ReasonUnavailable),
            "SIP_TRUNK_FAILURE" | "MEDIA_FAILURE" | "JOIN_FAILURE" | "CONNECTION_TIMEOUT"
            | "AGENT_ERROR" | "STATE_MISMATCH" => Some(Self::ReasonError),
            words if words.contains("BUSY") => Some(Self::ReasonBusy),
            words if words.contains("ERROR") || words.contains("FAIL") => Some(Self::ReasonError),
            _ => None,
        }
    }

    /// `None` while the call is ongoing, and when nothing decides.
    pub fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Ongoing | Self::Undecided => None,
            Self::ReasonBusy => Some(Outcome::Busy),
            Self::ReasonUnavailable | Self::NeverAnswered | Self::NeverConnected => {
                Some(Outcome::NoAnswer)
            }
            Self::ReasonError | Self::TooShort | Self::Silent => Some(Outcome::Failed),
            Self::Verdict(outcome) => Some(outcome),
            Self::Talked => Some(Outcome::Completed),
        }
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Outcome {
    /// The outcome that a reason implies: LiveKit's `DisconnectReason`, or the free text of other
    /// senders.
    pub fn of_reason(reason: &str) -> Option<Self> {
        Rule::of_reason(reason)?.outcome()
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(reason: Option<&str>, duration_millis: Option<u64>) -> Option<Outcome> {
        let end = End {
            reason,
            verdict: None,
            duration_millis,
            connected: true,
        };
        Rule::decide(end).outcome()
    }

    #[test]
    fn duration_decides_at_exactly_three_and_ten_seconds() {
        let by_duration = |millis| outcome(Some("CLIENT_INITIATED"), Some(millis));
        assert_eq!(by_duration(0), Some(Outcome::Failed));
        assert_eq!(by_duration(2_999), Some(Outcome::Failed));
        assert_eq!(by_duration(3_000), Some(Outcome::NoAnswer));
        assert_eq!(by_duration(9_999), Some(Outcome::NoAnswer));
        assert_eq!(by_duration(10_000), Some(Outcome::Completed));
    }

    #[test]
    fn every_reason_of_livekit_has_its_outcome() {
        let by_duration = [
            "UNKNOWN_REASON",
            "CLIENT_INITIATED",
            "DUPLICATE_IDENTITY",
            "SERVER_SHUTDOWN",
            "PARTICIPANT_REMOVED",
            "ROOM_DELETED",
            "MIGRATION",
            "SIGNAL_CLOSE",
            "ROOM_CLOSED",
        ];
        for reason in by_duration {
            assert_eq!(
                outcome(Some(reason), Some(60_000)),
                Some(Outcome::Completed),
                "{reason}"
            );
            assert_eq!(
                outcome(Some(reason), Some(5_000)),
                Some(Outcome::NoAnswer),
                "{reason}"
            );
            assert_eq!(outcome(Some(reason), None), None, "{reason}");
        }
        let failed = [
            "STATE_MISMATCH",
            "JOIN_FAILURE",
            "SIP_TRUNK_FAILURE",
            "CONNECTION_TIMEOUT",
            "MEDIA_FAILURE",
            "AGENT_ERROR",
        ];
        for reason in failed {
            assert_eq!(
                outcome(Some(reason), Some(60_000)),
                Some(Outcome::Failed),
                "{reason}"
            );
        }
        assert_eq!(
            outcome(Some("USER_REJECTED"), Some(60_000)),
            Some(Outcome::Busy)
        );
        assert_eq!(
            outcome(Some("USER_UNAVAILABLE"), Some(60_000)),
            Some(Outcome::NoAnswer)
        );
    }

    #[test]
    fn busy_wins_over_error_and_error_over_duration() {
        assert_eq!(
            outcome(Some("line busy: error 486"), Some(60_000)),
            Some(Outcome::Busy)
        );
        assert_eq!(
            outcome(Some("media error"), Some(60_000)),
            Some(Outcome::Failed)
        );
        assert_eq!(outcome(None, Some(60_000)), Some(Outcome::Completed));
    }

    #[test]
    fn a_long_ring_is_no_conversation() {
        let rang = End {
            reason: Some("CLIENT_INITIATED"),
            verdict: None,
            duration_millis: Some(40_000),
            connected: false,
        };
        assert_eq!(Rule::decide(rang), Rule::NeverConnected);
        let judged = End {
            verdict: Some(Outcome::Completed),
            ..rang
        };
        assert_eq!(Rule::decide(judged), Rule::Verdict(Outcome::Completed));
        let rejected = End {
            reason: Some("USER_REJECTED"),
            ..judged
        };
        assert_eq!(Rule::decide(rejected), Rule::ReasonBusy);
    }

    #[test]
    fn a_reason_alone_implies_an_outcome_or_none() {
        for (reason, outcome) in [
            ("USER_REJECTED", Some("busy")),
            ("line busy", Some("busy")),
            ("USER_UNAVAILABLE", Some("no_answer")),
            ("SIP_TRUNK_FAILURE", Some("failed")),
            ("transport error", Some("failed")),
            ("CLIENT_INITIATED", None),
            ("", None),
        ] {
            let implied = Outcome::of_reason(reason).map(Outcome::as_str);
            assert_eq!(implied, outcome, "{reason}");
        }
    }
}
