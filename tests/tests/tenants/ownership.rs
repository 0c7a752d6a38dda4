//! Whose a call is: what the platform assigned decides, and nothing that a tenant or an event says.

use ringpost_tests::faults::Faults;
use std::collections::BTreeSet;

use http::{HeaderMap, Method};
use ringpost::{
    domain::{
        directory::{Campaign, PhoneNumberEntry},
        timestamp::Timestamp,
    },
    providers::{
        livekit::{Keys, LiveKitEvent},
        webhook::{RawWebhook, VerifiedWebhook},
    },
    store::directory::DirectoryTable,
};
use ringpost_functions::directory::{self, Resource};
use ringpost_tests::{
    ask::{admin, ask},
    lambda::{invoke, webhook},
    livekit::{hmac_signature, sip_call, unique},
    stack::{client, eventually, stack},
    world::{World, inbound::Health},
};
use serde_json::{Value, json};

const LINE: &str = "+18588796658";

async fn endpoint<R: Resource>(world: &World) -> directory::Function<R> {
    world.endpoint(&Faults::none()).await
}

/// Tenants that own calls, with the users whose they are.
async fn owners(world: &World) -> BTreeSet<(String, String)> {
    let owner = |call: &Value| {
        let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
        (text("tenantId"), text("userId"))
    };
    let calls = world.calls().await;
    let owned = calls.iter().filter_map(|call| call.get("owner"));
    owned
        .map(|item| owner(&serde_json::from_str(item.as_s().unwrap()).unwrap()))
        .collect()
}

async fn process(world: &World, events: &[Value]) {
    for event in events {
        world.event_log().keep(event).await;
    }
    world.process_all().await;
}

fn owned(tenant_id: &str, user_id: &str) -> BTreeSet<(String, String)> {
    BTreeSet::from([(tenant_id.to_owned(), user_id.to_owned())])
}

#[tokio::test]
async fn a_tenant_that_claims_an_unassigned_resource_gets_no_call_of_the_default_tenant() {
    let world = World::new(Some("acme")).await;
    world.put_default_agent("acme", "acme-agent").await;
    let mallory = admin("mallory");
    let campaign = json!({ "name": "Mine", "agentName": "mallory-agent", "tenantId": "mallory" });
    let (lines, campaigns) = (
        endpoint::<PhoneNumberEntry>(&world).await,
        endpoint::<Campaign>(&world).await,
    );
    let claimed = ask(Method::PUT, Some(("id", "x")))
        .body(&campaign)
        .of(&campaigns, &mallory)
        .await;
    assert_eq!(claimed.status, 404, "{claimed:?}");
    let line = json!({ "campaignId": "x" });
    let claimed = ask(Method::PUT, Some(("number", LINE)))
        .body(&line)
        .of(&lines, &mallory)
        .await;
    assert_eq!(claimed.status, 404, "{claimed:?}");

    let question = json!({ "call_id": unique(), "room_name": unique(), "from_number": "+15551234567", "to_number": LINE });
    let sip_inbound = world.sip_inbound(Health::Well, Health::Well).await;
    let answer = invoke(&sip_inbound, webhook(question.to_string().as_bytes())).await;
    assert_eq!(answer.body["agent_name"], "acme-agent", "{answer:?}");
    world.process_all().await;
    assert_eq!(owners(&world).await, owned("acme", ""));
}

#[tokio::test]
async fn a_campaign_says_whose_users_a_call_is_and_never_whose_tenants() {
    let campaign = Campaign {
        id: "retention".to_owned(),
        tenant_id: "mallory".to_owned(),
        name: "ReceivedSpan in somebody's metadata".to_owned(),
        agent_name: None,
        user_id: Some("mallory_1".to_owned()),
    };
    // The metadata of these rooms names the campaign; no tenant has the line.
    for (default_tenant, expected) in [(None, BTreeSet::new()), (Some("acme"), owned("acme", ""))] {
        let world = World::new(default_tenant).await;
        world.directory().assign(&campaign).await.unwrap();
        process(&world, &sip_call(&unique(), LINE)).await;
        assert_eq!(owners(&world).await, expected, "{default_tenant:?}");
    }
    // Of a tenant that has the line, its own campaign says the user, whichever event comes first.
    let ours = Campaign {
        tenant_id: "acme".to_owned(),
        user_id: Some("acme_1".to_owned()),
        ..campaign.clone()
    };
    for turn in 0..8 {
        let world = World::new(None).await;
        world.assign_line(LINE, "acme", None).await;
        for campaign in [&campaign, &ours] {
            world.directory().assign(campaign).await.unwrap();
        }
        let mut events = sip_call(&unique(), LINE);
        events.rotate_left(turn);
        process(&world, &events).await;
        assert_eq!(owners(&world).await, owned("acme", "acme_1"), "{turn}");
    }
}

/// An event as LiveKit account `account` signs it: its keys are the entries of `livekit-webhook-secrets`.
fn signed_by(account: &str, event: &Value) -> VerifiedWebhook {
    let entries = [
        "@acme acme-account-secret",
        "@beta beta-account-secret",
        "platform-secret",
    ];
    let keys = Keys::parse(&[], &entries.map(str::to_owned)).unwrap();
    let body = event.to_string();
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-livekit-signature",
        hmac_signature(account, body.as_bytes()).parse().unwrap(),
    );
    RawWebhook::new(headers, body.into())
        .verify(&keys, Timestamp::EPOCH)
        .unwrap()
}

