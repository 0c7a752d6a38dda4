//! The pieces of a JSON text, none of which is looked into.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Space(&'a str),
    String(&'a str),
    Number(&'a str),
    /// `[` or `{`.
    Open(&'a str),
    Close(&'a str),
    /// A comma, a colon, or a word.
    Other(&'a str),
}

impl<'a> Token<'a> {
    pub(super) fn as_str(self) -> &'a str {
        match self {
            Self::Space(text)
            | Self::String(text)
            | Self::Number(text)
            | Self::Open(text)
            | Self::Close(text)
            | Self::Other(text) => text,
        }
    }
}

/// The tokens of a text that was found to be JSON.
pub(super) fn tokens(json: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = json;
    std::iter::from_fn(move || {
        let first = *rest.as_bytes().first()?;
        let length = match first {
            b'"' => string_length(rest),
            b' ' | b'\t' | b'\n' | b'\r' => run(rest, |byte| byte.is_ascii_whitespace()),
            b'-' | b'0'..=b'9' => run(rest, |byte| {
                byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
            }),
            b'a'..=b'z' => run(rest, |byte| byte.is_ascii_lowercase()),
            _ => 1,
        };
        let (piece, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(match first {
            b'"' => Token::String(piece),
            b' ' | b'\t' | b'\n' | b'\r' => Token::Space(piece),
            b'-' | b'0'..=b'9' => Token::Number(piece),
            b'[' | b'{' => Token::Open(piece),
            b']' | b'}' => Token::Close(piece),
            _ => Token::Other(piece),
        })
    })
}

fn run(text: &str, belongs: impl Fn(u8) -> bool) -> usize {
    text.bytes()
        .position(|byte| !belongs(byte))
        .unwrap_or(text.len())
}

fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}
