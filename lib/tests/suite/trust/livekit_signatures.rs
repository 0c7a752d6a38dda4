//! LiveKit's own way of signing, a JWT in `Authorization`: what is accepted, and that nothing else is.
//! That an unverified body cannot be read is the compiler's to check: `RawWebhook` has no accessor.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;
use ring::digest;
use ringpost::providers::{
    livekit::Keys,
    webhook::{RawWebhook, Refusal},
};
use serde_json::{Value, json};

use crate::support::signing::{self, at, headers};

const NOW: i64 = 1_767_312_000;
const BODY: &[u8] = br#"{"event":"room_started","id":"EV_1"}"#;
const SECRET: &str = "lkSecret_3b2f9c0c6b7f4a8f9f0d1e2c3b4a5968";

fn keys(lines: &[&str]) -> Keys {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    Keys::parse(&lines, &[]).expect("lines of key and secret")
}

fn our_keys() -> Keys {
    keys(&[&format!("APIours:{SECRET}")])
}

fn sha256(body: &[u8]) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, body))
}

/// The claims of LiveKit's own servers.
fn claims() -> Value {
    json!({ "iss": "APIours", "exp": NOW + 300, "nbf": NOW, "iat": NOW, "sha256": sha256(BODY) })
}

fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    let Value::Object(changes) = changes else {
        panic!("no object of claims")
    };
    for (name, value) in changes {
        claims[name.as_str()] = value;
    }
    claims
}

fn claims_without(name: &str) -> Value {
    let mut claims = claims();
    let removed = claims
        .as_object_mut()
        .and_then(|claims| claims.remove(name));
    assert!(removed.is_some(), "{name} was there");
    claims
}

fn hs256(claims: &Value) -> String {
    by(SECRET, claims)
}

fn by(secret: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    signing::token(
        &json!({ "alg": "HS256", "typ": "JWT" }),
        claims,
        Algorithm::HS256,
        &key,
    )
}

fn verify_at(keys: &Keys, authorization: &[u8], body: &[u8], now: i64) -> Result<(), Refusal> {
    let webhook = RawWebhook::new(
        headers([("authorization", authorization)]),
        Bytes::copy_from_slice(body),
    );
    let verified = webhook.verify(keys, at(now))?;
    assert_eq!(verified.body(), body);
    Ok(())
}

fn verify(token: &str) -> Result<(), Refusal> {
    verify_at(&our_keys(), token.as_bytes(), BODY, NOW)
}

#[test]
fn a_token_like_those_of_livekits_servers_is_accepted() {
    assert_eq!(verify(&hs256(&claims())), Ok(()));
}

#[test]
fn no_algorithm_but_hs256_is_accepted_even_when_the_secret_signed() {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        let token = signing::token(&json!({ "alg": name }), &claims(), algorithm, &key);
        assert_eq!(verify(&token), Err(Refusal::Algorithm), "{name}");
    }
    // A true HS256 signature under a header that says something else.
    for name in [
        "none", "None", "", "hs256", "HS512", "RS256", "ES256", "EdDSA",
    ] {
        let token = signing::token(&json!({ "alg": name }), &claims(), Algorithm::HS256, &key);
        assert_eq!(verify(&token), Err(Refusal::Algorithm), "{name}");
        let (unsigned, _) = token.rsplit_once('.').expect("a token");
        assert_eq!(
            verify(&format!("{unsigned}.")),
            Err(Refusal::Algorithm),
            "{name}"
        );
    }
    let token = signing::token(&json!({ "typ": "JWT" }), &claims(), Algorithm::HS256, &key);
    assert_eq!(verify(&token), Err(Refusal::Malformed), "no alg at all");
}

#[test]
fn another_secret_signs_nothing() {
    for secret in [
        "",
        "lkSecret",
        &SECRET[1..],
        &format!("{SECRET} "),
        "APIours",
    ] {
        assert_eq!(
            verify(&by(secret, &claims())),
            Err(Refusal::Wrong),
            "{secret:?}"
        );
    }
    let token = hs256(&claims());
    let (unsigned, _) = token.rsplit_once('.').expect("a token");
    assert_eq!(verify(&format!("{unsigned}.")), Err(Refusal::Wrong));
}

