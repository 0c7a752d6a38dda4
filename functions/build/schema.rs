//! A schema in words and tables.

use yaml_serde::Value;

use crate::{
    document::{entries, items, reference, text},
    html::{code, escape, paragraph, prose},
};

/// The keywords that bound a value, and how they are read.
const BOUNDS: [(&str, &str); 13] = [
    ("format", "format"),
    ("minLength", "at least this many characters:"),
    ("maxLength", "at most this many characters:"),
    ("pattern", "matches"),
    ("minimum", "from"),
    ("maximum", "up to"),
    ("exclusiveMinimum", "more than"),
    ("minItems", "at least this many items:"),
    ("maxItems", "at most this many items:"),
    ("minProperties", "at least this many entries:"),
    ("maxProperties", "at most this many entries:"),
    ("default", "default"),
    ("example", "for example"),
];

/// A schema in one line, and its fields in a table below it.
pub(crate) fn render(schema: &Value) -> String {
    let described =
        text(schema, "description").map_or_else(String::new, |text| format!(" {}", prose(text)));
    format!("{}{described}{}", line(schema), inside(schema))
}

/// The type and its bounds.
fn line(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        let name = escape(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    let bounds = BOUNDS.iter().filter_map(|(keyword, words)| {
        let value = plain(schema.get(keyword)?);
        Some(format!("{words} {}", code(&escape(&value))))
    });
    let mut parts: Vec<String> = [kind(schema)].into_iter().chain(bounds).collect();
    if schema.get("readOnly").is_some() {
        parts.push("read only".to_owned());
    }
    if schema.get("writeOnly").is_some() {
        parts.push("never shown".to_owned());
    }
    parts.retain(|part| !part.is_empty());
    format!("<span class=\"type\">{}</span>", parts.join(", "))
}

fn kind(schema: &Value) -> String {
    if let Some(value) = schema.get("const") {
        return format!("always {}", code(&escape(&plain(value))));
    }
    if let Some(values) = schema.get("enum") {
        let values: Vec<_> = items(Some(values))
            .map(|value| code(&escape(&plain(value))))
            .collect();
        return format!("one of {}", values.join(" "));
    }
    let kind = match schema.get("type") {
        Some(Value::Sequence(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" or "),
        Some(kind) => kind.as_str().unwrap_or_default().to_owned(),
        None if schema.get("properties").is_some() => "object".to_owned(),
        None => String::new(),
    };
    schema
        .get("items")
        .map_or_else(|| kind.clone(), |item| format!("{kind} of {}", line(item)))
}

/// What is inside: the fields of an object or of an array's items, and the choices of a schema.
fn inside(schema: &Value) -> String {
    let mut html = table(schema);
    if let Some(values) = schema
        .get("additionalProperties")
        .filter(|values| values.is_mapping())
    {
        html += &format!("<div>Every value: {}</div>", render(values));
    }
    if let Some(item) = schema.get("items") {
        html += &inside(item);
    }
    for (keyword, words) in [
        ("oneOf", "One of"),
        ("anyOf", "At least one of"),
        ("allOf", "All of"),
    ] {
        let choices: String = items(schema.get(keyword))
            .map(|choice| format!("<li>{}</li>", choice_line(choice)))
            .collect();
        if !choices.is_empty() {
            html += &format!("<p>{words}:</p><ul>{choices}</ul>");
        }
    }
    html
}

/// A choice that only requires fields says which.
fn choice_line(choice: &Value) -> String {
    let required: Vec<_> = items(choice.get("required"))
        .filter_map(Value::as_str)
        .map(|name| code(&escape(name)))
        .collect();
    if choice.get("properties").is_none() && !required.is_empty() {
        format!("with {}", required.join(" and "))
    } else {
        render(choice)
    }
}

fn table(schema: &Value) -> String {
    let required: Vec<&str> = items(schema.get("required"))
        .filter_map(Value::as_str)
        .collect();
    let rows: String = entries(schema.get("properties"))
        .map(|(name, property)| {
            let mark = if required.contains(&name) {
                "<em>required</em>"
            } else {
                ""
            };
            let name = code(&escape(name));
            format!(
                "<tr><th scope=\"row\">{name} {mark}</th><td>{}</td></tr>",
                render(property)
            )
        })
        .collect();
    if rows.is_empty() {
        rows
    } else {
        format!("<table><tbody>{rows}</tbody></table>")
    }
}

/// A value as the page shows it in a line.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(
        || serde_json::to_string(value).unwrap_or_default(),
        str::to_owned,
    )
}

/// A named schema of the document.
pub(crate) fn section(name: &str, schema: &Value) -> String {
    let (name, about) = (escape(name), paragraph(text(schema, "description")));
    format!(
        "<article id=\"schema-{name}\"><h3>{name}</h3>{about}<p>{}</p>{}</article>",
        line(schema),
        inside(schema)
    )
}
