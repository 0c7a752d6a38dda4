//! A recovery: the deliveries of one subscription that an outage of its endpoint left behind, queued
//! again in bulk.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::timestamp::Timestamp;

/// Which deliveries a recovery queues again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recoverable {
    /// Those that nothing more is tried for.
    Failed,
    /// Those that should have been attempted long ago.
    Pending,
}

/// What somebody asks to be recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryOrder {
    /// Deliveries announced from then on.
    pub since: Timestamp,
    /// Deliveries announced until then; `None` for the moment of the order.
    pub until: Option<Timestamp>,
    /// Which of them.
    pub status: Recoverable,
}

/// Names a recovery among all of its tenant: `rec_3_1_19a2f0c3b41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecoveryId {
    /// The subscription.
    pub subscription_id: u64,
    /// Which of the subscription's recoveries, counted from 1 among those that are kept.
    pub number: u64,
    /// When it was ordered, in milliseconds since 1970: a number may come again after those that had
    /// it have expired, and rows of the history remember who recovered them.
    pub ordered: u64,
}

impl RecoveryId {
    /// Reads an id; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("rec_")?.split('_');
        let mut part = |radix| u64::from_str_radix(parts.next()?, radix).ok();
        let id = Self {
            subscription_id: part(10)?,
            number: part(10)?,
            ordered: part(16)?,
        };
        // One spelling each, for rows are compared with it.
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for RecoveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "rec_{}_{}_{:x}",
            self.subscription_id, self.number, self.ordered
        )
    }
}

impl TryFrom<String> for RecoveryId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no id of a recovery")
    }
}

impl From<RecoveryId> for String {
    fn from(id: RecoveryId) -> Self {
        id.to_string()
    }
}

/// A place in a tenant's history, which is read partition by partition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The partition.
    pub partition: u64,
    /// Rows up to this id were read.
    pub after: u64,
}

/// A recovery as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// Whose it is.
    pub tenant_id: String,
    /// Its id.
    pub id: RecoveryId,
    /// What was asked for.
    pub order: RecoveryOrder,
    /// The beginning of the window: never before what is kept.
    pub since: Timestamp,
    /// The end of the window: never after the order.
    pub until: Timestamp,
    /// How it stands.
    pub status: RecoveryStatus,
    /// Deliveries queued again.
    pub requeued: u64,
    /// Rows of the history looked through.
    pub examined: u64,
    /// Where it goes on.
    pub place: Place,
    /// Until then the moments are given away at which its deliveries may go.
    #[serde(default)]
    pub released_until: Timestamp,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it last went on.
    pub updated_at: Timestamp,
}

/// How a recovery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryStatus {
    /// Nothing was looked through yet.
    Queued,
    /// It is at work.
    Running,
    /// The whole window was looked through.
    Done,
    /// It was given up.
    Failed(FailureReason),
}

/// Why a recovery was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// Nobody can be delivered to any more.
    Deleted,
    /// Somebody, or the endpoint's failing, switched it off.
    Inactive,
    /// The same part failed again and again, by a fault of ours.
    Fault,
}

impl RecoveryStatus {
    /// The word that callers see.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it was given up, if it was.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Queued | Self::Running | Self::Done => None,
            Self::Failed(FailureReason::Deleted) => Some("The webhook configuration was deleted"),
            Self::Failed(FailureReason::Inactive) => {
                Some("The webhook configuration became inactive")
            }
            Self::Failed(FailureReason::Fault) => Some("It failed several times; start it again"),
        }
    }
}

/// A recovery that has not gone on for so long may have lost its message.
const STALLED_SECONDS: u64 = 15 * 60;
/// So many deliveries of a recovery go in a second: one tenant's outage of yesterday must not take what
/// all need today. An endpoint that is not slow has no more than twice as many on their way.
const RELEASED_PER_SECOND: u64 = 50;
/// A recovery rests when its deliveries are queued so far ahead, and goes on when half of that is left.
const RELEASED_AHEAD_SECONDS: u64 = 600;
/// A pending delivery may be late for so long because its endpoint or the queue is slow.
const OVERDUE_SECONDS: u64 = 3_600;

