//! The operator's commands.

use std::process::{Command, Output};

use crate::stack::root;

/// Runs an operator's command on the local stage.
pub fn operate(command: &str, arguments: &[&str]) -> Output {
    Command::new("python3")
        .args(["-m", "ops", command, "local"])
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("python3 can be run")
}

/// All that a command printed.
pub fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
