//! Where events are forwarded to: URLs of the developer, each for all types or for one.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::Client;
use url::Url;

use super::event_types::ALL;
use crate::{api::http_client, failure::Failure};

/// As long as Ringpost itself waits for an endpoint.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Headers of a connection, which the next connection sets itself.
const OF_CONNECTION: [&str; 5] = [
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "accept-encoding",
];

/// The targets of a session.
#[derive(Debug)]
pub(super) struct Targets(Vec<Target>);

#[derive(Debug)]
struct Target {
    /// The type that it gets; all types that no other target has, if there is none.
    event_type: Option<String>,
    url: Url,
    http: Client,
}

/// What a target answered; no status if there was no answer.
#[derive(Debug)]
pub(super) struct Forwarded {
    pub(super) url: String,
    pub(super) status: Option<StatusCode>,
}

impl Forwarded {
    /// Whether the target took it.
    pub(super) fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.is_success())
    }
}

impl Targets {
    /// The targets of `--forward-to`, and those of `--map type=URL`.
    pub(super) fn new(forward_to: &[Url], mapped: &[(String, Url)]) -> Result<Self, Failure> {
        let all = forward_to.iter().map(|url| (None, url));
        let some = mapped
            .iter()
            .map(|(event_type, url)| (Some(event_type.clone()), url));
        let target = |(event_type, url): (Option<String>, &Url)| {
            Ok(Target {
                event_type,
                url: url.clone(),
                http: http_client(TIMEOUT, url.as_str())?,
            })
        };
        Ok(Self(
            all.chain(some)
                .map(target)
                .collect::<Result<_, Failure>>()?,
        ))
    }

    /// The types that are wanted; `None` if all are.
    pub(super) fn event_types(&self) -> Option<Vec<String>> {
        let types: Option<Vec<String>> = self
            .0
            .iter()
            .map(|target| target.event_type.clone())
            .collect();
        types.map(|mut types| {
            types.sort();
            types.dedup();
            types
        })
    }

    /// Whether an event of this type has a target.
    pub(super) fn want(&self, event_type: &str) -> bool {
        self.0.iter().any(|target| {
            target
                .event_type
                .as_deref()
                .is_none_or(|wanted| wanted == event_type)
        })
    }

    /// Posts an event to each of its targets, at once. A type that is mapped goes to its own targets only.
    pub(super) async fn forward(
        &self,
        event_type: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Vec<Forwarded> {
        let of = |wanted: Option<&str>| {
            self.0
                .iter()
                .filter(|target| target.event_type.as_deref() == wanted)
                .collect::<Vec<_>>()
        };
        let mut targets = of(Some(event_type));
        if targets.is_empty() {
            targets = of(None);
        }
        let mut posts = tokio::task::JoinSet::new();
        for target in targets {
            let mut headers = headers.clone();
            for name in OF_CONNECTION {
                headers.remove(name);
            }
            let post = target
                .http
                .post(target.url.clone())
                .headers(headers)
                .body(body.clone());
            let url = target.url.to_string();
            posts.spawn(async move {
                Forwarded {
                    url,
                    status: post.send().await.ok().map(|response| response.status()),
                }
            });
        }
        posts.join_all().await
    }
}

/// Reads `type=URL`.
pub(super) fn parse_mapping(text: &str) -> Result<(String, Url), String> {
    let (event_type, url) = text
        .split_once('=')
        .ok_or("write TYPE=URL, for example call.completed=http://localhost:3000")?;
    if !ALL.contains(&event_type) {
        return Err(format!(
            "{event_type} is no event type; docs/api/webhook-configs.md has them"
        ));
    }
    Ok((event_type.to_owned(), parse_url(url)?))
}

/// Reads the URL of a target.
pub(super) fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("it is no URL: {error}"))?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err("it does not begin with http:// or https://".to_owned())
    }
}