impl Recovery {
    /// Whether it is still to be worked on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self.status,
            RecoveryStatus::Queued | RecoveryStatus::Running
        )
    }

    /// When so many further deliveries may go: the first of them at this moment, and the moment after the last.
    #[must_use]
    pub fn release(&self, count: usize, now: Timestamp) -> (Timestamp, Timestamp) {
        let first = self.released_until.max(now);
        (
            first,
            first.plus_millis(count as u64 * 1_000 / RELEASED_PER_SECOND),
        )
    }

    /// How many seconds the delivery of this number, from 0, waits in its queue.
    #[must_use]
    pub fn delay_seconds(first: Timestamp, number: u64, now: Timestamp) -> u64 {
        first
            .plus_millis(number * 1_000 / RELEASED_PER_SECOND)
            .millis_since(now)
            / 1_000
    }

    /// For how many seconds the recovery rests, because enough of its deliveries are queued.
    #[must_use]
    pub fn rests_seconds(&self, now: Timestamp) -> Option<u64> {
        let ahead = self.released_until.millis_since(now) / 1_000;
        (ahead >= RELEASED_AHEAD_SECONDS).then(|| ahead - RELEASED_AHEAD_SECONDS / 2)
    }

    /// Whether nobody may be at work on it although it is open.
    #[must_use]
    pub fn may_have_stalled(&self, now: Timestamp) -> bool {
        let stalled = now.millis_since(self.updated_at) > STALLED_SECONDS * 1_000;
        self.status == RecoveryStatus::Queued || stalled
    }

    /// Whether a delivery that was to be attempted at this moment should have been, when the recovery
    /// was ordered. By the order's time, so that a part that is repeated finds the same.
    #[must_use]
    pub fn finds_overdue(&self, due: Timestamp) -> bool {
        self.created_at.millis_since(due) > OVERDUE_SECONDS * 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = RecoveryId {
            subscription_id: 3,
            number: 12,
            ordered: 1_761_751_845_123,
        };
        assert_eq!(RecoveryId::parse(&id.to_string()), Some(id));
        for wrong in [
            "",
            "rec_",
            "rec_3_12",
            "rec_03_12_1",
            "rec_3_12_A",
            "rec_3_12_1_1",
            "rec_+3_1_1",
            "3_1_1",
        ] {
            assert_eq!(RecoveryId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn deliveries_are_released_one_after_the_other_and_not_far_ahead() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let order = RecoveryOrder {
            since: at(0),
            until: None,
            status: Recoverable::Failed,
        };
        let mut recovery = Recovery {
            tenant_id: "acme".to_owned(),
            id: RecoveryId {
                subscription_id: 1,
                number: 1,
                ordered: 0,
            },
            order,
            since: at(0),
            until: at(100),
            status: RecoveryStatus::Running,
            requeued: 0,
            examined: 0,
            place: Place::default(),
            released_until: Timestamp::EPOCH,
            created_at: at(100),
            updated_at: at(100),
        };
        let json = serde_json::to_value(&recovery).unwrap();
        let mut earlier = json.clone();
        earlier.as_object_mut().unwrap().remove("releasedUntil");
        assert_eq!(
            serde_json::from_value::<Recovery>(earlier).unwrap(),
            recovery,
            "of an earlier version"
        );
        let (first, after) = recovery.release(250, at(100));
        assert_eq!((first, after), (at(100), at(105)));
        let delays = [0, 49, 50, 249].map(|number| Recovery::delay_seconds(first, number, at(100)));
        assert_eq!(delays, [0, 0, 1, 4]);
        recovery.released_until = after;
        assert_eq!(recovery.release(50, at(101)), (at(105), at(106)));
        assert_eq!(
            recovery.release(50, at(200)),
            (at(200), at(201)),
            "time that is past is not made up for"
        );
        assert_eq!(recovery.rests_seconds(at(100)), None);
        recovery.released_until = at(800);
        assert_eq!(recovery.rests_seconds(at(100)), Some(400));
    }
}
