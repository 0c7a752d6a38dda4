//! Resolves the host names of endpoints and refuses names with an address that is not public.
//!
//! A name may be public when it is configured and private a minute later. So the addresses are checked
//! here, where the connection is made with exactly these addresses.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::addresses;
use crate::delivery::addresses::Loopback;

/// Finds the addresses of a name; the ports do not matter.
pub(super) type Lookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum NotResolved {
    #[error("the name does not resolve")]
    Unknown,
    #[error("the name leads to an address that is not allowed")]
    Forbidden,
}

#[derive(Clone)]
pub(super) struct Resolver {
    lookup: Lookup,
    loopback: Loopback,
}

impl Resolver {
    pub(super) fn system(loopback: Loopback) -> Self {
        let lookup: Lookup = Arc::new(|name| {
            Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
        });
        Self { lookup, loopback }
    }

    async fn addresses(self, name: String) -> Result<Vec<SocketAddr>, NotResolved> {
        let found = (self.lookup)(name)
            .await
            .map_err(|_| NotResolved::Unknown)?;
        if found.is_empty() {
            return Err(NotResolved::Unknown);
        }
        // One forbidden address is enough: a mix of addresses is an attempt to reach the forbidden one.
        if !found
            .iter()
            .all(|address| addresses::is_allowed(address.ip(), self.loopback))
        {
            return Err(NotResolved::Forbidden);
        }
        Ok(found)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.clone().addresses(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(found.await?.into_iter()) as Addrs) })
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Resolver {
        /// Finds these addresses for every name.
        pub(in crate::delivery) fn fixed(addresses: &[&str], loopback: Loopback) -> Self {
            let found: Vec<_> = addresses
                .iter()
                .map(|ip| SocketAddr::new(ip.parse().unwrap(), 0))
                .collect();
            let lookup: Lookup = Arc::new(move |_| Box::pin(std::future::ready(Ok(found.clone()))));
            Self { lookup, loopback }
        }
    }

    async fn resolved(resolver: &Resolver) -> Result<usize, NotResolved> {
        let found = resolver.resolve("hooks.example.com".parse().unwrap()).await;
        found
            .map(Iterator::count)
            .map_err(|error| *error.downcast::<NotResolved>().unwrap())
    }

    #[tokio::test]
    async fn a_name_counts_as_its_worst_address() {
        for (addresses, refused, allowed) in [
            (&["93.184.215.14", "2606:4700:4700::1111"][..], Ok(2), Ok(2)),
            (&[], Err(NotResolved::Unknown), Err(NotResolved::Unknown)),
            (&["127.0.0.1"], Err(NotResolved::Forbidden), Ok(1)),
            (&["::1", "127.0.0.1"], Err(NotResolved::Forbidden), Ok(2)),
            (
                &["93.184.215.14", "10.0.0.1"],
                Err(NotResolved::Forbidden),
                Err(NotResolved::Forbidden),
            ),
            (
                &["10.0.0.1", "93.184.215.14"],
                Err(NotResolved::Forbidden),
                Err(NotResolved::Forbidden),
            ),
            (
                &["169.254.169.254"],
                Err(NotResolved::Forbidden),
                Err(NotResolved::Forbidden),
            ),
            (
                &["fd00:ec2::254"],
                Err(NotResolved::Forbidden),
                Err(NotResolved::Forbidden),
            ),
            (
                &["::ffff:127.0.0.1"],
                Err(NotResolved::Forbidden),
                Err(NotResolved::Forbidden),
            ),
            (
                &["64:ff9b::a9fe:a9fe"],
                Err(NotResolved::Forbidden),
                Err(NotResolved::Forbidden),
            ),
        ] {
            assert_eq!(
                resolved(&Resolver::fixed(addresses, Loopback::Refused)).await,
                refused,
                "{addresses:?}"
            );
            assert_eq!(
                resolved(&Resolver::fixed(addresses, Loopback::Allowed)).await,
                allowed,
                "{addresses:?}"
            );
        }
    }

    #[tokio::test]
    async fn an_unknown_name_resolves_to_nothing() {
        let lookup: Lookup =
            Arc::new(|_| Box::pin(std::future::ready(Err(io::ErrorKind::NotFound.into()))));
        let unknown = Resolver {
            lookup,
            loopback: Loopback::Allowed,
        };
        assert_eq!(resolved(&unknown).await, Err(NotResolved::Unknown));
    }
}
