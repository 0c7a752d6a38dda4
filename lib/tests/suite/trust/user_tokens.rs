//! User tokens: under which keys and algorithms one is accepted.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm as SignedBy, EncodingKey};
use ringpost::{
    auth::token::{Caller, TokenKeys, TokenKeysError, TokenPolicy, Unauthorized},
    crypto::jwt::{Algorithm, JwtError},
};
use serde_json::{Value, json};

use crate::support::{
    keys::{OTHER_RSA_N, RSA_N, ec_key_and_jwk, rsa_jwk, rsa_key},
    signing::{self, at, headers},
};

const NOW: i64 = 1_767_312_000;
const SECRET: &str = "a-shared-secret-of-thirty-two-bytes!";

type Answer = Result<Caller, Unauthorized>;

fn refused(error: JwtError) -> Option<Unauthorized> {
    Some(Unauthorized::Token(error))
}

fn policy(algorithm: Algorithm) -> TokenPolicy {
    TokenPolicy {
        algorithm,
        issuer: None,
        audience: None,
        longest_seconds: 3_600,
        default_tenant: None,
    }
}

fn ask(policy: &TokenPolicy, keys: &TokenKeys, authorization: &str) -> Answer {
    let headers = headers([("authorization", authorization.as_bytes())]);
    policy.caller(keys, &headers, at(NOW))
}

fn claims() -> Value {
    json!({ "sub": "user_1", "exp": NOW + 60 })
}

fn hs256(secret: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    signing::token(&json!({ "alg": "HS256" }), claims, SignedBy::HS256, &key)
}

fn secrets(text: &str) -> TokenKeys {
    TokenKeys::parse(text, Algorithm::Hs256).expect("a secret")
}

fn jwks(keys: &[Value], algorithm: Algorithm) -> Result<TokenKeys, TokenKeysError> {
    TokenKeys::parse(&json!({ "keys": keys }).to_string(), algorithm)
}

/// Asks with a token that `key` signed, under the keys of a JWKS document.
fn ask_signed(
    kid: Option<&str>,
    key: &EncodingKey,
    signed_by: SignedBy,
    published: &[Value],
) -> Answer {
    let (algorithm, name) = match signed_by {
        SignedBy::ES256 => (Algorithm::Es256, "ES256"),
        _ => (Algorithm::Rs256, "RS256"),
    };
    let mut header = json!({ "alg": name });
    if let Some(kid) = kid {
        header["kid"] = json!(kid);
    }
    let token = signing::token(&header, &claims(), signed_by, key);
    let keys = jwks(published, algorithm).expect("a usable key");
    ask(&policy(algorithm), &keys, &format!("Bearer {token}"))
}

#[test]
fn every_configured_secret_signs_and_no_other() {
    let (old, new) = (format!("old-{SECRET}"), format!("new-{SECRET}"));
    let keys = secrets(&format!("{old}\r\n  {new}  \n\n"));
    for secret in [&old, &new] {
        let token = format!("Bearer {}", hs256(secret, &claims()));
        assert!(
            ask(&policy(Algorithm::Hs256), &keys, &token).is_ok(),
            "{secret}"
        );
    }
    for secret in [
        String::new(),
        format!("{old}\r"),
        format!("  {new}  "),
        format!("{old}\n{new}"),
    ] {
        let token = format!("Bearer {}", hs256(&secret, &claims()));
        let answer = ask(&policy(Algorithm::Hs256), &keys, &token);
        assert_eq!(answer.err(), refused(JwtError::Signature), "{secret:?}");
    }
}

#[test]
fn a_secret_that_can_be_guessed_stops_the_start() {
    for text in [
        "x".repeat(31),
        format!("{SECRET}\n{}", "x".repeat(31)),
        "a".to_owned(),
    ] {
        let answer = TokenKeys::parse(&text, Algorithm::Hs256);
        assert!(
            matches!(answer, Err(TokenKeysError::WeakSecret)),
            "{text:?}"
        );
    }
    assert!(TokenKeys::parse(&"x".repeat(32), Algorithm::Hs256).is_ok());
}

