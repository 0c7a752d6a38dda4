//! What events claimed, and why a claim lost.

use serde::Serialize;
use serde_json::Value;

use crate::domain::{call::facts::Facts, timestamp::Timestamp};

/// What an event of the call reported.
#[derive(Debug, Clone)]
pub struct ReportedFacts {
    /// The id of the event's row in the history.
    pub event_id: Option<u64>,
    /// The provider.
    pub source: String,
    pub event_type: String,
    pub occurred_at: Timestamp,
    pub facts: Facts,
    /// The tenant, if the sender's key names it.
    pub tenant_id: Option<String>,
}

/// What an event claimed of a fact.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedClaim {
    pub fact: &'static str,
    pub value: Value,
    pub source: String,
    /// Higher is better; 0 where no rank decides.
    pub rank: u8,
    pub occurred_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<u64>,
    pub event_type: String,
    pub won: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_because: Option<LostBecause>,
}

/// Why a claim does not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LostBecause {
    /// A better source claims something else.
    LowerRank,
    /// An equally good source claimed something later, and the latest claim counts.
    Earlier,
    /// The earliest time counts, and another one is earlier.
    Later,
    /// It is about a leg or a conversation that does not count for the call.
    WrongLeg,
    /// The winner says the same.
    Repeated,
    /// The rule that decides the fact does not look at it.
    NotDecisive,
}
