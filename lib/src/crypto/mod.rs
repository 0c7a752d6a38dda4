//! Hashes, HMACs, tokens and random bytes: the one place that names the packages which make them (ADR 16).
//!
//! `sha2`, `sha1` and `hmac` make digests and HMACs, `jsonwebtoken` verifies tokens, and `ring` is behind
//! it for RSA and ECDSA. What is secret is compared in constant time, and in full length.

mod hmac_key;
pub mod jwt;
mod jwt_provider;
pub mod tls;

use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use hmac_key::{HmacKey, HmacSha1, HmacSha256};

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Whether `hash` is the whole SHA-256 of these bytes.
pub fn is_sha256(hash: &[u8], bytes: &[u8]) -> bool {
    hash.ct_eq(&sha256(bytes)).into()
}

/// The bytes of lower-case hex of exactly this length: a signature has one spelling.
pub fn lowercase_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
}

/// Bytes that cannot be guessed; `None` when the system's random source fails.
pub fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok().map(|()| bytes)
}
