//! The legs of a call, as the API and payloads show them.

use serde::Serialize;

use crate::domain::call::{
    facts::Facts,
    leg::LegOutcome,
    participants::{LegView, Role},
};

/// Unknown values are left out.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicLeg {
    role: Role,
    identity: Option<String>,
    number: Option<String>,
    joined_at: Option<String>,
    answered_at: Option<String>,
    left_at: Option<String>,
    outcome: Option<LegOutcome>,
}

impl From<LegView> for PublicLeg {
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

/// All legs, in the order in which they joined.
pub fn of(facts: &Facts) -> Vec<PublicLeg> {
    facts.legs().into_iter().map(PublicLeg::from).collect()
}
