//! The directory through the deployed stack: every route, the samples, and the demonstration's tenant.

use http::Method;
use ringpost::domain::directory::{Agent, ApiKey, Campaign, PhoneNumberEntry, Settings};
use ringpost_functions::directory::{Resource, directory_api_keys};
use ringpost_tests::faults::Faults;
use ringpost_tests::{
    ask::admin,
    lambda::{invoke, request, sample_event},
    livekit::unique,
    stack::{Answer, client, eventually, stack},
    world::World,
};
use serde_json::{Value, json};

use super::directory::{COMPANY, endpoint};

#[tokio::test]
async fn the_samples_configure_the_demonstration_tenant() {
    let world = World::new(None).await;
    let sample = |name: &str| request(&sample_event(name));
    let answers = [
        (
            PhoneNumberEntry::FIELD,
            invoke(
                &endpoint::<PhoneNumberEntry>(&world).await,
                sample("directory-phone-numbers"),
            )
            .await,
        ),
        (
            Campaign::FIELD,
            invoke(
                &endpoint::<Campaign>(&world).await,
                sample("directory-campaigns"),
            )
            .await,
        ),
        (
            Agent::FIELD,
            invoke(&endpoint::<Agent>(&world).await, sample("directory-agents")).await,
        ),
        (
            Settings::FIELD,
            invoke(
                &endpoint::<Settings>(&world).await,
                sample("directory-settings"),
            )
            .await,
        ),
    ];
    for (field, answer) in answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body[field].is_object(), "{answer:?}");
    }
    let made = invoke(
        &world
            .endpoint::<directory_api_keys::Function>(&Faults::none())
            .await,
        sample("directory-api-keys"),
    )
    .await;
    assert_eq!(made.status, 201);
    let line: PhoneNumberEntry = world
        .directory()
        .find("+17678189426")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (line.tenant_id.as_str(), line.user_id.as_deref()),
        ("demo", Some("user_demo"))
    );
}

/// Asks the deployed stack as an administrator of a tenant.
async fn deployed(method: Method, path: &str, tenant_id: &str, body: &Value) -> Answer {
    deployed_as(&stack().token(admin(tenant_id)), method, path, body).await
}

async fn deployed_as(token: &str, method: Method, path: &str, body: &Value) -> Answer {
    let request = client()
        .request(method, stack().url(path))
        .bearer_auth(token);
    stack().send(request.json(body)).await
}

#[tokio::test]
async fn the_deployed_stack_has_every_route() {
    let (tenant, nothing) = (unique(), json!({}));
    let platform = stack().value("RINGPOST_PLATFORM_TOKEN");
    let digits: String = tenant
        .bytes()
        .map(|byte| char::from(b'0' + byte % 10))
        .collect();
    let number = format!("phone-numbers/%2B19{digits}");
    let (campaign, agent) = (
        format!("campaigns/spring%20{tenant}"),
        format!("agents/agent_{tenant}"),
    );
    for path in [number.as_str(), &campaign, &agent, "settings"] {
        let url = format!("/api/directory/{path}");
        if path != "settings" {
            assert_eq!(
                deployed(Method::PUT, &url, &tenant, &json!({ "name": "n" }))
                    .await
                    .status,
                404
            );
            let body = json!({ "tenantId": tenant });
            assert_eq!(
                deployed_as(platform, Method::PUT, &url, &body).await.status,
                200
            );
        }
        let put = deployed(
            Method::PUT,
            &url,
            &tenant,
            &json!({ "name": "n", "userId": "u" }),
        )
        .await;
        assert_eq!(put.status, 200, "{put:?}");
        assert_eq!(deployed(Method::GET, &url, &tenant, &nothing).await, put);
        let deleted = if path == "settings" {
            deployed(Method::DELETE, &url, &tenant, &nothing).await
        } else {
            assert_eq!(
                deployed(Method::PUT, &url, "other", &json!({ "name": "n" }))
                    .await
                    .status,
                404
            );
            let list = format!("/api/directory/{}", path.split('/').next().unwrap());
            assert_eq!(
                deployed(Method::GET, &list, &tenant, &nothing).await.body["count"],
                1
            );
            let freed = format!("{url}?tenantId={tenant}");
            deployed_as(platform, Method::DELETE, &freed, &nothing).await
        };
        assert_eq!(deleted.status, 200);
        assert_eq!(
            deployed(Method::GET, &url, &tenant, &nothing).await.status,
            404
        );
    }
    let keys = "/api/directory/api-keys";
    let order = json!({ "companyId": COMPANY, "name": "n" });
    let made = deployed(Method::POST, keys, &tenant, &order).await;
    assert_eq!(made.status, 201, "{made:?}");
    let one = format!("{keys}/{}", made.body["apiKey"]["id"].as_str().unwrap());
    eventually("the index to have the key", async || {
        Some(deployed(Method::GET, &one, &tenant, &nothing).await)
            .filter(|answer| answer.status == 200)
    })
    .await;
    assert_eq!(
        deployed(Method::GET, keys, &tenant, &nothing).await.body["count"],
        1
    );
    assert_eq!(
        deployed(Method::DELETE, &one, &tenant, &nothing)
            .await
            .status,
        200
    );
    let anonymous = stack().send(client().get(stack().url(keys))).await;
    assert_eq!(anonymous.status, 401);
}

#[tokio::test]
async fn the_demonstration_tenant_is_configured_through_the_api() {
    let demo = stack().value("RINGPOST_TENANT");
    for number in ["+17678189426", "+18588796658"] {
        let url = format!(
            "/api/directory/phone-numbers/{}",
            number.replace('+', "%2B")
        );
        let line = deployed(Method::GET, &url, demo, &json!({})).await;
        let line = &line.body["phoneNumber"];
        assert_eq!(
            (&line["userId"], &line["campaignId"]),
            (&json!("user_demo"), &json!("demo-campaign"))
        );
    }
    let campaign = deployed(
        Method::GET,
        "/api/directory/campaigns/demo-campaign",
        demo,
        &json!({}),
    )
    .await;
    assert_eq!(campaign.body["campaign"]["agentName"], "telephony-agent");
    // Both the stack's own key and the one of the sample events are known.
    let table = World::deployed().await.directory();
    let samples = "rpk_local-stack-call-capture-key-0123456789abcd";
    for (key, company) in [
        (
            stack().value("CALL_CAPTURE_API_KEY"),
            stack().value("CALL_CAPTURE_COMPANY_ID"),
        ),
        (samples, COMPANY),
    ] {
        let entry: ApiKey = table.find(&ApiKey::hash(key)).await.unwrap().unwrap();
        assert_eq!(
            (
                entry.tenant_id.as_str(),
                entry.company_id.to_string().as_str()
            ),
            (demo, company)
        );
    }
}
