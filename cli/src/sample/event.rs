//! An event that can be sent.

use serde_json::Value;

use crate::{failure::Failure, sign::Provider};

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    /// The form of SignalWire's Compatibility API.
    Form,
}

/// An event that has not been sent yet.
#[derive(Debug, Clone)]
pub(crate) struct SampleEvent {
    pub(crate) provider: Provider,
    /// The provider's own name of it.
    pub(crate) name: String,
    /// The endpoint that receives it.
    pub(crate) path: &'static str,
    pub(crate) encoding: Encoding,
    pub(crate) body: Value,
}

impl SampleEvent {
    /// `livekit.participant_left`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}.{}", self.provider.name(), self.name)
    }

    /// The bytes that are signed and sent.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self.encoding {
            Encoding::Json => self.body.to_string().into_bytes(),
            Encoding::Form => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, value) in self.body.as_object().into_iter().flatten() {
                    form.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
                }
                form.finish().into_bytes()
            }
        }
    }

    /// Sets a field: `room.name=x`, `participant.permission.hidden=true`. A value that is no JSON is a text. Objects
    /// on the way are made; an element of a list is named by its number.
    pub(crate) fn set(&mut self, assignment: &str) -> Result<(), Failure> {
        let wrong = || {
            Failure::usage(
                format!("{assignment} sets nothing in {}.", self.full_name()),
                "Write PATH=VALUE, for example room.name=test.",
            )
        };
        let (path, value) = assignment
            .split_once('=')
            .filter(|(path, _)| !path.is_empty())
            .ok_or_else(wrong)?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        let mut place = self.body.clone();
        put(&mut place, path, value).ok_or_else(wrong)?;
        self.body = place;
        Ok(())
    }
}

fn put(into: &mut Value, path: &str, value: Value) -> Option<()> {
    let (name, rest) = path
        .split_once('.')
        .map_or((path, None), |(name, rest)| (name, Some(rest)));
    let place = match into {
        Value::Array(elements) => elements.get_mut(name.parse::<usize>().ok()?)?,
        Value::Object(fields) => fields
            .entry(name)
            .or_insert_with(|| Value::Object(serde_json::Map::new())),
        _ => return None,
    };
    match rest {
        Some(rest) => put(place, rest, value),
        None => {
            *place = value;
            Some(())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(body: Value) -> SampleEvent {
        SampleEvent {
            provider: Provider::LiveKit,
            name: "x".to_owned(),
            path: "/",
            encoding: Encoding::Json,
            body,
        }
    }

    #[test]
    fn a_field_is_set_by_its_path() {
        let mut sample = event(json!({ "room": { "name": "a" }, "list": [1, { "b": 2 }] }));
        for assignment in [
            "room.name=x=y",
            "room.maxParticipants=3",
            "new.deep=null",
            "list.1.b=[]",
            "text=\"7\"",
        ] {
            sample.set(assignment).unwrap();
        }
        let expected = json!({
            "room": { "name": "x=y", "maxParticipants": 3 }, "new": { "deep": null }, "list": [1, { "b": [] }], "text": "7"
        });
        assert_eq!(sample.body, expected);
        for wrong in [
            "",
            "room",
            "=x",
            "room.name.deeper=1",
            "list.9=1",
            "list.x=1",
        ] {
            assert!(sample.set(wrong).is_err(), "{wrong}");
        }
        assert_eq!(sample.body, expected);
    }

    #[test]
    fn a_form_has_texts() {
        let mut sample = event(json!({ "To": "+1 2", "N": 3 }));
        sample.encoding = Encoding::Form;
        assert_eq!(sample.bytes(), b"N=3&To=%2B1+2");
    }
}
