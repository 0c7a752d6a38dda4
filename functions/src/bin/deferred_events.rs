//! The queue of events that the log could not take

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::workers::deferred_events::main()
}
