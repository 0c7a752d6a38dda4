//! The arguments of `listen`.

use clap::Args;
use jiff::Timestamp;
use url::Url;

use super::target::{parse_mapping, parse_url};
use crate::clock::parse_moment;

/// Arguments of `listen`.
#[derive(Debug, Args)]
#[group(id = "targets", required = true, multiple = true, args = ["forward_to", "map"])]
pub(crate) struct Listen {
    /// Post every event to this URL; can be repeated
    #[arg(long, value_name = "URL", value_parser = parse_url, required_unless_present = "map")]
    pub(super) forward_to: Vec<Url>,
    /// Post events of this type to a URL of their own; can be repeated
    #[arg(long, value_name = "TYPE=URL", value_parser = parse_mapping)]
    pub(super) map: Vec<(String, Url)>,
    /// Read the history, and begin there: a time, or a length of time before now (10m). By default it goes on where
    /// it ended the last time
    #[arg(long, value_parser = parse_moment)]
    pub(super) since: Option<Timestamp>,
    /// Read the history of the local stage too, as of any other stage
    #[arg(long)]
    pub(super) poll: bool,
    /// Only events of this subscription, when the history is read
    #[arg(long)]
    pub(super) subscription: Option<u64>,
    /// Print the secret that signs in this session
    #[arg(long)]
    pub(super) print_secret: bool,
    /// End after this many events
    #[arg(long, value_name = "N")]
    pub(super) max: Option<u64>,
}