async fn receive(world: &World, account: &str, events: &[Value]) {
    for event in events {
        let webhook = signed_by(account, event);
        let livekit = LiveKitEvent::parse(webhook.body(), Timestamp::EPOCH).unwrap();
        let received = livekit.event(webhook.body().clone(), livekit.created_at);
        world.keep_event(&webhook.signed(received)).await;
    }
    world.process_all().await;
}

#[tokio::test]
async fn a_tenants_own_account_makes_no_event_of_another_tenant() {
    let world = World::new(None).await;
    world.assign_number(LINE, "beta", "beta_1").await;
    let call = sip_call(&unique(), LINE);
    receive(&world, "acme-account-secret", &call).await;
    assert_eq!(
        owners(&world).await,
        owned("acme", ""),
        "the line is beta's, the account acme's"
    );
    let rows = world.items("history").await;
    let shards: BTreeSet<_> = rows
        .iter()
        .map(|row| row["tenantShard"].as_s().unwrap().as_str())
        .collect();
    assert!(
        shards.iter().all(|shard| shard.starts_with("acme#")),
        "{shards:?}"
    );

    // What acme's account forged before keeps nothing of beta's call from beta.
    receive(&world, "beta-account-secret", &call).await;
    let both = owned("acme", "")
        .union(&owned("beta", "beta_1"))
        .cloned()
        .collect();
    assert_eq!(owners(&world).await, both);
    let events = world.items("events").await;
    assert_eq!(
        events.len(),
        2 * call.len(),
        "no event of the one account is a repetition of the other's"
    );
}

#[tokio::test]
async fn the_platforms_account_has_the_calls_of_all_tenants() {
    let world = World::new(None).await;
    world.assign_number(LINE, "beta", "beta_1").await;
    receive(&world, "platform-secret", &sip_call(&unique(), LINE)).await;
    assert_eq!(owners(&world).await, owned("beta", "beta_1"));
}

#[tokio::test]
async fn an_account_of_one_tenant_gets_no_agent_of_another() {
    let world = World::new(None).await;
    let agents = world
        .sip_inbound(Health::Well, Health::Well)
        .await
        .dispatch
        .agents;
    world.put_default_agent("acme", "acme-agent").await;
    world.put_default_agent("beta", "beta-agent").await;
    world.assign_number(LINE, "beta", "beta_1").await;
    let table: DirectoryTable = world.directory();
    let line: PhoneNumberEntry = table.find(LINE).await.unwrap().unwrap();
    for (account, agent) in [
        (None, "beta-agent"),
        (Some("beta"), "beta-agent"),
        (Some("acme"), "acme-agent"),
    ] {
        let assigned = agents.of(Some(&line.number), account).await.unwrap();
        assert_eq!(assigned.agent_name, agent, "{account:?}");
        assert_eq!(assigned.line.is_some(), account != Some("acme"));
    }
}

#[tokio::test]
async fn the_deployed_functions_may_look_a_campaign_up() {
    let (stack, unique) = (stack(), unique());
    // No tenant has the line, and the metadata names a campaign that the default tenant does not have.
    for event in sip_call(&unique, "+18580000000") {
        let body = event.to_string();
        let signature = hmac_signature(stack.value("LIVEKIT_WEBHOOK_SECRET"), body.as_bytes());
        let post = client().post(stack.url("/api/webhooks/call_completed"));
        let answer = stack
            .send(post.header("x-livekit-signature", signature).body(body))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    // The last event is about no room that is named: only `fan-out` folds all of them.
    let key = format!("livekit:EV_{unique}7");
    eventually("the events in the history", async || {
        (stack.history_rows(&key).await == 1).then_some(())
    })
    .await;
}

/// Keeps events as the platform's account or a tenant's own sent them, whatever they leave out.
async fn receive_leniently(world: &World, account: &str, events: &[Value]) {
    for event in events {
        let webhook = signed_by(account, event);
        let livekit = LiveKitEvent::parse_lenient(webhook.body(), Timestamp::EPOCH).unwrap();
        let received = livekit.event(webhook.body().clone(), livekit.created_at);
        world.keep_event(&webhook.signed(received)).await;
    }
    world.process_all().await;
}

#[tokio::test]
async fn a_tenants_own_account_draws_no_event_of_a_room_that_it_names() {
    let names =
        |event: &Value| json!({ "event": event["event"], "room_name": event["room"]["name"] });
    for acme_is_first in [true, false] {
        for line_is_betas in [true, false] {
            let world = World::new(None).await;
            if line_is_betas {
                world.assign_number(LINE, "beta", "beta_1").await;
            }
            let unique = unique();
            let (call, forged) = (
                sip_call(&unique, LINE),
                [names(&sip_call(&unique, LINE)[0])],
            );
            if acme_is_first {
                receive_leniently(&world, "acme-account-secret", &forged).await;
                receive(&world, "platform-secret", &call).await;
            } else {
                receive(&world, "platform-secret", &call).await;
                receive_leniently(&world, "acme-account-secret", &forged).await;
            }
            let rows = world.items("history").await;
            let of_acme = rows
                .iter()
                .filter(|row| row["tenantShard"].as_s().unwrap().starts_with("acme#"));
            assert_eq!(
                of_acme.count(),
                1,
                "its own event, first: {acme_is_first}, beta's: {line_is_betas}"
            );
            let expected = if line_is_betas {
                owned("beta", "beta_1")
            } else {
                BTreeSet::new()
            };
            let expected: BTreeSet<_> = owned("acme", "").union(&expected).cloned().collect();
            assert_eq!(owners(&world).await, expected);
        }
    }
}
