//! What tenants configure: every method of every kind, in a world of its own and through the deployed
//! stack; and that no tenant sees or changes what another has.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's support fails by panicking")]

use std::collections::HashMap;

use http::{Method, header::AUTHORIZATION};
use lambda_http::{Body, Request, RequestExt};
use ringpost::{
    domain::directory::{Agent, ApiKey, Campaign, Entry, Line, Settings},
    http::page::to_cursor,
    store::directory::{DirectoryTable, Put},
};
use ringpost_functions::{
    directory::{self, Resource, api_keys},
    runtime::Endpoint,
};
use ringpost_tests::{
    lambda::{invoke, request, sample_event},
    livekit::unique,
    stack::{Answer, client, eventually, stack},
    world::World,
};
use serde_json::{Value, json};

const NUMBER: &str = "+15551230001";
const COMPANY: &str = "7c8693c6-976e-4324-9123-2c1d811605f9";

async fn endpoint<R: Resource>(world: &World) -> directory::Deps<R> {
    directory::Deps::new(world.directory(), world.authenticator().await)
}

async fn api_keys_of(world: &World) -> api_keys::Deps {
    api_keys::Deps::new(world.directory(), world.authenticator().await)
}

/// An administrator of this tenant.
fn admin(tenant_id: &str) -> Value {
    json!({ "sub": format!("admin_{tenant_id}"), "tenant_id": tenant_id, "role": "admin" })
}

/// A request as API Gateway makes it; `path` and `query` hold one parameter each.
struct Ask<'a> {
    method: Method,
    path: Option<(&'a str, &'a str)>,
    query: Vec<(&'a str, &'a str)>,
    body: String,
}

fn ask<'a>(method: Method, path: Option<(&'a str, &'a str)>) -> Ask<'a> {
    Ask { method, path, query: Vec::new(), body: String::new() }
}

impl<'a> Ask<'a> {
    fn body(mut self, body: &Value) -> Self {
        self.body = body.to_string();
        self
    }

    fn query(mut self, query: &[(&'a str, &'a str)]) -> Self {
        self.query = query.to_vec();
        self
    }

    async fn of<E: Endpoint>(self, endpoint: &E, claims: &Value) -> Answer {
        let many = |pairs: &[(&str, &str)]| -> HashMap<String, Vec<String>> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect()
        };
        let mut request = Request::new(Body::Text(self.body))
            .with_path_parameters(many(self.path.as_slice()))
            .with_query_string_parameters(many(&self.query));
        *request.method_mut() = self.method;
        let bearer = format!("Bearer {}", stack().token(claims.clone()));
        request.headers_mut().insert(AUTHORIZATION, bearer.parse().unwrap());
        invoke(endpoint, request).await
    }
}

