//! What is accepted as signed by SignalWire: its recorded webhooks and Twilio's, and no request of
//! which a single byte was changed.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use ring::{digest, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY as SHA1, hmac::HMAC_SHA256 as SHA256};
use ringpost::providers::webhook::Refusal;
use serde_json::Value;

use crate::support::signalwire::{
    base64_signature, fixtures, headers, hex_signature, text, verify,
};

const KEY: &str = "PSK_of-the-tests";
const URL: &str = "https://hooks.example.com/api/webhooks/signalwire?tenant=acme";
const JSON: &str = r#"{"event_type":"call.created","call_id":"c1"}"#;
const FORM: &str = "CallSid=c1&CallStatus=completed&To=%2B15559876543&From=%2B15551234567";
/// The same form as it is signed.
const PARAMETERS: &str = "CallSidc1CallStatuscompletedFrom+15551234567To+15559876543";

fn replayed(fixture: &Value) -> Result<(), Refusal> {
    let key = ["/key_material/signing_key", "/key_material/auth_token"];
    let key = key
        .iter()
        .find_map(|pointer| fixture.pointer(pointer)?.as_str())
        .expect("a key");
    let fields = fixture["headers"].as_object().expect("headers");
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().expect("a header")))
        .collect();
    let (url, body) = (text(fixture, "/url"), text(fixture, "/body"));
    // Beside the key of the fixture another one, as during a rotation.
    let both = verify(
        &["PSK_the-newer-one", key],
        headers(&fields),
        url,
        body.as_bytes(),
    );
    assert_eq!(both, verify(&[key], headers(&fields), url, body.as_bytes()));
    both
}

#[test]
fn every_recorded_webhook_is_accepted_or_refused_as_it_says() {
    let (mut accepted, mut refused) = (BTreeMap::new(), Vec::new());
    for folder in ["signalwire", "twilio"] {
        for (name, fixture) in fixtures(folder) {
            let expected = text(&fixture, "/expected");
            match (expected.split([':', ' ']).next(), replayed(&fixture)) {
                (Some("accept"), Ok(())) => *accepted.entry(folder).or_insert(0) += 1,
                (Some("reject"), Err(refusal)) => refused.push((name, refusal)),
                (_, answer) => panic!("{folder}/{name}: {answer:?}, but {expected}"),
            }
        }
    }
    assert_eq!(
        accepted,
        BTreeMap::from([("signalwire", 11), ("twilio", 4)])
    );
    let expected = [
        ("50_compat_tampered", Refusal::Wrong),
        ("52_compat_missing_header", Refusal::Missing),
        ("53_compat_wrong_url", Refusal::Wrong),
        ("55_json_tampered", Refusal::Wrong),
        ("57_json_wrong_key", Refusal::Wrong),
        ("58_json_missing_header", Refusal::Missing),
        ("50_tampered_body", Refusal::Wrong),
        ("53_missing_header", Refusal::Missing),
    ];
    assert_eq!(
        refused,
        expected.map(|(name, refusal)| (name.to_owned(), refusal))
    );
}

/// The three ways to sign, each with its body.
fn signed() -> [(&'static str, String, &'static str); 3] {
    [
        (
            "x-signalwire-signature",
            hex_signature(SHA1, KEY, &format!("{URL}{JSON}")),
            JSON,
        ),
        (
            "x-signalwire-sha256-signature",
            hex_signature(SHA256, KEY, &format!("{URL}{JSON}")),
            JSON,
        ),
        (
            "x-signalwire-signature",
            base64_signature(KEY, &format!("{URL}{PARAMETERS}")),
            FORM,
        ),
    ]
}

#[test]
fn no_byte_of_body_url_signature_or_key_can_be_changed() {
    for (header, signature, body) in signed() {
        let accepted = |key: &str, signature: &str, url: &str, body: &[u8]| {
            verify(&[key], headers(&[(header, signature)]), url, body).is_ok()
        };
        assert!(accepted(KEY, &signature, URL, body.as_bytes()), "{header}");
        for index in 0..body.len() {
            let mut changed = body.as_bytes().to_vec();
            changed[index] ^= 1;
            assert!(
                !accepted(KEY, &signature, URL, &changed),
                "{header}: byte {index} of the body"
            );
            assert!(
                !accepted(KEY, &signature, URL, &body.as_bytes()[..index]),
                "{header}: cut at {index}"
            );
        }
        for text in [URL, signature.as_str(), KEY] {
            for index in 0..text.len() {
                let mut changed = text.as_bytes().to_vec();
                changed[index] ^= 1;
                let Ok(changed) = String::from_utf8(changed) else {
                    continue;
                };
                let [mut url, mut reported, mut key] = [URL, &signature, KEY];
                for part in [&mut url, &mut reported, &mut key] {
                    if *part == text {
                        *part = &changed;
                    }
                }
                assert!(
                    !accepted(key, reported, url, body.as_bytes()),
                    "{header}: {changed}"
                );
            }
        }
    }
}

