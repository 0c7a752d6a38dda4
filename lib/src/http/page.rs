//! Lists come in pages: `limit` says how many entries, `cursor` where to go on.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use super::error::{ApiError, ErrorStatus};

/// Entries per page where the caller does not say.
pub const DEFAULT_LIMIT: u32 = 20;
/// Entries per page at most.
pub const MAX_LIMIT: u32 = 100;

/// Reads `limit`.
/// 400 when it is not a whole number from 1 to 100.
pub fn limit(text: Option<&str>) -> Result<u32, ApiError> {
    let Some(text) = text else {
        return Ok(DEFAULT_LIMIT);
    };
    let limit = text
        .parse()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| {
        ApiError::new(
            ErrorStatus::BadRequest,
            format!("limit must be a whole number from 1 to {MAX_LIMIT}"),
        )
        .field("limit")
    })
}

/// A place in a list as the caller gets it: opaque, and good for the same list only.
pub fn to_cursor(place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(super::reply::json(place))
}

/// Reads `cursor`.
/// 400 when it is none of ours.
pub fn from_cursor<T: DeserializeOwned>(text: Option<&str>) -> Result<Option<T>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let place = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let wrong = || {
        ApiError::new(
            ErrorStatus::BadRequest,
            "cursor must be the nextCursor of an earlier page",
        )
        .field("cursor")
    };
    place.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_rubbish_is_refused() {
        let cursor = to_cursor(&("number#+1", 7));
        assert_eq!(
            from_cursor::<(String, u8)>(Some(&cursor)).unwrap(),
            Some(("number#+1".to_owned(), 7))
        );
        assert_eq!(from_cursor::<(String, u8)>(None).unwrap(), None);
        for rubbish in ["", "!", "bm8"] {
            assert!(
                from_cursor::<(String, u8)>(Some(rubbish)).is_err(),
                "{rubbish}"
            );
        }
    }

    #[test]
    fn a_limit_is_between_one_and_a_hundred() {
        assert_eq!(limit(None).unwrap(), DEFAULT_LIMIT);
        assert_eq!(
            (limit(Some("1")).unwrap(), limit(Some("100")).unwrap()),
            (1, 100)
        );
        for wrong in ["0", "101", "-1", "1.5", "ten", ""] {
            assert!(limit(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
