//! ElevenLabs' signatures: its SDKs' verdict on every fixture, and what the fixtures leave out.

use bytes::Bytes;
use proptest::prelude::*;
use ring::hmac;
use ringpost::providers::{
    elevenlabs::Keys,
    webhook::{RawWebhook, Refusal},
};

use crate::support::{
    elevenlabs::{at, fixtures, text},
    signing::headers,
};

const NOW: i64 = 1_767_312_000;
const BODY: &[u8] = br#"{"type":"post_call_transcription"}"#;
const SECRET: &str = "wsec_first";

fn keys(secrets: &[&str]) -> Keys {
    Keys::new(
        &secrets
            .iter()
            .map(|secret| (*secret).to_owned())
            .collect::<Vec<_>>(),
    )
}

fn v0(secret: &str, time: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hex::encode(hmac::sign(&key, &[time.as_bytes(), b".", BODY].concat()))
}

fn signature(secret: &str, time: i64) -> String {
    format!("t={time},v0={}", v0(secret, &time.to_string()))
}

fn verify(keys: &Keys, signature: &str) -> Result<(), Refusal> {
    let fields = headers([("elevenlabs-signature", signature.as_bytes())]);
    RawWebhook::new(fields, Bytes::from_static(BODY))
        .verify(keys, at(NOW))
        .map(|_| ())
}

#[test]
fn every_fixture_is_judged_as_elevenlabs_sdks_judge_it() {
    let (mut accepted, mut refused) = (0, 0);
    for (name, fixture) in fixtures() {
        let signature = fixture["headers"]["elevenlabs-signature"]
            .as_str()
            .unwrap_or_default();
        let fields = match signature {
            "" => headers([]),
            signature => headers([("elevenlabs-signature", signature.as_bytes())]),
        };
        let body = text(&fixture, "/body");
        let webhook = RawWebhook::new(fields, Bytes::copy_from_slice(body.as_bytes()));
        let now = at(fixture["verify_at_unix"].as_i64().expect("a clock"));
        let verdict = webhook.verify(
            &keys(&[text(&fixture, "/key_material/webhook_secret")]),
            now,
        );
        if text(&fixture, "/expected").starts_with("accept") {
            assert_eq!(verdict.expect(&name).body(), body, "{name}");
            accepted += 1;
        } else {
            assert!(verdict.is_err(), "{name}");
            refused += 1;
        }
    }
    assert_eq!((accepted, refused), (6, 5));
}

#[test]
fn every_refusal_has_its_reason() {
    let of = |name: &str, expected: Refusal| {
        let fixture = &fixtures()[name];
        let fields = fixture["headers"].as_object().expect("headers");
        let signature = fields
            .get("elevenlabs-signature")
            .and_then(|value| value.as_str());
        let fields = signature.map(|text| ("elevenlabs-signature", text.as_bytes()));
        let webhook = RawWebhook::new(
            headers(fields),
            Bytes::copy_from_slice(text(fixture, "/body").as_bytes()),
        );
        let now = at(fixture["verify_at_unix"].as_i64().expect("a clock"));
        let keys = keys(&[text(fixture, "/key_material/webhook_secret")]);
        assert_eq!(webhook.verify(&keys, now).err(), Some(expected), "{name}");
    };
    of("50_tampered_body", Refusal::Wrong);
    of("52_stale_31min", Refusal::Stale);
    of("53_missing_header", Refusal::Missing);
    of("57_body_only_hmac", Refusal::Wrong);
    of("59_base64_digest", Refusal::Wrong);
}

#[test]
fn a_signature_is_good_for_thirty_minutes_and_one_of_a_fast_clock_too() {
    assert_eq!(
        verify(&keys(&[SECRET]), &signature(SECRET, NOW - 1_800)),
        Ok(())
    );
    assert_eq!(
        verify(&keys(&[SECRET]), &signature(SECRET, NOW - 1_801)),
        Err(Refusal::Stale)
    );
    assert_eq!(
        verify(&keys(&[SECRET]), &signature(SECRET, NOW + 86_400)),
        Ok(())
    );
}

#[test]
fn any_secret_and_any_of_several_signatures_will_do() {
    let both = keys(&["wsec_new", SECRET]);
    assert_eq!(verify(&both, &signature(SECRET, NOW)), Ok(()));
    assert_eq!(verify(&both, &signature("wsec_new", NOW)), Ok(()));
    assert_eq!(
        verify(&both, &signature("wsec_gone", NOW)),
        Err(Refusal::Wrong)
    );
    let (good, bad) = (v0(SECRET, &NOW.to_string()), "0".repeat(64));
    for pair in [[&good, &bad], [&bad, &good]] {
        let [first, second] = pair;
        assert_eq!(
            verify(&both, &format!("t={NOW},v0={first},v0={second}")),
            Ok(())
        );
    }
    assert_eq!(
        verify(&both, &format!("v1=x,t={NOW},v0={good}")),
        Ok(()),
        "a later scheme beside it"
    );
}

#[test]
fn another_spelling_of_the_digest_is_no_signature() {
    let good = v0(SECRET, &NOW.to_string());
    for signature in [
        good.to_uppercase(),
        format!(" {good}"),
        format!("{good} "),
        good[..63].to_owned(),
        String::new(),
    ] {
        assert_eq!(
            verify(&keys(&[SECRET]), &format!("t={NOW},v0={signature}")),
            Err(Refusal::Wrong)
        );
    }
}

#[test]
fn what_is_not_of_the_form_is_malformed() {
    let good = v0(SECRET, &NOW.to_string());
    for signature in [
        String::new(),
        good.clone(),
        format!("v0={good}"),
        format!("t={NOW}"),
        format!("t=,v0={good}"),
        format!("t=now,v0={good}"),
        format!("t={NOW}.0,v0={good}"),
        format!("t=-1,v0={good}"),
        format!("t={},v0={good}", i64::MAX),
        format!("t={NOW};v0={good}"),
        format!("T={NOW},V0={good}"),
    ] {
        assert_eq!(
            verify(&keys(&[SECRET]), &signature),
            Err(Refusal::Malformed),
            "{signature}"
        );
    }
}

#[test]
fn no_secret_verifies_nothing() {
    for none in [keys(&[]), keys(&["", "  "])] {
        assert!(none.is_empty());
        assert_eq!(verify(&none, &signature("", NOW)), Err(Refusal::Wrong));
    }
}

proptest! {
    #[test]
    fn no_random_header_is_accepted(header in "(t=)?[0-9]{0,12}[,;]?(v0=)?[0-9a-f]{0,64}") {
        prop_assert!(verify(&keys(&[SECRET]), &header).is_err());
    }

    #[test]
    fn every_changed_byte_is_noticed(index in 0..BODY.len(), change in 1..=255_u8) {
        let mut body = BODY.to_vec();
        body[index] ^= change;
        let fields = headers([("elevenlabs-signature", signature(SECRET, NOW).as_bytes())]);
        let verdict = RawWebhook::new(fields, body.into()).verify(&keys(&[SECRET]), at(NOW));
        prop_assert_eq!(verdict.err(), Some(Refusal::Wrong));
    }
}
