//! Ids and names that clients give to things.

const MAX_NAME_BYTES: usize = 256;

/// Whether a text may be an id or a name.
pub fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
}