#[test]
fn a_token_lives_as_long_as_the_policy_allows_and_those_of_the_samples_as_the_files() {
    let sample = "local-stack-jwt-secret-0123456789abcdef";
    let keys = secrets(&format!("{SECRET}\n{sample}"));
    let ask = |secret: &str, exp: i64| {
        let token = format!(
            "Bearer {}",
            hs256(secret, &json!({ "sub": "user_1", "exp": exp }))
        );
        ask(&policy(Algorithm::Hs256), &keys, &token)
    };
    // An hour, and the minute by which clocks may differ.
    assert!(ask(SECRET, NOW + 3_660).is_ok());
    for beyond in [NOW + 3_661, NOW + 20 * 365 * 86_400, i64::MAX] {
        assert_eq!(
            ask(SECRET, beyond).err(),
            Some(Unauthorized::TooLong),
            "{beyond}"
        );
    }
    assert!(ask(sample, NOW + 20 * 365 * 86_400).is_ok());
    assert_eq!(ask(sample, NOW - 61).err(), refused(JwtError::Expired));
    assert_eq!(
        ask(&format!("{sample}0"), NOW + 60).err(),
        refused(JwtError::Signature)
    );
}

#[test]
fn keys_that_could_verify_nothing_are_refused_at_the_start() {
    for blank in ["", " \n \r\n"] {
        let answer = TokenKeys::parse(blank, Algorithm::Hs256);
        assert!(matches!(answer, Err(TokenKeysError::NoKey)), "{blank:?}");
    }
    for text in ["", "secret", "[]", "{}", r#"{"keys":{}}"#] {
        let answer = TokenKeys::parse(text, Algorithm::Rs256);
        assert!(matches!(answer, Err(TokenKeysError::NotJwks)), "{text:?}");
    }
    assert!(matches!(
        jwks(&[], Algorithm::Rs256),
        Err(TokenKeysError::NoKey)
    ));
}

#[test]
fn an_rsa_key_is_found_with_and_without_its_name() {
    let published = [
        rsa_jwk(OTHER_RSA_N, json!({ "kid": "old" })),
        rsa_jwk(RSA_N, json!({ "kid": "new" })),
    ];
    let answer = |kid| ask_signed(kid, &rsa_key(), SignedBy::RS256, &published);
    assert!(answer(Some("new")).is_ok());
    assert!(answer(None).is_ok(), "every key is tried");
    assert_eq!(answer(Some("old")).err(), refused(JwtError::Signature));
    assert_eq!(answer(Some("gone")).err(), refused(JwtError::NoKey));
    let nameless = [rsa_jwk(RSA_N, json!({}))];
    let answer = ask_signed(Some("any"), &rsa_key(), SignedBy::RS256, &nameless);
    assert!(answer.is_ok(), "a key without a name fits any");
}

#[test]
fn a_p256_key_is_found_with_and_without_its_name() {
    let (key, jwk) = ec_key_and_jwk(json!({ "kid": "new", "use": "sig", "alg": "ES256" }));
    let (_, other) = ec_key_and_jwk(json!({ "kid": "old" }));
    let published = [other, jwk];
    let answer = |kid| ask_signed(kid, &key, SignedBy::ES256, &published);
    assert!(answer(Some("new")).is_ok());
    assert!(answer(None).is_ok(), "every key is tried");
    assert_eq!(answer(Some("old")).err(), refused(JwtError::Signature));
    assert_eq!(answer(Some("gone")).err(), refused(JwtError::NoKey));
}

