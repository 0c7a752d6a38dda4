//! What dialers submit in a world of one's own.

use ringpost::{
    clock::Clock,
    ingest::capture::Capture,
    store::{calls::CallTable, directory::DirectoryTable},
};
use ringpost_functions::ingest::call_capture;

use super::World;
use crate::faults::Faults;

impl World {
    /// `call-capture` in this world.
    #[must_use]
    pub fn call_capture(&self, faults: &Faults) -> call_capture::Function {
        let (lookup, fold) = self.fold(faults);
        let calls = CallTable::new(self.database(faults), self.name("calls"));
        let capture = Capture::new(self.events(faults), lookup, fold, calls);
        let directory = DirectoryTable::new(self.database(faults), self.name("directory"));
        call_capture::Function {
            capture,
            directory,
            clock: Clock::system(),
            quota: None,
        }
    }
}
