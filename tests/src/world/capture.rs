//! What dialers submit in a world.

use futures::FutureExt;
use ringpost_functions::ingest::call_capture;

use super::World;
use crate::faults::Faults;

impl World {
    /// `call-capture` in this world.
    pub fn call_capture(&self, faults: &Faults) -> call_capture::Function {
        let function = self.endpoint(faults).now_or_never();
        function.expect("it reads no secrets")
    }
}
