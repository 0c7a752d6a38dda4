//! SignalWire's webhooks in a world.

use ringpost_functions::ingest::signalwire;

use super::World;
use crate::faults::Faults;

impl World {
    /// `signalwire` in this world, for callers on `allow_list`. Its URL is the one that requests name.
    pub async fn signalwire(&self, faults: &Faults, allow_list: &str) -> signalwire::Function {
        let variables = [("SIGNALWIRE_ALLOW_LIST", allow_list)];
        self.endpoint_with(faults, &variables).await
    }
}
