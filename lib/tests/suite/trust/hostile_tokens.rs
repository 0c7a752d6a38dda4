//! Tokens that a less strict verifier would accept, at both endpoints that tokens come in by: a user's in
//! `Authorization: Bearer`, and LiveKit's webhook. Each is one step away from the token that both accept.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use jsonwebtoken::{Algorithm as SignedBy, EncodingKey};
use ring::digest;
use ringpost::{
    auth::token::{TokenKeys, TokenPolicy, Unauthorized},
    crypto::jwt::{Algorithm, JwtError},
    providers::{
        livekit::Keys,
        webhook::{RawWebhook, Refusal},
    },
};
use serde_json::{Value, json};

use super::hostile_claims::own;
use crate::support::signing::{self, at, headers};

pub(crate) const NOW: i64 = 1_767_312_000;
const SECRET: &str = "a-shared-secret-of-thirty-two-bytes!";
const BODY: &[u8] = br#"{"event":"room_started","id":"EV_1"}"#;
pub(crate) const HEADER: &str = r#"{"alg":"HS256"}"#;

/// The claims that both endpoints require.
pub(crate) fn claims() -> Value {
    let sha256 = STANDARD.encode(digest::digest(&digest::SHA256, BODY));
    json!({ "sub": "user_1", "iss": "APIours", "aud": "ringpost", "exp": NOW + 60, "sha256": sha256 })
}

pub(crate) fn claims_with(name: &str, value: Value) -> String {
    let mut claims = claims();
    claims
        .as_object_mut()
        .expect("claims")
        .insert(name.to_owned(), value);
    claims.to_string()
}

/// The claims with one that stands there a second time, as only a text can have it.
pub(crate) fn claims_and(more: &str) -> String {
    format!("{},{more}}}", claims().to_string().trim_end_matches('}'))
}

fn secret() -> EncodingKey {
    EncodingKey::from_secret(SECRET.as_bytes())
}

pub(crate) fn signed(header: &str, claims: &str) -> String {
    signing::token_of_texts(header, claims, SignedBy::HS256, &secret())
}

pub(crate) fn good() -> String {
    signed(HEADER, &claims().to_string())
}

/// The parts of the good token: header, claims, signature.
fn parts() -> [String; 3] {
    let parts: Vec<String> = good().split('.').map(str::to_owned).collect();
    parts.try_into().expect("three parts")
}

pub(crate) fn as_a_user(token: &str) -> Result<(), Unauthorized> {
    let keys = TokenKeys::parse(SECRET, Algorithm::Hs256).expect("a secret");
    let policy = TokenPolicy {
        algorithm: Algorithm::Hs256,
        issuer: Some("APIours".to_owned()),
        audience: Some("ringpost".to_owned()),
        longest_seconds: 86_400,
        default_tenant: None,
    };
    let headers = headers([("authorization", format!("Bearer {token}").as_bytes())]);
    policy.caller(&keys, &headers, at(NOW)).map(|_| ())
}

pub(crate) fn as_livekit(token: &str) -> Result<(), Refusal> {
    let keys = Keys::parse(&[format!("APIours:{SECRET}")], &[]).expect("a key");
    let headers = headers([("authorization", token.as_bytes())]);
    RawWebhook::new(headers, Bytes::from_static(BODY))
        .verify(&keys, at(NOW))
        .map(|_| ())
}

#[track_caller]
pub(crate) fn refused(token: &str, why: JwtError) {
    assert_eq!(
        as_a_user(token),
        Err(Unauthorized::Token(why)),
        "as a user: {token}"
    );
    assert_eq!(
        as_livekit(token),
        Err(Refusal::from(why)),
        "as LiveKit: {token}"
    );
}

#[test]
fn the_token_that_the_others_are_made_of_is_accepted_at_both_endpoints() {
    assert_eq!((as_a_user(&good()), as_livekit(&good())), (Ok(()), Ok(())));
    let kind = signed(
        r#"{"typ":"JWT","alg":"HS256","kid":"any"}"#,
        &claims().to_string(),
    );
    assert_eq!((as_a_user(&kind), as_livekit(&kind)), (Ok(()), Ok(())));
}

