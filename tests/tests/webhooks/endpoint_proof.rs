//! Where the platform asks for it, nothing but tests is posted to an endpoint that has not proven itself.

use http::Method;
use ringpost_functions::webhooks::{webhook_config, webhook_test};
use ringpost_tests::{
    ask::{admin, ask},
    receiver::{Answer as Reply, Receiver},
    stack::Answer,
    world::World,
};
use serde_json::{Value, json};

struct Scene {
    world: World,
    configs: webhook_config::Function,
    test: webhook_test::Function,
    receiver: Receiver,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new(None).await;
        let (configs, test) = world.configs_that_need_proof().await;
        Self {
            world,
            configs,
            test,
            receiver: Receiver::start(),
        }
    }

    async fn create(&self, path: &str) -> Answer {
        let url = self.receiver.url(path);
        let body = json!({ "name": "CRM", "url": url, "eventTypes": ["call.completed"], "status": "active" });
        ask(Method::POST, None)
            .body(&body)
            .of(&self.configs, &admin("acme"))
            .await
    }

    async fn put(&self, body: &Value) -> Value {
        let put = ask(Method::PUT, Some(("id", "1")))
            .body(body)
            .of(&self.configs, &admin("acme"))
            .await;
        assert_eq!(put.status, 200, "{put:?}");
        put.body["webhook"].clone()
    }

    async fn show(&self) -> Value {
        let shown = ask(Method::GET, Some(("id", "1")))
            .of(&self.configs, &admin("acme"))
            .await;
        shown.body["webhook"].clone()
    }

    /// Tests the endpoint. Whether it is proven now; `None` if it need not be.
    async fn test(&self) -> Option<bool> {
        let body = json!({ "eventType": "call.completed" });
        let tested = ask(Method::POST, Some(("id", "1")))
            .body(&body)
            .of(&self.test, &admin("acme"))
            .await;
        assert_eq!(tested.status, 200, "{tested:?}");
        tested.body["details"]["endpointProven"].as_bool()
    }
}

fn state(webhook: &Value) -> (&str, Option<&str>) {
    (
        webhook["status"].as_str().unwrap(),
        webhook["disabled"]["reason"].as_str(),
    )
}

const WAITS: (&str, Option<&str>) = ("inactive", Some("unproven"));
const ACTIVE: (&str, Option<&str>) = ("active", None);

#[tokio::test]
async fn an_endpoint_gets_nothing_until_it_repeats_its_challenge() {
    let scene = Scene::new().await;
    let made = scene.create("/hooks").await;
    assert_eq!((made.status, state(&made.body["webhook"])), (201, WAITS));
    assert!(
        made.body["webhook"]["secret"].is_string(),
        "its owner can verify the test"
    );
    // The owner of a foreign endpoint cannot switch it on, and writes nothing by trying.
    let before = scene.world.items("webhookconfigs").await;
    assert_eq!(
        state(&scene.put(&json!({ "status": "active" })).await),
        WAITS
    );
    assert_eq!(scene.world.items("webhookconfigs").await, before);
    for refuses in [
        Reply::Status(200),
        Reply::with(500, &[], "no"),
        Reply::with(200, &[], "webhook-challenge: 0123456789abcdef"),
    ] {
        scene.receiver.play(refuses);
        assert_eq!(scene.test().await, Some(false));
        assert_eq!(state(&scene.show().await), WAITS);
    }
    let challenges: Vec<String> = scene
        .receiver
        .requests()
        .iter()
        .map(|request| request.header("webhook-challenge").to_owned())
        .collect();
    assert!(challenges.len() == 3 && challenges.iter().all(|challenge| challenge.len() == 32));
    assert!(challenges[0] != challenges[1], "each test has its own");

    scene.receiver.play(Reply::Repeat("webhook-challenge"));
    assert_eq!(scene.test().await, Some(true));
    assert_eq!(state(&scene.show().await), ACTIVE);
    assert_eq!(scene.test().await, None, "once is enough");
    assert_eq!(
        scene
            .receiver
            .requests()
            .last()
            .unwrap()
            .header("webhook-challenge"),
        ""
    );
}

#[tokio::test]
async fn another_url_must_prove_itself_anew_and_what_its_owner_switched_off_stays_off() {
    let scene = Scene::new().await;
    scene.create("/one").await;
    scene.receiver.play(Reply::Repeat("webhook-challenge"));
    assert_eq!(scene.test().await, Some(true));
    assert_eq!(
        state(&scene.put(&json!({ "name": "Renamed" })).await),
        ACTIVE
    );
    let other = scene.receiver.url("/two");
    assert_eq!(state(&scene.put(&json!({ "url": other })).await), WAITS);
    assert_eq!(
        state(&scene.put(&json!({ "status": "inactive" })).await).0,
        "inactive"
    );
    // Back at the first URL, which has proven itself.
    let back = json!({ "url": scene.receiver.url("/one"), "status": "active" });
    assert_eq!(state(&scene.put(&back).await), ACTIVE);
    scene
        .put(&json!({ "url": other, "status": "inactive" }))
        .await;
    assert_eq!(scene.test().await, Some(true));
    assert_eq!(
        scene.show().await["status"],
        "inactive",
        "its owner switched it off"
    );
    assert_eq!(
        state(&scene.put(&json!({ "status": "active" })).await),
        ACTIVE
    );
}
