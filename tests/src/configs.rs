//! The endpoints of subscriptions, asked as their owner asks them.

use http::Method;
use ringpost::{
    domain::{
        delivery::signature::SigningSecret, subscription::SigningSecrets, timestamp::Timestamp,
    },
    store::subscriptions::{StoredSubscription, SubscriptionTable},
};
use ringpost_functions::{
    runtime::Endpoint,
    webhooks::{webhook_config, webhook_rotate_secret},
};
use serde_json::{Value, json};

pub use crate::ask::admin;
use crate::{ask, faults::Faults, lambda::sample_event, stack::Answer, world::World};

/// A body with nothing that may be left out.
pub fn minimal(name: &str) -> Value {
    json!({ "name": name, "url": "https://crm.example.com/in", "eventTypes": ["call.completed"] })
}

/// The document's body that a sample event holds.
pub fn documented(sample: &str) -> Value {
    let event: Value = serde_json::from_str(&sample_event(sample)).expect("JSON");
    serde_json::from_str(event["body"].as_str().expect("a body")).expect("JSON")
}

/// The secrets that sign at this moment.
pub fn signing(secrets: &SigningSecrets, at: Timestamp) -> Vec<&str> {
    secrets.valid_at(at).map(SigningSecret::as_str).collect()
}

/// Sends a request as API Gateway makes it.
pub async fn ask(
    endpoint: &impl Endpoint,
    claims: &Value,
    method: Method,
    id: Option<&str>,
    body: &str,
) -> Answer {
    let path = id.map(|id| ("id", id));
    ask::ask(method, path).text(body).of(endpoint, claims).await
}

/// The endpoints in a world.
pub struct Configs {
    /// The world.
    pub world: World,
    /// `webhook-config`.
    pub configs: webhook_config::Function,
    /// `webhook-rotate-secret`.
    pub rotate: webhook_rotate_secret::Function,
    /// Who asks.
    pub claims: Value,
}

impl Configs {
    /// A new world, asked by the administrator of `acme`.
    pub async fn new() -> Self {
        let world = World::new(None).await;
        let configs = world.webhook_config(&Faults::none()).await;
        let rotate = world.webhook_rotate_secret(&Faults::none()).await;
        Self {
            world,
            configs,
            rotate,
            claims: admin("acme"),
        }
    }

    /// The same, asked by somebody else.
    pub fn asked_by(self, claims: Value) -> Self {
        Self { claims, ..self }
    }

    /// The list.
    pub async fn list(&self) -> Vec<Value> {
        let answer = ask(&self.configs, &self.claims, Method::GET, None, "").await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (200, &json!(true)),
            "{answer:?}"
        );
        answer.body["webhooks"].as_array().expect("a list").clone()
    }

    /// Asks for a new one.
    pub async fn create(&self, body: &Value) -> Answer {
        ask(
            &self.configs,
            &self.claims,
            Method::POST,
            None,
            &body.to_string(),
        )
        .await
    }

    /// Asks for one.
    pub async fn show(&self, id: &str) -> Answer {
        ask(&self.configs, &self.claims, Method::GET, Some(id), "").await
    }

    /// Changes one.
    pub async fn put(&self, id: &str, body: &Value) -> Answer {
        ask(
            &self.configs,
            &self.claims,
            Method::PUT,
            Some(id),
            &body.to_string(),
        )
        .await
    }

    /// Deletes one.
    pub async fn delete(&self, id: &str) -> Answer {
        ask(&self.configs, &self.claims, Method::DELETE, Some(id), "").await
    }

    /// Rotates the secret of one.
    pub async fn rotate(&self, id: &str, body: &str) -> Answer {
        ask(&self.rotate, &self.claims, Method::POST, Some(id), body).await
    }

    /// The table, without faults.
    pub fn table(&self) -> SubscriptionTable {
        self.world.subscriptions(&Faults::none())
    }

    /// What is stored of a subscription of `acme`.
    pub async fn stored(&self, id: u64) -> StoredSubscription {
        let found = self
            .table()
            .find_with_secrets("acme", id)
            .await
            .expect("the table answers");
        found.expect("it is there")
    }
}
