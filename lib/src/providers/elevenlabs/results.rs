//! What a conversation achieved, read from its analysis, in snake case as subscriptions filter by it:
//!
//! - an evaluation criterion with the result `success`, by its id;
//! - `call_successful` when ElevenLabs judges the call so;
//! - collected data: a `true` by its id; the word or words under an id that names the outcome
//!   (`outcome`, `call_outcome`, `disposition`, …). Any other text is data and no outcome.

use std::collections::BTreeSet;

use serde_json::Value;

use super::wire::text;
use crate::domain::result_name::snake_case;

/// More of them are no outcomes; they stay in the log.
const MAX_RESULTS: usize = 32;

/// The ids, in snake case, whose collected text is an outcome.
const OUTCOME_IDS: [&str; 6] =
    ["outcome", "outcomes", "call_outcome", "call_result", "disposition", "call_disposition"];

/// The achievements that an `analysis` tells.
pub(super) fn of_analysis(analysis: &Value) -> BTreeSet<String> {
    let criteria = entries(analysis, "evaluation_criteria_results", "criteria_id")
        .filter(|(_, criterion)| criterion.get("result").and_then(Value::as_str) == Some("success"))
        .filter_map(|(id, _)| snake_case(&id));
    let collected = entries(analysis, "data_collection_results", "data_collection_id")
        .flat_map(|(id, item)| of_datum(&id, item.get("value").unwrap_or(&Value::Null)));
    let successful = analysis.get("call_successful").and_then(Value::as_str) == Some("success");
    let whole = successful.then(|| "call_successful".to_owned());
    whole.into_iter().chain(criteria).chain(collected).take(MAX_RESULTS).collect()
}

/// The entries of a map and of its variant as a list, each with its id.
fn entries<'a>(analysis: &'a Value, name: &str, id: &'a str) -> impl Iterator<Item = (String, &'a Value)> {
    let map = analysis.get(name).and_then(Value::as_object).into_iter().flatten();
    let list = analysis.get(format!("{name}_list")).and_then(Value::as_array).into_iter().flatten();
    let own_id = move |entry: &Value| entry.get(id).and_then(text);
    let named = map.map(move |(key, entry)| (own_id(entry).unwrap_or_else(|| key.clone()), entry));
    named.chain(list.filter_map(move |entry| Some((own_id(entry)?, entry))))
}

fn of_datum(id: &str, value: &Value) -> Vec<String> {
    let Some(id) = snake_case(id) else { return Vec::new() };
    match value {
        Value::Bool(true) => vec![id],
        Value::String(word) if OUTCOME_IDS.contains(&id.as_str()) => snake_case(word).into_iter().collect(),
        Value::Array(words) if OUTCOME_IDS.contains(&id.as_str()) => {
            words.iter().filter_map(Value::as_str).filter_map(snake_case).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        let results: Vec<_> = of_analysis(&analysis).into_iter().collect();
        assert_eq!(results, ["appointment_set", "call_back", "call_successful", "lead_qualified", "polite"]);
    }

    #[test]
    fn an_analysis_of_another_form_tells_nothing() {
        for analysis in [
            json!(null),
            json!([]),
            json!({ "evaluation_criteria_results": [1], "data_collection_results": "x" }),
        ] {
            assert!(of_analysis(&analysis).is_empty(), "{analysis}");
        }
    }
}
