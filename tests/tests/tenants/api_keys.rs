//! API keys of dialers: shown once, known by their hash, a hundred a tenant.

use futures::future::join_all;
use http::Method;
use ringpost::domain::{directory::ApiKey, timestamp::Timestamp};
use ringpost_functions::directory::directory_api_keys;
use ringpost_tests::{
    ask::{admin, ask},
    faults::Faults,
    world::World,
};
use serde_json::json;
use uuid::Uuid;

const COMPANY: &str = "7c8693c6-976e-4324-9123-2c1d811605f9";

async fn api_keys_of(world: &World) -> directory_api_keys::Function {
    world
        .endpoint::<directory_api_keys::Function>(&Faults::none())
        .await
}

#[tokio::test]
async fn an_api_key_is_shown_once_and_known_by_its_hash() {
    let world = World::new(None).await;
    let (endpoint, acme, other) = (api_keys_of(&world).await, admin("acme"), admin("other"));
    let order = json!({ "companyId": COMPANY, "name": "Dialer" });
    let made = ask(Method::POST, None)
        .body(&order)
        .of(&endpoint, &acme)
        .await;
    assert_eq!(made.status, 201);
    let mut shown = made.body["apiKey"].clone();
    let key = shown.as_object_mut().unwrap().remove("key").unwrap();
    let key = key.as_str().unwrap();
    assert!(
        key.starts_with("rpk_") && key.len() == 4 + 43,
        "256 bits in base64url: {}",
        key.len()
    );
    assert_eq!(
        (&shown["companyId"], &shown["name"]),
        (&json!(COMPANY), &json!("Dialer"))
    );

    let entry: ApiKey = world
        .directory()
        .find(&ApiKey::hash(key))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (entry.tenant_id.as_str(), json!(entry.id)),
        ("acme", shown["id"].clone())
    );
    let stored = format!("{:?}", world.items("directory").await);
    assert!(!stored.contains(key) && stored.contains(&entry.sha256));

    let again = ask(Method::POST, None)
        .body(&order)
        .of(&endpoint, &acme)
        .await;
    assert_ne!(again.body["apiKey"]["key"], key, "each is another");
    let id = entry.id.to_string();
    let one = Some(("id", id.as_str()));
    let answer = ask(Method::GET, one).of(&endpoint, &acme).await;
    assert_eq!(answer.body, json!({ "success": true, "apiKey": shown }));
    let list = ask(Method::GET, None).of(&endpoint, &acme).await;
    assert_eq!(list.body["count"], 2);
    assert!(list.body["items"].as_array().unwrap().contains(&shown));
    assert!(!list.body.to_string().contains(&entry.sha256));

    for method in [Method::GET, Method::DELETE] {
        assert_eq!(
            ask(method.clone(), one).of(&endpoint, &other).await.status,
            404
        );
        assert_eq!(
            ask(method, Some(("id", "none")))
                .of(&endpoint, &acme)
                .await
                .status,
            404
        );
    }
    assert_eq!(
        ask(Method::GET, None).of(&endpoint, &other).await.body["count"],
        0
    );
    assert_eq!(
        ask(Method::DELETE, one).of(&endpoint, &acme).await.body,
        json!({ "success": true })
    );
    assert!(
        world
            .directory()
            .find::<ApiKey>(&entry.sha256)
            .await
            .unwrap()
            .is_none(),
        "revoked"
    );
    assert_eq!(
        ask(Method::DELETE, one).of(&endpoint, &acme).await.status,
        404
    );
}

#[tokio::test]
async fn a_tenant_has_a_hundred_api_keys_at_most() {
    let world = World::new(None).await;
    let (endpoint, acme) = (api_keys_of(&world).await, admin("acme"));
    let order = json!({ "companyId": COMPANY, "name": "Dialer" });
    let table = world.directory();
    let entry = |number: u128| ApiKey {
        id: Uuid::from_u128(number),
        sha256: ApiKey::hash(&number.to_string()),
        tenant_id: "acme".to_owned(),
        company_id: Uuid::parse_str(COMPANY).expect("a UUID"),
        name: "Dialer".to_owned(),
        created_at: Timestamp::EPOCH,
    };
    let entries: Vec<ApiKey> = (1..=99).map(entry).collect();
    join_all(entries.iter().map(|entry| table.put(entry))).await;
    let made = ask(Method::POST, None)
        .body(&order)
        .of(&endpoint, &acme)
        .await;
    assert_eq!(made.status, 201);
    let last = made.body["apiKey"]["id"].clone();
    assert_eq!(
        ask(Method::POST, None)
            .body(&order)
            .of(&endpoint, &acme)
            .await
            .status,
        409
    );
    assert_eq!(
        ask(Method::POST, None)
            .body(&order)
            .of(&endpoint, &admin("other"))
            .await
            .status,
        201
    );
    let last = last.as_str().unwrap();
    assert_eq!(
        ask(Method::DELETE, Some(("id", last)))
            .of(&endpoint, &acme)
            .await
            .status,
        200
    );
    assert_eq!(
        ask(Method::POST, None)
            .body(&order)
            .of(&endpoint, &acme)
            .await
            .status,
        201
    );
}
