//! The environment: variables, the file of `--env-file`, and the profile.
//!
//! The file comes before the variables, and the variables before the profile. A URL and a token are taken from the same
//! of the three: a token never goes to another stage than its own.

use std::{collections::HashMap, fs};

use url::{Host, Url};

use crate::{
    api::Api,
    arguments::Place,
    failure::Failure,
    profile::{Profile, Profiles},
};

const URL: &str = "RINGPOST_URL";
const TOKEN: &str = "RINGPOST_TOKEN";
const STAGE: &str = "RINGPOST_STAGE";

/// What the environment says.
#[derive(Debug)]
pub(crate) struct Environment {
    file: HashMap<String, String>,
    profile: Option<String>,
}

/// A stage: its URL, the token for it, and what kind of stage it is.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) url: String,
    pub(crate) token: String,
    /// `local`, `dev`, `prod` or another name of yours.
    pub(crate) name: String,
}

impl Environment {
    /// Reads the file, if one is named.
    pub(crate) fn read(place: &Place) -> Result<Self, Failure> {
        let file = match &place.env_file {
            None => HashMap::new(),
            Some(path) => {
                parse(&fs::read_to_string(path).map_err(|error| Failure::of_file(path, &error))?)
            }
        };
        Ok(Self {
            file,
            profile: place.profile.clone(),
        })
    }

    /// A variable that is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.file
            .get(name)
            .cloned()
            .or_else(|| process_variable(name))
            .filter(|value| !value.is_empty())
    }

    /// A variable that a command cannot do without.
    pub(crate) fn required(&self, name: &str) -> Result<String, Failure> {
        self.variable(name).ok_or_else(|| {
            Failure::usage(
                format!("{name} is not set."),
                format!("Set {name}, or name a file that has it with --env-file."),
            )
        })
    }

    /// The profile that is named, if any.
    pub(crate) fn profile_name(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// The stage that is meant.
    pub(crate) fn stage(&self) -> Result<Stage, Failure> {
        let named = self.profile.is_some();
        let pairs = [
            (self.file.get(URL).cloned(), self.file.get(TOKEN).cloned()),
            if named {
                (None, None)
            } else {
                (process_variable(URL), process_variable(TOKEN))
            },
        ];
        for (url, token) in pairs {
            if let (Some(url), Some(token)) = (url, token) {
                return Stage::new(&url, &token, self.variable(STAGE));
            }
        }
        let profile = Profiles::load()?.find(self.profile.as_deref());
        let Profile { url, token, stage } = profile.ok_or_else(|| {
            Failure::usage(
                "No stage is known.",
                "Run `ringpost login`, set RINGPOST_URL and RINGPOST_TOKEN, or name a file with --env-file.",
            )
        })?;
        Stage::new(&url, &token, Some(stage))
    }

    /// The API of the stage that is meant.
    pub(crate) fn api(&self) -> Result<Api, Failure> {
        Api::new(&self.stage()?)
    }
}

impl Stage {
    /// Reads the URL. A token goes over TLS, except to this machine.
    pub(crate) fn new(url: &str, token: &str, name: Option<String>) -> Result<Self, Failure> {
        let advice = "Use the stack's output BaseUrl, which begins with https://.";
        let parsed = Url::parse(url)
            .map_err(|error| Failure::usage(format!("{url} is no URL: {error}."), advice))?;
        let is_local = is_loopback(url);
        if parsed.scheme() != "https" && !is_local {
            return Err(Failure::usage(
                format!("{url} would send your token unencrypted."),
                advice,
            ));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) || token.is_empty() {
            return Err(Failure::usage(
                "The token is empty or has characters that no token has.",
                "Copy the token again.",
            ));
        }
        // What is not known to be harmless counts as production.
        let name = name.unwrap_or_else(|| if is_local { "local" } else { "prod" }.to_owned());
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            name,
        })
    }

    /// Whether the stage runs on this machine.
    pub(crate) fn is_local(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Refuses to send made-up events to production, unless that is what is wanted.
    pub(crate) fn allow_samples(&self, live: bool) -> Result<(), Failure> {
        if live || matches!(self.name.as_str(), "local" | "dev") {
            return Ok(());
        }
        let message = format!(
            "{} is the stage {}: its customers would receive made-up events.",
            self.url, self.name
        );
        let advice = "Add --live if that is what you want. If it is a test stage, set RINGPOST_STAGE=dev, or log in with --stage dev.";
        Err(Failure::refused(message, advice))
    }
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    let url = Url::parse(url).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn process_variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment is read here only"
    )]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder of the user's configuration.
pub(crate) fn config_home() -> Option<std::path::PathBuf> {
    process_variable("XDG_CONFIG_HOME")
        .map(Into::into)
        .or_else(|| Some(std::env::home_dir()?.join(".config")))
}

/// Lines of `NAME=value`, perhaps with `export` before them and quotes around the value.
fn parse(text: &str) -> HashMap<String, String> {
    let pair = |line: &str| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        let bare = ['"', '\'']
            .iter()
            .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        Some((name.trim().to_owned(), bare.unwrap_or(value).to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_variables_is_read_as_a_shell_reads_it() {
        let read =
            parse("# a comment\nA=1\nexport B=\"two words\"\nC='x=y'\n\nD=a=b\n#E=5\nnonsense\n");
        let mut names: Vec<_> = read
            .iter()
            .map(|(name, value)| format!("{name}:{value}"))
            .collect();
        names.sort();
        assert_eq!(names, ["A:1", "B:two words", "C:x=y", "D:a=b"]);
    }

    #[test]
    fn a_token_goes_over_tls_or_to_this_machine() {
        for url in [
            "https://api.example.com/",
            "http://127.0.0.1:4566/x",
            "http://localhost",
            "http://[::1]:1",
        ] {
            assert!(Stage::new(url, "t", None).is_ok(), "{url}");
        }
        for url in [
            "http://api.example.com",
            "http://127.0.0.1.example.com",
            "ftp://x",
            "api.example.com",
            "",
        ] {
            assert!(Stage::new(url, "t", None).is_err(), "{url}");
        }
        assert!(Stage::new("https://api.example.com", "a\nb", None).is_err());
    }

    #[test]
    fn a_stage_that_is_not_known_to_be_harmless_needs_live() {
        let stage =
            |url, name: Option<&str>| Stage::new(url, "t", name.map(str::to_owned)).unwrap();
        assert!(
            stage("http://127.0.0.1:1", None)
                .allow_samples(false)
                .is_ok()
        );
        assert!(
            stage("https://a.example.com", Some("dev"))
                .allow_samples(false)
                .is_ok()
        );
        for name in [None, Some("prod"), Some("staging")] {
            assert!(
                stage("https://a.example.com", name)
                    .allow_samples(false)
                    .is_err()
            );
            assert!(
                stage("https://a.example.com", name)
                    .allow_samples(true)
                    .is_ok()
            );
        }
    }
}