#[test]
fn no_header_changes_the_algorithm_from_hs256() {
    let claims = claims().to_string();
    for name in [
        "none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "HS384", "HS512", "RS256", "ES256",
        "EdDSA",
    ] {
        let header = json!({ "alg": name }).to_string();
        refused(&signed(&header, &claims), JwtError::Algorithm);
        let (unsigned, _) = signed(&header, &claims)
            .rsplit_once('.')
            .map(own)
            .expect("a token");
        refused(&format!("{unsigned}."), JwtError::Algorithm);
    }
    for (name, algorithm) in [("HS384", SignedBy::HS384), ("HS512", SignedBy::HS512)] {
        let header = json!({ "alg": name }).to_string();
        refused(
            &signing::token_of_texts(&header, &claims, algorithm, &secret()),
            JwtError::Algorithm,
        );
        // The longer HMAC under the pinned name.
        refused(
            &signing::token_of_texts(HEADER, &claims, algorithm, &secret()),
            JwtError::Signature,
        );
    }
    for header in [
        r"{}",
        r#"{"alg":null}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"ALG":"HS256"}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"["HS256"]"#,
        r#"["HS256",null,null]"#,
        r#""HS256""#,
        r#"{"alg":"HS256"} {}"#,
        r#"{"alg":"HS256""#,
        r#"{"alg":"HS256","kid":7}"#,
    ] {
        refused(&signed(header, &claims), JwtError::Malformed);
    }
}

#[test]
fn no_critical_extension_is_accepted() {
    let claims = claims().to_string();
    for crit in [
        json!(["b64"]),
        json!(["exp"]),
        json!(["unknown"]),
        json!([]),
        json!("b64"),
        json!(7),
        json!({}),
    ] {
        for b64 in [json!(true), json!(false)] {
            let header = json!({ "alg": "HS256", "crit": crit, "b64": b64 }).to_string();
            refused(&signed(&header, &claims), JwtError::Malformed);
        }
    }
    // Claims that are not in base64 (RFC 7797), signed as they stand.
    for header in [
        r#"{"alg":"HS256","b64":false}"#,
        r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
    ] {
        let message = format!("{}.{claims}", URL_SAFE_NO_PAD.encode(header));
        refused(
            &signing::signed(message, SignedBy::HS256, &secret()),
            JwtError::Malformed,
        );
    }
}

#[test]
fn a_key_that_the_token_brings_along_verifies_nothing() {
    let jwk = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode("mallory"), "alg": "HS256" });
    let mallory = EncodingKey::from_secret(b"mallory");
    for header in [
        json!({ "alg": "HS256", "jwk": jwk }),
        json!({ "alg": "HS256", "jku": "https://mallory.example/jwks" }),
        json!({ "alg": "HS256", "x5u": "https://mallory.example/certificate" }),
        json!({ "alg": "HS256", "kid": "../../dev/null" }),
        json!({ "alg": "HS256", "kid": "" }),
    ] {
        refused(
            &signing::token(&header, &claims(), SignedBy::HS256, &mallory),
            JwtError::Signature,
        );
    }
    for secret in [b"".as_slice(), b"\0", &[0; 32], &[0; 64]] {
        let key = EncodingKey::from_secret(secret);
        refused(
            &signing::token(&json!({ "alg": "HS256" }), &claims(), SignedBy::HS256, &key),
            JwtError::Signature,
        );
    }
}

