//! The console's function: what it serves, and under which headers.

use http::{Response, header::CONTENT_TYPE};
use lambda_http::Body;
use ringpost::{aws::SdkConfig, config::Environment};
use ringpost_functions::{
    console::Function,
    runtime::{self, Endpoint},
    wiring::Wiring,
};
use ringpost_tests::lambda::{request, sample_event};
use serde_json::{Value, json};

async fn function(variables: &[(&str, &str)]) -> Function {
    let environment: Environment = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let wiring = Wiring::of(environment, SdkConfig::builder().build());
    Function::wire(&wiring).await.unwrap()
}

async fn answer(function: &Function, event: &str) -> Response<Body> {
    runtime::answer(function, request(event)).await.unwrap()
}

/// The sample's request for another file.
fn asking_for(file: &str, accept_encoding: &str) -> String {
    let mut event: Value = serde_json::from_str(&sample_event("console")).unwrap();
    event["pathParameters"] = json!({ "file": file });
    event["headers"]["accept-encoding"] = json!(accept_encoding);
    event.to_string()
}

#[tokio::test]
async fn the_path_without_a_file_leads_to_the_page_from_wherever_the_api_lies() {
    let moved = answer(&function(&[]).await, &sample_event("console-redirect")).await;
    assert_eq!(moved.status(), 302);
    assert_eq!(moved.headers()["location"], "console/index.html");
}

#[tokio::test]
async fn the_page_may_load_its_own_files_and_nothing_else() {
    let page = answer(&function(&[]).await, &asking_for("index.html", "identity")).await;
    assert_eq!(page.status(), 200);
    let headers = page.headers();
    assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-cache");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(
        headers["content-security-policy"],
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert!(headers.get("content-encoding").is_none(), "{headers:?}");
    let Body::Binary(html) = page.into_body() else {
        unreachable!("files are bytes")
    };
    assert!(html.starts_with(b"<!doctype html>"));
}

#[tokio::test]
async fn an_encoding_that_the_browser_refuses_is_not_sent() {
    let function = function(&[]).await;
    for accepted in ["", "identity", "br;q=0, gzip; q=0", "bread"] {
        let page = answer(&function, &asking_for("index.html", accepted)).await;
        assert!(
            page.headers().get("content-encoding").is_none(),
            "{accepted}"
        );
    }
}

#[tokio::test]
async fn what_is_no_file_of_the_console_is_not_found() {
    let function = function(&[]).await;
    for name in [
        "none.js",
        "../index.html",
        "..",
        "/etc/passwd",
        "index.html/",
    ] {
        assert_eq!(
            answer(&function, &asking_for(name, "br")).await.status(),
            404,
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_page_learns_where_to_sign_in_and_may_ask_there() {
    let nowhere = answer(&function(&[]).await, &asking_for("config.json", "")).await;
    assert_eq!(nowhere.body(), &Body::from("{}"));
    let somewhere = function(&[
        ("CONSOLE_OIDC_ISSUER", "https://login.example.com/tenant/"),
        ("CONSOLE_OIDC_CLIENT_ID", "console"),
    ])
    .await;
    let config = answer(&somewhere, &asking_for("config.json", "")).await;
    let expected =
        json!({ "oidc": { "issuer": "https://login.example.com/tenant/", "clientId": "console" } });
    let body: Value = serde_json::from_slice(config.body()).unwrap();
    assert_eq!(body, expected);
    let policy = config.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(
        policy.contains("connect-src 'self' https://login.example.com;"),
        "{policy}"
    );
}
