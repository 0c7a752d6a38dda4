//! The curl line of an operation, to be pasted into a shell that has read `stack.env`.

use yaml_serde::Value;

use crate::document::{Operation, entries, examples, items, resolved, text};

/// The line: with the headers that open it, what must be sent, and the first example as body.
pub(crate) fn line(document: &Value, operation: &Operation) -> String {
    let query: Vec<_> = parameters(document, operation, "query")
        .map(|name| format!("{name}=…"))
        .collect();
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{}", query.join("&"))
    };
    let mut lines = vec![format!(
        "curl -X {} \"$RINGPOST_URL{}{query}\"",
        operation.method.to_uppercase(),
        operation.path
    )];
    lines.extend(authorization(document, operation).map(|header| format!("-H \"{header}\"")));
    lines.extend(parameters(document, operation, "header").map(|name| format!("-H \"{name}: …\"")));
    if let Some((media, body)) = body(document, operation) {
        lines.push(format!("-H \"Content-Type: {media}\""));
        lines.push(format!("-d '{}'", body.replace('\'', "'\\''")));
    }
    lines.join(" \\\n  ")
}

/// The names of the parameters in this place that must be there.
fn parameters<'a>(
    document: &'a Value,
    operation: &Operation<'a>,
    place: &'a str,
) -> impl Iterator<Item = &'a str> {
    let all =
        items(operation.value.get("parameters")).map(|one| resolved(document, "parameters", one));
    let wanted = all.filter(move |one| text(one, "in") == Some(place));
    let required = wanted.filter(|one| one.get("required").and_then(Value::as_bool) == Some(true));
    required.filter_map(|one| text(one, "name"))
}

/// The header of the first way in.
fn authorization(document: &Value, operation: &Operation) -> Option<String> {
    let first = items(operation.value.get("security")).find_map(|way| entries(Some(way)).next())?;
    let scheme = document
        .get("components")?
        .get("securitySchemes")?
        .get(first.0)?;
    if text(scheme, "type") == Some("http") {
        return Some("Authorization: Bearer $RINGPOST_TOKEN".to_owned());
    }
    Some(format!("{}: …", text(scheme, "name")?))
}

fn body(document: &Value, operation: &Operation) -> Option<(String, String)> {
    let (media, content) = entries(operation.value.get("requestBody")?.get("content")).next()?;
    let (_, example) = examples(document, content).into_iter().next()?;
    Some((media.to_owned(), serde_json::to_string(example).ok()?))
}