#[test]
fn critical_extensions_that_are_not_implemented_are_refused() {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    for crit in [json!(["b64"]), json!(["exp"]), json!([]), json!("exp")] {
        let header = json!({ "alg": "HS256", "crit": crit, "b64": true });
        let token = signing::token(&header, &claims(), Algorithm::HS256, &key);
        assert_eq!(verify(&token), Err(Refusal::Malformed), "{crit}");
    }
}

#[test]
fn a_token_that_never_expires_is_refused() {
    assert_eq!(
        verify(&hs256(&claims_without("exp"))),
        Err(Refusal::Malformed)
    );
    for exp in [Value::Null, json!("1767312300"), json!({}), json!(true)] {
        let token = hs256(&claims_with(json!({ "exp": exp })));
        assert_eq!(verify(&token), Err(Refusal::Malformed), "{exp}");
    }
}

#[test]
fn a_token_is_good_for_exactly_a_minute_beyond_its_times() {
    let at_exp = |seconds: i64| verify(&hs256(&claims_with(json!({ "exp": NOW + seconds }))));
    assert_eq!(at_exp(-60), Ok(()));
    assert_eq!(at_exp(-61), Err(Refusal::Stale));
    assert_eq!(at_exp(i64::MIN / 2), Err(Refusal::Stale));
    let at_nbf = |seconds: i64| verify(&hs256(&claims_with(json!({ "nbf": NOW + seconds }))));
    assert_eq!(at_nbf(60), Ok(()));
    assert_eq!(at_nbf(61), Err(Refusal::Stale));
    assert_eq!(at_nbf(i64::MAX / 2), Err(Refusal::Stale));
    assert_eq!(verify(&hs256(&claims_without("nbf"))), Ok(()));
    let fraction = claims_with(json!({ "exp": NOW as f64 - 60.5 }));
    assert_eq!(verify(&hs256(&fraction)), Err(Refusal::Stale));
}

#[test]
fn several_keys_are_valid_at_once_each_under_its_own_name() {
    let keys = keys(&[
        "APIa:alpha-secret",
        " APIb : beta:with:colons ",
        "APIa:alpha-rotated",
    ]);
    let answer = |issuer: &str, secret: &str| {
        let token = by(secret, &claims_with(json!({ "iss": issuer })));
        verify_at(&keys, token.as_bytes(), BODY, NOW)
    };
    assert_eq!(answer("APIa", "alpha-secret"), Ok(()));
    assert_eq!(answer("APIa", "alpha-rotated"), Ok(()));
    assert_eq!(answer("APIb", "beta:with:colons"), Ok(()));
    assert_eq!(answer("APIa", "beta:with:colons"), Err(Refusal::Wrong));
    assert_eq!(answer("APIb", "alpha-secret"), Err(Refusal::Wrong));
}

#[test]
fn a_token_of_an_unknown_or_unnamed_key_is_refused() {
    for issuer in ["APIother", "apiours", "APIours ", "APIour", ""] {
        let token = hs256(&claims_with(json!({ "iss": issuer })));
        assert_eq!(verify(&token), Err(Refusal::UnknownKey), "{issuer:?}");
    }
    assert_eq!(
        verify(&hs256(&claims_without("iss"))),
        Err(Refusal::UnknownKey)
    );
    let many = hs256(&claims_with(json!({ "iss": ["APIours"] })));
    assert_eq!(verify(&many), Err(Refusal::Malformed));
    let unknown = verify_at(&keys(&[]), hs256(&claims()).as_bytes(), BODY, NOW);
    assert_eq!(unknown, Err(Refusal::UnknownKey));
}

