//! Reading answers of the API: a field that is missing is shown as an empty text.

use serde_json::Value;

/// The field at a path of names with dots between them.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// The field at a path as a text.
pub(crate) fn text(value: &Value, path: &str) -> String {
    match at(value, path) {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The elements of the array at a path.
pub(crate) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).as_array().map_or(&[], Vec::as_slice)
}

/// The texts of the array at a path, with commas between them.
pub(crate) fn joined(value: &Value, path: &str) -> String {
    let texts: Vec<_> = list(value, path).iter().filter_map(Value::as_str).collect();
    texts.join(", ")
}

/// An object as lines of `name  value`, for people. Objects inside it are shown as JSON.
pub(crate) fn sheet(value: &Value) -> String {
    let Some(fields) = value.as_object() else {
        return value.to_string();
    };
    let width = fields.keys().map(String::len).max().unwrap_or_default();
    let line = |name: &String| {
        format!(
            "{name:width$}  {}",
            crate::output::printable(&text(value, name))
        )
    };
    fields.keys().map(line).collect::<Vec<_>>().join("\n")
}
