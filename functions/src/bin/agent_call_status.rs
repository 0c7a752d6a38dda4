//! `POST /api/agent-calls/status`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::calls::agent_call_status::main()
}
