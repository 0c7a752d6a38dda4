//! Which texts of a payload enter a call.

/// A longer text is no name, number or URL; it stays in the log but does not enter the call.
pub(super) const MAX_BYTES: usize = 2_048;

/// A text that says something: the empty and the absurdly long say nothing.
pub(super) fn fact(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty() && text.len() <= MAX_BYTES)
}
