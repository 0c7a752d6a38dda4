//! Hashes, HMACs and tokens by the examples of their specifications, and by `ring`'s.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::{collection::vec, prelude::*};
use ring::{digest, hmac};
use ringpost::{
    crypto::{
        self, HmacKey, HmacSha1, HmacSha256,
        jwt::{Algorithm, JwtError, Key, Token},
    },
    domain::timestamp::Timestamp,
};
use serde_json::{Value, json};

#[test]
fn sha256_is_that_of_fips_180() {
    for (text, expected) in [
        (
            "",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ] {
        assert_eq!(
            hex::encode(crypto::sha256(text.as_bytes())),
            expected,
            "{text}"
        );
    }
}

#[test]
fn hmac_is_that_of_rfc_4231_and_rfc_2202() {
    let larger = "Test Using Larger Than Block-Size Key - Hash Key First";
    let cases: [(Vec<u8>, &str, &str, &str); 4] = [
        (
            vec![0x0b; 20],
            "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            "b617318655057264e28bc0b6fb378c8ef146be00",
        ),
        (
            b"Jefe".to_vec(),
            "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        ),
        (
            vec![0xaa; 131],
            larger,
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            "90d0dace1c1bdc957339307803160335bde6df2b",
        ),
        // Shorter than two blocks, as RFC 2202 has it.
        (
            vec![0xaa; 80],
            larger,
            "6953025ed96f0c09f80a96f78e6538dbe2e7b820e3dd970e7ddd39091b32352f",
            "aa4ae5e15272d00e95705637ce8a3b55ed402112",
        ),
    ];
    for (key, message, sha256, sha1) in cases {
        let signed = [message.as_bytes()];
        let [sha256, sha1] = [sha256, sha1].map(|text| hex::decode(text).expect("hex"));
        assert_eq!(
            HmacSha256::new(&key).expect("a key").sign(&signed),
            *sha256,
            "{message}"
        );
        assert!(
            HmacSha256::new(&key)
                .expect("a key")
                .signed(&signed, &sha256),
            "{message}"
        );
        assert!(
            HmacSha1::new(&key).expect("a key").signed(&signed, &sha1),
            "{message}"
        );
        assert!(
            !HmacSha256::new(&key).expect("a key").signed(&signed, &sha1),
            "another hash"
        );
        assert!(
            !HmacSha1::new(&key).expect("a key").signed(&signed, &sha256),
            "another hash"
        );
    }
}

#[test]
fn no_key_is_made_of_nothing_and_none_is_shown() {
    assert!(HmacSha256::new(b"").is_none() && HmacSha1::new(b"").is_none());
    assert!(Key::hs256(b"").is_none());
    let shown = format!(
        "{:?} {:?}",
        HmacSha256::new(b"secret"),
        Key::hs256(b"secret")
    );
    assert!(
        !shown.contains("secret") && !shown.contains("115, 101, 99"),
        "{shown}"
    );
}

#[test]
fn hex_of_a_signature_is_lower_case_and_whole() {
    assert_eq!(crypto::lowercase_hex("00ff9a"), Some([0, 255, 0x9a]));
    for text in [
        "00ff9A", "00FF9a", "00ff9", "00ff9a0", "00ff9a00", "00ff", "", "00ff9g", " 00ff9",
        "0x00ff",
    ] {
        assert_eq!(crypto::lowercase_hex::<3>(text), None, "{text}");
    }
}

const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const HS256: (&str, &str) = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
);
const RS256: (&str, &str) = (
    "eyJhbGciOiJSUzI1NiJ9",
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
);
const ES256: (&str, &str) = (
    "eyJhbGciOiJFUzI1NiJ9",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
);

/// The keys of RFC 7515's appendices A.1 to A.3.
fn keys_of_rfc_7515() -> [(Algorithm, Key); 3] {
    let secret =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    let (x, y) = (
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    );
    let secret = URL_SAFE_NO_PAD.decode(secret).expect("base64url");
    [
        (Algorithm::Hs256, Key::hs256(&secret).expect("a secret")),
        (
            Algorithm::Rs256,
            Key::rs256(None, n, "AQAB").expect("an RSA key"),
        ),
        (Algorithm::Es256, Key::es256(None, x, y).expect("a point")),
    ]
}

fn verify(token: &str, algorithm: Algorithm, keys: &[(Algorithm, Key)]) -> Result<Value, JwtError> {
    let now = Timestamp::from_seconds(1_300_819_380).expect("a time");
    Token::parse(token)?.verify(algorithm, keys.iter().map(|(_, key)| key), now, 0)
}

#[test]
fn the_tokens_of_rfc_7515_are_verified_each_by_its_own_key() {
    let keys = keys_of_rfc_7515();
    for ((header, signature), (algorithm, _)) in [HS256, RS256, ES256].iter().zip(&keys) {
        let token = format!("{header}.{JOE}.{signature}");
        let claims =
            json!({ "iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true });
        assert_eq!(
            verify(&token, *algorithm, &keys),
            Ok(claims),
            "{algorithm:?}"
        );
        for other in [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Es256] {
            if other != *algorithm {
                assert_eq!(verify(&token, other, &keys), Err(JwtError::Algorithm));
                let others = keys_of_rfc_7515()
                    .into_iter()
                    .filter(|(key, _)| key == &other);
                let others: Vec<_> = others.collect();
                assert_eq!(verify(&token, *algorithm, &others), Err(JwtError::NoKey));
            }
        }
    }
}

#[test]
fn every_bit_of_a_signature_counts() {
    let keys = keys_of_rfc_7515();
    for ((header, signature), (algorithm, _)) in [HS256, RS256, ES256].iter().zip(&keys) {
        let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        let refused = |bytes: &[u8]| {
            let token = format!("{header}.{JOE}.{}", URL_SAFE_NO_PAD.encode(bytes));
            assert_eq!(
                verify(&token, *algorithm, &keys),
                Err(JwtError::Signature),
                "{algorithm:?}"
            );
        };
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            *changed.get_mut(bit / 8).expect("a byte") ^= 1 << (bit % 8);
            refused(&changed);
        }
        let (left, right) = bytes.split_at(bytes.len() / 2);
        refused(&[]);
        refused(left);
        refused(&vec![0; bytes.len()]);
        refused(&[right, left].concat());
        refused(&[&bytes[..], &[0]].concat());
        refused(&[&[0], &bytes[..]].concat());
    }
}

fn ring_hmac(algorithm: hmac::Algorithm, key: &[u8], message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(algorithm, key), message)
}

proptest! {
    #[test]
    fn hashes_and_hmacs_are_those_of_ring(
        key in vec(any::<u8>(), 1..200), message in vec(any::<u8>(), 0..300), cut in any::<prop::sample::Index>(),
    ) {
        let hash = digest::digest(&digest::SHA256, &message);
        prop_assert!(crypto::sha256(&message) == *hash.as_ref());
        prop_assert!(crypto::is_sha256(hash.as_ref(), &message));
        let (left, right) = message.split_at(cut.index(message.len() + 1));
        let sha256 = ring_hmac(hmac::HMAC_SHA256, &key, &message);
        let sha1 = ring_hmac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key, &message);
        let made: HmacSha256 = HmacKey::new(&key).expect("a key");
        prop_assert!(made.sign(&[left, right]) == *sha256.as_ref());
        prop_assert!(made.signed(&[left, b"", right], sha256.as_ref()));
        prop_assert!(HmacSha1::new(&key).expect("a key").signed(&[left, right], sha1.as_ref()));
    }

    #[test]
    fn no_part_of_a_hash_or_hmac_stands_for_it(
        key in vec(any::<u8>(), 1..80), message in vec(any::<u8>(), 0..80), cut in 0_usize..20, bit in 0_usize..160,
    ) {
        let made = HmacSha256::new(&key).expect("a key");
        let (mut hash, mut sha256) = (crypto::sha256(&message), made.sign(&[&message]));
        let mut sha1 = ring_hmac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key, &message).as_ref().to_vec();
        let legacy = HmacSha1::new(&key).expect("a key");
        for part in [..cut, ..cut + 1] {
            prop_assert!(part.end == 20 || !legacy.signed(&[&message], sha1.get(part).unwrap_or_default()));
            prop_assert!(!made.signed(&[&message], sha256.get(part).unwrap_or_default()));
            prop_assert!(!crypto::is_sha256(hash.get(part).unwrap_or_default(), &message));
        }
        prop_assert!(made.signed_any(&[&message], &[vec![], vec![0; 32], sha256.to_vec()]));
        for bytes in [&mut hash[..], &mut sha256, &mut sha1] {
            *bytes.get_mut(bit / 8).expect("every one has 160 bits") ^= 1 << (bit % 8);
        }
        prop_assert!(!crypto::is_sha256(&hash, &message));
        prop_assert!(!made.signed(&[&message], &sha256));
        prop_assert!(!made.signed_any(&[&message], &[vec![], vec![0; 32], sha256.to_vec()]));
        prop_assert!(!legacy.signed(&[&message], &sha1));
        let none: [&[u8]; 0] = [];
        prop_assert!(!made.signed_any(&[&message], &none));
    }
}
