//! What the endpoints of the directory refuse: a role that may not configure, and a request that is wrong.

use http::Method;
use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    domain::directory::{Campaign, PhoneNumberEntry},
    http::page::to_cursor,
};
use ringpost_functions::directory::directory_api_keys;
use ringpost_tests::faults::Faults;
use ringpost_tests::{
    ask::{admin, ask, platform},
    lambda::invoke,
    world::World,
};
use serde_json::json;

use super::directory::{COMPANY, NUMBER, endpoint};

#[tokio::test]
async fn only_the_platform_assigns_a_number() {
    let world = World::new(None).await;
    let endpoint = endpoint::<PhoneNumberEntry>(&world).await;
    let one = Some(("number", NUMBER));
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Platform) {
        let claims = json!({ "sub": "u", "tenant_id": "mallory", "role": role.as_str() });
        for body in [
            json!({}),
            json!({ "tenantId": "mallory" }),
            json!({ "tenantId": "acme" }),
        ] {
            let answer = ask(Method::PUT, one)
                .body(&body)
                .of(&endpoint, &claims)
                .await;
            assert!(
                [403, 404].contains(&answer.status),
                "{role:?} {body}: {answer:?}"
            );
        }
    }
    assert_eq!(world.items("directory").await.len(), 0);
    for (body, message) in [
        (json!({}), "tenantId is required"),
        (json!({ "tenantId": null }), "tenantId is required"),
        (
            json!({ "tenantId": "" }),
            "tenantId must be a string of 1 to 256 bytes without control characters",
        ),
    ] {
        let answer = ask(Method::PUT, one)
            .body(&body)
            .of(&endpoint, &platform())
            .await;
        assert_eq!(
            (answer.status, answer.body["message"].as_str()),
            (400, Some(message)),
            "{body}"
        );
    }
    let listed = ask(Method::GET, None).of(&endpoint, &platform()).await;
    assert_eq!(
        (listed.status, &listed.body["field"]),
        (400, &json!("tenantId"))
    );
    // A tenant's own id in the platform's token assigns nothing.
    let of_tenant = json!({ "sub": "p", "tenant_id": "acme", "role": "platform" });
    assert_eq!(
        ask(Method::PUT, one)
            .body(&json!({}))
            .of(&endpoint, &of_tenant)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn only_an_administrator_may_configure() {
    let world = World::new(None).await;
    let endpoint = endpoint::<PhoneNumberEntry>(&world).await;
    let keys = world
        .endpoint::<directory_api_keys::Function>(&Faults::none())
        .await;
    let one = Some(("number", NUMBER));
    for claims in [
        json!({ "sub": "u", "tenant_id": "acme" }),
        json!({ "sub": "u", "tenant_id": "acme", "role": "user" }),
        json!({ "sub": "u", "tenant_id": "acme", "role": "ADMIN" }),
        json!({ "sub": "u", "tenant_id": "acme", "role": "developer" }),
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::POST] {
            let answer = ask(method.clone(), one)
                .body(&json!({}))
                .of(&endpoint, &claims)
                .await;
            assert_eq!(
                (answer.status, &answer.body["success"]),
                (403, &json!(false)),
                "{method}"
            );
            assert_eq!(
                ask(method, None)
                    .body(&json!({}))
                    .of(&keys, &claims)
                    .await
                    .status,
                403
            );
        }
    }
    let expired = json!({ "sub": "u", "tenant_id": "acme", "role": "admin", "exp": 1_700_000_000 });
    let answer = ask(Method::GET, one).of(&endpoint, &expired).await;
    assert_eq!(
        (answer.status, &answer.body["success"]),
        (401, &json!(false))
    );
    assert_eq!(invoke(&keys, Request::default()).await.status, 401);
    assert_eq!(world.items("directory").await.len(), 0);
}

#[tokio::test]
async fn a_wrong_request_is_refused_and_its_field_named() {
    let world = World::new(None).await;
    let (lines, campaigns) = (
        endpoint::<PhoneNumberEntry>(&world).await,
        endpoint::<Campaign>(&world).await,
    );
    let keys = world
        .endpoint::<directory_api_keys::Function>(&Faults::none())
        .await;
    let acme = admin("acme");
    for number in [
        "5551230001",
        "15551230001",
        "+1 555 123 0001",
        "+0555123",
        "%2B",
        "me",
        "%zz",
        "",
    ] {
        let answer = ask(Method::PUT, Some(("number", number)))
            .body(&json!({}))
            .of(&lines, &acme)
            .await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!("number")),
            "{number}"
        );
    }
    let long = "x".repeat(257);
    for (field, value) in [
        ("type", json!(7)),
        ("userId", json!("")),
        ("campaignId", json!(["c"])),
        ("agentConfigId", json!(long)),
        ("userId", json!("a\u{0}b")),
    ] {
        let put = ask(Method::PUT, Some(("number", NUMBER))).body(&json!({ field: value }));
        let answer = put.of(&lines, &acme).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!(field)));
        assert_eq!(answer.body["success"], false);
    }
    for id in ["", "a%00b", "100%", long.as_str()] {
        let put = ask(Method::PUT, Some(("id", id))).body(&json!({ "name": "n" }));
        assert_eq!(
            put.of(&campaigns, &acme).await.body["field"],
            "id",
            "{id:?}"
        );
    }
    let nameless = ask(Method::PUT, Some(("id", "c")))
        .body(&json!({}))
        .of(&campaigns, &acme)
        .await;
    assert_eq!(nameless.body["message"], "name is required");
    for (field, body) in [
        ("companyId", json!({ "name": "n" })),
        ("companyId", json!({ "companyId": "acme", "name": "n" })),
        ("companyId", json!({ "companyId": 1, "name": "n" })),
        ("name", json!({ "companyId": COMPANY })),
        ("name", json!({ "companyId": COMPANY, "name": "" })),
    ] {
        let answer = ask(Method::POST, None).body(&body).of(&keys, &acme).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!(field)));
    }
    for body in [json!([]), json!("text"), json!(null)] {
        let put = ask(Method::PUT, Some(("number", NUMBER)))
            .body(&body)
            .of(&lines, &acme)
            .await;
        assert_eq!(put.body["message"], "The body must be a JSON object");
    }
    let forged = [
        to_cursor(&""),
        to_cursor(&"k".repeat(2_000)),
        to_cursor(&json!({})),
        "?".to_owned(),
    ];
    for (name, value) in [("limit", "0"), ("limit", "101"), ("limit", "x")]
        .into_iter()
        .chain(forged.iter().map(|cursor| ("cursor", cursor.as_str())))
    {
        let answer = ask(Method::GET, None)
            .query(&[(name, value)])
            .of(&lines, &acme)
            .await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (400, &json!(name)),
            "{value}"
        );
    }
    for (method, path) in [
        (Method::PUT, None),
        (Method::POST, Some(("number", NUMBER))),
    ] {
        let answer = ask(method, path).body(&json!({})).of(&lines, &acme).await;
        assert_eq!(
            (answer.status, &answer.body["message"]),
            (404, &json!("No such route"))
        );
    }
    assert_eq!(ask(Method::PATCH, None).of(&keys, &acme).await.status, 404);
    assert_eq!(world.items("directory").await.len(), 0);
}
