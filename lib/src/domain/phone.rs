//! Phone numbers in E.164, and the forms in which people and room names write them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number in E.164: `+` and 7 to 15 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number as a person, a provider or a SIP header writes it: `+17678189426`,
    /// `(858) 879-6658`, `1-858-879-6658`. National numbers are read as North American, as the
    /// Call Outcomes document does. `None` when it cannot be a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (international, rest) = match text.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if !rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')')) {
            return None;
        }
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        if digits.starts_with('0') {
            return None;
        }
        match (international, digits.len()) {
            (true, 7..=15) | (false, 11..=15) => Some(Self(format!("+{digits}"))),
            (false, 10) => Some(Self(format!("+1{digits}"))),
            _ => None,
        }
    }

    /// The number after the `sip-` of a room name as the Call Outcomes document has it:
    /// `sip-7678189426__1730217045__abc123`.
    #[must_use]
    pub fn of_sip_room(room_name: &str) -> Option<Self> {
        Self::parse(room_name.strip_prefix("sip-")?.split('_').next()?)
    }

    /// The caller's number in a room name that a LiveKit dispatch rule made:
    /// `call-_+15105550123_Xq7Lw2Zk9TpB`. Digits without a `+`, such as a start time, are no number.
    #[must_use]
    pub fn of_dispatched_room(room_name: &str) -> Option<Self> {
        Self::parse(room_name.split('_').find(|part| part.starts_with('+'))?)
    }

    /// The number in E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows the last two digits only: a whole number never reaches a log by accident.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.len().saturating_sub(2);
        write!(f, "+…{}", self.0.get(shown..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn e164(text: &str) -> Option<String> {
        PhoneNumber::parse(text).map(|number| number.0)
    }

    #[test]
    fn the_forms_of_the_documents_become_e164() {
        for text in ["+18588796658", "(858) 879-6658", "858.879.6658", "1-858-879-6658", " 8588796658 "] {
            assert_eq!(e164(text).as_deref(), Some("+18588796658"), "{text}");
        }
        assert_eq!(e164("+919876543210").as_deref(), Some("+919876543210"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "+", "12345", "+0123456789", "anonymous", "+1858879665812345", "call 8588796658"] {
            assert_eq!(e164(text), None, "{text}");
        }
    }

    #[test]
    fn a_room_name_gives_its_number_and_nothing_else() {
        let of_sip_room = |room| PhoneNumber::of_sip_room(room).map(|number| number.0);
        assert_eq!(of_sip_room("sip-7678189426__1730217045__abc123").as_deref(), Some("+17678189426"));
        assert_eq!(of_sip_room("sip-+15105550123").as_deref(), Some("+15105550123"));
        for room in ["sip-room-abc123", "standup__1730217045__x", "", "sip-"] {
            assert_eq!(of_sip_room(room), None, "{room}");
        }
        let of_dispatched_room = |room| PhoneNumber::of_dispatched_room(room).map(|number| number.0);
        assert_eq!(of_dispatched_room("call-_+15105550123_Xq7Lw2Zk9TpB").as_deref(), Some("+15105550123"));
        assert_eq!(of_dispatched_room("+15105550123_Xq7").as_deref(), Some("+15105550123"));
        for room in ["call-_15105550123_x", "standup__1730217045__x", "", "+"] {
            assert_eq!(of_dispatched_room(room), None, "{room}");
        }
    }

    #[test]
    fn debug_output_hides_the_number() {
        let number = PhoneNumber::parse("+18588796658").unwrap();
        assert_eq!(format!("{number:?}"), "+…58");
    }
}
