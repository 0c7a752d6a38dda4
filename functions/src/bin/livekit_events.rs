//! LiveKit reports events of a room

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::livekit_events::main()
}