/// An entry's life: put, shown, replaced, listed, deleted; and what another tenant gets meanwhile.
async fn lives<R: Resource>(world: &World, parameter: &str, key: &str, first: Value, second: Value) {
    let endpoint = endpoint::<R>(world).await;
    let (acme, other) = (admin("acme"), admin("other"));
    let one = Some((parameter, key));
    let shown = |answer: &Answer| answer.body[R::FIELD].clone();
    assert_eq!(ask(Method::GET, one).of(&endpoint, &acme).await.status, 404);

    let put = ask(Method::PUT, one).body(&first).of(&endpoint, &acme).await;
    assert_eq!((put.status, &put.body["success"]), (200, &json!(true)), "{put:?}");
    for (field, value) in first.as_object().unwrap() {
        assert_eq!(&put.body[R::FIELD][field], value, "{field}");
    }
    assert!(!put.body.to_string().contains("tenantId"));
    assert_eq!(ask(Method::GET, one).of(&endpoint, &acme).await, put);
    let encoded = key.replace('+', "%2B").replace('_', "%5f");
    assert_eq!(ask(Method::GET, Some((parameter, &encoded))).of(&endpoint, &acme).await, put);

    let replaced = ask(Method::PUT, one).body(&second).of(&endpoint, &acme).await;
    for field in first.as_object().unwrap().keys() {
        let wanted = second.get(field).filter(|value| !value.is_null());
        assert_eq!(replaced.body[R::FIELD].get(field), wanted, "{field} is replaced");
    }
    let list = ask(Method::GET, None).of(&endpoint, &acme).await;
    let expected = json!({ "success": true, "count": 1, "items": [shown(&replaced)] });
    assert_eq!((list.status, list.body), (200, expected));

    let theft = ask(Method::PUT, one).body(&first).of(&endpoint, &other).await;
    assert_eq!(theft.status, 409);
    assert_eq!(theft.body, json!({ "success": false, "message": "This belongs to another tenant" }));
    let nothing = json!({ "success": false, "message": "Not found" });
    for method in [Method::GET, Method::DELETE] {
        let answer = ask(method, one).of(&endpoint, &other).await;
        assert_eq!((answer.status, answer.body), (404, nothing.clone()));
    }
    assert_eq!(ask(Method::GET, None).of(&endpoint, &other).await.body["count"], 0);
    assert_eq!(ask(Method::GET, one).of(&endpoint, &acme).await.body, replaced.body, "nothing changed");

    let deleted = ask(Method::DELETE, one).of(&endpoint, &acme).await;
    assert_eq!((deleted.status, deleted.body), (200, json!({ "success": true })));
    assert_eq!(ask(Method::DELETE, one).of(&endpoint, &acme).await.status, 404);
    let taken_over = ask(Method::PUT, one).body(&first).of(&endpoint, &other).await;
    assert_eq!(taken_over.status, 200, "what is deleted is free");
}

#[tokio::test]
async fn a_number_a_campaign_and_an_agent_live_and_belong_to_one_tenant() {
    let world = World::new(None).await;
    let full =
        json!({ "type": "LOCAL", "userId": "u", "campaignId": "c", "agentConfigId": "a", "newer": [1] });
    let mut known = full.clone();
    known.as_object_mut().unwrap().remove("newer");
    let line = endpoint::<Line>(&world).await;
    let lenient = ask(Method::PUT, Some(("number", NUMBER))).body(&full).of(&line, &admin("acme")).await;
    assert_eq!(lenient.body["phoneNumber"]["number"], NUMBER);
    assert_eq!(lenient.body["phoneNumber"].get("newer"), None);
    ask(Method::DELETE, Some(("number", NUMBER))).of(&line, &admin("acme")).await;

    lives::<Line>(&world, "number", NUMBER, known, json!({ "userId": "v" })).await;
    let campaign = json!({ "name": "Spring", "agentName": "sofia", "userId": "u" });
    lives::<Campaign>(&world, "id", "spring_1", campaign, json!({ "name": "Summer" })).await;
    let agent = json!({ "name": "Sofia", "userId": "u" });
    lives::<Agent>(&world, "agentId", "agent_01", agent, json!({ "name": "Other", "userId": null })).await;
}

#[tokio::test]
async fn a_number_keeps_its_id_when_it_is_replaced() {
    let world = World::new(None).await;
    let endpoint = endpoint::<Line>(&world).await;
    let put = async |body: Value| {
        let put = ask(Method::PUT, Some(("number", NUMBER))).body(&body);
        put.of(&endpoint, &admin("acme")).await.body["phoneNumber"]["id"].clone()
    };
    let id = put(json!({})).await;
    assert_eq!(put(json!({ "userId": "u" })).await, id);
    let line: Line = world.directory().find(NUMBER).await.unwrap().unwrap();
    assert_eq!(id, line.id().to_string());
}

