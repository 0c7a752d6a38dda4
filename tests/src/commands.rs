//! The operator's commands.

use std::process::{Command, Output};

use crate::stack::root;

/// Runs a command of `local/` on the local stage.
pub fn local(command: &str, arguments: &[&str]) -> Output {
    Command::new("python3")
        .args(["-m", "local", command, "local"])
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("python3 can be run")
}

/// All that a command printed.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
