//! Reading a request: the parameters of its query, and the ids in its path.

use std::num::NonZeroU64;

use lambda_http::{Request, RequestExt};
use ringpost::{
    domain::{delivery::recovery::RecoveryId, key::CallId},
    http::{error::ApiError, json_body},
};
use uuid::Uuid;

/// All parameters of the query, in the order in which API Gateway hands them over.
pub(crate) fn query(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    request
        .query_string_parameters_ref()
        .into_iter()
        .flat_map(|query| query.iter())
}

/// One parameter of the query. Without a value it counts as not given.
pub(crate) fn parameter<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let given = request
        .query_string_parameters_ref()
        .and_then(|query| query.first(name));
    given.filter(|value| !value.is_empty())
}

/// The id that a path holds under this name; `absent` where there is none or it is malformed.
pub(crate) fn path_id<T: PathId>(
    request: &Request,
    name: &str,
    absent: impl Fn() -> ApiError,
) -> Result<T, ApiError> {
    optional_path_id(request, name, &absent)?.ok_or_else(absent)
}

/// As [`path_id`]; `None` where the route has no such id.
pub(crate) fn optional_path_id<T: PathId>(
    request: &Request,
    name: &str,
    malformed: impl Fn() -> ApiError,
) -> Result<Option<T>, ApiError> {
    path_text(request, name)
        .map(|text| T::parse(text).ok_or_else(malformed))
        .transpose()
}

/// An id of the directory, which a customer chose: 400 where it is malformed.
pub(crate) fn directory_id(
    request: &Request,
    name: &'static str,
) -> Result<Option<String>, ApiError> {
    path_text(request, name)
        .map(|text| json_body::path_id(name, text))
        .transpose()
}

pub(crate) fn path_text<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.path_parameters_ref()?.first(name)
}

/// An id that stands in a path.
pub(crate) trait PathId: Sized {
    fn parse(text: &str) -> Option<Self>;
}

/// The id of a subscription, which has one spelling: digits that begin with no zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SubscriptionId(pub(crate) u64);

impl PathId for SubscriptionId {
    fn parse(text: &str) -> Option<Self> {
        let is_id = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        text.parse().ok().filter(|_| is_id).map(Self)
    }
}

/// The id of an event in the history, in any spelling: `01` is 1.
impl PathId for u64 {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// The id of a subscription whose recovery is asked for, in any spelling: `01` is 1.
impl PathId for NonZeroU64 {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl PathId for CallId {
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl PathId for RecoveryId {
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl PathId for Uuid {
    fn parse(text: &str) -> Option<Self> {
        Self::try_parse(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{PathId, SubscriptionId};

    #[test]
    fn an_id_is_a_positive_whole_number_in_one_spelling() {
        let parse = SubscriptionId::parse;
        assert_eq!(parse("1"), Some(SubscriptionId(1)));
        assert_eq!(
            parse("18446744073709551615"),
            Some(SubscriptionId(u64::MAX))
        );
        for wrong in [
            "",
            "0",
            "-1",
            "+1",
            "01",
            "1.0",
            "1 ",
            "%31",
            "x",
            "١",
            "18446744073709551616",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
