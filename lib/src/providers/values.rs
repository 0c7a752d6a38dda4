//! The texts of a payload that become facts.

use std::borrow::Cow;

use crate::{
    domain::{contact_id::ContactId, scalar::Scalar},
    json::{Json, Object},
};

/// No provider's id or event type is longer.
pub(super) const MAX_ID_BYTES: usize = 256;
/// A longer text stays in the log but does not become a fact.
pub(super) const MAX_BYTES: usize = 2_048;

/// A text that is neither empty nor too long.
pub(super) fn fact(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty() && text.len() <= MAX_BYTES)
}

/// A text or number, as it was written. A number that our readers cannot parse becomes a text.
pub(super) fn scalar(json: Json<'_>) -> Option<Scalar> {
    let is_number = json
        .number()
        .is_some_and(|digits| digits.parse().is_ok_and(f64::is_finite));
    let text = fact(json.scalar().map(Cow::into_owned))?;
    Some(if is_number {
        Scalar::Number(text)
    } else {
        Scalar::Text(text)
    })
}

/// The contact that an event's metadata names.
pub(super) fn contact_id(metadata: &Object<'_>) -> Option<ContactId> {
    let ids = ["contactId", "contact_id"].map(|name| metadata.get(name));
    ids.into_iter().find_map(scalar).map(Into::into)
}
