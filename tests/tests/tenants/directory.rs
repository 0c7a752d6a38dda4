//! What tenants configure: every method of every kind, in a world of its own and through the deployed
//! stack; and that no tenant sees or changes what another has.

use http::Method;
use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    domain::directory::{Agent, ApiKey, Campaign, PhoneNumberEntry, Settings},
    http::page::to_cursor,
    store::directory::{DirectoryTable, Put},
};
use ringpost_functions::{
    directory::{self, Resource, directory_api_keys},
    runtime::Endpoint,
};
use ringpost_tests::{
    ask::{admin, ask, platform},
    faults::Faults,
    lambda::{invoke, request, sample_event},
    livekit::unique,
    stack::{Answer, client, eventually, stack},
    world::World,
};
use serde_json::{Value, json};

const NUMBER: &str = "+15551230001";
const COMPANY: &str = "7c8693c6-976e-4324-9123-2c1d811605f9";

async fn endpoint<R: Resource>(world: &World) -> directory::Function<R> {
    world.endpoint(&Faults::none()).await
}

/// An entry's life: assigned, configured, shown, replaced, listed, freed; and what another tenant gets
/// meanwhile.
async fn lives<R: Resource>(
    world: &World,
    parameter: &str,
    key: &str,
    first: Value,
    second: Value,
) {
    let endpoint = endpoint::<R>(world).await;
    let (acme, other) = (admin("acme"), admin("other"));
    let one = Some((parameter, key));
    let shown = |answer: &Answer| answer.body[R::FIELD].clone();
    // What nobody has and what another tenant has look the same, whatever is tried.
    let unassigned = strangers_answers(&endpoint, &other, one, &first).await;
    assert_eq!(
        unassigned.clone().map(|(status, _)| status),
        [404, 404, 403]
    );

    let assigned = ask(Method::PUT, one)
        .body(&json!({ "tenantId": "acme" }))
        .of(&endpoint, &platform())
        .await;
    assert_eq!(
        (assigned.status, &assigned.body[R::FIELD]["tenantId"]),
        (200, &json!("acme")),
        "{assigned:?}"
    );
    let put = ask(Method::PUT, one)
        .body(&first)
        .of(&endpoint, &acme)
        .await;
    assert_eq!(
        (put.status, &put.body["success"]),
        (200, &json!(true)),
        "{put:?}"
    );
    for (field, value) in first.as_object().unwrap() {
        assert_eq!(&put.body[R::FIELD][field], value, "{field}");
    }
    assert!(!put.body.to_string().contains("tenantId"));
    assert_eq!(ask(Method::GET, one).of(&endpoint, &acme).await, put);
    let encoded = key.replace('+', "%2B").replace('_', "%5f");
    assert_eq!(
        ask(Method::GET, Some((parameter, &encoded)))
            .of(&endpoint, &acme)
            .await,
        put
    );
    // Assigning it again leaves what the tenant configured.
    ask(Method::PUT, one)
        .body(&json!({ "tenantId": "acme" }))
        .of(&endpoint, &platform())
        .await;
    assert_eq!(ask(Method::GET, one).of(&endpoint, &acme).await, put);

    let replaced = ask(Method::PUT, one)
        .body(&second)
        .of(&endpoint, &acme)
        .await;
    for field in first.as_object().unwrap().keys() {
        let wanted = second.get(field).filter(|value| !value.is_null());
        assert_eq!(
            replaced.body[R::FIELD].get(field),
            wanted,
            "{field} is replaced"
        );
    }
    let list = ask(Method::GET, None).of(&endpoint, &acme).await;
    let expected = json!({ "success": true, "count": 1, "items": [shown(&replaced)] });
    assert_eq!((list.status, list.body), (200, expected));

    assert_eq!(
        strangers_answers(&endpoint, &other, one, &first).await,
        unassigned
    );
    assert_eq!(
        ask(Method::GET, None).of(&endpoint, &other).await.body["count"],
        0
    );
    assert_eq!(
        ask(Method::GET, one).of(&endpoint, &acme).await.body,
        replaced.body,
        "nothing changed"
    );
    freed_and_given_away(&endpoint, one, &first).await;
}

async fn assign<E: Endpoint>(endpoint: &E, one: Option<(&str, &str)>, tenant_id: &str) {
    let body = json!({ "tenantId": tenant_id });
    assert_eq!(
        ask(Method::PUT, one)
            .body(&body)
            .of(endpoint, &platform())
            .await
            .status,
        200
    );
}

