//! Keys that sign test tokens, and the JWKS entries of their public halves.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::EncodingKey;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

/// A 2,048-bit key that protects nothing, since making one takes seconds; PKCS#1 from
/// `openssl genrsa -traditional 2048 | openssl rsa -traditional -outform DER | base64 -w0`.
const RSA_KEY: &str = "MIIEowIBAAKCAQEAnFBIEm0HX5A+8NKvWoNd0f4Thb7vRgP7ikfh7eL0CosROf2Kiy7lFzgMMdGh4yQ/42LnIsMGNO7etIACNgcS2UYcwj8QIP5Je6n95LGnvNXiST51Xo/cQ383z1Z/E5rI0HKfV28rtnCEFc8ow6GQfTAiuf4Fo3owDcjN0Tumn4BlDU9m4C78hBRHzNMAhAmEzEZMuUf1/hLGdVfDUa599WevgR8BJy9tUktHOvnWx5VOFc8OJZIF5j9nDNoPjPerF43MzM9Zyq17LByhkDEiDQ178UH1MInyiuU1sC6B01FKSTtkV4r1rmACv0XXJRoFVaETFBa+iDrF2lTT6USCfQIDAQABAoIBAAYUFyFkTP+Z1+C8iKYf6qOSWkb+rEZQPFVdwzrhcvUAAGz9X4hXDACRpOPBD6cKD1Pz0iInbFPdoBpryeo47zI0yESDeEiYKtpcu2tLv0aYGKMZgy3osTuMtGpjJjDoeXuloW2gfJYtHO3OLvsgisJbf1Y1Oxnm0/yNPPewdqPIJkUsFP7G5yIHMGwXtt6WuOQuACUZ8mnjEhL+yia8BFm22lZiDMzzd0tys5nLBP8SvNC5UN5fY3W7QTMZS2/asTVnaeGGLTd2A0EgpvtSpHYTU/Z71oeEc6DbQloa8ZH5NSmQZP2Dnse6qqQ9oeE3iydT4oy643PJnxEYfhl5qFECgYEA2+DW0DL7buE22w98JkGbnH5+pD49jTlgYRr/OLlA0XBEJ1jMxE/QmUDbd+cg97SCwuWI/1CGq3v95ovsa9N9QtnwtSl/YIHKoOw9/lZIFyka+B3YTb009fEAw4VKMYNOlLhuoPtNeGMW9iWD+JT2cC4XH9VJEgQj4OjOFAeO7BUCgYEAtf4tiODxqpK1zT607dEpTR3TRyIU9INBJBpsHVoulP3CpDW+J3HwKBqtu7CaD2618FjK5Tn41jWMMcO6m1Jm9qu/BCgaaLi3L1FOrhPTqwm8+Hf4y7paWKI9uedCKvP4JfF6fPQCy9yxocevrPSMNzH7XzgHdxvDbxekQzmUDskCgYEAo/ymeZTsbR/O98Yuw6F+21KERR6ebWtzdDjcTIPt0cY3LllOLsOQQhxbEqvwrI2WUKE8cZ6vMcpB7OZCp5COBYPhwFt4wpNKeoZ3He9fyNZBZPdtUV1h2GOsPCZ21UKnIsgCylFiz/ynLWGBca43tibJ3FYIL0WjNKSsvcd9UpkCgYAxX8gSvpRR5oOUL1L+wiQmW9UaE1EEFSfzF4gFXpYMrdvEmSABq5OwDazcosjpLuwFTNGe5t9vng9u4N8bjHuKqIWmJwsjJhnsqG5kI9TlLjsqXcIN43znVvzQFsGIza+g+6Zzh+/KRxGaBobOsXno75J2/shntAyNcyiJZHGaoQKBgEFS+dmxkym28a7Tbc6NYnNgtBdjo1GHZduS8or6eA8EfcGGvoWLlwxEAusRIFdwDW8stbgvHsabxhEMFjJOnUbfP5SvDDiRRqjhLbjH0H3Sa2E//EzNI4/QguQdHfgqTn5BrrtElJ1e9kL1RoXnNwEz+vT6A7/gZUbJTqUgBKke";
/// The modulus of that key.
pub(crate) const RSA_N: &str = "nFBIEm0HX5A-8NKvWoNd0f4Thb7vRgP7ikfh7eL0CosROf2Kiy7lFzgMMdGh4yQ_42LnIsMGNO7etIACNgcS2UYcwj8QIP5Je6n95LGnvNXiST51Xo_cQ383z1Z_E5rI0HKfV28rtnCEFc8ow6GQfTAiuf4Fo3owDcjN0Tumn4BlDU9m4C78hBRHzNMAhAmEzEZMuUf1_hLGdVfDUa599WevgR8BJy9tUktHOvnWx5VOFc8OJZIF5j9nDNoPjPerF43MzM9Zyq17LByhkDEiDQ178UH1MInyiuU1sC6B01FKSTtkV4r1rmACv0XXJRoFVaETFBa-iDrF2lTT6USCfQ";
/// The modulus of a second one, whose private half was thrown away.
pub(crate) const OTHER_RSA_N: &str = "oEFQ0jlpF3mr6sQ7ekKQcogG5ZR2PNNXEE60NxSdIsacAfpI7tMvIbcMqSbTSWx4m6Hbx_4M6B7TG17xo_oxy1qElFDkPbN9lZ9plECjkOMhrKbGRT01dmCOL5tPPQwC95-LulXz0oVlwZ4J6_EPnnc6X8SXfh6r-EQz4MCgAOcpyslOZUOWBR7qiUBjWlgvx_qFL79NR4uMz2O1pR_jmfTMOvGJ-OaNFbB5rbVF3EvNqm6gPMhukeM3L4y9CPVYkeJBa15Ly90aTWywAc1SHQdUHffLc7op3h9CfIyZf1sNSaHhaLe7E6GRvYC5mPxFANjU0hf7Zp2sR96fOYkHsw";

pub(crate) fn rsa_key() -> EncodingKey {
    EncodingKey::from_rsa_der(&STANDARD.decode(RSA_KEY).expect("base64"))
}

/// The JWKS entry of an RSA key; `changes` adds and replaces members.
pub(crate) fn rsa_jwk(n: &str, changes: Value) -> Value {
    changed(json!({ "kty": "RSA", "n": n, "e": "AQAB" }), changes)
}

/// A new key on P-256, and its entry as [`rsa_jwk`] makes it.
pub(crate) fn ec_key_and_jwk(changes: Value) -> (EncodingKey, Value) {
    let random = SystemRandom::new();
    let document =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
            .expect("the key again");
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let point = json!({
        "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    });
    (
        EncodingKey::from_ec_der(document.as_ref()),
        changed(point, changes),
    )
}

fn changed(mut jwk: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().into_iter().flatten() {
        jwk[name] = value.clone();
    }
    jwk
}