#[test]
fn keys_for_another_purpose_or_algorithm_are_left_out() {
    let unusable = [
        rsa_jwk(RSA_N, json!({ "use": "enc" })),
        rsa_jwk(RSA_N, json!({ "alg": "RS512" })),
        rsa_jwk(RSA_N, json!({ "alg": "PS256" })),
        rsa_jwk(RSA_N, json!({ "alg": "HS256" })),
        rsa_jwk(RSA_N, json!({ "kty": "oct", "k": "c2VjcmV0" })),
        rsa_jwk("not/base64url", json!({})),
        rsa_jwk(RSA_N, json!({ "e": null })),
        ec_key_and_jwk(json!({})).1,
    ];
    for jwk in unusable {
        let answer = jwks(std::slice::from_ref(&jwk), Algorithm::Rs256);
        assert!(matches!(answer, Err(TokenKeysError::NoKey)), "{jwk}");
        let usable = [jwk, rsa_jwk(RSA_N, json!({ "kid": "k" }))];
        assert!(ask_signed(Some("k"), &rsa_key(), SignedBy::RS256, &usable).is_ok());
    }
    for changes in [
        json!({ "crv": "P-384" }),
        json!({ "crv": "secp256k1" }),
        json!({ "crv": "p-256" }),
        json!({ "crv": null }),
        json!({ "kty": "OKP" }),
        json!({ "use": "enc" }),
        json!({ "use": "" }),
        json!({ "alg": "ES384" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "ECDH-ES" }),
        json!({ "x": null }),
        json!({ "y": null }),
        json!({ "y": "not/base64url" }),
    ] {
        let (key, jwk) = ec_key_and_jwk(changes.clone());
        let answer = jwks(std::slice::from_ref(&jwk), Algorithm::Es256);
        assert!(matches!(answer, Err(TokenKeysError::NoKey)), "{changes}");
        // Beside one that is good, it still verifies nothing.
        let answer = ask_signed(
            None,
            &key,
            SignedBy::ES256,
            &[jwk, ec_key_and_jwk(json!({})).1],
        );
        assert_eq!(answer.err(), refused(JwtError::Signature), "{changes}");
    }
}

#[test]
fn a_key_of_which_parts_are_wrong_verifies_nothing_and_panics_nowhere() {
    let (key, jwk) = ec_key_and_jwk(json!({}));
    let (x, y) = (jwk["x"].as_str().expect("x"), jwk["y"].as_str().expect("y"));
    for (x, y) in [
        (y, x),
        (x, x),
        (x, ""),
        ("", ""),
        (x, "AAAA"),
        ("AAAA", y),
        (x, &y[..42]),
    ] {
        let Ok(keys) = jwks(
            &[json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })],
            Algorithm::Es256,
        ) else {
            continue;
        };
        let token = signing::token(&json!({ "alg": "ES256" }), &claims(), SignedBy::ES256, &key);
        let answer = ask(&policy(Algorithm::Es256), &keys, &format!("Bearer {token}"));
        assert_eq!(answer.err(), refused(JwtError::Signature), "{x} {y}");
    }
    for (n, e) in [
        ("", "AQAB"),
        ("AQAB", "AQAB"),
        (RSA_N, ""),
        (RSA_N, "AA"),
        (RSA_N, "AQ"),
        (RSA_N, "Ag"),
        (OTHER_RSA_N, "AQAB"),
    ] {
        let published = [json!({ "kty": "RSA", "n": n, "e": e })];
        let answer = ask_signed(None, &rsa_key(), SignedBy::RS256, &published);
        assert_eq!(answer.err(), refused(JwtError::Signature), "{n:.20} {e}");
    }
}

