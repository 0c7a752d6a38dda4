//! `POST /api/v1/webhooks/livekit/sip-inbound`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::sip_inbound::main()
}