#[tokio::test]
async fn each_tenant_has_its_own_settings() {
    let world = World::new(None).await;
    let endpoint = endpoint::<Settings>(&world).await;
    let (acme, other) = (admin("acme"), admin("other"));
    assert_eq!(ask(Method::GET, None).of(&endpoint, &acme).await.status, 404);
    let settings = json!({ "name": "Acme", "defaultAgentName": "sofia" });
    let put = ask(Method::PUT, None).body(&settings).of(&endpoint, &acme).await;
    assert_eq!((put.status, put.body), (200, json!({ "success": true, "settings": settings })));
    let put = ask(Method::PUT, None).body(&json!({ "name": "Other" })).of(&endpoint, &other).await;
    assert_eq!(put.body["settings"], json!({ "name": "Other" }));
    assert_eq!(ask(Method::DELETE, None).of(&endpoint, &other).await.status, 200);
    assert_eq!(ask(Method::GET, None).of(&endpoint, &other).await.status, 404);
    assert_eq!(ask(Method::GET, None).of(&endpoint, &acme).await.body["settings"], settings);
    for (code, shown) in [(json!("in"), json!("IN")), (json!("GB"), json!("GB")), (json!(null), json!(null))]
    {
        let put = ask(Method::PUT, None).body(&json!({ "defaultRegion": code })).of(&endpoint, &acme).await;
        assert_eq!((put.status, &put.body["settings"]["defaultRegion"]), (200, &shown));
    }
    for wrong in [json!("India"), json!("XX"), json!("1"), json!(""), json!(91)] {
        let put = ask(Method::PUT, None).body(&json!({ "defaultRegion": wrong })).of(&endpoint, &acme).await;
        assert_eq!((put.status, &put.body["field"]), (400, &json!("defaultRegion")), "{wrong}");
    }
}

#[tokio::test]
async fn only_an_administrator_may_configure() {
    let world = World::new(None).await;
    let endpoint = endpoint::<Line>(&world).await;
    let keys = api_keys_of(&world).await;
    let one = Some(("number", NUMBER));
    for claims in [
        json!({ "sub": "u", "tenant_id": "acme" }),
        json!({ "sub": "u", "tenant_id": "acme", "role": "user" }),
        json!({ "sub": "u", "tenant_id": "acme", "role": "ADMIN" }),
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::POST] {
            let answer = ask(method.clone(), one).body(&json!({})).of(&endpoint, &claims).await;
            assert_eq!((answer.status, &answer.body["success"]), (403, &json!(false)), "{method}");
            assert_eq!(ask(method, None).body(&json!({})).of(&keys, &claims).await.status, 403);
        }
    }
    let expired = json!({ "sub": "u", "tenant_id": "acme", "role": "admin", "exp": 1_700_000_000 });
    let answer = ask(Method::GET, one).of(&endpoint, &expired).await;
    assert_eq!((answer.status, &answer.body["success"]), (401, &json!(false)));
    assert_eq!(invoke(&keys, Request::default()).await.status, 401);
    assert_eq!(world.items("directory").await.len(), 0);
}

#[tokio::test]
async fn a_wrong_request_is_refused_and_its_field_named() {
    let world = World::new(None).await;
    let (lines, campaigns) = (endpoint::<Line>(&world).await, endpoint::<Campaign>(&world).await);
    let (keys, acme) = (api_keys_of(&world).await, admin("acme"));
    for number in ["5551230001", "15551230001", "+1 555 123 0001", "+0555123", "%2B", "me", "%zz", ""] {
        let answer = ask(Method::PUT, Some(("number", number))).body(&json!({})).of(&lines, &acme).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!("number")), "{number}");
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
        assert_eq!(put.of(&campaigns, &acme).await.body["field"], "id", "{id:?}");
    }
    let nameless = ask(Method::PUT, Some(("id", "c"))).body(&json!({})).of(&campaigns, &acme).await;
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
        let put = ask(Method::PUT, Some(("number", NUMBER))).body(&body).of(&lines, &acme).await;
        assert_eq!(put.body["message"], "The body must be a JSON object");
    }
    let forged = [to_cursor(&""), to_cursor(&"k".repeat(2_000)), to_cursor(&json!({})), "?".to_owned()];
    for (name, value) in [("limit", "0"), ("limit", "101"), ("limit", "x")]
        .into_iter()
        .chain(forged.iter().map(|cursor| ("cursor", cursor.as_str())))
    {
        let answer = ask(Method::GET, None).query(&[(name, value)]).of(&lines, &acme).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!(name)), "{value}");
    }
    for (method, path) in [(Method::PUT, None), (Method::POST, Some(("number", NUMBER)))] {
        let answer = ask(method, path).body(&json!({})).of(&lines, &acme).await;
        assert_eq!((answer.status, &answer.body["message"]), (404, &json!("No such route")));
    }
    assert_eq!(ask(Method::PATCH, None).of(&keys, &acme).await.status, 404);
    assert_eq!(world.items("directory").await.len(), 0);
}

