//! The Call Outcomes document's sample payload, and a way to every value in it.

use serde_json::Value;

pub(crate) const SAMPLE: &str = include_str!("call_completed.json");

pub(crate) fn sample() -> Value {
    serde_json::from_str(SAMPLE).expect("the document's JSON")
}

/// Where every value of a document stands, the document itself excepted.
pub(crate) fn pointers(value: &Value, at: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(i, value)| (i.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    let below = |(name, value): (String, &Value)| {
        let pointer = format!("{at}/{name}");
        let deeper = pointers(value, &pointer);
        std::iter::once(pointer).chain(deeper)
    };
    children.into_iter().flat_map(below).collect()
}
