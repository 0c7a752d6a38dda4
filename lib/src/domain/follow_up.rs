//! When a lead is to be called again.

use serde::{Deserialize, Serialize};

use super::timestamp::Timestamp;

/// A follow-up that a dialer requested.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// The start of the day if no time was given.
    pub due_at: Timestamp,
    pub date: String,
    /// As it was given.
    pub time: Option<String>,
    /// Whether `call.follow_up_due` is announced at that moment.
    pub automatic: bool,
}
