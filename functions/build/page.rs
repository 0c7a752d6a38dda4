//! The page: one HTML document without a script, in which every link leads within it or to the JSON beside it.

use yaml_serde::Value;

use crate::{
    curl,
    document::{Operation, entries, examples, items, json, resolved, text},
    html::{block, code, escape, paragraph, prose},
    schema,
};

/// Renders the document.
pub(crate) fn render(document: &Value, style: &str) -> String {
    let info = |field| {
        document
            .get("info")
            .and_then(|info| text(info, field))
            .unwrap_or_default()
    };
    let (title, version) = (escape(info("title")), escape(info("version")));
    let sections = sections(document);
    let navigation: String = sections.iter().map(Section::navigation).collect();
    let body: String = sections.iter().map(Section::body).collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} API</title><style>{style}</style></head><body>\
         <a class=\"skip\" href=\"#content\">To the content</a>\
         <header><h1>{title} API <small>{version}</small></h1>{}\
         <p><a href=\"openapi.json\">openapi.json</a>: this page for machines, OpenAPI 3.1</p></header>\
         <nav aria-label=\"Contents\"><details open><summary>Contents</summary>{navigation}</details></nav>\
         <main id=\"content\">{body}</main></body></html>",
        paragraph(Some(info("description")))
    )
}

/// A part of the page: its title, the entries of the contents, and what it shows.
struct Section {
    id: String,
    title: String,
    about: String,
    links: Vec<(String, String)>,
    articles: String,
}

impl Section {
    fn navigation(&self) -> String {
        let links: String = self
            .links
            .iter()
            .map(|(id, label)| format!("<li><a href=\"#{id}\">{label}</a></li>"))
            .collect();
        format!(
            "<h2><a href=\"#{}\">{}</a></h2><ul>{links}</ul>",
            self.id, self.title
        )
    }

    fn body(&self) -> String {
        let Self {
            id,
            title,
            about,
            articles,
            ..
        } = self;
        format!("<section id=\"{id}\"><h2>{title}</h2>{about}{articles}</section>")
    }
}

fn sections(document: &Value) -> Vec<Section> {
    let paths = Operation::all(document, "paths");
    let tags = items(document.get("tags"))
        .filter_map(|tag| Some((text(tag, "name")?, text(tag, "description"))));
    let mut sections: Vec<_> = tags
        .map(|(tag, about)| {
            let operations = paths.iter().filter(|operation| operation.is_of(tag));
            of_operations(document, tag, about, operations)
        })
        .filter(|section| !section.links.is_empty())
        .collect();
    let posted = Operation::all(document, "webhooks");
    let about = Some(
        "What Ringpost posts to the URL of a webhook configuration, by the type of the event.",
    );
    sections.push(of_operations(
        document,
        "Posted to customers",
        about,
        posted.iter(),
    ));
    sections.push(of_schemes(document));
    sections.push(of_schemas(document));
    sections
}

fn of_operations<'a>(
    document: &'a Value,
    title: &str,
    about: Option<&str>,
    operations: impl Iterator<Item = &'a Operation<'a>> + Clone,
) -> Section {
    let label = |operation: &Operation| {
        let path = escape(operation.path);
        (
            escape(operation.id()),
            format!("{} {path}", badge(operation.method)),
        )
    };
    Section {
        id: format!("part-{}", title.to_lowercase().replace(' ', "-")),
        title: escape(title),
        about: paragraph(about),
        links: operations.clone().map(label).collect(),
        articles: operations
            .map(|operation| article(document, operation))
            .collect(),
    }
}

fn of_schemes(document: &Value) -> Section {
    let schemes = document
        .get("components")
        .and_then(|components| components.get("securitySchemes"));
    let row = |(name, scheme): (&str, &Value)| {
        let header = text(scheme, "name").unwrap_or("Authorization");
        let about = prose(text(scheme, "description").unwrap_or_default());
        let name = escape(name);
        format!(
            "<tr id=\"scheme-{name}\"><th scope=\"row\">{}</th><td>header {}. {about}</td></tr>",
            code(&name),
            code(&escape(header))
        )
    };
    Section {
        id: "part-ways-in".to_owned(),
        title: "Ways in".to_owned(),
        about: String::new(),
        links: Vec::new(),
        articles: format!(
            "<table><tbody>{}</tbody></table>",
            entries(schemes).map(row).collect::<String>()
        ),
    }
}

