//! The reference that `api-docs` serves: whole, and good without any other host.

use std::collections::BTreeSet;

use http::{Response, header::CONTENT_TYPE};
use lambda_http::Body;
use ringpost_functions::{
    api_docs::{Function, OPENAPI, PAGE},
    runtime,
};
use ringpost_tests::lambda::{request, sample_event};
use serde_json::Value;

#[expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's support fails by panicking"
)]
async fn answer(sample: &str) -> (Response<()>, String) {
    let response = runtime::answer(&Function, request(&sample_event(sample)))
        .await
        .unwrap();
    let (head, body) = response.into_parts();
    let Body::Text(text) = body else {
        panic!("{sample} is answered without text")
    };
    (Response::from_parts(head, ()), text)
}

/// What stands in the page between these two, each time.
fn all<'a>(before: &'a str, after: &'a str) -> BTreeSet<&'a str> {
    PAGE.split(before)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(after)?.0))
        .collect()
}

#[tokio::test]
async fn the_document_is_answered_as_json_and_the_page_as_html_that_may_load_nothing() {
    let (document, json) = answer("api-docs-openapi").await;
    assert_eq!((document.status().as_u16(), &*json), (200, OPENAPI));
    assert_eq!(document.headers()[CONTENT_TYPE], "application/json");
    let (page, html) = answer("api-docs").await;
    assert_eq!((page.status().as_u16(), &*html), (200, PAGE));
    assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[test]
fn the_page_shows_every_operation_and_every_schema() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let ids = all("id=\"", "\"");
    let operations = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap());
    let mut shown = 0;
    for (method, operation) in operations {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.contains(id), "{method} {id} is not on the page");
        shown += 1;
    }
    assert!(shown >= 50, "{shown}");
    for name in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(
            ids.contains(&*format!("schema-{name}")),
            "{name} is not on the page"
        );
    }
}

#[test]
fn every_link_of_the_page_leads_within_it_or_to_the_document() {
    let ids = all("id=\"", "\"");
    for link in all("href=\"", "\"") {
        let within = link.strip_prefix('#').is_some_and(|id| ids.contains(id));
        assert!(within || link == "openapi.json", "{link} leads nowhere");
    }
    for loaded in [
        "<script", "<link", "<img", "<iframe", " src=", "url(", "@import", " style=", " on",
    ] {
        let markup: String = PAGE
            .split('<')
            .map(|tag| tag.split('>').next().unwrap_or_default())
            .collect();
        assert!(
            !format!("<{markup}").contains(loaded),
            "the page has {loaded}"
        );
    }
}
