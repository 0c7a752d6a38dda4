//! LiveKit asks for an agent

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::sip_inbound::main()
}
