//! The id of a contact. Some platforms write it as a number, some as a text.

use serde::{Deserialize, Serialize};

use super::scalar::Scalar;

/// The id of a contact, as its sender wrote it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct ContactId(Scalar);

/// As stored in a call's record: a plain text if that shows how it was written. Earlier versions
/// stored only the text, and a text of digits meant a number.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Plain(String),
    Text { text: String },
    Number { number: String },
}

impl ContactId {
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub fn scalar(&self) -> &Scalar {
        &self.0
    }
}

impl From<Scalar> for ContactId {
    fn from(scalar: Scalar) -> Self {
        Self(scalar)
    }
}

impl From<Stored> for ContactId {
    fn from(stored: Stored) -> Self {
        Self(match stored {
            Stored::Plain(text) if is_plain_number(&text) => Scalar::Number(text),
            Stored::Plain(text) | Stored::Text { text } => Scalar::Text(text),
            Stored::Number { number } => Scalar::Number(number),
        })
    }
}

impl From<ContactId> for Stored {
    fn from(id: ContactId) -> Self {
        match id.0 {
            Scalar::Text(text) if is_plain_number(&text) => Self::Text { text },
            Scalar::Number(number) if !is_plain_number(&number) => Self::Number { number },
            Scalar::Text(text) | Scalar::Number(text) => Self::Plain(text),
        }
    }
}

/// Whether a text is a whole number that every JSON reader has exactly: `007` is a name.
fn is_plain_number(text: &str) -> bool {
    text.parse::<u64>()
        .is_ok_and(|number| number <= 1 << 53 && number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_id_is_read_back_as_it_was_written() {
        for (id, stored) in [
            (Scalar::Number("42".to_owned()), r#""42""#),
            (Scalar::Text("42".to_owned()), r#"{"text":"42"}"#),
            (
                Scalar::Text("9007199254740993".to_owned()),
                r#""9007199254740993""#,
            ),
            (
                Scalar::Number("9007199254740993".to_owned()),
                r#"{"number":"9007199254740993"}"#,
            ),
            (Scalar::Number("1.0".to_owned()), r#"{"number":"1.0"}"#),
            (Scalar::Text("007".to_owned()), r#""007""#),
            (
                Scalar::Text("75decced-4c31-5f3c".to_owned()),
                r#""75decced-4c31-5f3c""#,
            ),
        ] {
            let id = ContactId::from(id);
            assert_eq!(serde_json::to_string(&id).unwrap(), stored);
            assert_eq!(serde_json::from_str::<ContactId>(stored).unwrap(), id);
        }
    }
}
