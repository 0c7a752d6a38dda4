//! Bodies that are refused.

use super::*;

#[test]
fn what_is_wrong_is_named_by_its_path_in_a_new_one_and_in_a_change() {
    let url = |length: usize| json!(format!("https://e.com/{:x<1$}", "", length - 14));
    let secret = |bytes: usize| json!(format!("whsec_{}", "A".repeat(bytes / 3 * 4)));
    let cases: Vec<(&str, Vec<Value>)> = vec![
        (
            "name",
            vec![
                json!(""),
                json!(7),
                json!(["n"]),
                text(257),
                json!("a\nb"),
                json!("é".repeat(129)),
            ],
        ),
        (
            "url",
            vec![
                json!(""),
                json!(7),
                json!("example.com/in"),
                json!("/in"),
                json!("http://crm.example.com/in"),
                json!("ftp://crm.example.com/in"),
                json!("https://user:pass@crm.example.com/in"),
                json!("https://token@crm.example.com/in"),
                json!(" https://crm.example.com/in"),
                json!("https://crm.exa\nmple.com/in"),
                json!("https://"),
                url(2_049),
            ],
        ),
        (
            "eventTypes",
            vec![
                json!([]),
                json!("call.created"),
                json!(["call.created", "call.finished"]),
                json!(["CALL.CREATED"]),
                json!([7]),
                json!([null]),
                json!({ "0": "call.created" }),
            ],
        ),
        (
            "secret",
            vec![
                json!(7),
                json!(""),
                text(11),
                text(257),
                json!("with a space in it"),
                secret(15),
                secret(66),
            ],
        ),
        (
            "status",
            vec![json!("Active"), json!("paused"), json!(true), json!("")],
        ),
        (
            "headers",
            vec![
                json!([1]),
                json!("X-A: b"),
                object(21, |number| format!("X-{number}")),
            ],
        ),
        (
            "headers",
            vec![
                json!({ "": "v" }),
                json!({ "X\u{0}": "v" }),
                object(1, |_| "x".repeat(257)),
            ],
        ),
        ("retryConfig", vec![json!([1]), json!(5), json!("fast")]),
        (
            "filters",
            vec![
                json!([1]),
                json!("spring"),
                json!({ "a\nb": [] }),
                json!({ "": [] }),
            ],
        ),
        (
            "rateLimit",
            vec![
                json!(0),
                json!(1_001),
                json!(1.5),
                json!("5"),
                json!(-1),
                json!([5]),
            ],
        ),
        (
            "metadata",
            vec![
                json!([1]),
                json!("note"),
                json!({ "a": "x".repeat(8_193 - 8) }),
            ],
        ),
    ];
    for (field, values) in cases {
        for value in values {
            for error in [
                new(&with(field, &value)).err(),
                changed(&json!({ field: value })).err(),
            ] {
                let refusal =
                    refusal(&error.unwrap_or_else(|| panic!("{field}: {value} is accepted")));
                assert_eq!(refusal["field"], field, "{value}");
                assert!(
                    refusal["message"].as_str().unwrap().starts_with(field),
                    "{refusal}"
                );
            }
        }
    }
}

#[test]
fn what_is_wrong_inside_a_field_is_named_by_its_path() {
    let many = vec!["a"; 101];
    for (field, value, path) in [
        (
            "headers",
            json!({ "X-A": "ok", "X Bad": "v" }),
            "headers.X Bad",
        ),
        ("headers", json!({ "X-Ü": "v" }), "headers.X-Ü"),
        ("headers", json!({ "X-Bad": 7 }), "headers.X-Bad"),
        ("headers", json!({ "X-Bad": null }), "headers.X-Bad"),
        ("headers", json!({ "X-Bad": "" }), "headers.X-Bad"),
        ("headers", json!({ "X-Bad": " padded" }), "headers.X-Bad"),
        (
            "headers",
            json!({ "X-Bad": "a\r\nX-Other: b" }),
            "headers.X-Bad",
        ),
        ("headers", json!({ "X-Bad": "a\tb" }), "headers.X-Bad"),
        ("headers", json!({ "X-Bad": "ä" }), "headers.X-Bad"),
        (
            "headers",
            json!({ "X-Bad": "x".repeat(1_025) }),
            "headers.X-Bad",
        ),
        (
            "headers",
            json!({ "X-Same": "a", "x-same": "b" }),
            "headers.x-same",
        ),
        (
            "retryConfig",
            json!({ "maxAttempts": 0 }),
            "retryConfig.maxAttempts",
        ),
        (
            "retryConfig",
            json!({ "maxAttempts": 21 }),
            "retryConfig.maxAttempts",
        ),
        (
            "retryConfig",
            json!({ "maxAttempts": "3" }),
            "retryConfig.maxAttempts",
        ),
        (
            "retryConfig",
            json!({ "maxAttempts": 2.5 }),
            "retryConfig.maxAttempts",
        ),
        (
            "retryConfig",
            json!({ "initialDelay": 0 }),
            "retryConfig.initialDelay",
        ),
        (
            "retryConfig",
            json!({ "initialDelay": 86_401, "maxDelay": 86_401 }),
            "retryConfig.initialDelay",
        ),
        (
            "retryConfig",
            json!({ "initialDelay": -1 }),
            "retryConfig.initialDelay",
        ),
        (
            "retryConfig",
            json!({ "maxDelay": 86_401 }),
            "retryConfig.maxDelay",
        ),
        (
            "retryConfig",
            json!({ "initialDelay": 60, "maxDelay": 59 }),
            "retryConfig.maxDelay",
        ),
        (
            "retryConfig",
            json!({ "maxDelay": 4 }),
            "retryConfig.maxDelay",
        ),
        (
            "retryConfig",
            json!({ "initialDelay": 36_001 }),
            "retryConfig.maxDelay",
        ),
        (
            "retryConfig",
            json!({ "backoffFactor": 0.99 }),
            "retryConfig.backoffFactor",
        ),
        (
            "retryConfig",
            json!({ "backoffFactor": 10.01 }),
            "retryConfig.backoffFactor",
        ),
        (
            "retryConfig",
            json!({ "backoffFactor": "2" }),
            "retryConfig.backoffFactor",
        ),
        (
            "filters",
            json!({ "campaign": ["spring"] }),
            "filters.campaign",
        ),
        (
            "filters",
            json!({ "campaigns": "spring" }),
            "filters.campaigns",
        ),
        ("filters", json!({ "campaigns": many }), "filters.campaigns"),
        ("filters", json!({ "agents": ["a", ""] }), "filters.agents"),
        (
            "filters",
            json!({ "agents": ["x".repeat(257)] }),
            "filters.agents",
        ),
        ("filters", json!({ "outcomes": [7] }), "filters.outcomes"),
        ("filters", json!({ "outcomes": [null] }), "filters.outcomes"),
    ] {
        for error in [
            new(&with(field, &value)).err(),
            changed(&json!({ field: value })).err(),
        ] {
            let refusal = refusal(&error.unwrap_or_else(|| panic!("{path}: {value} is accepted")));
            assert_eq!(refusal["field"], path, "{value}");
            assert!(
                refusal["message"].as_str().unwrap().starts_with(path),
                "{refusal}"
            );
        }
    }
}
