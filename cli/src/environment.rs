//! The environment: variables, the file of `--env-file`, and the profile.
//!
//! The file comes before the variables, and the variables before the profile. A URL and a token are taken from the same
//! of the three: a token never goes to another stage than its own.

use std::{collections::HashMap, fs, path::PathBuf};

use clap::Args;

use crate::{
    api::Api,
    failure::Failure,
    profile::{Profile, Profiles},
    stage::Stage,
    variables::variable,
};

const URL: &str = "RINGPOST_URL";
const TOKEN: &str = "RINGPOST_TOKEN";
const STAGE: &str = "RINGPOST_STAGE";

/// Which stage is meant, and how results are shown.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Use this profile of `ringpost login`
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Read variables from this file first, for example .local/stack.env
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Print one JSON object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What the environment says.
#[derive(Debug)]
pub(crate) struct Environment {
    file: HashMap<String, String>,
    profile: Option<String>,
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
            .or_else(|| variable(name))
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
                (variable(URL), variable(TOKEN))
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
}
