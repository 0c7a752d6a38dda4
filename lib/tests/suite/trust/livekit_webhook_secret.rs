//! The Call Outcomes document's way of signing, `X-LiveKit-Signature`, alone and beside LiveKit's own.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;
use ring::{digest, hmac};
use ringpost::providers::{
    livekit::{Keys, KeysIfAny},
    webhook::{RawWebhook, Refusal},
};
use serde_json::json;

use crate::support::signing::{self, at, headers};

const NOW: i64 = 1_767_312_000;
const BODY: &[u8] = br#"{"event":"participant_left","id":"evt_1"}"#;
const SECRET: &str = "whsec-of-the-relay";

/// Hex HMAC-SHA256 of the body, lower case.
fn signature(secret: &str, body: &[u8]) -> String {
    hex::encode(hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
        body,
    ))
}

/// A token as LiveKit sends it.
fn token(api_secret: &str, body: &[u8]) -> String {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, body));
    let claims = json!({ "iss": "APIours", "exp": NOW + 300, "sha256": hash });
    let key = EncodingKey::from_secret(api_secret.as_bytes());
    signing::token(&json!({ "alg": "HS256" }), &claims, Algorithm::HS256, &key)
}

fn keys(webhook_secrets: &[&str]) -> Keys {
    let secrets: Vec<String> = webhook_secrets
        .iter()
        .map(|text| (*text).to_owned())
        .collect();
    Keys::parse(&["APIours:api-secret".to_owned()], &secrets).expect("lines of key and secret")
}