#[test]
fn a_signature_has_one_spelling() {
    for (header, signature, body) in signed() {
        let refusal = |text: &str| verify(&[KEY], headers(&[(header, text)]), URL, body.as_bytes());
        let spaced = [
            format!(" {signature} x"),
            format!("{signature}="),
            format!("v0={signature}"),
        ];
        for text in spaced.iter().map(String::as_str).chain(["", "none", "00"]) {
            assert_eq!(refusal(text), Err(Refusal::Malformed), "{text}");
        }
        if !signature.ends_with('=') {
            assert_eq!(refusal(&signature.to_uppercase()), Err(Refusal::Malformed));
        }
    }
}

#[test]
fn a_form_that_no_callback_is_costs_nothing() {
    let url = "https://example.com/api/webhooks/signalwire";
    let signed = |body: &str| {
        let mut parameters: Vec<_> = body.split('&').collect();
        parameters.sort_unstable();
        let signature = base64_signature("key", &format!("{url}{}", parameters.concat()));
        verify(
            &["key"],
            headers(&[("x-signalwire-signature", &signature)]),
            url,
            body.as_bytes(),
        )
    };
    assert_eq!(signed(&vec!["a"; 1_000].join("&")), Ok(()));
    assert_eq!(signed(&vec!["a"; 1_001].join("&")), Err(Refusal::Wrong));
    assert_eq!(signed(&"a".repeat(300_000)), Err(Refusal::Wrong));
}

#[test]
fn without_a_key_or_with_an_empty_one_no_signature_is_accepted() {
    let signature = hex_signature(SHA1, "", &format!("{URL}{JSON}"));
    let fields = [("x-signalwire-signature", signature.as_str())];
    for keys in [&[""][..], &[]] {
        assert_eq!(
            verify(keys, headers(&fields), URL, JSON.as_bytes()),
            Err(Refusal::Wrong)
        );
    }
}

#[test]
fn every_key_signs_each_way_during_a_rotation() {
    for (header, signature, body) in signed() {
        for keys in [[KEY, "PSK_the-other-one"], ["PSK_the-other-one", KEY]] {
            let answer = verify(
                &keys,
                headers(&[(header, &signature)]),
                URL,
                body.as_bytes(),
            );
            assert_eq!(answer, Ok(()), "{header} {body}");
        }
        let answer = verify(
            &["PSK_the-other-one"],
            headers(&[(header, &signature)]),
            URL,
            body.as_bytes(),
        );
        assert_eq!(answer, Err(Refusal::Wrong), "{header} {body}");
    }
}

#[test]
fn any_of_the_headers_is_enough_and_none_spoils_another() {
    let [(sha1, sha1_signature, _), (sha256, sha256_signature, _), _] = signed();
    let zeros = [&"0".repeat(40), &"0".repeat(64)];
    for fields in [
        [(sha1, sha1_signature.as_str()), (sha256, zeros[1])],
        [(sha1, zeros[0]), (sha256, &sha256_signature)],
        [(sha1, zeros[0]), ("x-twilio-signature", &sha1_signature)],
        [
            (sha256, "undocumented"),
            ("x-twilio-signature", &sha1_signature),
        ],
    ] {
        assert_eq!(
            verify(&[KEY], headers(&fields), URL, JSON.as_bytes()),
            Ok(()),
            "{fields:?}"
        );
    }
    let swapped = [
        (sha1, sha256_signature.as_str()),
        (sha256, sha1_signature.as_str()),
    ];
    assert!(verify(&[KEY], headers(&swapped), URL, JSON.as_bytes()).is_err());
}

