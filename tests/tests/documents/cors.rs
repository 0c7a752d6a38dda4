//! Pages of another origin: the preflight, and answers that they can read. What `CorsAllowOrigins` becomes on AWS is
//! checked by `checks/template/`, a real browser by `tests/browser/`.

use http::Method;
use reqwest::Response;
use ringpost_tests::stack::{client, stack};

const ORIGIN: &str = "http://app.example.com";

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[tokio::test]
async fn every_method_and_header_of_the_api_passes_a_preflight() {
    for (path, method, headers) in [
        ("/api/calls", "GET", "authorization,content-type"),
        (
            "/api/webhooks/config/1",
            "PUT",
            "authorization,content-type",
        ),
        ("/api/directory/settings", "DELETE", "authorization"),
        (
            "/api/events",
            "POST",
            "authorization,content-type,idempotency-key",
        ),
        (
            "/functions/v1/webhook-call-capture",
            "POST",
            "content-type,x-api-key",
        ),
    ] {
        let asked = client()
            .request(Method::OPTIONS, stack().url(path))
            .header("origin", ORIGIN);
        let asked = asked.header("access-control-request-method", method);
        let preflight = asked
            .header("access-control-request-headers", headers)
            .send()
            .await
            .unwrap();
        assert!(
            preflight.status().is_success(),
            "{method} {path}: {}",
            preflight.status()
        );
        assert_eq!(header(&preflight, "access-control-allow-origin"), "*");
        assert!(
            header(&preflight, "access-control-allow-methods").contains(method),
            "{method} {path}"
        );
        let allowed = header(&preflight, "access-control-allow-headers");
        assert!(
            headers.split(',').all(|name| allowed.contains(name)),
            "{path}: {allowed}"
        );
        assert_eq!(
            header(&preflight, "access-control-allow-credentials"),
            "",
            "a page sends its token itself"
        );
    }
}

#[tokio::test]
async fn a_page_can_read_why_it_is_refused() {
    for (path, status) in [
        ("/api/calls", 401),
        ("/api/calls?limit=0", 400),
        ("/api/webhooks/config/999999", 404),
    ] {
        let asked = client().get(stack().url(path)).header("origin", ORIGIN);
        let asked = if status == 401 {
            asked
        } else {
            asked.bearer_auth(stack().value("RINGPOST_TOKEN"))
        };
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(
            header(&answer, "access-control-allow-origin"),
            "*",
            "{path}"
        );
        let body: serde_json::Value = answer.json().await.unwrap();
        assert!(body["message"].is_string(), "{body}");
    }
}
