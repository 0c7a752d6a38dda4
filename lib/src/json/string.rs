//! The characters of a string.

use std::borrow::Cow;

/// The content of a quoted string. Half of a surrogate pair, which JSON allows and no text can
/// hold, becomes U+FFFD.
pub(super) fn content(quoted: &str) -> Cow<'_, str> {
    let escaped = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(quoted);
    if escaped.contains('\\') {
        Cow::Owned(unescaped(escaped))
    } else {
        Cow::Borrowed(escaped)
    }
}

fn unescaped(escaped: &str) -> String {
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut chars = after.chars();
        rest = match chars.next() {
            Some('u') => {
                let (units, rest) = utf16(after);
                text.push_str(&String::from_utf16_lossy(&units));
                rest
            }
            Some(letter) => {
                text.push(match letter {
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    itself => itself,
                });
                chars.as_str()
            }
            None => "",
        };
    }
    text + rest
}

/// The code units of consecutive `\uXXXX` escapes, of which the first backslash was read already;
/// and the rest.
pub(super) fn utf16(escapes: &str) -> (Vec<u16>, &str) {
    let mut units = Vec::new();
    let mut rest = escapes;
    let mut next = escapes.strip_prefix('u');
    while let Some((unit, after)) = next.and_then(|digits| digits.split_at_checked(4)) {
        let Ok(unit) = u16::from_str_radix(unit, 16) else {
            break;
        };
        units.push(unit);
        rest = after;
        next = after.strip_prefix("\\u");
    }
    (units, rest)
}
