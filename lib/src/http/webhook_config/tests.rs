//! Each rule for each field, on both sides of each bound.

mod refusals;

use serde_json::{Value, json};

use super::{change, new_subscription, rotation};
use crate::{
    delivery::addresses::Loopback,
    domain::{
        delivery::{retry::RetryConfig, signature::SigningSecret},
        event_type,
        subscription::{
            Filters, SubscriptionStatus,
            change::{NewSubscription, SubscriptionChange},
        },
        timestamp::Timestamp,
    },
    http::{
        error::{ApiError, ErrorShape},
        json_body::Fields,
    },
};

fn fields(body: &Value) -> Fields {
    Fields::parse(body.to_string().as_bytes()).unwrap()
}

fn new(body: &Value) -> Result<NewSubscription, ApiError> {
    new_subscription(&fields(body), Loopback::Refused)
}

fn changed(body: &Value) -> Result<SubscriptionChange, ApiError> {
    change(&fields(body), Loopback::Refused)
}

fn refusal(error: &ApiError) -> Value {
    assert_eq!(error.status(), 400);
    serde_json::from_str(&error.body(ErrorShape::Success)).unwrap()
}

/// A body with all that must be there, and `value` in `field`.
fn with(field: &str, value: &Value) -> Value {
    let mut body = json!({ "name": "CRM", "url": "https://crm.example.com/in", "eventTypes": ["call.created"] });
    body[field] = value.clone();
    body
}

fn text(length: usize) -> Value {
    json!("x".repeat(length))
}

fn object(entries: usize, name: impl Fn(usize) -> String) -> Value {
    (0..entries)
        .map(|number| (name(number), json!("v")))
        .collect()
}

#[test]
fn headers_that_are_ringpost_s_or_the_connection_s_are_refused_in_any_case() {
    for name in [
        "webhook-id",
        "Webhook-Signature",
        "WEBHOOK-ANYTHING",
        "svix-id",
        "Content-Type",
        "content-length",
        "Content-Encoding",
        "Host",
        "Connection",
        "Transfer-Encoding",
        "User-Agent",
        "TE",
        "Trailer",
        "Upgrade",
        "Keep-Alive",
        "Proxy-Authorization",
        "proxy-connection",
        "Expect",
    ] {
        let error = new(&with("headers", &json!({ name: "v" }))).unwrap_err();
        assert_eq!(refusal(&error)["field"], format!("headers.{name}"));
    }
    let fine = json!({
        "Authorization": "Bearer a b", "Cookie": "a=b", "X-Webhook-Id": "v", "Webhook": "v", "Hosts": "v",
        "X-API-Key": "~!#", "Accept": "*/*"
    });
    let read = new(&with("headers", &fine)).unwrap().rest.headers.unwrap();
    assert_eq!(json!(read), fine, "named as they are given");
}

#[test]
fn what_is_within_the_bounds_is_taken() {
    let url = format!("https://e.com/{}", "x".repeat(2_048 - 14));
    let key = "A".repeat(16 * 4);
    for (field, value) in [
        ("name", text(1)),
        ("name", text(256)),
        ("name", json!("é".repeat(128))),
        ("url", json!(url)),
        ("url", json!("https://crm.example.com:8443/in?key=a%20b")),
        ("eventTypes", json!(event_type::all())),
        ("secret", text(12)),
        ("secret", text(256)),
        ("secret", json!(format!("whsec_{key}"))),
        ("status", json!("inactive")),
        ("headers", object(20, |number| format!("X-{number}"))),
        ("headers", json!({ "X-A": "x".repeat(1_024), "X-B": "x" })),
        ("headers", object(1, |_| "x".repeat(256))),
        (
            "retryConfig",
            json!({ "maxAttempts": 1, "initialDelay": 1, "maxDelay": 1, "backoffFactor": 1 }),
        ),
        (
            "retryConfig",
            json!({ "maxAttempts": 20, "initialDelay": 86_400, "maxDelay": 86_400, "backoffFactor": 10 }),
        ),
        (
            "retryConfig",
            json!({ "backoffFactor": 1.5, "maxAttempts": 3.0, "later": true }),
        ),
        (
            "filters",
            json!({ "campaigns": vec!["a"; 100], "agents": ["x".repeat(256)], "outcomes": null }),
        ),
        ("rateLimit", json!(1)),
        ("rateLimit", json!(1_000)),
        ("metadata", json!({ "a": "x".repeat(8_192 - 8) })),
        ("newer", json!({ "a": [1] })),
    ] {
        assert!(
            new(&with(field, &value)).is_ok(),
            "{field}: {:?}",
            new(&with(field, &value))
        );
        assert!(changed(&json!({ field: value })).is_ok(), "{field}");
    }
}

