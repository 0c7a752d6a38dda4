//! A hostile tenant's day: it claims, floods, points a subscription at another's endpoint, forges, rotates,
//! erases; the other tenant's answers and deliveries are those of a quiet day, and come as soon.

use std::{cell::Cell, collections::BTreeMap, time::Duration};

use futures::join;
use http::Method;
use ringpost_tests::receiver::Receiver;
use serde_json::json;

use super::{
    hostile_acts::acts,
    tenants_day::{CALLS, Day, EVENTS, posts},
    two_tenants::{CALL_LIST, CONFIGS, Tenant, VOLLEY},
};

/// Every post is signed with the secret of the tenant that it is about, and with no other's.
fn assert_unmixed(receiver: &Receiver, good: &Tenant, hostile: &Tenant, calls: &[String]) {
    let mut of_hostile = 0;
    for post in receiver.requests() {
        let text = String::from_utf8_lossy(&post.body);
        let is_goods = post.is_signed_with(&good.secret);
        assert_ne!(is_goods, post.is_signed_with(&hostile.secret), "{text}");
        assert_eq!(
            calls.iter().any(|call| text.contains(call)),
            is_goods,
            "{text}"
        );
        let other = if is_goods { hostile } else { good };
        assert!(
            !text.contains(&other.id) && !text.contains(&other.number),
            "{text}"
        );
        of_hostile += usize::from(!is_goods);
    }
    assert!(
        of_hostile > 0,
        "the hostile tenant's subscription leads to the good one's endpoint"
    );
}

#[tokio::test]
async fn a_hostile_tenants_day_changes_nothing_for_the_others() {
    let receiver = Receiver::start();
    // Each tenant counts its subscriptions from 1: the good one's second is none that the hostile one has.
    let good = Tenant::new("good", &receiver, &["inactive", "active"]).await;
    let hostile = Tenant::new("hostile", &receiver, &["active"]).await;
    let quiet = Day::of(&good, &receiver).await;
    assert!(
        quiet.statuses.iter().all(|(_, status)| *status == 200),
        "{:?}",
        quiet.statuses
    );
    for seen in &quiet.seen {
        assert_eq!(
            (&seen.outcome["outcome"], seen.listed),
            (&json!("completed"), 1)
        );
        assert_eq!(
            seen.history.len(),
            EVENTS.len() + 1,
            "every report of it, and one delivery"
        );
        assert_eq!(seen.history[0], r#""call.completed" "delivered" 1"#);
        assert_eq!(
            seen.posts,
            BTreeMap::from([("call.completed".to_owned(), 1)])
        );
    }

    let (belongings, over, mut own) = (good.belongings().await, Cell::new(false), Day::default());
    own.report(&hostile).await;
    let busy = async {
        let busy = Day::of(&good, &receiver).await;
        over.set(true);
        busy
    };
    let floods = hostile.floods(&own.calls[0], &over);
    let (busy, (), volleys) = join!(busy, acts(&hostile, &good, &quiet), floods);
    // What is left of the flood is not posted to an endpoint that is no more.
    hostile
        .ask(
            Method::DELETE,
            &format!("{CONFIGS}/{}", hostile.config),
            &json!({}),
        )
        .await;
    assert_eq!((&busy.statuses, &busy.seen), (&quiet.statuses, &quiet.seen));
    assert_eq!(good.belongings().await, belongings);
    assert_eq!(
        good.get(CALL_LIST).await.body["count"],
        2 * CALLS,
        "no call was forged"
    );
    assert_eq!(hostile.get(CALL_LIST).await.body["count"], 1);
    for (call, seen) in quiet.calls.iter().zip(&quiet.seen) {
        assert_eq!(
            posts(&receiver, &good, call),
            seen.posts,
            "nothing came twice later on"
        );
    }
    assert_unmixed(
        &receiver,
        &good,
        &hostile,
        &[&quiet.calls[..], &busy.calls[..]].concat(),
    );

    // Here one interpreter plays all of AWS: a request takes its turn among a volley and another act, so that
    // ten times as long is a fair share, and two cores deliver what the flood publishes. What the bound finds
    // is a tenant that waits for another's work, behind a lock, in a queue or for a retry: for seconds.
    let middle = |day: &Day| {
        (
            day.latencies[day.latencies.len() / 2],
            *day.latencies.last().unwrap(),
        )
    };
    let ((was, longest_was), (is, longest)) = (middle(&quiet), middle(&busy));
    let is_fair = is <= was * (VOLLEY + 2) + Duration::from_millis(250);
    assert!(
        is_fair,
        "{is:?} ({longest:?}) beside {volleys} volleys, {was:?} ({longest_was:?}) before"
    );
}