#[test]
fn an_rsa_key_below_2048_bits_verifies_nothing() {
    // By `openssl dgst -sha256 -sign` with a key of 1,024 bits: the signature is right.
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEiLCJleHAiOjE3NjczMTIwNjB9.s84uEoGuM5k-zHXG299SwIWPtY2RopdEBj48l20YJZEzx0rp4qazqKVzfM3w2Sefe0nUnAQagJabvAa9-i7QhCc4ikTjbCvCFxLnMTmMajwN0AA1tT74gv_JUAtEYTEh8MOlHNah6gCr4dUfutKhWnhsYugDEYfwY8AY-hzLQLU";
    let n = "s-BsE5875O_8P3rmLDoBNS9KdpvnFdPXMM59RhQwa2P1VaG0jU44JcFexUZqPekwKYAz6HvnFKcDYt3o4eI_73771AMEvLHtbyl_F6Ko3Y7v66aG4JjqsJiP4vst0prTgp4MG87CXGG2Pg9LaQ5roJ8a6WbHNkaW5rgzbn_iJs0";
    let keys = jwks(&[rsa_jwk(n, json!({}))], Algorithm::Rs256).expect("a key, though a weak one");
    let answer = ask(&policy(Algorithm::Rs256), &keys, &format!("Bearer {token}"));
    assert_eq!(answer.err(), refused(JwtError::Signature));
}

#[test]
fn only_the_very_scheme_of_the_algorithm_signs() {
    let published = [rsa_jwk(RSA_N, json!({}))];
    let keys = jwks(&published, Algorithm::Rs256).expect("a key");
    for (signed_by, name) in [(SignedBy::RS512, "RS512"), (SignedBy::PS256, "PS256")] {
        for (header, error) in [("RS256", JwtError::Signature), (name, JwtError::Algorithm)] {
            let token = signing::token(&json!({ "alg": header }), &claims(), signed_by, &rsa_key());
            let answer = ask(&policy(Algorithm::Rs256), &keys, &format!("Bearer {token}"));
            assert_eq!(answer.err(), refused(error), "{name} as {header}");
        }
    }
    let (key, jwk) = ec_key_and_jwk(json!({}));
    let keys = jwks(&[jwk], Algorithm::Es256).expect("a key");
    let token = signing::token(&json!({ "alg": "ES256" }), &claims(), SignedBy::ES256, &key);
    assert!(ask(&policy(Algorithm::Es256), &keys, &format!("Bearer {token}")).is_ok());
    let (message, signature) = token.rsplit_once('.').expect("a token");
    let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let (r, s) = bytes.split_at(32);
    let der = [&[0x30, 70, 2, 33, 0][..], r, &[2, 33, 0], s].concat();
    for wrong in [
        der,
        vec![0; 64],
        [s, r].concat(),
        bytes[..63].to_vec(),
        [&bytes[..], &[0]].concat(),
    ] {
        let token = format!("Bearer {message}.{}", URL_SAFE_NO_PAD.encode(wrong));
        assert_eq!(
            ask(&policy(Algorithm::Es256), &keys, &token).err(),
            refused(JwtError::Signature)
        );
    }
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let document = json!({ "keys": [rsa_jwk(RSA_N, json!({}))] }).to_string();
    let keys = TokenKeys::parse(&document, Algorithm::Rs256).expect("a key");
    let modulus = URL_SAFE_NO_PAD.decode(RSA_N).expect("base64url");
    for secret in [RSA_N.as_bytes(), &modulus, document.as_bytes(), b""] {
        let key = EncodingKey::from_secret(secret);
        let token = signing::token(&json!({ "alg": "HS256" }), &claims(), SignedBy::HS256, &key);
        let answer = ask(&policy(Algorithm::Rs256), &keys, &format!("Bearer {token}"));
        assert_eq!(answer.err(), refused(JwtError::Algorithm));
        // The same signature under a header that names the pinned algorithm.
        let token = signing::token(&json!({ "alg": "RS256" }), &claims(), SignedBy::HS256, &key);
        let answer = ask(&policy(Algorithm::Rs256), &keys, &format!("Bearer {token}"));
        assert_eq!(answer.err(), refused(JwtError::Signature));
    }
}

