//! Limits of requests in a world.

use ringpost::{auth::limiter::Limiter, clock::Clock, store::limits::LimitTable};

use super::{Faults, World};

impl World {
    /// Lets `most` requests of a name pass in a minute, as `clock` shows it. The counters stand in the directory's
    /// table, which has the same key.
    pub fn limiter(&self, most: u64, clock: Clock) -> Limiter {
        self.limiter_with(most, clock, &Faults::none())
    }

    /// The same, of requests of this kind.
    pub fn limiter_of(&self, kind: &'static str, most: u64, clock: Clock) -> Limiter {
        let table = LimitTable::new(self.database(&Faults::none()), self.name("directory"));
        Limiter::new(table, kind, most, clock)
    }

    /// The same, of a process that these faults strike.
    pub fn limiter_with(&self, most: u64, clock: Clock, faults: &Faults) -> Limiter {
        let table = LimitTable::new(self.database(faults), self.name("directory"));
        Limiter::new(table, "test", most, clock)
    }
}