#[tokio::test]
async fn a_list_comes_in_pages_of_ones_own_entries_only() {
    let world = World::new(None).await;
    let (endpoint, table) = (endpoint::<Campaign>(&world).await, world.directory());
    for (tenant_id, count) in [("acme", 5), ("acm", 3), ("other", 3)] {
        for number in 0..count {
            put_campaign(&table, tenant_id, &format!("{tenant_id}-{number}")).await;
        }
    }
    let page = async |tenant_id: &str, cursor: Option<&str>| {
        let mut query = vec![("limit", "2")];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let answer = ask(Method::GET, None).query(&query).of(&endpoint, &admin(tenant_id)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let ids: Vec<_> =
            answer.body["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
        assert_eq!(answer.body["count"], ids.len());
        (ids, answer.body["nextCursor"].as_str().map(str::to_owned))
    };
    let (first, next) = page("acme", None).await;
    assert_eq!(first, ["acme-0", "acme-1"]);
    let next = next.unwrap();
    // The place stays good when the entry that marks it goes.
    assert!(table.delete::<Campaign>("acme", "acme-1").await.unwrap());
    let (second, after) = page("acme", Some(&next)).await;
    assert_eq!(second, ["acme-2", "acme-3"]);
    let (third, end) = page("acme", after.as_deref()).await;
    assert_eq!((third, end), (vec![json!("acme-4")], None));
    // Another tenant's cursor shows one's own entries and no other.
    let (others, _) = page("other", Some(&next)).await;
    assert_eq!(others, ["other-0", "other-1"]);
}

async fn put_campaign(table: &DirectoryTable, tenant_id: &str, id: &str) {
    let campaign = Campaign {
        id: id.to_owned(),
        tenant_id: tenant_id.to_owned(),
        name: id.to_owned(),
        agent_name: None,
        user_id: None,
    };
    assert_eq!(table.put(&campaign).await.unwrap(), Put::Done);
}

#[tokio::test]
async fn the_table_keeps_an_entry_for_its_tenant() {
    let world = World::new(None).await;
    let table = world.directory();
    put_campaign(&table, "acme", "a#b").await;
    put_campaign(&table, "acme", "a#b").await;
    let mut theirs: Campaign = table.find("a#b").await.unwrap().unwrap();
    assert_eq!((theirs.key().as_str(), theirs.tenant_id.as_str()), ("a#b", "acme"));
    theirs.tenant_id = "other".to_owned();
    assert_eq!(table.put(&theirs).await.unwrap(), Put::Taken);
    assert!(!table.delete::<Campaign>("other", "a#b").await.unwrap());
    assert!(table.find::<Agent>("a#b").await.unwrap().is_none(), "a key is unique for its kind only");
    assert_eq!(table.list::<Campaign>("other", 10, None).await.unwrap().entries, []);
    assert_eq!(table.list::<Campaign>("acme", 10, None).await.unwrap().entries.len(), 1);
    assert!(table.delete::<Campaign>("acme", "a#b").await.unwrap());
    assert!(!table.delete::<Campaign>("acme", "a#b").await.unwrap());
    assert!(table.find::<Campaign>("a#b").await.unwrap().is_none());
}

#[tokio::test]
async fn an_api_key_is_shown_once_and_known_by_its_hash() {
    let world = World::new(None).await;
    let (endpoint, acme, other) = (api_keys_of(&world).await, admin("acme"), admin("other"));
    let order = json!({ "companyId": COMPANY, "name": "Dialer" });
    let made = ask(Method::POST, None).body(&order).of(&endpoint, &acme).await;
    assert_eq!(made.status, 201);
    let mut shown = made.body["apiKey"].clone();
    let key = shown.as_object_mut().unwrap().remove("key").unwrap();
    let key = key.as_str().unwrap();
    assert!(key.starts_with("rpk_") && key.len() == 4 + 43, "256 bits in base64url: {}", key.len());
    assert_eq!((&shown["companyId"], &shown["name"]), (&json!(COMPANY), &json!("Dialer")));

    let entry: ApiKey = world.directory().find(&ApiKey::hash(key)).await.unwrap().unwrap();
    assert_eq!((entry.tenant_id.as_str(), json!(entry.id)), ("acme", shown["id"].clone()));
    let stored = format!("{:?}", world.items("directory").await);
    assert!(!stored.contains(key) && stored.contains(&entry.sha256));

    let again = ask(Method::POST, None).body(&order).of(&endpoint, &acme).await;
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
        assert_eq!(ask(method.clone(), one).of(&endpoint, &other).await.status, 404);
        assert_eq!(ask(method, Some(("id", "none"))).of(&endpoint, &acme).await.status, 404);
    }
    assert_eq!(ask(Method::GET, None).of(&endpoint, &other).await.body["count"], 0);
    assert_eq!(ask(Method::DELETE, one).of(&endpoint, &acme).await.body, json!({ "success": true }));
    assert!(world.directory().find::<ApiKey>(&entry.sha256).await.unwrap().is_none(), "revoked");
    assert_eq!(ask(Method::DELETE, one).of(&endpoint, &acme).await.status, 404);
}

#[tokio::test]
async fn a_tenant_has_a_hundred_api_keys_at_most() {
    let world = World::new(None).await;
    let (endpoint, acme) = (api_keys_of(&world).await, admin("acme"));
    let order = json!({ "companyId": COMPANY, "name": "Dialer" });
    let mut last = json!(null);
    for _ in 0..100 {
        let made = ask(Method::POST, None).body(&order).of(&endpoint, &acme).await;
        assert_eq!(made.status, 201);
        last = made.body["apiKey"]["id"].clone();
    }
    assert_eq!(ask(Method::POST, None).body(&order).of(&endpoint, &acme).await.status, 409);
    assert_eq!(ask(Method::POST, None).body(&order).of(&endpoint, &admin("other")).await.status, 201);
    let last = last.as_str().unwrap();
    assert_eq!(ask(Method::DELETE, Some(("id", last))).of(&endpoint, &acme).await.status, 200);
    assert_eq!(ask(Method::POST, None).body(&order).of(&endpoint, &acme).await.status, 201);
}

#[tokio::test]
async fn the_samples_configure_the_demonstration_tenant() {
    let world = World::new(None).await;
    let sample = |name: &str| request(&sample_event(name));
    let answers = [
        (Line::FIELD, invoke(&endpoint::<Line>(&world).await, sample("directory-phone-numbers")).await),
        (Campaign::FIELD, invoke(&endpoint::<Campaign>(&world).await, sample("directory-campaigns")).await),
        (Agent::FIELD, invoke(&endpoint::<Agent>(&world).await, sample("directory-agents")).await),
        (Settings::FIELD, invoke(&endpoint::<Settings>(&world).await, sample("directory-settings")).await),
    ];
    for (field, answer) in answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body[field].is_object(), "{answer:?}");
    }
    let made = invoke(&api_keys_of(&world).await, sample("directory-api-keys")).await;
    assert_eq!(made.status, 201);
    let line: Line = world.directory().find("+17678189426").await.unwrap().unwrap();
    assert_eq!((line.tenant_id.as_str(), line.user_id.as_deref()), ("demo", Some("user_demo")));
}

