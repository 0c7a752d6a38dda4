//! SignalWire's way into a world of one's own.

use ringpost::{auth::allow_list::AllowList, clock::Clock, providers::signalwire::Keys};
use ringpost_functions::ingest::{gate::Gate, signalwire};

use super::World;
use crate::faults::Faults;

impl World {
    /// `signalwire` in this world, for callers on `allow_list`. Its URL is the one that requests name.
    ///
    /// # Panics
    /// When its secrets cannot be read, or the list holds no networks.
    pub async fn signalwire(&self, faults: &Faults, allow_list: &str) -> signalwire::Function {
        let keys = self.secrets(&["signalwire-signing-keys"], |texts| {
            Keys::parse(&texts.lines("signalwire-signing-keys"))
        });
        let gate = Gate {
            allow_list: AllowList::parse(allow_list).expect("networks"),
            keys: keys.await,
            public_base_url: String::new(),
            clock: Clock::system(),
            addresses: None,
            accounts: None,
        };
        signalwire::Function {
            events: self.events(faults),
            gate,
        }
    }
}
