//! What the history is asked for: the parameters of `GET /api/webhooks/events`.

use super::{
    error::ApiError,
    json_body::wrong,
    page,
    query_params::{DIRECTION, QueryParams, TIME, begin, direction, end},
};
use crate::{
    domain::{key::CallId, name::is_name, timestamp::Timestamp},
    queries::history::{Count, EventQuery, Start},
    store::history::{RowFilter, RowStatus},
};

const NAME: &str = "must have 1 to 256 bytes without control characters";
const STATUSES: &str = "must be processed, pending, delivered, failed or cancelled";

fn count(word: &str) -> Option<Count> {
    match word {
        "false" => Some(Count::Not),
        "true" => Some(Count::Some),
        "all" => Some(Count::All),
        _ => None,
    }
}

/// Reads a query string. A parameter without a value counts as not given.
/// 400 that names the parameter that is unknown, or whose value is.
pub fn parse<'a>(
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<EventQuery, ApiError> {
    let mut given = QueryParams::new(pairs);
    let query = EventQuery {
        filter: RowFilter {
            direction: given.one("direction", DIRECTION, direction)?,
            source: given.one("source", NAME, name)?,
            event_type: given.one("eventType", NAME, name)?,
            status: given.one("status", STATUSES, RowStatus::parse)?,
            subscription_id: given.one(
                "webhookConfigId",
                "must be the id of a webhook",
                positive,
            )?,
            call_id: given.one("callId", "must be a UUID", CallId::parse)?,
            message_id: given.one("messageId", NAME, name)?,
            user_id: None,
        },
        from: given
            .one("fromDate", TIME, begin)?
            .unwrap_or(Timestamp::EPOCH),
        to: given.one("toDate", TIME, end)?.unwrap_or(Timestamp::LATEST),
        limit: usize::try_from(page::limit(given.take("limit"))?).unwrap_or(usize::MAX),
        start: start(&mut given)?,
        count: given
            .one("count", "must be true, false or all", count)?
            .unwrap_or_default(),
    };
    if matches!((query.start, query.count), (Start::Below(_), Count::All)) {
        return Err(wrong(
            "count",
            "must not be all with cursor, which counts nothing",
        ));
    }
    if query.from > query.to {
        return Err(wrong("fromDate", "must not be after toDate"));
    }
    given.nothing_is_left()?;
    Ok(query)
}

fn start(given: &mut QueryParams) -> Result<Start, ApiError> {
    let page = given.one("page", "must be a whole number from 1 on", positive)?;
    match (page, page::from_cursor(given.take("cursor"))?) {
        (Some(_), Some(_)) => Err(wrong("page", "must not be given with cursor")),
        (None, Some(below)) => Ok(Start::Below(below)),
        (page, None) => Ok(Start::Page(page.unwrap_or(1))),
    }
}

fn positive<T: std::str::FromStr + Default + PartialOrd>(text: &str) -> Option<T> {
    text.parse().ok().filter(|number| *number > T::default())
}

fn name(text: &str) -> Option<String> {
    is_name(text).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::error::ErrorShape;

    #[test]
    fn a_date_is_its_whole_day_and_a_time_is_itself() {
        let window = |from, to| {
            let query = parse([("fromDate", from), ("toDate", to)]).unwrap();
            [query.from.to_string(), query.to.to_string()]
        };
        assert_eq!(
            window("2025-10-29", "2025-10-29"),
            ["2025-10-29T00:00:00.000Z", "2025-10-29T23:59:59.999Z"]
        );
        assert_eq!(
            window("2025-10-29T10:00:00+02:00", "2025-10-29T10:00:00Z"),
            ["2025-10-29T08:00:00.000Z", "2025-10-29T10:00:00.000Z"]
        );
        let query = parse([("fromDate", ""), ("page", " ")]).unwrap();
        assert_eq!(
            (query.from, query.to),
            (Timestamp::EPOCH, Timestamp::LATEST)
        );
        assert_eq!((query.start, query.limit), (Start::Page(1), 20));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cursor = page::to_cursor(&7_u64);
        for (pairs, field) in [
            (vec![("direction", "both")], "direction"),
            (vec![("status", "done")], "status"),
            (vec![("source", "a\u{7}b")], "source"),
            (vec![("webhookConfigId", "first")], "webhookConfigId"),
            (vec![("webhookConfigId", "0")], "webhookConfigId"),
            (vec![("callId", "CA123")], "callId"),
            (vec![("messageId", "evt_\u{0}1")], "messageId"),
            (vec![("fromDate", "yesterday")], "fromDate"),
            (vec![("toDate", "2025-02-30")], "toDate"),
            (
                vec![("fromDate", "2025-10-30"), ("toDate", "2025-10-29")],
                "fromDate",
            ),
            (vec![("limit", "101")], "limit"),
            (vec![("page", "0")], "page"),
            (vec![("page", "-1")], "page"),
            (vec![("page", "99999999999999999999999")], "page"),
            (vec![("cursor", "rubbish")], "cursor"),
            (vec![("page", "2"), ("cursor", &cursor)], "page"),
            (vec![("count", "10")], "count"),
            (vec![("count", "all"), ("cursor", &cursor)], "count"),
            (vec![("eventTyp", "call.completed")], "eventTyp"),
        ] {
            let refused = parse(pairs).unwrap_err();
            assert_eq!(refused.status(), 400);
            let body = refused.body(ErrorShape::Success);
            assert!(body.contains(&format!(r#""field":"{field}""#)), "{body}");
        }
        assert_eq!(
            parse([("cursor", &*cursor)]).unwrap().start,
            Start::Below(7)
        );
    }
}
