//! Text as HTML.

/// A text in which nothing is markup.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A description: what stands between backticks is code.
pub(crate) fn prose(text: &str) -> String {
    let parts = escape(text.trim());
    let parts = parts.split('`').enumerate();
    parts
        .map(|(index, part)| {
            if index % 2 == 1 {
                code(part)
            } else {
                part.to_owned()
            }
        })
        .collect()
}

/// A paragraph of a description, if there is one.
pub(crate) fn paragraph(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!("<p>{}</p>", prose(text)))
}

/// Code within a line, which is escaped already.
pub(crate) fn code(escaped: &str) -> String {
    format!("<code>{escaped}</code>")
}

/// A block of code under a title, which the keyboard can scroll.
pub(crate) fn block(title: &str, text: &str) -> String {
    let (title, text) = (escape(title), escape(text));
    format!(r#"<figure><figcaption>{title}</figcaption><pre tabindex="0">{text}</pre></figure>"#)
}
