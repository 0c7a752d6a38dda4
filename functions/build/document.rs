//! Reads the document: its operations in their order, and what a reference leads to.

use yaml_serde::Value;

/// The methods that an operation may have, in the order of the page.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// One operation: of a path, or of the section `webhooks`.
pub(crate) struct Operation<'a> {
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    pub(crate) value: &'a Value,
}

impl<'a> Operation<'a> {
    /// Those of a section of the document, `paths` or `webhooks`.
    pub(crate) fn all(document: &'a Value, section: &str) -> Vec<Self> {
        let of_path = |(path, item): (&'a str, &'a Value)| {
            METHODS.into_iter().filter_map(move |method| {
                Some(Self {
                    method,
                    path,
                    value: item.get(method)?,
                })
            })
        };
        entries(document.get(section)).flat_map(of_path).collect()
    }

    /// The name under which a link finds it.
    pub(crate) fn id(&self) -> &'a str {
        text(self.value, "operationId").unwrap_or(self.path)
    }

    /// Whether the page shows it under this tag.
    pub(crate) fn is_of(&self, tag: &str) -> bool {
        items(self.value.get("tags")).any(|name| name.as_str() == Some(tag))
    }
}

/// What a field holds, if it is a text.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str()
}

/// The entries of an object, in the document's order.
pub(crate) fn entries(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let entries = value.and_then(Value::as_mapping).into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.as_str()?, value)))
}

/// The items of a list.
pub(crate) fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_sequence).into_iter().flatten()
}

/// The last part of a reference: the name of what it leads to.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    text(value, "$ref")?.rsplit('/').next()
}

/// The value itself, or the component of this kind that it refers to.
pub(crate) fn resolved<'a>(document: &'a Value, kind: &str, value: &'a Value) -> &'a Value {
    let found = reference(value).and_then(|name| document.get("components")?.get(kind)?.get(name));
    found.unwrap_or(value)
}

/// The examples of a body or a parameter, each with its name.
pub(crate) fn examples<'a>(document: &'a Value, value: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let one = value.get("example").map(|example| ("Example", example));
    let named = entries(value.get("examples")).filter_map(|(name, example)| {
        Some((name, resolved(document, "examples", example).get("value")?))
    });
    one.into_iter().chain(named).collect()
}

/// A value as JSON.
pub(crate) fn json(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