fn of_schemas(document: &Value) -> Section {
    let schemas = document
        .get("components")
        .and_then(|components| components.get("schemas"));
    let link = |(name, _): (&str, &Value)| (format!("schema-{}", escape(name)), escape(name));
    Section {
        id: "part-schemas".to_owned(),
        title: "Schemas".to_owned(),
        about: String::new(),
        links: entries(schemas).map(link).collect(),
        articles: entries(schemas)
            .map(|(name, schema)| schema::section(name, schema))
            .collect(),
    }
}

fn badge(method: &str) -> String {
    format!("<b class=\"method {method}\">{}</b>", method.to_uppercase())
}

fn article(document: &Value, operation: &Operation) -> String {
    let (id, path, value) = (
        escape(operation.id()),
        escape(operation.path),
        operation.value,
    );
    let summary = text(value, "summary").unwrap_or_default();
    let is_route = operation.path.starts_with('/');
    let ways = if is_route {
        security(value)
    } else {
        String::new()
    };
    let curl = if is_route {
        block("curl", &curl::line(document, operation))
    } else {
        String::new()
    };
    format!(
        "<article id=\"{id}\"><h3>{} {} <small>{}</small></h3>{}{ways}{}{}{}{curl}</article>",
        badge(operation.method),
        code(&path),
        prose(summary),
        paragraph(text(value, "description")),
        parameters(document, value),
        request(document, value),
        responses(document, value),
    )
}

fn security(operation: &Value) -> String {
    let ways: Vec<_> = items(operation.get("security"))
        .map(|way| {
            let names = entries(Some(way)).map(|(name, _)| escape(name));
            let links: Vec<_> = names
                .map(|name| format!("<a href=\"#scheme-{name}\">{name}</a>"))
                .collect();
            if links.is_empty() {
                "nothing".to_owned()
            } else {
                links.join(" and ")
            }
        })
        .collect();
    if ways.is_empty() {
        String::new()
    } else {
        format!("<p>Wants {}.</p>", ways.join(" or "))
    }
}

fn parameters(document: &Value, operation: &Value) -> String {
    let all = items(operation.get("parameters")).map(|one| resolved(document, "parameters", one));
    let rows: String = all
        .map(|one| {
            let place = escape(text(one, "in").unwrap_or_default());
            let required = one.get("required").and_then(Value::as_bool) == Some(true);
            let mark = if required { " <em>required</em>" } else { "" };
            let schema = one.get("schema").map(schema::render).unwrap_or_default();
            format!(
                "<tr><th scope=\"row\">{}{mark}</th><td>in the {place}: {schema} {}</td></tr>",
                code(&escape(text(one, "name").unwrap_or_default())),
                prose(text(one, "description").unwrap_or_default())
            )
        })
        .collect();
    if rows.is_empty() {
        rows
    } else {
        format!("<h4>Parameters</h4><table><tbody>{rows}</tbody></table>")
    }
}

fn request(document: &Value, operation: &Value) -> String {
    let Some(body) = operation.get("requestBody") else {
        return String::new();
    };
    let content: String = content(document, body);
    format!(
        "<h4>Body</h4>{}{content}",
        paragraph(text(body, "description"))
    )
}

fn responses(document: &Value, operation: &Value) -> String {
    let shown: String = entries(operation.get("responses"))
        .map(|(status, response)| {
            let response = resolved(document, "responses", response);
            let about = prose(text(response, "description").unwrap_or_default());
            let content = content(document, response);
            format!(
                "<details><summary><b>{}</b> {about}</summary>{content}</details>",
                escape(status)
            )
        })
        .collect();
    format!("<h4>Answers</h4>{shown}")
}

fn content(document: &Value, value: &Value) -> String {
    entries(value.get("content"))
        .map(|(media, content)| {
            let schema = content
                .get("schema")
                .map(schema::render)
                .unwrap_or_default();
            let shown: String = examples(document, content)
                .into_iter()
                .map(|(name, example)| block(name, &json(example)))
                .collect();
            format!("<div>{}: {schema}</div>{shown}", code(&escape(media)))
        })
        .collect()
}
