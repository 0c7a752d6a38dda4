//! Every route of template.yaml that wants a user token, asked with every role; and what one tenant's token
//! gets of another tenant's things. docs/SECURITY.md has the same table.

use ringpost::auth::role::Role;
use ringpost_tests::{
    livekit::unique,
    routes::routes,
    stack::{Answer, client, stack},
};
use serde_json::{Value, json};

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// This role, and those that include it.
    Role(Role),
    /// An administrator for its tenant, and the platform.
    AdminOrPlatform,
}

/// The table: what a route needs, by the beginning of its path. `None` where no user token is wanted.
fn needs(method: &str, path: &str) -> Option<Needs> {
    let role = |role| Some(Needs::Role(role));
    let is_read = method == "GET";
    let assigned = ["phone-numbers", "campaigns", "agents"];
    if assigned
        .iter()
        .any(|kind| path.starts_with(&format!("/api/directory/{kind}")))
    {
        return if method == "DELETE" {
            role(Role::Platform)
        } else {
            Some(Needs::AdminOrPlatform)
        };
    }
    match path {
        _ if path.starts_with("/api/directory/") || path == "/api/leads" => role(Role::Admin),
        _ if path.starts_with("/api/webhooks/config") && is_read => role(Role::Viewer),
        _ if path.starts_with("/api/webhooks/config") => role(Role::Developer),
        "/api/events" | "/api/webhooks/events/{id}/retry" => role(Role::Developer),
        _ if path.starts_with("/api/webhooks/events") => role(Role::User),
        _ if path.starts_with("/api/calls") || path == "/api/agent-calls/status" => {
            role(Role::User)
        }
        _ => None,
    }
}

impl Needs {
    fn admits(self, role: Role) -> bool {
        match self {
            Self::Role(needed) => role.includes(needed),
            Self::AdminOrPlatform => matches!(role, Role::Admin | Role::Platform),
        }
    }
}

async fn ask(method: &str, path: &str, claims: Value, body: &Value) -> Answer {
    let request = client().request(method.parse().unwrap(), stack().url(path));
    stack()
        .send(request.bearer_auth(stack().token(claims)).json(body))
        .await
}

#[tokio::test]
async fn each_route_admits_the_roles_that_the_table_says_and_no_other() {
    let tenant_id = format!("roles-{}", unique());
    let mut asked = 0;
    for (method, route) in routes() {
        let Some(needs) = needs(&method, &route) else {
            continue;
        };
        let path = route
            .replace("{number}", "%2B17678180000")
            .replace("{agentId}", "agent-1");
        let path = path.replace("{jobId}", "75decced-4c31-5f3c-9d47-8892e71acc6e");
        let id = if path.contains("/webhooks/") {
            "1"
        } else {
            "75decced-4c31-5f3c-9d47-8892e71acc6e"
        };
        let path = path.replace("{id}", id);
        for role in Role::ALL {
            let claims = json!({ "sub": "u", "tenant_id": tenant_id, "role": role.as_str() });
            let answer = ask(&method, &path, claims, &json!({})).await;
            let is_admitted = answer.status != 403;
            assert_eq!(
                is_admitted,
                needs.admits(role),
                "{method} {route} as {role:?}: {answer:?}"
            );
            assert!(
                answer.status != 401 && answer.status < 500,
                "{method} {route} as {role:?}: {answer:?}"
            );
            asked += 1;
        }
    }
    assert!(asked > 5 * 30, "{asked}");
}

#[tokio::test]
async fn what_another_tenant_has_is_answered_like_what_does_not_exist() {
    let (ours, theirs) = (format!("ours-{}", unique()), format!("theirs-{}", unique()));
    let admin = |tenant: &str| json!({ "sub": "boss", "tenant_id": tenant, "role": "admin" });
    let body =
        json!({ "name": "CRM", "url": "http://127.0.0.1:9/in", "eventTypes": ["call.completed"] });
    let made = ask("POST", "/api/webhooks/config", admin(&theirs), &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.body["webhook"]["id"].as_u64().unwrap();
    let order = json!({ "companyId": "7c8693c6-976e-4324-9123-2c1d811605f9", "name": "Dialer" });
    let key = ask("POST", "/api/directory/api-keys", admin(&theirs), &order).await;
    let key = key.body["apiKey"]["id"].as_str().unwrap().to_owned();
    for (method, theirs, nobodys) in [
        (
            "GET",
            format!("/api/webhooks/config/{made}"),
            "/api/webhooks/config/999999",
        ),
        (
            "GET",
            format!("/api/webhooks/config/{made}/health"),
            "/api/webhooks/config/999999/health",
        ),
        (
            "PUT",
            format!("/api/webhooks/config/{made}"),
            "/api/webhooks/config/999999",
        ),
        (
            "POST",
            format!("/api/webhooks/config/{made}/rotate-secret"),
            "/api/webhooks/config/999999/rotate-secret",
        ),
        (
            "POST",
            format!("/api/webhooks/config/{made}/test"),
            "/api/webhooks/config/999999/test",
        ),
        (
            "DELETE",
            format!("/api/webhooks/config/{made}"),
            "/api/webhooks/config/999999",
        ),
        (
            "GET",
            format!("/api/directory/api-keys/{key}"),
            "/api/directory/api-keys/75decced-4c31-5f3c-9d47-8892e71acc6e",
        ),
        (
            "DELETE",
            format!("/api/directory/api-keys/{key}"),
            "/api/directory/api-keys/75decced-4c31-5f3c-9d47-8892e71acc6e",
        ),
        (
            "GET",
            "/api/directory/phone-numbers/%2B17678189426".to_owned(),
            "/api/directory/phone-numbers/%2B17678180000",
        ),
        (
            "PUT",
            "/api/directory/phone-numbers/%2B17678189426".to_owned(),
            "/api/directory/phone-numbers/%2B17678180000",
        ),
        (
            "DELETE",
            "/api/directory/phone-numbers/%2B17678189426".to_owned(),
            "/api/directory/phone-numbers/%2B17678180000",
        ),
        (
            "PUT",
            "/api/directory/campaigns/demo-campaign".to_owned(),
            "/api/directory/campaigns/nobodys",
        ),
    ] {
        let body = json!({ "name": "Mine" });
        let answers = [
            ask(method, &theirs, admin(&ours), &body).await,
            ask(method, nobodys, admin(&ours), &body).await,
        ];
        assert_eq!(answers[0], answers[1], "{method} {theirs}");
        assert!(
            [403, 404].contains(&answers[0].status),
            "{method} {theirs}: {answers:?}"
        );
    }
    let still = ask(
        "GET",
        &format!("/api/webhooks/config/{made}"),
        admin(&theirs),
        &json!({}),
    )
    .await;
    assert_eq!(
        (still.status, &still.body["webhook"]["name"]),
        (200, &json!("CRM"))
    );
}
