//! The results of a conversation, read from its analysis, in the snake case that subscriptions
//! filter by:
//!
//! - an evaluation criterion with the result `success`, by its id;
//! - `call_successful` when ElevenLabs judges the call so;
//! - collected data: a `true` by its id; the words under an id that names the outcome (`outcome`,
//!   `call_outcome`, `disposition`, …). Any other text is data and not an outcome.

use std::collections::BTreeSet;

use super::wire::text;
use crate::{
    domain::result_name::snake_case,
    json::{Json, Object},
};

/// More entries are ignored; they stay in the log.
const MAX_RESULTS: usize = 32;

/// The ids, in snake case, whose collected text is an outcome.
const OUTCOME_IDS: [&str; 6] = [
    "outcome",
    "outcomes",
    "call_outcome",
    "call_result",
    "disposition",
    "call_disposition",
];

pub(super) fn of_analysis(analysis: &Object<'_>) -> BTreeSet<String> {
    let is_success = |json: Json<'_>| json.string().as_deref() == Some("success");
    let criteria = entries(analysis, "evaluation_criteria_results", "criteria_id")
        .into_iter()
        .filter(|(_, criterion)| is_success(criterion.get("result")))
        .filter_map(|(id, _)| snake_case(&id));
    let collected = entries(analysis, "data_collection_results", "data_collection_id")
        .into_iter()
        .flat_map(|(id, item)| of_datum(&id, item.get("value")));
    let successful = is_success(analysis.get("call_successful"));
    let whole = successful.then(|| "call_successful".to_owned());
    whole
        .into_iter()
        .chain(criteria)
        .chain(collected)
        .take(MAX_RESULTS)
        .collect()
}

/// The entries of a map and of its variant as a list, each with its id.
fn entries<'a>(analysis: &Object<'a>, name: &str, id: &str) -> Vec<(String, Object<'a>)> {
    let map = analysis.get(name).object();
    let named = map.members().map(|(key, entry)| {
        let entry = entry.object();
        (text(entry.get(id)).unwrap_or_else(|| key.to_owned()), entry)
    });
    let list = analysis.get(&format!("{name}_list")).list();
    let listed = list.into_iter().filter_map(|entry| {
        let entry = entry.object();
        Some((text(entry.get(id))?, entry))
    });
    named.chain(listed).collect()
}

fn of_datum(id: &str, value: Json<'_>) -> Vec<String> {
    let Some(id) = snake_case(id) else {
        return Vec::new();
    };
    if value.bool() == Some(true) {
        return vec![id];
    }
    if !OUTCOME_IDS.contains(&id.as_str()) {
        return Vec::new();
    }
    let words = value.list().into_iter().chain([value]);
    words
        .filter_map(Json::string)
        .filter_map(|word| snake_case(&word))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn results(analysis: &Value) -> BTreeSet<String> {
        let body = json!({ "analysis": analysis }).to_string();
        of_analysis(&Object::parse(&body).unwrap().get("analysis").object())
    }

    #[test]
    fn successes_and_outcomes_are_achievements_and_data_is_none() {
        let analysis = json!({
            "call_successful": "success",
            "evaluation_criteria_results": {
                "a": { "criteria_id": "leadQualified", "result": "success" },
                "polite": { "result": "success" },
                "resolved": { "criteria_id": "resolved", "result": "failure" },
                "odd": 7
            },
            "evaluation_criteria_results_list": [
                { "criteria_id": "leadQualified", "result": "success" }, { "result": "success" }
            ],
            "data_collection_results": {
                "appointment_set": { "data_collection_id": "appointment_set", "value": true },
                "voicemail": { "data_collection_id": "voicemail", "value": false },
                "Disposition": { "value": "Call back" },
                "order_id": { "data_collection_id": "order_id", "value": "4471" }
            }
        });
        let results: Vec<_> = results(&analysis).into_iter().collect();
        assert_eq!(
            results,
            [
                "appointment_set",
                "call_back",
                "call_successful",
                "lead_qualified",
                "polite"
            ]
        );
    }

    #[test]
    fn an_analysis_of_another_form_tells_nothing() {
        for analysis in [
            json!(null),
            json!([]),
            json!({ "evaluation_criteria_results": [1], "data_collection_results": "x" }),
        ] {
            assert!(results(&analysis).is_empty(), "{analysis}");
        }
    }
}
