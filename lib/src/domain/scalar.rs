//! A text or a number of another system, as it was written: `"42"` is not `42`, and no digit is
//! lost.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    Text(String),
    /// The digits, as JSON writes them.
    Number(String),
}

impl Scalar {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
        }
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Number(digits) => match RawValue::from_string(digits.clone()) {
                Ok(number) => number.serialize(serializer),
                Err(_) => digits.serialize(serializer),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_it_was_read() {
        let json = |scalar: &Scalar| serde_json::to_string(scalar).unwrap();
        for number in ["42", "12345678901234567890123", "-1.10", "1E2"] {
            assert_eq!(json(&Scalar::Number(number.to_owned())), number);
        }
        assert_eq!(json(&Scalar::from("42".to_owned())), r#""42""#);
        assert_eq!(json(&Scalar::Number("odd".to_owned())), r#""odd""#);
    }
}
