//! Every route of template.yaml, requested without any credentials.

use ringpost_tests::{
    routes::routes,
    stack::{client, stack},
};
use serde_json::json;

/// Open by intention: monitors ask it.
const HEALTH: [&str; 2] = [
    "/api/webhooks/call_completed/health",
    "/api/v1/webhooks/health",
];
/// Open by intention: the reference of the API.
const REFERENCE: [&str; 2] = ["/api/docs", "/api/openapi.json"];
/// Open by intention: the console is a page, and its data comes from the routes above with a token.
const CONSOLE: [&str; 2] = ["/console", "/console/{file}"];
/// Open in the local stage only: the one by its source address, the other for trying things out.
const LOCALLY_OPEN: [&str; 2] = [
    "/api/webhooks/elevenlabs/call-status",
    "/api/v1/webhooks/test",
];

#[tokio::test]
async fn without_a_signature_a_token_or_a_key_every_route_refuses() {
    let stack = stack();
    let mut asked = 0;
    for (method, path) in routes() {
        if [HEALTH, REFERENCE, CONSOLE, LOCALLY_OPEN]
            .concat()
            .contains(&path.as_str())
        {
            continue;
        }
        let path = path.replace("{id}", "75decced-4c31-5f3c-9d47-8892e71acc6e");
        let path = path
            .replace("{number}", "%2B17678189426")
            .replace("{agentId}", "agent-1");
        for credential in [
            None,
            Some("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyX2RlbW8ifQ."),
        ] {
            let mut request = client().request(method.parse().unwrap(), stack.url(&path));
            if let Some(credential) = credential {
                request = request
                    .header("authorization", credential)
                    .header("x-api-key", "guessed");
            }
            if method != "GET" {
                request = request.json(&json!({}));
            }
            let answer = stack.send(request).await;
            assert_eq!(
                answer.status, 401,
                "{method} {path} with {credential:?}: {answer:?}"
            );
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
}

#[tokio::test]
async fn health_is_open() {
    let stack = stack();
    for path in HEALTH {
        assert_eq!(
            stack.send(client().get(stack.url(path))).await.status,
            200,
            "{path}"
        );
    }
}