/// Asks the deployed stack as an administrator of a tenant.
async fn deployed(method: Method, path: &str, tenant_id: &str, body: &Value) -> Answer {
    let request = client().request(method, stack().url(path)).bearer_auth(stack().token(admin(tenant_id)));
    stack().send(request.json(body)).await
}

#[tokio::test]
async fn the_deployed_stack_has_every_route() {
    let (tenant, nothing) = (unique(), json!({}));
    let digits: String = tenant.bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
    let number = format!("phone-numbers/%2B19{digits}");
    let (campaign, agent) = (format!("campaigns/spring%20{tenant}"), format!("agents/agent_{tenant}"));
    for path in [number.as_str(), &campaign, &agent, "settings"] {
        let url = format!("/api/directory/{path}");
        let put = deployed(Method::PUT, &url, &tenant, &json!({ "name": "n", "userId": "u" })).await;
        assert_eq!(put.status, 200, "{put:?}");
        assert_eq!(deployed(Method::GET, &url, &tenant, &nothing).await, put);
        if path != "settings" {
            assert_eq!(deployed(Method::PUT, &url, "other", &json!({ "name": "n" })).await.status, 409);
            let list = format!("/api/directory/{}", path.split('/').next().unwrap());
            assert_eq!(deployed(Method::GET, &list, &tenant, &nothing).await.body["count"], 1);
        }
        assert_eq!(deployed(Method::DELETE, &url, &tenant, &nothing).await.status, 200);
        assert_eq!(deployed(Method::GET, &url, &tenant, &nothing).await.status, 404);
    }
    let keys = "/api/directory/api-keys";
    let order = json!({ "companyId": COMPANY, "name": "n" });
    let made = deployed(Method::POST, keys, &tenant, &order).await;
    assert_eq!(made.status, 201, "{made:?}");
    let one = format!("{keys}/{}", made.body["apiKey"]["id"].as_str().unwrap());
    eventually("the index to have the key", async || {
        Some(deployed(Method::GET, &one, &tenant, &nothing).await).filter(|answer| answer.status == 200)
    })
    .await;
    assert_eq!(deployed(Method::GET, keys, &tenant, &nothing).await.body["count"], 1);
    assert_eq!(deployed(Method::DELETE, &one, &tenant, &nothing).await.status, 200);
    let anonymous = stack().send(client().get(stack().url(keys))).await;
    assert_eq!(anonymous.status, 401);
}

