//! When somebody is to be called again.

use serde::{Deserialize, Serialize};

use super::timestamp::Timestamp;

/// A follow-up, as a dialer asked for it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// The moment that date and time name; the start of the day where no time was given.
    pub due_at: Timestamp,
    pub date: String,
    /// The time of day, as it was given.
    pub time: Option<String>,
    /// Whether `call.follow_up_due` is to be announced at that moment.
    pub automatic: bool,
}
