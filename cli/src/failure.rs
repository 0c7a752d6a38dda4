//! What went wrong, and what to do next.

use std::fmt;

/// The kind of a failure, which the exit code shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The API, or a check of this program, said no.
    Refused,
    /// The command makes no sense as it is.
    Usage,
    /// No answer came, or a 5xx: the same command may work later.
    Network,
    /// The endpoint of a customer, or the target of `listen`, did not answer 2xx.
    Target,
}

impl Kind {
    /// The exit code of the program.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Network => 3,
            Self::Target => 4,
        }
    }
}

/// A failure as it is shown. There is none without advice.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    message: String,
    advice: String,
}

impl Failure {
    /// `message` says what happened, `advice` what to do next; both are whole sentences.
    pub(crate) fn new(kind: Kind, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            advice: advice.into(),
        }
    }

    /// A command that cannot be run as it is.
    pub(crate) fn usage(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message, advice)
    }

    /// A no.
    pub(crate) fn refused(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message, advice)
    }

    /// A file that could not be read or written.
    pub(crate) fn of_file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let message = format!("{} cannot be used: {error}.", path.display());
        Self::usage(message, "Name another file, or correct its permissions.")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "✗ {}\n  → {}", self.message, self.advice)
    }
}
