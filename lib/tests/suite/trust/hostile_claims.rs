//! Well-signed tokens whose claims are refused: their end, their types, their issuer and audience, and a token for the
//! other endpoint.

use ringpost::{auth::token::Unauthorized, crypto::jwt::JwtError, providers::webhook::Refusal};
use serde_json::{Value, json};

use super::hostile_tokens::{
    HEADER, NOW, as_a_user, as_livekit, claims, claims_and, claims_with, good, refused, signed,
};

#[test]
fn a_token_must_say_until_when_it_is_good_as_a_number() {
    let without = claims().as_object().map(|all| {
        let rest = all.iter().filter(|(name, _)| *name != "exp");
        Value::Object(
            rest.map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    });
    refused(
        &signed(HEADER, &without.expect("claims").to_string()),
        JwtError::Malformed,
    );
    for exp in [
        json!(null),
        json!((NOW + 60).to_string()),
        json!("never"),
        json!(true),
        json!([NOW + 60]),
        json!({}),
    ] {
        refused(
            &signed(HEADER, &claims_with("exp", exp)),
            JwtError::Malformed,
        );
    }
    for text in [
        r#""exp":99999999999"#,
        r#""exp":1"#,
        r#""nbf":1,"nbf":2"#,
        r#""sub":"user_2""#,
        r#""iss":"APIours""#,
    ] {
        refused(&signed(HEADER, &claims_and(text)), JwtError::Malformed);
    }
    let huge = claims()
        .to_string()
        .replace(&(NOW + 60).to_string(), "1e999");
    refused(&signed(HEADER, &huge), JwtError::Malformed);
}

#[test]
fn a_minute_of_leeway_is_a_minute_in_whole_and_broken_seconds() {
    let door = |name: &str, value: Value| {
        let token = signed(HEADER, &claims_with(name, value));
        let answers = (as_a_user(&token).is_ok(), as_livekit(&token).is_ok());
        assert_eq!(answers.0, answers.1, "the endpoints disagree");
        answers.0
    };
    for exp in [
        json!(NOW - 60),
        json!(NOW as f64 - 59.5),
        json!(NOW + 3_600),
    ] {
        assert!(door("exp", exp.clone()), "exp {exp}");
    }
    // A user's token may not live for ever; LiveKit's own are bound to one body.
    for exp in [json!(1e300), json!(u64::MAX)] {
        let token = signed(HEADER, &claims_with("exp", exp));
        assert_eq!(as_a_user(&token), Err(Unauthorized::TooLong));
        assert_eq!(as_livekit(&token), Ok(()));
    }
    for exp in [
        json!(NOW - 61),
        json!(NOW as f64 - 60.5),
        json!(0),
        json!(-1),
        json!(-1e300),
        json!(i64::MIN),
    ] {
        assert!(!door("exp", exp.clone()), "exp {exp}");
        refused(&signed(HEADER, &claims_with("exp", exp)), JwtError::Expired);
    }
    for nbf in [
        json!(NOW + 60),
        json!(NOW as f64 + 59.5),
        json!(0),
        json!(-1),
        json!(null),
    ] {
        assert!(door("nbf", nbf.clone()), "nbf {nbf}");
    }
    for nbf in [
        json!(NOW + 61),
        json!(NOW as f64 + 60.5),
        json!(1e300),
        json!(u64::MAX),
    ] {
        refused(
            &signed(HEADER, &claims_with("nbf", nbf)),
            JwtError::NotYetValid,
        );
    }
    for nbf in [json!(NOW.to_string()), json!([NOW]), json!(true), json!({})] {
        refused(
            &signed(HEADER, &claims_with("nbf", nbf)),
            JwtError::Malformed,
        );
    }
}

#[test]
fn claims_are_an_object_of_the_types_that_they_have() {
    for text in ["null", "7", "\"claims\"", "", "{", "{}{}"] {
        refused(&signed(HEADER, text), JwtError::Malformed);
    }
    refused(
        &signed(HEADER, &format!("{} {{}}", claims())),
        JwtError::Malformed,
    );
    for iss in [
        json!(["APIours"]),
        json!({ "APIours": 1 }),
        json!(7),
        json!(true),
    ] {
        refused(
            &signed(HEADER, &claims_with("iss", iss)),
            JwtError::Malformed,
        );
    }
}

#[test]
fn a_user_s_issuer_and_audience_are_the_configured_ones_to_the_letter() {
    let user = |name: &str, value: Value| as_a_user(&signed(HEADER, &claims_with(name, value)));
    for aud in [
        json!("ringpost"),
        json!(["ringpost"]),
        json!(["other", "ringpost"]),
    ] {
        assert_eq!(user("aud", aud.clone()), Ok(()), "{aud}");
    }
    for aud in [
        json!("Ringpost"),
        json!("ringpost "),
        json!("ringpost,other"),
        json!(""),
        json!([]),
        json!([""]),
        json!(null),
    ] {
        assert_eq!(
            user("aud", aud.clone()),
            Err(Unauthorized::Foreign),
            "{aud}"
        );
    }
    for aud in [
        json!([["ringpost"]]),
        json!([7, "ringpost"]),
        json!(7),
        json!({ "ringpost": true }),
    ] {
        assert_eq!(
            user("aud", aud.clone()),
            Err(Unauthorized::Token(JwtError::Malformed)),
            "{aud}"
        );
    }
    for iss in [
        json!("apiours"),
        json!("APIours "),
        json!("APIours/"),
        json!(""),
        json!(null),
    ] {
        assert_eq!(
            user("iss", iss.clone()),
            Err(Unauthorized::Foreign),
            "{iss}"
        );
    }
    for text in [
        r#""aud":"ringpost""#,
        r#""role":"user","role":"admin""#,
        r#""tenant_id":"a","tenant_id":"b""#,
    ] {
        let answer = as_a_user(&signed(HEADER, &claims_and(text)));
        assert_eq!(
            answer,
            Err(Unauthorized::Token(JwtError::Malformed)),
            "{text}"
        );
    }
}

#[test]
fn a_user_s_token_is_no_webhook_and_a_webhook_s_no_user_s() {
    let user = json!({ "sub": "user_1", "iss": "APIours", "aud": "ringpost", "exp": NOW + 60 })
        .to_string();
    assert_eq!(
        as_livekit(&signed(HEADER, &user)),
        Err(Refusal::Missing),
        "a room token is signed alike"
    );
    assert_eq!(as_a_user(&signed(HEADER, &user)), Ok(()));
    assert_eq!(
        as_livekit(&format!("Bearer {}", good())),
        Err(Refusal::Malformed)
    );
    let twice = claims_and(r#""sha256":"""#);
    assert_eq!(as_livekit(&signed(HEADER, &twice)), Err(Refusal::Malformed));
    for foreign in [
        json!("APIother"),
        json!("apiours"),
        json!("APIours "),
        json!(""),
    ] {
        let token = signed(HEADER, &claims_with("iss", foreign.clone()));
        assert_eq!(as_livekit(&token), Err(Refusal::UnknownKey), "{foreign}");
    }
}

pub(crate) fn own((first, second): (&str, &str)) -> (String, String) {
    (first.to_owned(), second.to_owned())
}
