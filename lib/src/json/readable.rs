//! JSON that any parser reads: many refuse a whole document for half an emoji, for a number beyond
//! a double, or for its nesting.

use std::borrow::Cow;

use super::{
    string::utf16,
    token::{Token, tokens},
};

/// Parsers differ in the depth that they accept; serde_json reads 127 levels. The envelope of a
/// payload needs some.
pub(super) const MAX_DEPTH: usize = 100;

/// This JSON as it is shown: half a character is U+FFFD, a number beyond every double becomes a
/// string of its digits, and what is nested deeper than 100 levels becomes `null`. All else stays
/// as it was written.
pub fn shown(json: &str) -> Cow<'_, str> {
    rewritten(json, |number| number.parse().is_ok_and(f64::is_infinite))
}

/// As [`shown`], but all numbers stay as they were written.
pub fn posted(json: &str) -> Cow<'_, str> {
    rewritten(json, |_| false)
}

/// Without whitespace between tokens.
pub fn compact(json: &str) -> String {
    tokens(json)
        .filter(|token| !matches!(token, Token::Space(_)))
        .map(Token::as_str)
        .collect()
}

/// Whether it is nested deeper than is shown.
pub fn is_deep(json: &str) -> bool {
    let mut depth = 0_usize;
    tokens(json).any(|token| {
        depth = depth_after(depth, token);
        depth > MAX_DEPTH
    })
}

fn depth_after(depth: usize, token: Token<'_>) -> usize {
    match token {
        Token::Open(_) => depth + 1,
        Token::Close(_) => depth.saturating_sub(1),
        _ => depth,
    }
}

fn rewritten(json: &str, is_quoted: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let mut depth = 0;
    let mut text = String::with_capacity(json.len());
    for token in tokens(json) {
        let before = depth;
        depth = depth_after(depth, token);
        match token {
            Token::Open(_) if before == MAX_DEPTH => text.push_str("null"),
            _ if before.max(depth) > MAX_DEPTH => {}
            Token::String(quoted) => text.push_str(&whole_characters(quoted)),
            Token::Number(number) if is_quoted(number) => text.extend(["\"", number, "\""]),
            token => text.push_str(token.as_str()),
        }
    }
    if text == json {
        Cow::Borrowed(json)
    } else {
        Cow::Owned(text)
    }
}

/// A string, in its quotation marks, of whole characters.
fn whole_characters(quoted: &str) -> Cow<'_, str> {
    if !quoted.contains("\\u") {
        return Cow::Borrowed(quoted);
    }
    let mut text = String::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        text.push('\\');
        let end = after.chars().next().map_or(0, char::len_utf8);
        let (units, others) = utf16(after);
        let (escape, others) = if units.is_empty() {
            after.split_at(end)
        } else {
            after.split_at(after.len() - others.len())
        };
        rest = others;
        if char::decode_utf16(units.iter().copied()).all(|unit| unit.is_ok()) {
            text.push_str(escape);
        } else {
            text.push_str(&repaired(&units));
        }
    }
    Cow::Owned(text + rest)
}

/// These code units as escapes, but for the first backslash.
fn repaired(units: &[u16]) -> String {
    let whole: Vec<u16> = String::from_utf16_lossy(units).encode_utf16().collect();
    let escapes: Vec<String> = whole.iter().map(|unit| format!("u{unit:04x}")).collect();
    escapes.join("\\")
}