/// What a tenant is answered that reads, configures and deletes what is not its own.
async fn strangers_answers<E: Endpoint>(
    endpoint: &E,
    claims: &Value,
    one: Option<(&str, &str)>,
    body: &Value,
) -> [(u16, Value); 3] {
    let answers = [Method::GET, Method::PUT, Method::DELETE];
    let answers = answers.map(|method| ask(method, one).body(body).of(endpoint, claims));
    futures::future::join_all(answers)
        .await
        .into_iter()
        .map(|answer| (answer.status, answer.body))
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

/// The platform frees what the tenant could not, and gives it to another one, with everything configured.
async fn freed_and_given_away<R: Resource>(
    endpoint: &directory::Function<R>,
    one: Option<(&str, &str)>,
    first: &Value,
) {
    let (acme, other) = (admin("acme"), admin("other"));
    assert_eq!(
        ask(Method::DELETE, one).of(endpoint, &acme).await.status,
        403
    );
    let of_acme = [("tenantId", "acme")];
    let list = ask(Method::GET, None)
        .query(&of_acme)
        .of(endpoint, &platform())
        .await;
    assert_eq!(
        (&list.body["count"], &list.body["items"][0]["tenantId"]),
        (&json!(1), &json!("acme"))
    );
    let shown = ask(Method::GET, one)
        .query(&of_acme)
        .of(endpoint, &platform())
        .await;
    assert_eq!(shown.body[R::FIELD], list.body["items"][0]);
    let freed = ask(Method::DELETE, one)
        .query(&of_acme)
        .of(endpoint, &platform())
        .await;
    assert_eq!(
        (freed.status, freed.body),
        (200, json!({ "success": true }))
    );
    assert_eq!(
        ask(Method::DELETE, one)
            .query(&of_acme)
            .of(endpoint, &platform())
            .await
            .status,
        404
    );
    assert_eq!(ask(Method::GET, one).of(endpoint, &acme).await.status, 404);

    let mut given = first.clone();
    given["tenantId"] = json!("acme");
    ask(Method::PUT, one)
        .body(&given)
        .of(endpoint, &platform())
        .await;
    given["tenantId"] = json!("other");
    let given = ask(Method::PUT, one)
        .body(&given)
        .of(endpoint, &platform())
        .await;
    assert_eq!(given.body[R::FIELD]["tenantId"], "other");
    let mut others = ask(Method::GET, one).of(endpoint, &other).await.body[R::FIELD].clone();
    others["tenantId"] = json!("other");
    assert_eq!(others, given.body[R::FIELD]);
    let still_acmes = ask(Method::GET, one).of(endpoint, &acme).await.status;
    assert_eq!(still_acmes, if R::HAS_TENANT_IN_KEY { 200 } else { 404 });
}

#[tokio::test]
async fn nobody_but_the_platform_says_whose_a_number_is() {
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
async fn a_number_a_campaign_and_an_agent_live_and_belong_to_one_tenant() {
    let world = World::new(None).await;
    let full = json!({ "type": "LOCAL", "userId": "u", "campaignId": "c", "agentConfigId": "a", "newer": [1] });
    let mut known = full.clone();
    known.as_object_mut().unwrap().remove("newer");
    let line = endpoint::<PhoneNumberEntry>(&world).await;
    let one = Some(("number", NUMBER));
    assign(&line, one, "acme").await;
    let lenient = ask(Method::PUT, one)
        .body(&full)
        .of(&line, &admin("acme"))
        .await;
    assert_eq!(lenient.body["phoneNumber"]["number"], NUMBER);
    assert_eq!(lenient.body["phoneNumber"].get("newer"), None);
    ask(Method::DELETE, one).of(&line, &platform()).await;

    lives::<PhoneNumberEntry>(&world, "number", NUMBER, known, json!({ "userId": "v" })).await;
    let campaign = json!({ "name": "Spring", "agentName": "sofia", "userId": "u" });
    lives::<Campaign>(
        &world,
        "id",
        "spring_1",
        campaign,
        json!({ "name": "Summer" }),
    )
    .await;
    let agent = json!({ "name": "Sofia", "userId": "u" });
    lives::<Agent>(
        &world,
        "agentId",
        "agent_01",
        agent,
        json!({ "name": "Other", "userId": null }),
    )
    .await;
}

#[tokio::test]
async fn a_number_keeps_its_id_when_it_is_replaced() {
    let world = World::new(None).await;
    let endpoint = endpoint::<PhoneNumberEntry>(&world).await;
    assign(&endpoint, Some(("number", NUMBER)), "acme").await;
    let put = async |body: Value| {
        let put = ask(Method::PUT, Some(("number", NUMBER))).body(&body);
        put.of(&endpoint, &admin("acme")).await.body["phoneNumber"]["id"].clone()
    };
    let id = put(json!({})).await;
    assert_eq!(put(json!({ "userId": "u" })).await, id);
    let line: PhoneNumberEntry = world.directory().find(NUMBER).await.unwrap().unwrap();
    assert_eq!(id, line.id().to_string());
}

#[tokio::test]
async fn each_tenant_has_its_own_settings() {
    let world = World::new(None).await;
    let endpoint = endpoint::<Settings>(&world).await;
    let (acme, other) = (admin("acme"), admin("other"));
    assert_eq!(
        ask(Method::GET, None).of(&endpoint, &acme).await.status,
        404
    );
    let settings = json!({ "name": "Acme", "defaultAgentName": "sofia" });
    let put = ask(Method::PUT, None)
        .body(&settings)
        .of(&endpoint, &acme)
        .await;
    assert_eq!(
        (put.status, put.body),
        (200, json!({ "success": true, "settings": settings }))
    );
    let put = ask(Method::PUT, None)
        .body(&json!({ "name": "Other" }))
        .of(&endpoint, &other)
        .await;
    assert_eq!(put.body["settings"], json!({ "name": "Other" }));
    assert_eq!(
        ask(Method::DELETE, None).of(&endpoint, &other).await.status,
        200
    );
    assert_eq!(
        ask(Method::GET, None).of(&endpoint, &other).await.status,
        404
    );
    assert_eq!(
        ask(Method::GET, None).of(&endpoint, &acme).await.body["settings"],
        settings
    );
    for (code, shown) in [
        (json!("in"), json!("IN")),
        (json!("GB"), json!("GB")),
        (json!(null), json!(null)),
    ] {
        let put = ask(Method::PUT, None)
            .body(&json!({ "defaultRegion": code }))
            .of(&endpoint, &acme)
            .await;
        assert_eq!(
            (put.status, &put.body["settings"]["defaultRegion"]),
            (200, &shown)
        );
    }
    for wrong in [
        json!("India"),
        json!("XX"),
        json!("1"),
        json!(""),
        json!(91),
    ] {
        let put = ask(Method::PUT, None)
            .body(&json!({ "defaultRegion": wrong }))
            .of(&endpoint, &acme)
            .await;
        assert_eq!(
            (put.status, &put.body["field"]),
            (400, &json!("defaultRegion")),
            "{wrong}"
        );
    }
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
        let answer = ask(Method::GET, None)
            .query(&query)
            .of(&endpoint, &admin(tenant_id))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let ids: Vec<_> = answer.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].clone())
            .collect();
        assert_eq!(answer.body["count"], ids.len());
        (ids, answer.body["nextCursor"].as_str().map(str::to_owned))
    };
    let (first, next) = page("acme", None).await;
    assert_eq!(first, ["acme-0", "acme-1"]);
    let next = next.unwrap();
    // The place stays good when the entry that marks it goes.
    assert!(
        table
            .delete::<Campaign>("acme", &Campaign::key_of("acme", "acme-1"))
            .await
            .unwrap()
    );
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
    let agent = |tenant_id: &str| Agent {
        agent_id: "a#b".to_owned(),
        tenant_id: tenant_id.to_owned(),
        name: None,
        user_id: None,
    };
    assert_eq!(
        table.replace(&agent("acme")).await.unwrap(),
        Put::Refused,
        "nobody has it"
    );
    assert_eq!(table.put(&agent("acme")).await.unwrap(), Put::Done);
    assert_eq!(table.put(&agent("acme")).await.unwrap(), Put::Done);
    assert_eq!(table.replace(&agent("acme")).await.unwrap(), Put::Done);
    for refused in [
        table.put(&agent("other")).await,
        table.replace(&agent("other")).await,
    ] {
        assert_eq!(refused.unwrap(), Put::Refused);
    }
    assert!(!table.delete::<Agent>("other", "a#b").await.unwrap());
    assert!(
        table.find::<Settings>("a#b").await.unwrap().is_none(),
        "a key is unique for its kind only"
    );
    assert_eq!(
        table
            .list::<Agent>("other", 10, None)
            .await
            .unwrap()
            .entries,
        []
    );
    assert_eq!(
        table
            .list::<Agent>("acme", 10, None)
            .await
            .unwrap()
            .entries
            .len(),
        1
    );
    assert!(table.delete::<Agent>("acme", "a#b").await.unwrap());
    assert!(!table.delete::<Agent>("acme", "a#b").await.unwrap());
    assert!(table.find::<Agent>("a#b").await.unwrap().is_none());
}

#[tokio::test]
async fn campaigns_of_two_tenants_never_meet() {
    let world = World::new(None).await;
    let table = world.directory();
    // Ids that would make one key if they were only put side by side.
    let long = "#".repeat(256);
    let owners = [
        ("a", "b#c"),
        ("a#b", "c"),
        ("3:a", "b#c"),
        ("b", "b#c"),
        (&long, &long),
    ];
    for (tenant_id, id) in owners {
        put_campaign(&table, tenant_id, id).await;
    }
    for (tenant_id, id) in owners {
        let found: Campaign = table
            .find(&Campaign::key_of(tenant_id, id))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.tenant_id.as_str(), found.id.as_str()),
            (tenant_id, id)
        );
    }
}

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
