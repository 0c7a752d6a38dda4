//! Whose certificates the AWS clients accept (docs/adr/0042).

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::config::{ConfigError, Environment};

/// The five roots of Amazon Trust Services, which certifies the public endpoints of AWS. Its repository asks a
/// custom trust store to hold all five: <https://www.amazontrust.com/repository/>.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// Named as in AWS's other clients.
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// Trusts Amazon's roots, or in their place those of the file that `AWS_CA_BUNDLE` names.
pub(super) fn tls_context(environment: &Environment) -> Result<TlsContext, ConfigError> {
    let roots = match environment.optional(BUNDLE) {
        None => AMAZON_ROOTS.to_vec(),
        Some(path) => bundle(&path).ok_or(invalid())?,
    };
    let trusted = TrustStore::empty().with_pem_certificate(roots);
    let context = TlsContext::builder().with_trust_store(trusted).build();
    context.map_err(|_| invalid())
}

fn invalid() -> ConfigError {
    ConfigError::Invalid {
        name: BUNDLE,
        expected: "the path of a PEM file of root certificates",
    }
}

/// The file, if it has roots and each is readable: the SDK panics on one that is not.
fn bundle(path: &str) -> Option<Vec<u8>> {
    let pem = std::fs::read(path).ok()?;
    let roots = root_store(&pem)?;
    (!roots.is_empty()).then_some(pem)
}

fn root_store(pem: &[u8]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.ok()?).ok()?;
    }
    Some(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(bundle: &str) -> Environment {
        let variables = [(BUNDLE.to_owned(), bundle.to_owned())];
        variables.into_iter().collect()
    }

    #[test]
    fn amazons_roots_are_five_that_mozilla_trusts() {
        let roots = root_store(AMAZON_ROOTS).unwrap();
        assert_eq!(roots.len(), 5);
        for root in &roots.roots {
            assert!(webpki_roots::TLS_SERVER_ROOTS.contains(root), "{root:?}");
        }
        assert!(tls_context(&environment("")).is_ok());
    }

    #[test]
    fn a_bundle_without_readable_roots_is_refused() {
        let folder = std::env::temp_dir().join(format!("ringpost-trust-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("bundle.pem");
        let bundle = |text: &[u8]| {
            std::fs::write(&file, text).unwrap();
            tls_context(&environment(file.to_str().unwrap())).is_ok()
        };
        assert!(bundle(AMAZON_ROOTS));
        let broken = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        for refused in [
            &b""[..],
            b"no certificate",
            broken,
            &[AMAZON_ROOTS, broken].concat(),
        ] {
            assert!(!bundle(refused), "{}", String::from_utf8_lossy(refused));
        }
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(tls_context(&environment(file.to_str().unwrap())).is_err());
    }
}
