//! What tenants configure: every method of every kind, in a world of its own and through the deployed
//! stack; and that no tenant sees or changes what another has.

use http::Method;
use ringpost::domain::directory::{Agent, Campaign, PhoneNumberEntry, Settings};
use ringpost_functions::{
    directory::{self, Resource},
    runtime::Endpoint,
};
use ringpost_tests::{
    ask::{admin, ask, platform},
    faults::Faults,
    stack::Answer,
    world::World,
};
use serde_json::{Value, json};

pub(crate) const NUMBER: &str = "+15551230001";
pub(crate) const COMPANY: &str = "7c8693c6-976e-4324-9123-2c1d811605f9";

pub(crate) async fn endpoint<R: Resource>(world: &World) -> directory::Function<R> {
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
    // A missing resource and another tenant's look the same, whatever is tried.
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
