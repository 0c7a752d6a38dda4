//! Texts in place of an id that name nothing: what a program writes for a missing value
//! (`undefined`, `None`), and templates that were not filled in (`%{call.sid}`). Used as an id,
//! such a text would merge all calls that have it.

use uuid::Uuid;

/// What languages, spreadsheets and carriers write for a missing value.
const WORDS: [&str; 15] = [
    "undefined",
    "null",
    "none",
    "nil",
    "nan",
    "n/a",
    "na",
    "unknown",
    "unavailable",
    "not available",
    "no value",
    "object object",
    "object undefined",
    "optional.empty",
    "anonymous",
];

/// The delimiters of a value in a template, anywhere in a text.
const TEMPLATES: [(&str, &str); 7] = [
    ("{{", "}}"),
    ("${", "}"),
    ("%{", "}"),
    ("#{", "}"),
    ("<%", "%>"),
    ("[[", "]]"),
    ("%(", ")s"),
];

/// The delimiters of a whole template.
const ENCLOSED: [(char, char); 4] = [('<', '>'), ('{', '}'), ('%', '%'), ('$', '$')];

/// Whether a text is empty, has nothing but zeros and punctuation, is a word for a missing value,
/// or a template.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
    let says_something = text.chars().any(|c| c.is_alphanumeric() && !is_zero(c));
    !says_something || is_word(text) || is_template(text)
}

fn is_zero(c: char) -> bool {
    matches!(c, '0' | '\u{ff10}')
}

fn is_word(text: &str) -> bool {
    let bare = text.trim_matches(|c: char| {
        matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | '{' | '}' | '#' | '-')
    });
    // Go writes `%!s(<nil>)` for a missing argument.
    WORDS.iter().any(|word| bare.eq_ignore_ascii_case(word)) || text.contains("<nil>")
}

fn is_template(text: &str) -> bool {
    let is_open = |(open, close): &(&str, &str)| {
        text.split_once(open)
            .is_some_and(|(_, rest)| rest.contains(close))
    };
    TEMPLATES.iter().any(is_open) || is_enclosed(text) || is_variable(text)
}

/// `<call_sid>`, `{callId}`, `%CALL_SID%`: a name in brackets. A UUID in braces is an id.
fn is_enclosed(text: &str) -> bool {
    ENCLOSED.iter().any(|(open, close)| {
        let name = text
            .strip_prefix(*open)
            .and_then(|rest| rest.strip_suffix(*close));
        name.is_some_and(|name| is_name(name) && Uuid::try_parse(name).is_err())
    })
}

/// `$CALL_SID`, as a shell writes it.
fn is_variable(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(is_name)
}

/// A name of a variable: it begins with a letter and has no digits, which most ids have.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '.' | '-' | ' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_nothing_names_nothing() {
        for text in [
            "",
            " ",
            "-",
            "--",
            "?",
            "...",
            "0",
            "000",
            "00000000-0000-0000-0000-000000000000",
            "undefined",
            "UNDEFINED",
            " null ",
            "\"null\"",
            "'None'",
            "nil",
            "(null)",
            "<nil>",
            "%!s(<nil>)",
            "<no value>",
            "#N/A",
            "n/a",
            "NaN",
            "unknown",
            "[object Object]",
            "[object Undefined]",
            "%{call.sid}",
            "{{call_sid}}",
            "{{ call.sid }}",
            "${callSid}",
            "call-${id}",
            "#{sid}",
            "<call_sid>",
            "{callSid}",
            "%CALL_SID%",
            "$CALL_SID",
            "%(sid)s",
            "<%= sid %>",
            "[[sid]]",
            "<Call SID>",
            "anonymous",
            "{undefined}",
        ] {
            assert!(is_placeholder(text), "{text:?}");
        }
    }

    #[test]
    fn a_real_id_names_something() {
        for text in [
            "1",
            "42",
            "A",
            "CA0123456789abcdef0123456789abcdef",
            "SCL_8fP2mQ4sVxTb",
            "RM_xyz789abc123",
            "EV_1",
            "conv_1",
            "0f3c8d21-9a1b-423e-8b9c-0242ac120002",
            "{0f3c8d21-9a1b-423e-8b9c-0242ac120002}",
            "null-7",
            "none_42",
            "undefined-1",
            "a84b4c76e66710@pc33.example.com",
            "<17@host>",
            "CALL-12345",
            "your-call",
            "1001-0",
            "Ünïcode",
            "3848276298220188511@atlanta.example.com",
            "$5",
            "5%",
            "nobody",
            "%41%42",
            "{a1}",
            "room [2]",
            "unknown caller",
        ] {
            assert!(!is_placeholder(text), "{text:?}");
        }
    }
}
