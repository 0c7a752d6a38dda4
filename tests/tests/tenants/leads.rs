//! Leads, as their tenant finds them.

use std::collections::{BTreeSet, HashMap};

use http::header::AUTHORIZATION;
use lambda_http::{Request, RequestExt};
use ringpost::{
    domain::{
        directory::{Lead, LeadStatus},
        key::{CallKey, EventKey},
        phone::PhoneNumber,
        timestamp::Timestamp,
    },
    store::directory::{DirectoryTable, Put},
};
use ringpost_functions::directory::leads;
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, request, sample_event},
    livekit::unique,
    stack::{Answer, client, stack},
    world::World,
};
use serde_json::{Value, json};

fn lead(tenant_id: &str, campaign_id: Option<&str>, number: u64, status: LeadStatus) -> Lead {
    let at = Timestamp::parse_rfc3339("2025-10-29T15:30:00Z").unwrap();
    let number = format!("+1555{number:07}");
    Lead {
        tenant_id: tenant_id.to_owned(),
        campaign_id: campaign_id.map(str::to_owned),
        phone_number: PhoneNumber::parse(&number).unwrap(),
        name: format!("Inbound Caller {number}"),
        status,
        created_at: at,
        last_call_at: at,
        last_call_id: CallKey::RoomSid("RM_1".to_owned()).call_id(),
        last_call_started_at: at,
        created_by: EventKey::of("livekit", "EV_1"),
    }
}

async fn put(table: &DirectoryTable, lead: &Lead) {
    assert_eq!(table.put(lead).await.unwrap(), Put::Done);
}

/// Asks as an administrator of the tenant.
async fn find(world: &World, tenant_id: &str, query: &[(&str, &str)]) -> Answer {
    let endpoint = world.endpoint::<leads::Function>(&Faults::none()).await;
    let query: HashMap<String, Vec<String>> = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
        .collect();
    let mut request = Request::default().with_query_string_parameters(query);
    let token = stack().token(json!({ "sub": "boss", "tenant_id": tenant_id, "role": "admin" }));
    request
        .headers_mut()
        .insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    invoke(&endpoint, request).await
}

fn numbers(answer: &Answer) -> BTreeSet<&str> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let leads = answer.body["leads"].as_array().unwrap();
    assert_eq!(answer.body["count"], leads.len());
    leads
        .iter()
        .map(|lead| lead["phoneNumber"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn leads_are_found_by_campaign_number_and_status_within_their_tenant() {
    let world = World::new(None).await;
    let table = world.directory();
    put(
        &table,
        &lead("acme", Some("spring"), 1, LeadStatus::Calling),
    )
    .await;
    put(
        &table,
        &lead("acme", Some("spring"), 2, LeadStatus::Completed),
    )
    .await;
    put(
        &table,
        &lead("acme", Some("summer"), 1, LeadStatus::Completed),
    )
    .await;
    put(&table, &lead("acme", None, 3, LeadStatus::Completed)).await;
    put(
        &table,
        &lead("other", Some("spring"), 1, LeadStatus::Calling),
    )
    .await;

    let all = find(&world, "acme", &[]).await;
    assert_eq!(all.body["count"], 4);
    assert_eq!(find(&world, "other", &[]).await.body["count"], 1);
    assert_eq!(
        find(&world, "nobody", &[]).await.body,
        json!({ "success": true, "count": 0, "leads": [] })
    );
    let spring = find(&world, "acme", &[("campaignId", "spring")]).await;
    assert_eq!(
        numbers(&spring),
        BTreeSet::from(["+15550000001", "+15550000002"])
    );
    for spelling in ["+15550000001", " 15550000001", "(555) 000-0001"] {
        assert_eq!(
            find(&world, "acme", &[("phoneNumber", spelling)])
                .await
                .body["count"],
            2,
            "{spelling}"
        );
    }
    let completed = find(
        &world,
        "acme",
        &[("status", "completed"), ("campaignId", "spring")],
    )
    .await;
    assert_eq!(numbers(&completed), BTreeSet::from(["+15550000002"]));

    let one = [("campaignId", "spring"), ("phoneNumber", "+15550000001")];
    let found = find(&world, "acme", &one).await;
    let expected = json!({
        "id": lead("acme", Some("spring"), 1, LeadStatus::Calling).id(),
        "campaignId": "spring",
        "phoneNumber": "+15550000001",
        "name": "Inbound Caller +15550000001",
        "status": "calling",
        "createdAt": "2025-10-29T15:30:00.000Z",
        "lastCallAt": "2025-10-29T15:30:00.000Z",
        "lastCallId": CallKey::RoomSid("RM_1".to_owned()).call_id()
    });
    assert_eq!(
        found.body,
        json!({ "success": true, "count": 1, "leads": [expected] })
    );
    let other_status = [one[0], one[1], ("status", "completed")];
    assert_eq!(find(&world, "acme", &other_status).await.body["count"], 0);
    let unknown = [one[0], ("phoneNumber", "+15550000009")];
    assert_eq!(find(&world, "acme", &unknown).await.body["count"], 0);
}

#[tokio::test]
async fn a_page_ends_at_its_limit_and_the_next_goes_on_there() {
    let world = World::new(None).await;
    let table = world.directory();
    for number in 0..7 {
        let status = if number % 2 == 0 {
            LeadStatus::Calling
        } else {
            LeadStatus::Completed
        };
        put(&table, &lead("acme", Some("spring"), number, status)).await;
    }
    for (filter, expected) in [
        (None, 7),
        (Some(("status", "calling")), 4),
        (Some(("campaignId", "spring")), 7),
    ] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let mut query = vec![("limit", "2")];
            query.extend(filter);
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = find(&world, "acme", &query).await;
            seen.extend(numbers(&page).into_iter().map(str::to_owned));
            cursor = page.body["nextCursor"].as_str().map(str::to_owned);
            pages += 1;
            if cursor.is_none() {
                break;
            }
            assert_eq!(page.body["count"], 2, "only the last page may be short");
        }
        let distinct: BTreeSet<_> = seen.iter().collect();
        assert_eq!(
            (seen.len(), distinct.len()),
            (expected, expected),
            "{filter:?}"
        );
        assert!(pages <= expected / 2 + 1, "{pages} pages");
    }
}

