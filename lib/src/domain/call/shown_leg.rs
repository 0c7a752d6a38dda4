//! The legs of a call, as they are shown.

use serde::Serialize;

use crate::domain::call::{
    facts::Facts,
    leg::LegOutcome,
    participants::{LegView, Role},
};

/// A phone or a person of a call. What is not known is left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownLeg {
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<LegOutcome>,
}

impl From<LegView> for ShownLeg {
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

/// All legs, in the order in which they came.
pub fn of(facts: &Facts) -> Vec<ShownLeg> {
    facts.legs().into_iter().map(ShownLeg::from).collect()
}
