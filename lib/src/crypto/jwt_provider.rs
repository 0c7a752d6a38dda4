//! What `jsonwebtoken` verifies signatures with: HS256 by `hmac` and `sha2`, RS256 and ES256 by `ring`.
//! No other algorithm exists here, and nothing signs.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind,
    crypto::{CryptoProvider, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind, new_error},
    signature::{self, Verifier},
};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::HmacSha256;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    verifier_factory,
    // For thumbprints and for creating JWKs, which nothing here does. The crate's own defaults
    // panic.
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
        rsa_pub_components_from_public_key: |_| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
        ec_pub_components_from_private_key: |_, _| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
        ed_pub_components_from_private_key: |_, _| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
        compute_digest: |_, _| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    },
};

/// Makes this the provider of the process. `jsonwebtoken` keeps the first one that it gets, and panics
/// when it is asked to verify without any: creating a key calls this first.
pub(super) fn install() {
    PROVIDER.install_default().ok();
}

struct Hs256(HmacSha256);

struct Rs256(RsaPublicKeyComponents<Vec<u8>>);

struct Es256(UnparsedPublicKey<Vec<u8>>);

fn verifier_factory(
    algorithm: &Algorithm,
    key: &DecodingKey,
) -> Result<Box<dyn JwtVerifier>, Error> {
    match (algorithm, key.family(), key.kind()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac, DecodingKeyKind::SecretOrDer(secret)) => {
            let key =
                HmacSha256::new(secret).ok_or_else(|| new_error(ErrorKind::InvalidKeyFormat))?;
            Ok(Box::new(Hs256(key)))
        }
        (Algorithm::RS256, AlgorithmFamily::Rsa, DecodingKeyKind::RsaModulusExponent { n, e }) => {
            Ok(Box::new(Rs256(RsaPublicKeyComponents {
                n: n.clone(),
                e: e.clone(),
            })))
        }
        (Algorithm::ES256, AlgorithmFamily::Ec, DecodingKeyKind::SecretOrDer(point)) => {
            Ok(Box::new(Es256(UnparsedPublicKey::new(
                &ECDSA_P256_SHA256_FIXED,
                point.clone(),
            ))))
        }
        _ => Err(new_error(ErrorKind::InvalidAlgorithm)),
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        if self.0.signed(&[message], signature) {
            Ok(())
        } else {
            Err(signature::Error::new())
        }
    }
}

impl Verifier<Vec<u8>> for Rs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        // Keys below 2,048 bits verify nothing.
        self.0
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .map_err(|_| signature::Error::new())
    }
}

impl Verifier<Vec<u8>> for Es256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0
            .verify(message, signature)
            .map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

impl JwtVerifier for Es256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::EncodingKey;

    use super::*;

    const ALGORITHMS: [Algorithm; 12] = [
        Algorithm::HS256,
        Algorithm::HS384,
        Algorithm::HS512,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
        Algorithm::EdDSA,
    ];

    #[test]
    fn each_algorithm_has_its_kind_of_key_and_there_are_three() {
        let keys = [
            DecodingKey::from_secret(b"secret"),
            DecodingKey::from_rsa_components("AQAB", "AQAB").unwrap(),
            DecodingKey::from_rsa_der(b"secret"),
            DecodingKey::from_ec_components("AQAB", "AQAB").unwrap(),
            DecodingKey::from_ed_components("AQAB").unwrap(),
        ];
        let pairs = ALGORITHMS
            .iter()
            .flat_map(|algorithm| keys.iter().map(move |key| (algorithm, key)));
        let verified = pairs.filter_map(|(algorithm, key)| {
            let verifier = verifier_factory(algorithm, key).ok()?;
            assert_eq!(verifier.algorithm(), *algorithm);
            Some((*algorithm, key.family()))
        });
        let expected = [
            (Algorithm::HS256, AlgorithmFamily::Hmac),
            (Algorithm::ES256, AlgorithmFamily::Ec),
            (Algorithm::RS256, AlgorithmFamily::Rsa),
        ];
        assert_eq!(verified.collect::<Vec<_>>(), expected);
        assert!(verifier_factory(&Algorithm::HS256, &DecodingKey::from_secret(b"")).is_err());
    }

    #[test]
    fn nothing_signs_and_nothing_panics() {
        for algorithm in ALGORITHMS {
            assert!(
                (PROVIDER.signer_factory)(&algorithm, &EncodingKey::from_secret(b"secret"))
                    .is_err()
            );
            assert!(
                (PROVIDER.key_utils.ec_pub_components_from_private_key)(b"key", algorithm).is_err()
            );
        }
        assert!((PROVIDER.key_utils.rsa_pub_components_from_private_key)(b"key").is_err());
        assert!((PROVIDER.key_utils.rsa_pub_components_from_public_key)(b"key").is_err());
    }
}