#[test]
fn the_default_port_and_credentials_may_have_been_signed_or_not() {
    let path = "/api/webhooks/signalwire";
    let ours = format!("https://hooks.example.com{path}");
    let guarded = format!("https://user:secret@hooks.example.com{path}");
    let accepts = |configured: &str, signed: &str| {
        let json = hex_signature(SHA1, KEY, &format!("{signed}{JSON}"));
        let form = base64_signature(KEY, &format!("{signed}{PARAMETERS}"));
        let [json, form] = [(json, JSON), (form, FORM)].map(|(signature, body)| {
            let fields = [("x-signalwire-signature", signature.as_str())];
            verify(&[KEY], headers(&fields), configured, body.as_bytes()).is_ok()
        });
        assert_eq!(json, form);
        json
    };
    let with_port = format!("https://hooks.example.com:443{path}");
    assert!(accepts(&ours, &with_port) && accepts(&with_port, &ours));
    assert!(
        accepts(&guarded, &guarded) && accepts(&guarded, &ours) && accepts(&guarded, &with_port)
    );
    for other in [
        "https://hooks.example.com:8443",
        "http://hooks.example.com",
        "https://example.com",
    ] {
        assert!(!accepts(&ours, &format!("{other}{path}")), "{other}");
    }
    assert!(!accepts(&ours, &guarded), "the credentials are unknown");
}

#[test]
fn a_signature_of_the_url_alone_needs_the_hash_of_the_body_in_it() {
    let hash = hex::encode(digest::digest(&digest::SHA256, JSON.as_bytes()));
    let bound = format!("{URL}&bodySHA256={hash}");
    let answer = |url: &str, body: &str| {
        let signature = base64_signature(KEY, url);
        verify(
            &[KEY],
            headers(&[("x-twilio-signature", &signature)]),
            url,
            body.as_bytes(),
        )
    };
    assert_eq!(answer(&bound, JSON), Ok(()));
    assert_eq!(
        answer(&bound, r#"{"event_type":"call.created","call_id":"c2"}"#),
        Err(Refusal::Wrong)
    );
    assert_eq!(
        answer(&format!("{bound}&bodySHA256=0"), JSON),
        Err(Refusal::Wrong),
        "the last one counts"
    );
    for body in [JSON, "", "=", "=&=", "a=b"] {
        assert_eq!(
            answer(URL, body),
            Err(Refusal::Wrong),
            "{body:?} is not signed at all"
        );
    }
}

#[test]
fn a_form_that_repeats_names_is_signed_as_signalwire_or_as_twilio_does() {
    let body = "Digits=2&Digits=1&Digits=2&A=x";
    let answer = |parameters: &str| {
        let signature = base64_signature(KEY, &format!("{URL}{parameters}"));
        verify(
            &[KEY],
            headers(&[("x-signalwire-signature", &signature)]),
            URL,
            body.as_bytes(),
        )
    };
    assert_eq!(answer("AxDigits2Digits1Digits2"), Ok(()), "in their order");
    assert_eq!(answer("AxDigits1Digits2"), Ok(()), "sorted, each once");
    for parameters in [
        "AxDigits1Digits2Digits2",
        "AxDigits2Digits1",
        "AxDigits2",
        "Digits1Digits2Ax",
    ] {
        assert_eq!(answer(parameters), Err(Refusal::Wrong), "{parameters}");
    }
}

proptest! {
    #[test]
    fn whatever_is_sent_never_panics(
        url in ".{0,40}", body in vec(any::<u8>(), 0..60), signature in "[ -~]{0,70}",
    ) {
        for name in ["x-signalwire-signature", "x-signalwire-sha256-signature", "x-twilio-signature"] {
            prop_assert!(verify(&[KEY], headers(&[(name, &signature)]), &url, &body).is_err());
        }
    }

    #[test]
    fn every_form_is_accepted_in_any_order_as_it_was_signed(
        parameters in proptest::collection::btree_map("[A-Za-z0-9]{1,8}", "[ -~é]{0,12}", 1..8), seed in any::<usize>(),
    ) {
        let signed: String = parameters.iter().flat_map(|(name, value)| [name.as_str(), value]).collect();
        let mut order: Vec<_> = parameters.iter().collect();
        order.rotate_left(seed % parameters.len());
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(order).finish();
        let signature = base64_signature(KEY, &format!("{URL}{signed}"));
        let fields = [("x-signalwire-signature", signature.as_str())];
        prop_assert_eq!(verify(&[KEY], headers(&fields), URL, body.as_bytes()), Ok(()));
    }
}