#[test]
fn the_algorithm_is_pinned_whatever_the_token_says() {
    let (ec, ec_jwk) = ec_key_and_jwk(json!({}));
    let rs256 = jwks(
        &[rsa_jwk(RSA_N, json!({})), ec_jwk.clone()],
        Algorithm::Rs256,
    )
    .expect("a key");
    let es256 = jwks(&[rsa_jwk(RSA_N, json!({})), ec_jwk], Algorithm::Es256).expect("a key");
    let by_ec = signing::token(&json!({ "alg": "ES256" }), &claims(), SignedBy::ES256, &ec);
    let by_rsa = signing::token(
        &json!({ "alg": "RS256" }),
        &claims(),
        SignedBy::RS256,
        &rsa_key(),
    );
    let by_rs512 = signing::token(
        &json!({ "alg": "RS512" }),
        &claims(),
        SignedBy::RS512,
        &rsa_key(),
    );
    let by_secret = hs256(SECRET, &claims());
    let refusals = [
        (Algorithm::Rs256, &rs256, &by_ec),
        (Algorithm::Rs256, &rs256, &by_rs512),
        (Algorithm::Rs256, &rs256, &by_secret),
        (Algorithm::Es256, &es256, &by_rsa),
        (Algorithm::Es256, &es256, &by_secret),
        (Algorithm::Hs256, &secrets(SECRET), &by_rsa),
    ];
    for (algorithm, keys, token) in refusals {
        let answer = ask(&policy(algorithm), keys, &format!("Bearer {token}"));
        assert_eq!(answer.err(), refused(JwtError::Algorithm), "{algorithm:?}");
    }
    let (unsigned, _) = by_secret.rsplit_once('.').expect("a token");
    for name in ["none", "None", "HS512"] {
        let none = signing::token(
            &json!({ "alg": name }),
            &claims(),
            SignedBy::HS256,
            &EncodingKey::from_secret(b""),
        );
        let answer = ask(
            &policy(Algorithm::Hs256),
            &secrets(SECRET),
            &format!("Bearer {none}"),
        );
        assert_eq!(answer.err(), refused(JwtError::Algorithm), "{name}");
    }
    let answer = ask(
        &policy(Algorithm::Hs256),
        &secrets(SECRET),
        &format!("Bearer {unsigned}."),
    );
    assert_eq!(answer.err(), refused(JwtError::Signature));
}

#[test]
fn public_keys_are_never_taken_for_shared_secrets() {
    for text in [
        r#"{"keys": []}"#,
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
    ] {
        let keys = TokenKeys::parse(text, Algorithm::Hs256);
        assert!(matches!(keys, Err(TokenKeysError::NotSecrets)), "{text}");
    }
    let random = "-pV3cQ8mWn2RtKz3vQ8mWn2RtKz3vQ8mWn2RtKz3vQ8";
    assert!(
        TokenKeys::parse(random, Algorithm::Hs256).is_ok(),
        "base64url may begin with a dash"
    );
}

#[test]
fn a_jwks_key_that_is_not_understood_is_ignored() {
    let strange = [
        json!({ "no": "kty" }),
        json!(7),
        json!(null),
        json!([]),
        rsa_jwk(RSA_N, json!({ "kty": "PQC" })),
        rsa_jwk(RSA_N, json!({ "use": 5 })),
        rsa_jwk(RSA_N, json!({ "alg": ["RS256"] })),
        rsa_jwk("%", json!({})),
        json!({ "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA" }),
    ];
    for member in strange {
        for published in [
            [member.clone(), rsa_jwk(RSA_N, json!({}))],
            [rsa_jwk(RSA_N, json!({})), member.clone()],
        ] {
            let answer = ask_signed(None, &rsa_key(), SignedBy::RS256, &published);
            assert!(answer.is_ok(), "{member} spoils the set");
        }
    }
    let nothing_left = json!({ "keys": [{ "no": "kty" }] });
    let keys = TokenKeys::parse(&nothing_left.to_string(), Algorithm::Rs256);
    assert!(matches!(keys, Err(TokenKeysError::NoKey)));
}
