//! `GET /api/docs` and `GET /api/openapi.json`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::api_docs::main()
}