#[tokio::test]
async fn a_page_examines_a_thousand_leads_at_most() {
    let world = World::new(None).await;
    let table = world.directory();
    for number in 0..1_001 {
        put(
            &table,
            &lead("acme", Some("spring"), number, LeadStatus::Calling),
        )
        .await;
    }
    let none = [("status", "completed")];
    let first = find(&world, "acme", &none).await;
    assert_eq!(first.body["count"], 0);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = find(&world, "acme", &[none[0], ("cursor", cursor)]).await;
    assert_eq!(
        second.body,
        json!({ "success": true, "count": 0, "leads": [] })
    );
}

#[tokio::test]
async fn a_wrong_question_is_refused_and_its_field_named() {
    let world = World::new(None).await;
    for (field, value) in [
        ("status", "ended"),
        ("phoneNumber", "me"),
        ("campaignId", "a\nb"),
        ("limit", "0"),
        ("cursor", "?"),
    ] {
        let answer = find(&world, "acme", &[(field, value)]).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!(field)),
            "{value:?}"
        );
    }
    for field in ["phoneNumber", "campaignId"] {
        assert_eq!(
            find(&world, "acme", &[(field, "")]).await.status,
            200,
            "empty is as good as not given"
        );
    }
    let endpoint = world.endpoint::<leads::Function>(&Faults::none()).await;
    assert_eq!(invoke(&endpoint, Request::default()).await.status, 401);
    let sample = invoke(&endpoint, request(&sample_event("leads"))).await;
    assert_eq!((sample.status, &sample.body["count"]), (200, &json!(0)));
}

#[tokio::test]
async fn the_deployed_stack_finds_a_lead() {
    let (stack, tenant) = (stack(), unique());
    let lead = lead(&tenant, Some("spring"), 1, LeadStatus::Calling);
    put(&World::deployed().await.directory(), &lead).await;
    let token = stack.token(json!({ "sub": "boss", "tenant_id": tenant, "role": "admin" }));
    for query in [
        "",
        "?campaignId=spring&phoneNumber=%2B15550000001",
        "?phoneNumber=+15550000001",
    ] {
        let get = client()
            .get(stack.url(&format!("/api/leads{query}")))
            .bearer_auth(&token);
        let answer = stack.send(get).await;
        assert_eq!(
            (answer.status, &answer.body["leads"][0]["id"]),
            (200, &Value::from(lead.id().to_string()))
        );
    }
}
