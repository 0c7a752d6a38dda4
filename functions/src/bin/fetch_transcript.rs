//! The queue of transcripts

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::workers::fetch_transcript::main()
}