#[tokio::test]
async fn the_demonstration_tenant_is_configured_through_the_api() {
    let demo = stack().value("RINGPOST_TENANT");
    for number in ["+17678189426", "+18588796658"] {
        let url = format!("/api/directory/phone-numbers/{}", number.replace('+', "%2B"));
        let line = deployed(Method::GET, &url, demo, &json!({})).await;
        let line = &line.body["phoneNumber"];
        assert_eq!((&line["userId"], &line["campaignId"]), (&json!("user_demo"), &json!("demo-campaign")));
    }
    let campaign = deployed(Method::GET, "/api/directory/campaigns/demo-campaign", demo, &json!({})).await;
    assert_eq!(campaign.body["campaign"]["agentName"], "telephony-agent");
    // Both the stack's own key and the one of the sample events are known.
    let table = World::deployed().await.directory();
    let samples = "local-stack-call-capture-key-0123456789";
    for (key, company) in [
        (stack().value("CALL_CAPTURE_API_KEY"), stack().value("CALL_CAPTURE_COMPANY_ID")),
        (samples, COMPANY),
    ] {
        let entry: ApiKey = table.find(&ApiKey::hash(key)).await.unwrap().unwrap();
        assert_eq!((entry.tenant_id.as_str(), entry.company_id.to_string().as_str()), (demo, company));
    }
}
