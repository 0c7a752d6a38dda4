//! Resolves the names of endpoints, and refuses those that lead anywhere but to public addresses.
//!
//! A name may be public when it is configured and private a minute later. So the addresses are judged
//! here, where the connection is about to be made with exactly these addresses, and nowhere before.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::{addresses, destination::Loopback};

/// Finds the addresses of a name; their ports do not matter.
pub(super) type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Why there are no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum NotResolved {
    /// The name is unknown, or nobody could be asked.
    #[error("the name does not resolve")]
    Unknown,
    /// Some address of the name may not be posted to.
    #[error("the name leads to an address that is not allowed")]
    Forbidden,
}

/// What connections get their addresses from.
#[derive(Clone)]
pub(super) struct Resolver {
    lookup: Lookup,
    loopback: Loopback,
}

impl Resolver {
    /// Asks the system.
    pub(super) fn system(loopback: Loopback) -> Self {
        let lookup: Lookup =
            Arc::new(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }));
        Self { lookup, loopback }
    }

    async fn addresses(self, name: String) -> Result<Vec<SocketAddr>, NotResolved> {
        let found = (self.lookup)(name).await.map_err(|_| NotResolved::Unknown)?;
        if found.is_empty() {
            return Err(NotResolved::Unknown);
        }
        // One forbidden address condemns the name: whoever mixes them wants us to take the wrong one.
        if !found.iter().all(|address| addresses::is_allowed(address.ip(), self.loopback)) {
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
