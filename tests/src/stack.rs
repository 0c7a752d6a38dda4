//! The local stack, started by the first test that needs it.

use std::{
    collections::HashMap, env, fs, path::PathBuf, process::Command, sync::OnceLock, time::Duration,
};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{
    aws,
    faults::Faults,
    livekit::{now_seconds, sign_jwt},
};

/// What the names of the deployed tables begin with.
const DEPLOYED: &str = "ringpost-local-";

/// The values of `.local/stack.env`.
pub struct Stack(HashMap<String, String>);

/// The root of the workspace.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ has a parent")
        .to_owned()
}

/// The stack that this process tests. `make up` starts it, or brings it up to date, or finds it as it
/// should be; it holds a lock, so that test binaries may all call it. `make test` has done so already.
#[expect(
    clippy::disallowed_methods,
    reason = "a choice of this test run, not a setting of a function"
)]
pub fn stack() -> &'static Stack {
    static STACK: OnceLock<Stack> = OnceLock::new();
    STACK.get_or_init(|| {
        if env::var_os("RINGPOST_STACK_IS_UP").is_none() {
            bring_up();
        }
        let text =
            fs::read_to_string(root().join(".local/stack.env")).expect("make up wrote stack.env");
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Stack(
            pairs
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
        )
    })
}

fn bring_up() {
    let up = Command::new("make")
        .arg("up")
        .current_dir(root())
        .output()
        .expect("make can be run");
    assert!(
        up.status.success(),
        "make up failed:\n{}{}",
        String::from_utf8_lossy(&up.stdout),
        String::from_utf8_lossy(&up.stderr)
    );
}

/// An answer of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Value,
}

impl Stack {
    /// A value of `.local/stack.env`.
    pub fn value(&self, key: &str) -> &str {
        self.0
            .get(key)
            .unwrap_or_else(|| panic!("{key} is not in stack.env"))
    }

    /// The URL of a path of the API.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.value("RINGPOST_URL"))
    }

    /// Sends a request through API Gateway and reads its JSON answer.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("the stack answers");
        let status = response.status().as_u16();
        let text = response.text().await.expect("the answer is text");
        let body =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} without JSON: {text}"));
        Answer { status, body }
    }

    /// Asks for a call's outcome as `user_id`, with the demonstration tenant's token.
    pub async fn outcome(&self, call_id: &str, user_id: &str) -> Answer {
        let url = self.url(&format!("/api/calls/{call_id}/outcome?user_id={user_id}"));
        self.send(client().get(url).bearer_auth(self.value("RINGPOST_TOKEN")))
            .await
    }
}

impl Stack {
    /// A user token with these claims, valid for an hour unless they say otherwise.
    pub fn token(&self, mut claims: Value) -> String {
        if claims["exp"].is_null() {
            claims["exp"] = (now_seconds() + 3_600).into();
        }
        sign_jwt(self.value("RINGPOST_JWT_SECRET"), &claims)
    }

    /// Whether the deployed event log has an event of this key.
    pub async fn has_event(&self, event_key: &str) -> bool {
        let get = self
            .database()
            .get_item()
            .table_name(self.deployed_table("events").await)
            .key("key", AttributeValue::S(event_key.to_owned()));
        get.send()
            .await
            .expect("an item can be read")
            .item
            .is_some()
    }

    /// How many rows of the deployed history are about this event.
    pub async fn history_rows(&self, event_key: &str) -> usize {
        let name = self.deployed_table("history").await;
        let pages = self
            .database()
            .scan()
            .table_name(name)
            .filter_expression("eventKey = :v")
            .expression_attribute_values(":v", AttributeValue::S(event_key.to_owned()))
            .into_paginator()
            .items()
            .send();
        pages
            .collect::<Result<Vec<_>, _>>()
            .await
            .expect("a table can be scanned")
            .len()
    }

    /// The name of the deployed stack's table.
    pub async fn deployed_table(&self, table: &str) -> String {
        // They are listed among the thousands of tables that tests have made, so only once.
        static NAMES: OnceCell<Vec<String>> = OnceCell::const_new();
        let names = NAMES
            .get_or_init(async || {
                let names = self.database().list_tables().into_paginator().items();
                let names: Result<Vec<_>, _> = names.send().collect().await;
                let mut names = names.expect("tables can be listed");
                names.retain(|name| name.starts_with(DEPLOYED));
                names
            })
            .await;
        let prefix = format!("{DEPLOYED}{table}-");
        let is_it = |name: &&String| name.to_lowercase().starts_with(&prefix);
        let found = names.iter().find(is_it);
        found.expect("the table is deployed").clone()
    }

    fn database(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&aws::sdk(self, &Faults::none(), 3))
    }
}

/// An HTTP client.
pub fn client() -> reqwest::Client {
    // Fails when another test of this process was faster, which is as good.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .no_proxy();
    client.build().expect("a client can be made")
}

/// Waits until `check` finds what it looks for, at most 30 seconds.
pub async fn eventually<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = check().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .unwrap_or_else(|_| panic!("waited for {what}"))
}