#[test]
fn a_new_one_must_say_its_name_url_and_event_types() {
    for field in ["name", "url", "eventTypes"] {
        let mut missing = with("status", &json!("active"));
        missing.as_object_mut().unwrap().remove(field);
        for body in [missing, with(field, &Value::Null)] {
            let refusal = refusal(&new(&body).unwrap_err());
            assert_eq!(refusal["message"], format!("{field} is required"));
        }
        assert!(changed(&json!({})).is_ok());
        let refusal = refusal(&changed(&json!({ field: null })).unwrap_err());
        assert_eq!(refusal["message"], format!("{field} is required"));
    }
}

#[test]
fn null_is_the_default_and_nothing_is_no_change() {
    let options = [
        "status",
        "headers",
        "retryConfig",
        "filters",
        "rateLimit",
        "metadata",
    ];
    let nulls: Value = options
        .iter()
        .map(|field| ((*field).to_owned(), Value::Null))
        .collect();
    let defaults = SubscriptionChange {
        status: Some(SubscriptionStatus::Active),
        headers: Some([].into()),
        retry_config: Some(RetryConfig::default()),
        filters: Some(Filters::default()),
        rate_limit: Some(None),
        metadata: Some(serde_json::Map::new()),
        ..SubscriptionChange::default()
    };
    assert_eq!(changed(&nulls).unwrap(), defaults);
    assert_eq!(
        changed(&json!({ "newer": 1 })).unwrap(),
        SubscriptionChange::default()
    );
    assert!(
        new(&with("secret", &Value::Null))
            .unwrap()
            .rest
            .secret
            .is_none(),
        "one is generated"
    );
    assert_eq!(
        refusal(&changed(&json!({ "secret": null })).unwrap_err())["field"],
        "secret"
    );
}

#[test]
fn event_types_are_kept_once_in_the_order_given() {
    let types = json!([
        "call.completed",
        "call.created",
        "call.completed",
        "webhook.failing"
    ]);
    let read = new(&with("eventTypes", &types)).unwrap().event_types;
    assert_eq!(read, ["call.completed", "call.created", "webhook.failing"]);
}

#[test]
fn a_schedule_that_is_given_in_part_is_the_default_for_the_rest() {
    let read = changed(&json!({ "retryConfig": { "maxAttempts": 3, "maxDelay": null } })).unwrap();
    assert_eq!(
        read.retry_config,
        Some(RetryConfig {
            max_attempts: 3,
            ..RetryConfig::default()
        })
    );
}

#[test]
fn loopback_is_a_matter_of_the_stage() {
    let body = fields(&with("url", &json!("http://127.0.0.1:9000/in")));
    assert!(new_subscription(&body, Loopback::Allowed).is_ok());
    assert!(new_subscription(&body, Loopback::Refused).is_err());
}

