//! A recovery: the deliveries of one subscription that failed during an outage of its endpoint,
//! queued again in bulk.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::timestamp::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recoverable {
    Failed,
    /// Those whose attempt is long overdue.
    Pending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryOrder {
    /// Deliveries announced from then on.
    pub since: Timestamp,
    /// Deliveries announced until then; `None` for the time of the order.
    pub until: Option<Timestamp>,
    pub status: Recoverable,
}

/// A recovery of a tenant: `rec_3_1_19a2f0c3b41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecoveryId {
    pub subscription_id: u64,
    /// Counted from 1 among the subscription's recoveries that are kept.
    pub number: u64,
    /// In milliseconds since 1970. A number is used again after the recoveries that had it expired,
    /// and rows of the history keep the id of their recovery.
    pub ordered: u64,
}

impl RecoveryId {
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("rec_")?.split('_');
        let mut part = |radix| u64::from_str_radix(parts.next()?, radix).ok();
        let id = Self {
            subscription_id: part(10)?,
            number: part(10)?,
            ordered: part(16)?,
        };
        // One spelling each, because rows are compared with it.
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

/// A position in a tenant's history, which is read partition by partition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub partition: u64,
    /// Rows up to this id were read.
    pub after: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    pub tenant_id: String,
    pub id: RecoveryId,
    /// What was asked for.
    pub order: RecoveryOrder,
    /// The beginning of the window: never before what is kept.
    pub since: Timestamp,
    /// Never after the order.
    pub until: Timestamp,
    pub status: RecoveryStatus,
    pub requeued: u64,
    pub examined: u64,
    pub place: Place,
    /// The time of the last booked delivery.
    #[serde(default)]
    pub released_until: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RecoveryStatus {
    Queued,
    Running,
    Done,
    Failed(FailureReason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    Deleted,
    /// Set inactive by its owner, or because the endpoint failed.
    Inactive,
    /// The same part failed repeatedly, by a fault of ours.
    Fault,
}

impl RecoveryStatus {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

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

/// A recovery that made no progress for this long may have lost its message.
const STALLED_SECONDS: u64 = 15 * 60;
/// Deliveries of a recovery per second, so that one tenant's recovery does not use up the capacity
/// that all tenants need. An endpoint that is not slow has at most twice as many in flight.
const RELEASED_PER_SECOND: u64 = 50;
/// A recovery pauses when its deliveries are queued this far ahead, and continues when half of that
/// is left.
const RELEASED_AHEAD_SECONDS: u64 = 600;
/// A pending delivery may be this late because its endpoint or the queue is slow.
const OVERDUE_SECONDS: u64 = 3_600;

impl Recovery {
    pub fn is_open(&self) -> bool {
        matches!(
            self.status,
            RecoveryStatus::Queued | RecoveryStatus::Running
        )
    }

    /// When `count` further deliveries may start: the first at the first moment, and none at or
    /// after the second.
    pub fn release(&self, count: usize, now: Timestamp) -> (Timestamp, Timestamp) {
        let first = self.released_until.max(now);
        (
            first,
            first.plus_millis(count as u64 * 1_000 / RELEASED_PER_SECOND),
        )
    }

    /// How many seconds the delivery of this number, from 0, waits in its queue.
    pub fn delay_seconds(first: Timestamp, number: u64, now: Timestamp) -> u64 {
        first
            .plus_millis(number * 1_000 / RELEASED_PER_SECOND)
            .millis_since(now)
            / 1_000
    }

    /// How many seconds the recovery pauses, if enough of its deliveries are queued.
    pub fn rests_seconds(&self, now: Timestamp) -> Option<u64> {
        let ahead = self.released_until.millis_since(now) / 1_000;
        (ahead >= RELEASED_AHEAD_SECONDS).then(|| ahead - RELEASED_AHEAD_SECONDS / 2)
    }

    /// Whether it may have stopped although it is open.
    pub fn may_have_stalled(&self, now: Timestamp) -> bool {
        let stalled = now.millis_since(self.updated_at) > STALLED_SECONDS * 1_000;
        self.status == RecoveryStatus::Queued || stalled
    }

    /// Whether a delivery that was due at this moment was overdue when the recovery was ordered.
    /// The order's time decides, so that a repeated part finds the same deliveries.
    pub fn finds_overdue(&self, due: Timestamp) -> bool {
        self.created_at.millis_since(due) > OVERDUE_SECONDS * 1_000
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A running recovery of failed deliveries, ordered at 10,000 s.
    pub(crate) fn running() -> Recovery {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        Recovery {
            tenant_id: "acme".to_owned(),
            id: RecoveryId {
                subscription_id: 1,
                number: 1,
                ordered: 0,
            },
            order: RecoveryOrder {
                since: at(0),
                until: None,
                status: Recoverable::Failed,
            },
            since: at(0),
            until: at(10_000),
            status: RecoveryStatus::Running,
            requeued: 0,
            examined: 0,
            place: Place::default(),
            released_until: Timestamp::EPOCH,
            created_at: at(10_000),
            updated_at: at(10_000),
        }
    }

    #[test]
    fn a_recovery_is_open_until_it_is_done_or_failed_and_says_why_it_failed() {
        for (status, word, is_open, has_reason) in [
            (RecoveryStatus::Queued, "queued", true, false),
            (RecoveryStatus::Running, "running", true, false),
            (RecoveryStatus::Done, "done", false, false),
            (
                RecoveryStatus::Failed(FailureReason::Deleted),
                "failed",
                false,
                true,
            ),
            (
                RecoveryStatus::Failed(FailureReason::Inactive),
                "failed",
                false,
                true,
            ),
            (
                RecoveryStatus::Failed(FailureReason::Fault),
                "failed",
                false,
                true,
            ),
        ] {
            let recovery = Recovery {
                status,
                ..running()
            };
            assert_eq!(recovery.is_open(), is_open, "{status:?}");
            assert_eq!(status.as_str(), word);
            let reason = status.reason();
            assert_eq!(
                reason.is_some_and(|text| text.len() > 20),
                has_reason,
                "{reason:?}"
            );
        }
    }

    #[test]
    fn what_is_queued_or_has_not_moved_for_a_quarter_of_an_hour_may_have_stalled() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let recovery = running();
        assert!(!recovery.may_have_stalled(at(10_000 + 900)));
        assert!(recovery.may_have_stalled(at(10_000 + 901)));
        let queued = Recovery {
            status: RecoveryStatus::Queued,
            ..recovery
        };
        assert!(queued.may_have_stalled(at(10_000)));
    }

    #[test]
    fn a_delivery_is_overdue_an_hour_after_its_time_by_the_time_of_the_order() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let recovery = running();
        assert!(recovery.finds_overdue(at(10_000 - 3_601)));
        assert!(!recovery.finds_overdue(at(10_000 - 3_600)));
        assert!(!recovery.finds_overdue(at(20_000)));
    }

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