#[test]
fn a_signature_is_whole_and_of_these_very_bytes() {
    let [header, claims, signature] = parts();
    let bytes = URL_SAFE_NO_PAD.decode(&signature).expect("base64url");
    for length in 0..bytes.len() {
        let (left, right) = (&bytes[..length], &bytes[bytes.len() - length..]);
        for cut in [left, right] {
            refused(
                &format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(cut)),
                JwtError::Signature,
            );
        }
    }
    for longer in [
        [&bytes[..], &[0]].concat(),
        [&[0], &bytes[..]].concat(),
        [&bytes[..], &bytes[..]].concat(),
    ] {
        refused(
            &format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(longer)),
            JwtError::Signature,
        );
    }
    refused(
        &format!(
            "{header}.{claims}.{}",
            URL_SAFE_NO_PAD.encode(hex::encode(&bytes))
        ),
        JwtError::Signature,
    );
    // The signature of the same words in other bytes.
    let spaced = signed(r#"{ "alg": "HS256" }"#, &self::claims().to_string());
    let (_, of_spaced) = spaced.rsplit_once('.').expect("a token");
    refused(
        &format!("{header}.{claims}.{of_spaced}"),
        JwtError::Signature,
    );
    let admin = URL_SAFE_NO_PAD.encode(claims_with("role", json!("admin")));
    refused(
        &format!("{header}.{admin}.{signature}"),
        JwtError::Signature,
    );
}

#[test]
fn a_token_has_three_parts_of_strict_base64url_and_one_spelling() {
    let [header, claims, signature] = parts();
    for text in [
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!(".{claims}.{signature}"),
        format!("{header}..{signature}"),
    ] {
        assert!(
            as_a_user(&text).is_err() && as_livekit(&text).is_err(),
            "{text}"
        );
    }
    for text in [
        format!("{header}.{claims}.{signature}."),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}.{claims}.{signature}.{signature}.{signature}"),
        format!(".{header}.{claims}.{signature}"),
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}.{signature}=="),
        format!("{header} .{claims}.{signature}"),
        format!("{header}.{claims}.{signature}~"),
        format!("{header}.{claims}.{} {}", &signature[..9], &signature[9..]),
    ] {
        refused(&text, JwtError::Malformed);
    }
    // Signed as they stand: padding, spaces, and bits that a strict decoder finds left over.
    let padded = |part: &str| format!("{part}{}", "=".repeat((4 - part.len() % 4) % 4));
    let messages = [
        format!("{}=.{claims}", padded(&header)),
        format!("{header}.{}=", padded(&claims)),
        format!("{header}.{claims} "),
        format!("{header} .{claims}"),
        format!("{header}.{}", URL_SAFE_NO_PAD.encode("no JSON")),
        format!(
            "{header}.{}",
            URL_SAFE_NO_PAD.encode(b"{\"iss\":\"APIours\",\"sub\":\"\xff\"}")
        ),
        format!("{header}."),
        format!("{header}.{claims}.{claims}"),
    ];
    for message in messages {
        refused(
            &signing::signed(message, SignedBy::HS256, &secret()),
            JwtError::Malformed,
        );
    }
}

#[test]
fn the_last_character_of_a_signature_leaves_no_choice() {
    // 32 bytes are 43 characters, of whose last one two bits say nothing.
    let [header, claims, signature] = parts();
    let last = signature.chars().last().expect("a character");
    for other in ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['-', '_'])
        .filter(|other| *other != last)
    {
        let text = format!("{header}.{claims}.{}{other}", &signature[..42]);
        assert!(
            as_a_user(&text).is_err() && as_livekit(&text).is_err(),
            "{other} for {last}"
        );
    }
    // The other alphabet of base64, where the signature shows the difference.
    let shows = |token: &String| {
        token
            .rsplit_once('.')
            .is_some_and(|(_, signature)| signature.contains(['-', '_']))
    };
    let mut tokens = (0..).map(|turn| signed(HEADER, &claims_with("jti", json!(turn))));
    let token = tokens.find(shows).expect("soon");
    assert_eq!((as_a_user(&token), as_livekit(&token)), (Ok(()), Ok(())));
    let (message, signature) = token.rsplit_once('.').expect("a token");
    let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    refused(
        &format!("{message}.{}", STANDARD_NO_PAD.encode(bytes)),
        JwtError::Malformed,
    );
}