#[test]
fn a_line_that_is_no_pair_of_key_and_secret_is_named_by_its_number() {
    for line in ["APIb", "APIb:", "APIb:  ", ":secret", ":", ""] {
        let lines = ["APIa:secret".to_owned(), line.to_owned()];
        assert_eq!(Keys::parse(&lines, &[]).err(), Some(2), "{line:?}");
    }
}

#[test]
fn only_the_whole_hash_of_the_body_in_padded_base64_is_its_hash() {
    let hash = digest::digest(&digest::SHA256, BODY);
    let answer = |reported: Value| verify(&hs256(&claims_with(json!({ "sha256": reported }))));
    assert_eq!(answer(json!("")), Err(Refusal::Missing));
    assert_eq!(
        answer(json!(sha256(BODY).trim_end_matches('='))),
        Err(Refusal::Malformed)
    );
    assert_eq!(answer(json!(hex::encode(hash))), Err(Refusal::Wrong));
    assert_eq!(
        answer(json!(STANDARD.encode(&hash.as_ref()[..31]))),
        Err(Refusal::Wrong)
    );
    assert_eq!(answer(json!(sha256(b"another body"))), Err(Refusal::Wrong));
    assert_eq!(answer(json!(42)), Err(Refusal::Malformed));
}

#[test]
fn an_empty_body_is_signed_like_any_other() {
    let token = hs256(&claims_with(json!({ "sha256": sha256(b"") })));
    assert_eq!(verify_at(&our_keys(), token.as_bytes(), b"", NOW), Ok(()));
    assert_eq!(
        verify_at(&our_keys(), token.as_bytes(), BODY, NOW),
        Err(Refusal::Wrong)
    );
    assert_eq!(
        verify_at(&our_keys(), hs256(&claims()).as_bytes(), b"", NOW),
        Err(Refusal::Wrong)
    );
}

#[test]
fn what_is_no_token_is_refused_whatever_its_size() {
    let huge = ["A".repeat(1 << 20), ".".repeat(1 << 20)];
    let texts = [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "e30.e30.",
        "bnVsbA.bnVsbA.",
        &huge[0],
        &huge[1],
    ];
    for text in texts {
        assert_eq!(verify(text), Err(Refusal::Malformed), "{text:.20}");
    }
    let spaced = format!("{} ", hs256(&claims()));
    assert_eq!(verify(&spaced), Err(Refusal::Malformed));
    assert_eq!(
        verify_at(&our_keys(), b"\xff\xfe", BODY, NOW),
        Err(Refusal::Missing)
    );
    assert_eq!(
        verify_at(&our_keys(), "é.é.é".as_bytes(), BODY, NOW),
        Err(Refusal::Missing)
    );
}

#[test]
fn an_unverified_webhook_shows_neither_its_body_nor_its_headers() {
    let token = hs256(&claims());
    let webhook = RawWebhook::new(headers([("authorization", token.as_bytes())]), BODY.into());
    let shown = format!("{webhook:?}");
    assert!(
        !shown.contains("room_started") && !shown.contains(&token),
        "{shown}"
    );
}

proptest! {
    #[test]
    fn one_changed_byte_of_the_body_is_always_found(at: prop::sample::Index, change in 1_u8..) {
        let mut body = BODY.to_vec();
        body[at.index(BODY.len())] ^= change;
        let answer = verify_at(&our_keys(), hs256(&claims()).as_bytes(), &body, NOW);
        prop_assert_eq!(answer, Err(Refusal::Wrong));
    }

    #[test]
    fn one_changed_byte_of_the_token_is_always_found(at: prop::sample::Index, byte in 0x20_u8..) {
        let mut token = hs256(&claims()).into_bytes();
        let at = at.index(token.len());
        prop_assume!(token[at] != byte && byte != 0x7f);
        token[at] = byte;
        prop_assert!(verify_at(&our_keys(), &token, BODY, NOW).is_err());
    }

    #[test]
    fn no_text_of_chance_is_a_token(text in "[ -~]{0,200}", parts in "[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,40}){2}") {
        prop_assert!(verify(&text).is_err());
        prop_assert!(verify(&parts).is_err());
    }
}