fn verify(keys: &Keys, fields: &[(&'static str, &str)], body: &[u8]) -> Result<(), Refusal> {
    let fields = fields.iter().map(|(name, value)| (*name, value.as_bytes()));
    let webhook = RawWebhook::new(headers(fields), Bytes::copy_from_slice(body));
    let verified = webhook.verify(keys, at(NOW))?;
    assert_eq!(verified.body(), body);
    Ok(())
}

fn verify_signature(signature: &str) -> Result<(), Refusal> {
    verify(
        &keys(&[SECRET]),
        &[("x-livekit-signature", signature)],
        BODY,
    )
}

#[test]
fn the_known_answer_of_rfc_4231_is_accepted() {
    let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let answer = verify(
        &keys(&["Jefe"]),
        &[("x-livekit-signature", known)],
        b"what do ya want for nothing?",
    );
    assert_eq!(answer, Ok(()));
}

#[test]
fn the_hex_digits_may_be_of_either_case() {
    let lower = signature(SECRET, BODY);
    let upper = lower.to_uppercase();
    assert_ne!(lower, upper);
    assert_eq!(verify_signature(&lower), Ok(()));
    assert_eq!(verify_signature(&upper), Ok(()));
    assert_eq!(
        verify_signature(&format!("{}{}", &lower[..31], &upper[31..])),
        Ok(())
    );
}

#[test]
fn a_signature_of_another_length_is_refused() {
    let whole = signature(SECRET, BODY);
    for length in [0, 2, 32, 62] {
        assert_eq!(
            verify_signature(&whole[..length]),
            Err(Refusal::Wrong),
            "{length}"
        );
    }
    for longer in [
        format!("{whole}00"),
        format!("00{whole}"),
        format!("{whole}{whole}"),
    ] {
        assert_eq!(verify_signature(&longer), Err(Refusal::Wrong), "{longer}");
    }
    assert_eq!(verify_signature(&whole[..63]), Err(Refusal::Malformed));
}

#[test]
fn what_is_no_hex_is_refused() {
    let whole = signature(SECRET, BODY);
    let base64 = STANDARD.encode(hex::decode(&whole).expect("hex"));
    let huge = "g".repeat(1 << 20);
    for text in [
        &base64,
        &huge,
        &format!("sha256={whole}"),
        &format!("{}zz", &whole[..62]),
    ] {
        assert_eq!(
            verify_signature(text),
            Err(Refusal::Malformed),
            "{text:.80}"
        );
    }
}

#[test]
fn another_secret_or_another_body_is_refused() {
    assert_eq!(
        verify_signature(&signature("whsec-of-another", BODY)),
        Err(Refusal::Wrong)
    );
    assert_eq!(
        verify_signature(&signature("api-secret", BODY)),
        Err(Refusal::Wrong)
    );
    assert_eq!(verify_signature(&signature("", BODY)), Err(Refusal::Wrong));
    assert_eq!(
        verify_signature(&signature(SECRET, b"{}")),
        Err(Refusal::Wrong)
    );
}

#[test]
fn both_secrets_are_valid_during_a_rotation() {
    let keys = keys(&["new-secret", SECRET]);
    for secret in ["new-secret", SECRET] {
        let signature = signature(secret, BODY);
        assert_eq!(
            verify(&keys, &[("x-livekit-signature", &signature)], BODY),
            Ok(()),
            "{secret}"
        );
    }
}

#[test]
fn without_a_webhook_secret_the_header_is_no_signature() {
    let keys = keys(&[]);
    for secret in ["", SECRET, "api-secret"] {
        let signature = signature(secret, BODY);
        let answer = verify(&keys, &[("x-livekit-signature", &signature)], BODY);
        assert_eq!(answer, Err(Refusal::Missing), "{secret:?}");
    }
    let both = [
        ("authorization", token("api-secret", BODY)),
        ("x-livekit-signature", "garbage".to_owned()),
    ];
    let both = both.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(verify(&keys, &both, BODY), Ok(()));
}

#[test]
fn an_empty_webhook_secret_is_none() {
    let keys = keys(&["", SECRET]);
    let forged = signature("", BODY);
    let answer = verify(&keys, &[("x-livekit-signature", &forged)], BODY);
    assert_eq!(answer, Err(Refusal::Wrong));
}

#[test]
fn keys_that_hold_nothing_are_empty() {
    assert!(Keys::default().is_empty());
    assert!(!keys(&[]).is_empty());
    let secret_only = Keys::parse(&[], &[SECRET.to_owned()]).expect("a secret");
    assert!(!secret_only.is_empty());
}

#[test]
fn where_keys_are_optional_the_first_one_ends_believing_everything() {
    let answer = |keys: Keys, fields: &[(&'static str, &str)]| {
        let fields = fields.iter().map(|(name, value)| (*name, value.as_bytes()));
        let webhook = RawWebhook::new(headers(fields), Bytes::from_static(BODY));
        webhook.verify(&KeysIfAny(keys), at(NOW)).map(|_| ())
    };
    assert_eq!(answer(Keys::default(), &[]), Ok(()));
    let secret_only = || Keys::parse(&[], &[SECRET.to_owned()]).expect("a secret");
    for keys in [keys(&[]), secret_only()] {
        assert_eq!(answer(keys, &[]), Err(Refusal::Missing));
    }
    let (right, wrong) = (signature(SECRET, BODY), signature("another", BODY));
    assert_eq!(
        answer(secret_only(), &[("x-livekit-signature", &right)]),
        Ok(())
    );
    assert_eq!(
        answer(secret_only(), &[("x-livekit-signature", &wrong)]),
        Err(Refusal::Wrong)
    );
}

#[test]
fn either_valid_signature_is_enough_and_two_wrong_ones_are_not() {
    let (right_token, wrong_token) = (token("api-secret", BODY), token("api-secret", b"{}"));
    let (right_hmac, wrong_hmac) = (signature(SECRET, BODY), signature(SECRET, b"{}"));
    let answer = |token: &str, hmac: &str| {
        let fields = [("authorization", token), ("x-livekit-signature", hmac)];
        verify(&keys(&[SECRET]), &fields, BODY)
    };
    assert_eq!(answer(&right_token, &right_hmac), Ok(()));
    assert_eq!(answer(&right_token, &wrong_hmac), Ok(()));
    assert_eq!(answer(&right_token, "garbage"), Ok(()));
    assert_eq!(answer(&wrong_token, &right_hmac), Ok(()));
    assert_eq!(answer("garbage", &right_hmac), Ok(()));
    assert_eq!(answer(&wrong_token, &wrong_hmac), Err(Refusal::Wrong));
    assert_eq!(answer("garbage", "garbage"), Err(Refusal::Malformed));
}

#[test]
fn a_webhook_without_any_signature_is_refused() {
    assert_eq!(verify(&keys(&[SECRET]), &[], BODY), Err(Refusal::Missing));
    let unreadable = headers([("x-livekit-signature", b"\xff\xfe".as_slice())]);
    let answer =
        RawWebhook::new(unreadable, Bytes::from_static(BODY)).verify(&keys(&[SECRET]), at(NOW));
    assert_eq!(answer.err(), Some(Refusal::Missing));
}

#[test]
fn an_empty_body_is_signed_like_any_other() {
    let signed = signature(SECRET, b"");
    let answer = |body| verify(&keys(&[SECRET]), &[("x-livekit-signature", &signed)], body);
    assert_eq!(answer(b""), Ok(()));
    assert_eq!(answer(BODY), Err(Refusal::Wrong));
    assert_eq!(
        verify(
            &keys(&[SECRET]),
            &[("x-livekit-signature", &signature(SECRET, BODY))],
            b""
        ),
        Err(Refusal::Wrong)
    );
}

proptest! {
    #[test]
    fn one_changed_byte_of_the_body_is_always_found(at: prop::sample::Index, change in 1_u8..) {
        let mut body = BODY.to_vec();
        body[at.index(BODY.len())] ^= change;
        let fields = [("x-livekit-signature", signature(SECRET, BODY))];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        prop_assert_eq!(verify(&keys(&[SECRET]), &fields, &body), Err(Refusal::Wrong));
    }

    #[test]
    fn any_body_is_accepted_with_its_own_signature(body: Vec<u8>, secret in "[!-~]{1,80}") {
        let signed = signature(&secret, &body);
        let answer = verify(&keys(&[&secret]), &[("x-livekit-signature", &signed)], &body);
        prop_assert_eq!(answer, Ok(()));
    }
}
