//! What a list of calls is asked for: the parameters of `GET /api/calls` and `GET /api/calls/stats`.

use super::{
    error::ApiError,
    json_body::wrong,
    page,
    query_params::{DIRECTION, QueryParams, TIME, begin, direction, end},
};
use crate::{
    domain::{
        call::filter::{CallFilter, StatusFilter, with_underscores},
        key::CallKey,
        phone::Region,
        timestamp::Timestamp,
    },
    queries::call_stats::{Span, StatsQuery},
    store::call_list::{ListPosition, Window},
};

/// A question for calls.
#[derive(Debug)]
pub struct CallQuery {
    /// When they were created.
    pub window: Window,
    /// Names of providers that all lead to the wanted call; if there are none, any call is wanted.
    pub names: Vec<CallKey>,
    /// What they are.
    pub filter: CallFilter,
    /// How many, at most.
    pub limit: usize,
    /// Where the list goes on.
    pub after: Option<ListPosition>,
}

impl CallQuery {
    /// Reads the query string of `GET /api/calls`. A parameter without a value counts as not given; a
    /// national number is one of `region`.
    /// 400 that names the parameter that is unknown, or whose value is.
    pub fn parse<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
        region: Option<Region>,
    ) -> Result<Self, ApiError> {
        let mut given = QueryParams::new(pairs);
        let query = Self {
            window: given.window(Timestamp::EPOCH, Timestamp::LATEST)?,
            names: names(&mut given)?,
            filter: CallFilter {
                statuses: given.list("status", STATUSES, StatusFilter::parse)?,
                outcomes: given.list("outcome", "must be an outcome", outcome)?,
                direction: given.one("direction", DIRECTION, direction)?,
                campaign_id: given.take("campaignId").map(str::to_owned),
                phone_number: given.number("phoneNumber", region)?,
                follow_up_from: given.one("followUpFrom", TIME, begin)?,
                follow_up_to: given.one("followUpTo", TIME, end)?,
                lead_id: given.take("leadId").map(str::to_owned),
                employee_id: given.take("employeeId").map(str::to_owned),
            },
            limit: usize::try_from(page::limit(given.take("limit"))?).unwrap_or(usize::MAX),
            after: page::from_cursor(given.take("cursor"))?,
        };
        given.nothing_is_left()?;
        Ok(query)
    }
}

/// Reads the query string of `GET /api/calls/stats`: the last 24 hours unless it says otherwise.
/// As [`CallQuery::parse`].
pub fn stats_query<'a>(
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    now: Timestamp,
) -> Result<StatsQuery, ApiError> {
    let mut given = QueryParams::new(pairs);
    let window = given.last_day(now)?;
    let by = given.one("by", "must be hour or day", |text| text.parse().ok())?;
    given.nothing_is_left()?;
    let (days, message) = match by {
        None => return Ok(StatsQuery { window, by }),
        Some(Span::Hour) => (31, "must be at most 31 days before to, by hour"),
        Some(Span::Day) => (366, "must be at most 366 days before to, by day"),
    };
    if window.to > window.from.plus_days(days) {
        return Err(wrong("from", message));
    }
    Ok(StatsQuery { window, by })
}

/// The names of a call that are given. A placeholder such as `undefined` names none.
fn names(given: &mut QueryParams) -> Result<Vec<CallKey>, ApiError> {
    let mut take = |parameter| given.take(parameter).map(str::to_owned);
    let named = [
        ("callSid", take("callSid").map(CallKey::CallSid)),
        (
            "conversationId",
            take("conversationId").map(CallKey::Conversation),
        ),
        ("roomName", take("roomName").map(CallKey::RoomName)),
    ];
    let named = named.into_iter().filter_map(|(parameter, key)| {
        let key = Some(key?).filter(CallKey::names_a_call);
        Some(key.ok_or_else(|| wrong(parameter, "must be a name that a provider gave a call")))
    });
    named.collect()
}

const STATUSES: &str = "must be active, ended, failed, initiated, ringing, answered, completed, busy, no_answer, \
    canceled, unreachable, rejected or initiation_failed";

/// One of the four outcomes of a call, or a business outcome: those are an open list.
fn outcome(text: &str) -> Option<String> {
    let outcome = with_underscores(text);
    let is_word = outcome.chars().all(|c| c.is_alphanumeric() || c == '_') && !outcome.is_empty();
    is_word.then_some(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str, region: Option<&str>) -> Option<String> {
        let query =
            CallQuery::parse([("phoneNumber", text)], region.and_then(Region::parse)).ok()?;
        query
            .filter
            .phone_number
            .map(|number| number.as_str().to_owned())
    }

    /// API Gateway decodes a query as a form: there a `+` is a space.
    #[test]
    fn a_plus_that_is_not_encoded_is_one() {
        for (text, expected) in [
            (" 6586024972", "+6586024972"),
            (" 65 8602 4972", "+6586024972"),
            (" 1-510-555-0123", "+15105550123"),
            (" 44 (0)20 7946 0958", "+442079460958"),
            ("+6586024972", "+6586024972"),
            (" (510) 555-0123", "+15105550123"),
            // A space and a national number.
            (" 8588796658", "+18588796658"),
            (" 8588796658 ", "+18588796658"),
        ] {
            assert_eq!(number(text, None).as_deref(), Some(expected), "{text:?}");
        }
        assert_eq!(
            number(" 9876543210", Some("IN")).as_deref(),
            Some("+919876543210")
        );
        assert_eq!(
            number("09876543210", Some("IN")).as_deref(),
            Some("+919876543210")
        );
        assert_eq!(number(" anonymous", None), None);
        assert!(
            CallQuery::parse([("phoneNumber", " ")], None)
                .is_ok_and(|query| query.filter.phone_number.is_none())
        );
    }
}
