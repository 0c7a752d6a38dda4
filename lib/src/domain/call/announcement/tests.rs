//! When each announcement is due, and when it says that it happened.

use super::*;
use crate::domain::call::{
    agent_status::AgentStatus,
    claims::{EarliestTime, Latest},
    report::Hangup,
    tests::at,
};

fn latest<T: Ord>(value: T) -> Latest<T> {
    Latest::of(1, at(1), Some(value))
}

fn when(second: i64) -> EarliestTime {
    EarliestTime::claimed(Some(at(second)))
}

fn status(word: StatusWord) -> Latest<AgentStatus> {
    latest(AgentStatus {
        word,
        event: EventKey::of("elevenlabs", "EV_1"),
    })
}

#[test]
fn a_type_is_read_as_it_is_written() {
    for announcement in Announcement::ALL {
        let name = announcement.as_str();
        assert_eq!(Announcement::parse(name), Some(*announcement), "{name}");
    }
    assert_eq!(Announcement::parse("call.updated"), None);
}

#[test]
fn each_announcement_happened_at_its_own_time() {
    let facts = Facts {
        started: latest(at(10)),
        ringing: when(11),
        answered: when(12),
        conversation_ended: latest(at(20)),
        hangup: latest(Hangup {
            at: at(30),
            reason: None,
        }),
        ..Facts::default()
    };
    for (announcement, second) in [
        (Announcement::Created, 10),
        (Announcement::Ringing, 11),
        (Announcement::Answered, 12),
        (Announcement::ConversationStarted, 12),
        (Announcement::ConversationCompleted, 20),
        (Announcement::Completed, 30),
    ] {
        let shown = announcement.occurred_at(&facts);
        assert_eq!(shown, Some(at(second)), "{announcement:?}");
        assert_eq!(announcement.occurred_at(&Facts::default()), None);
    }
    let first = Facts {
        first_event: when(9),
        ..Facts::default()
    };
    assert_eq!(Announcement::Created.occurred_at(&first), Some(at(9)));
}

#[test]
fn a_conversation_was_had_if_its_end_its_transcript_or_its_status_says_so() {
    let of = |facts: Facts| Facts {
        conversation_id: latest("conv_1".to_owned()),
        ..facts
    };
    let due = |facts: &Facts| {
        [
            Announcement::ConversationStarted.is_due(facts),
            Announcement::ConversationCompleted.is_due(facts),
        ]
    };
    for (facts, expected) in [
        (Facts::default(), [false, false]),
        (
            Facts {
                agent_status: status(StatusWord::Initiated),
                ..Facts::default()
            },
            [false, false],
        ),
        (
            Facts {
                agent_status: status(StatusWord::Answered),
                ..Facts::default()
            },
            [true, false],
        ),
        (
            Facts {
                answered: when(12),
                ..Facts::default()
            },
            [true, false],
        ),
        (
            Facts {
                agent_status: status(StatusWord::Completed),
                ..Facts::default()
            },
            [true, true],
        ),
        (
            Facts {
                agent_status: status(StatusWord::Ended),
                ..Facts::default()
            },
            [true, true],
        ),
        (
            Facts {
                conversation_ended: latest(at(20)),
                ..Facts::default()
            },
            [true, true],
        ),
        (
            Facts {
                transcript: latest(EventKey::of("elevenlabs", "conv_1")),
                ..Facts::default()
            },
            [true, true],
        ),
    ] {
        assert_eq!(due(&facts), [false, false], "without an id: {facts:?}");
        let facts = of(facts);
        assert_eq!(due(&facts), expected, "{facts:?}");
    }
}
