//! Reading JSON: fields of the API's answers, where a missing one is an empty text, and arguments.

use std::fs;

use serde_json::Value;

use crate::{failure::Failure, output::printable};

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
    let line = |name: &String| format!("{name:width$}  {}", printable(&text(value, name)));
    fields.keys().map(line).collect::<Vec<_>>().join("\n")
}

/// JSON in an argument, or in the file that `@FILE` names.
pub(crate) fn read_json_argument(argument: &str) -> Result<Value, Failure> {
    let read = match argument.strip_prefix('@') {
        Some(path) => {
            fs::read_to_string(path).map_err(|error| Failure::of_file(path.as_ref(), &error))?
        }
        None => argument.to_owned(),
    };
    serde_json::from_str(&read).map_err(|error| {
        Failure::usage(
            format!("This is no JSON: {error}."),
            "Correct it, or name a file as @FILE.",
        )
    })
}
