//! The program, run as a process of its own with a home of its own.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use ringpost_tests::stack::{root, stack};
use serde_json::{Value, json};
use uuid::Uuid;

/// A user: a home directory, and a token for a stage.
pub(crate) struct Person {
    home: PathBuf,
    variables: Vec<(String, String)>,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Person {
    /// A user without a token.
    pub(crate) fn new() -> Self {
        let home = std::env::temp_dir().join(format!("ringpost-cli-{}", Uuid::new_v4()));
        Self {
            home,
            variables: Vec::new(),
        }
    }

    /// The administrator of a tenant of its own.
    pub(crate) fn administrator() -> Self {
        let tenant = Uuid::new_v4().to_string();
        let token = stack().token(json!({ "sub": tenant, "tenant_id": tenant, "role": "admin" }));
        Self::new()
            .with("RINGPOST_URL", &stack().url(""))
            .with("RINGPOST_TOKEN", &token)
    }

    /// The same with a variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The user's own files of the program.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.join("ringpost").join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringpost"));
        command
            .args(arguments)
            .env_clear()
            .env("XDG_CONFIG_HOME", &self.home);
        command
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn runs(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().expect("the program runs"))
    }

    /// Runs a command with the variables of `.local/stack.env`.
    pub(crate) fn runs_on_the_stack(&self, arguments: &[&str]) -> Ran {
        stack();
        let file = root().join(".local/stack.env");
        let file = file.to_str().expect("a path in UTF-8");
        self.runs(&[arguments, &["--env-file", file]].concat())
    }

    /// Runs a command that is to succeed, and reads its lines of JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let ran = self.runs(&[arguments, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.json()
    }

    /// Starts a command and waits until it has written a line to standard error that begins like this.
    pub(crate) fn starts(&self, arguments: &[&str], until: &str) -> Started {
        let mut command = self.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut said = String::new();
        while !said.lines().any(|line| line.starts_with(until)) {
            assert_ne!(
                stderr.read_line(&mut said).expect("text"),
                0,
                "it ended: {said}"
            );
        }
        Started {
            child: Some(child),
            stderr,
            said,
        }
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.home).ok();
    }
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        let code = output.status.code().expect("it ends by itself");
        Self {
            code,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Standard output as lines of JSON objects.
    pub(crate) fn json(&self) -> Vec<Value> {
        let read =
            |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line} is no JSON"));
        let lines: Vec<Value> = self.stdout.lines().map(read).collect();
        assert!(lines.iter().all(Value::is_object), "{lines:?}");
        lines
    }
}

/// A command that runs. It is ended with the test.
pub(crate) struct Started {
    child: Option<Child>,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Started {
    /// The first word that the program said on standard error and that begins like this.
    pub(crate) fn said(&mut self, prefix: &str) -> String {
        loop {
            if let Some(word) = self
                .said
                .split_whitespace()
                .find(|word| word.starts_with(prefix))
            {
                return word.to_owned();
            }
            assert_ne!(
                self.stderr.read_line(&mut self.said).expect("text"),
                0,
                "it ended: {}",
                self.said
            );
        }
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let id = self.child.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.expect("kill can be run").success());
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> Ran {
        let child = self.child.take().expect("it runs");
        let output = child.wait_with_output().expect("it ends");
        let mut ran = Ran::of(output);
        std::io::Read::read_to_string(&mut self.stderr, &mut self.said).expect("text");
        ran.stderr.clone_from(&self.said);
        ran
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().ok();
            child.wait().ok();
        }
    }
}