#[test]
fn a_rotation_has_bounds_and_defaults() {
    let read = |body: Value| rotation(&fields(&body));
    let default = rotation(&Fields::default()).unwrap();
    assert_eq!((default.secret, default.overlap_seconds), (None, 86_400));
    let secret = Some(SigningSecret::parse("webhooksecret123").unwrap());
    assert_eq!(
        read(json!({ "secret": "webhooksecret123" }))
            .unwrap()
            .secret,
        secret
    );
    assert_eq!(
        read(json!({ "secret": null, "overlapSeconds": null }))
            .unwrap()
            .overlap_seconds,
        86_400
    );
    for seconds in [0, 1, 604_800] {
        assert_eq!(
            read(json!({ "overlapSeconds": seconds }))
                .unwrap()
                .overlap_seconds,
            seconds
        );
    }
    for wrong in [
        json!(-1),
        json!(604_801),
        json!(0.5),
        json!("60"),
        json!([]),
    ] {
        assert_eq!(
            refusal(&read(json!({ "overlapSeconds": wrong })).unwrap_err())["field"],
            "overlapSeconds"
        );
    }
    let refused = refusal(&read(json!({ "secret": "tooshort" })).unwrap_err());
    assert_eq!(refused["field"], "secret");
    assert!(
        !refused.to_string().contains("tooshort"),
        "a secret is not repeated"
    );
}

/// PHP has one empty collection, which it writes as a list, and decodes `{}` to it.
#[test]
fn what_a_get_answered_may_be_put_back_by_a_client_that_knows_no_empty_object() {
    let full = changed(&json!({ "headers": {}, "filters": {}, "metadata": {}, "retryConfig": {} }))
        .unwrap();
    for nothing in [json!([]), json!(""), json!(" ")] {
        let body = json!({ "headers": nothing, "filters": nothing, "metadata": nothing, "retryConfig": nothing });
        assert_eq!(changed(&body).unwrap(), full, "{nothing}");
    }
    for field in ["headers", "filters", "metadata", "retryConfig"] {
        for wrong in [json!([1]), json!([{}]), json!("x"), json!(0), json!(false)] {
            assert_eq!(
                refusal(&changed(&json!({ field: wrong })).unwrap_err())["field"],
                field,
                "{wrong}"
            );
        }
    }
}

#[test]
fn a_secret_may_have_the_version_of_its_signatures_before_it() {
    let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let read = |text: &str| changed(&json!({ "secret": text })).unwrap().secret;
    assert_eq!(
        read(&format!("v1,{secret}")),
        Some(SigningSecret::parse(secret).unwrap())
    );
    let rotated = rotation(&fields(&json!({ "secret": format!("v1,{secret}") })))
        .unwrap()
        .secret;
    assert_eq!(rotated, Some(SigningSecret::parse(secret).unwrap()));
    // In any other text it is a part of the text.
    assert_eq!(
        read("v1,mysecret123"),
        Some(SigningSecret::parse("v1,mysecret123").unwrap())
    );
    let refused = refusal(&changed(&json!({ "secret": "v1,whsec_short" })).unwrap_err());
    assert_eq!(refused["field"], "secret");
}

#[test]
fn what_is_debugged_shows_no_url_header_or_secret() {
    let body = json!({
        "name": "CRM", "url": "https://user-token.example.com/?key=k-4711", "eventTypes": ["call.completed"],
        "headers": { "Authorization": "Bearer h-4711" }, "secret": "secret-value-4711-4711"
    });
    let fields = Fields::parse(body.to_string().as_bytes()).unwrap();
    let new = new_subscription(&fields, Loopback::Refused).unwrap();
    let change = change(&fields, Loopback::Refused).unwrap();
    let secret = SigningSecret::parse("secret-value-4711-4711").unwrap();
    let texts = [
        format!("{fields:?} {new:?} {change:?}"),
        format!("{:?}", {
            let now = Timestamp::EPOCH;
            new.begin("acme".to_owned(), 1, secret, now)
        }),
    ];
    for text in texts {
        assert!(
            !text.contains("4711") && !text.contains("user-token"),
            "{text}"
        );
    }
}
