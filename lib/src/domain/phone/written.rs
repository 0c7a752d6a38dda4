//! What people, providers and SIP headers write around the digits of a number: separators of every
//! script, a URI, an extension.

use std::borrow::Cow;

/// A longer text is no number.
const MAX_BYTES: usize = 512;
/// With a prefix to call abroad and a trunk prefix; E.164 ends at 15.
const MAX_DIGITS: usize = 22;
/// An extension follows a whole number: in `+1XXXXXXXXXX` there is none.
const MIN_DIGITS: usize = 7;
const MAX_EXTENSION: usize = 10;

/// The digits of a number, and how to read them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) digits: String,
    pub(super) is_international: bool,
    /// The digits of `;phone-context=+…`, the prefix of a local number of a `tel:` URI.
    pub(super) context: Option<String>,
}

impl Written {
    /// `None` when it is no number: letters, two numbers, nothing.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let plain = in_ascii(text);
        let user = user_of(plain.trim_matches(|c: char| c == ' ' || c == '"' || c == '\''))?;
        let (number, parameters) = user.split_once(';').unwrap_or((&user, ""));
        let mut context = None;
        for parameter in parameters
            .split(';')
            .filter(|parameter| !parameter.is_empty())
        {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if !name
                .trim()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            {
                return None;
            }
            if name.trim().eq_ignore_ascii_case("phone-context") {
                // A domain names the owner of the number and nothing of its digits.
                context = value
                    .trim()
                    .strip_prefix('+')
                    .map(|code| digits_of(code).unwrap_or_default());
            }
        }
        let number = without_extension(number)?.trim_start_matches(is_separator);
        let (is_international, rest) = match number.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let digits = digits_of(rest).filter(|digits| (1..=MAX_DIGITS).contains(&digits.len()))?;
        Some(Self {
            digits,
            is_international,
            context,
        })
    }
}

/// Digits, dashes, brackets and spaces of other scripts as ASCII has them; invisible marks are
/// left out.
fn in_ascii(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Some('-'),
        // The full-width forms of ASCII, in their order.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        c if c.is_whitespace() => Some(' '),
        c => Some(digit(c).unwrap_or(c)),
    };
    text.chars().filter_map(plain).collect()
}

/// The zeros of the scripts whose digits are written in numbers; the other nine follow each.
const ZEROS: [u32; 18] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x17e0, 0x1810,
];

fn digit(c: char) -> Option<char> {
    let of = |zero: u32| u32::from(c).checked_sub(zero).filter(|value| *value < 10);
    char::from_digit(ZEROS.into_iter().find_map(of)?, 10)
}

/// The user of a `sip:` or `tel:` URI, which may follow a name and be in angle brackets; any other
/// text as it is.
fn user_of(text: &str) -> Option<Cow<'_, str>> {
    let address = match text.split_once('<') {
        Some((_, inner)) => inner.split_once('>')?.0.trim(),
        None => text,
    };
    let is_scheme = |scheme: &str| matches!(scheme.trim(), "sip" | "sips" | "tel");
    let (is_uri, rest) = match address.split_once(':') {
        Some((scheme, rest)) if is_scheme(&scheme.to_ascii_lowercase()) => {
            (true, rest.trim_start_matches('/'))
        }
        _ => (false, address),
    };
    if !is_uri && address.len() != text.len() {
        return None;
    }
    let user = rest.split_once('@').map_or(rest, |(user, _)| user);
    // A colon precedes a password or a port.
    let user = if is_uri {
        user.split_once(':').map_or(user, |(user, _)| user)
    } else {
        user
    };
    if !user.contains('%') {
        return Some(Cow::Borrowed(user));
    }
    let decoded = ["%2B", "%2b"]
        .iter()
        .fold(user.to_owned(), |text, plus| text.replace(plus, "+"));
    Some(Cow::Owned(
        decoded
            .replace("%20", " ")
            .replace("%3B", ";")
            .replace("%3b", ";"),
    ))
}

/// The number before `x5`, `ext. 5`, `#5` or `,,5`; `None` when what follows it is something else.
fn without_extension(text: &str) -> Option<&str> {
    let begins = |c: char| c.is_alphabetic() || c == ',' || c == '#';
    let Some(place) = text.find(begins) else {
        return Some(text);
    };
    let (number, tail) = text.split_at_checked(place)?;
    let tail = tail.to_lowercase();
    let words = ["extension", "extn", "ext", "x", "w", "p", "#", ","];
    let rest = words.iter().find_map(|word| tail.strip_prefix(word))?;
    let extension = rest.trim_matches(|c: char| matches!(c, ' ' | '.' | ':' | '=' | ',' | '#'));
    let is_extension = (1..=MAX_EXTENSION).contains(&extension.len())
        && extension
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'*' | b'#'));
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    (is_extension && digits >= MIN_DIGITS).then_some(number)
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '[' | ']' | '/' | '\u{b7}')
}

fn digits_of(text: &str) -> Option<String> {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || is_separator(c));
    is_number.then(|| text.chars().filter(char::is_ascii_digit).collect())
}
