//! The API of a stage.

use std::time::Duration;

use http::{Method, StatusCode};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::{
    failure::{Failure, Kind},
    reading::{list, text},
    stage::{Stage, is_loopback},
};

const TIMEOUT: Duration = Duration::from_secs(30);
/// The most entries that a page can have.
const PAGE: &str = "100";

/// A client of the API, with the caller's token.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    http: Client,
    stage: Stage,
}

/// A parameter of a query; one without a value is left out.
pub(crate) type Parameter<'a> = (&'a str, Option<String>);

impl Api {
    /// A client of this stage.
    pub(crate) fn new(stage: &Stage) -> Result<Self, Failure> {
        Ok(Self {
            http: http_client(TIMEOUT, &stage.url)?,
            stage: stage.clone(),
        })
    }

    /// The stage.
    pub(crate) fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Reads something.
    pub(crate) async fn get(&self, path: &str, query: &[Parameter<'_>]) -> Result<Value, Failure> {
        let query: Vec<_> = query
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
            .collect();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        let path = if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        };
        self.send(self.request(Method::GET, &path)).await
    }

    /// Sends a body, or none if it is null.
    pub(crate) async fn send_body(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Failure> {
        let request = self.request(method, path);
        self.send(if body.is_null() {
            request
        } else {
            request.json(body)
        })
        .await
    }

    /// A request to a path, with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.stage.url))
            .bearer_auth(&self.stage.token)
    }

    /// Sends a request and reads the JSON of its answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let (status, body) = answer(request).await?;
        if status.is_success() {
            return Ok(body);
        }
        Err(refusal(status, &body))
    }

    /// The entries of a list, page after page, until there are `limit` of them or no more.
    pub(crate) async fn list(
        &self,
        path: &str,
        member: &str,
        query: &[Parameter<'_>],
        limit: usize,
    ) -> Result<Vec<Value>, Failure> {
        let mut entries = Vec::new();
        let mut cursor = None;
        loop {
            let mut query = query.to_vec();
            query.extend([("limit", Some(PAGE.to_owned())), ("cursor", cursor)]);
            let page = self.get(path, &query).await?;
            entries.extend_from_slice(list(&page, member));
            cursor = Some(text(&page, "nextCursor")).filter(|cursor| !cursor.is_empty());
            if cursor.is_none() || entries.len() >= limit {
                entries.truncate(limit);
                return Ok(entries);
            }
        }
    }
}

/// An id or another text as a part of a path.
pub(crate) fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

/// A client for a URL that gives up after a time. It follows no redirect: a token goes where it is sent and nowhere
/// else. What runs on this machine is reached without the proxy of the environment.
pub(crate) fn http_client(timeout: Duration, url: &str) -> Result<Client, Failure> {
    // Fails when it is installed already, which is as good.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let client = Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("ringpost-cli/", env!("CARGO_PKG_VERSION")));
    let client = if is_loopback(url) {
        client.no_proxy()
    } else {
        client
    };
    client.build().map_err(|error| {
        let message = format!("No HTTP client can be made: {error}.");
        Failure::new(
            Kind::Network,
            message,
            "Look at the certificates of this machine and its proxy variables.",
        )
    })
}

/// The status and the JSON of an answer. A body that is no JSON becomes a text.
pub(crate) async fn answer(request: RequestBuilder) -> Result<(StatusCode, Value), Failure> {
    let response = request.send().await.map_err(|error| no_answer(&error))?;
    let status = response.status();
    let body = response.text().await.map_err(|error| no_answer(&error))?;
    Ok((
        status,
        serde_json::from_str(&body).unwrap_or(Value::String(body)),
    ))
}

fn no_answer(error: &reqwest::Error) -> Failure {
    let url = error
        .url()
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default();
    let reason = if error.is_timeout() {
        "did not answer in time"
    } else {
        "cannot be reached"
    };
    Failure::new(
        Kind::Network,
        format!("{url} {reason}."),
        "Check the URL with `ringpost whoami`, and the network; then try again.",
    )
}

/// An answer that is no success, in its own words.
pub(crate) fn refusal(status: StatusCode, body: &Value) -> Failure {
    let said = ["message", "error"]
        .iter()
        .map(|name| text(body, name))
        .find(|said| !said.is_empty());
    let said = said.unwrap_or_else(|| status.to_string());
    let said = crate::output::printable(&said);
    let field = text(body, "field");
    let message = if field.is_empty() {
        format!("{said} ({}).", status.as_u16())
    } else {
        format!("{said} ({}, field {field}).", status.as_u16())
    };
    let advice = match status.as_u16() {
        401 => {
            "Get a new token and run `ringpost login` again; `ringpost whoami` shows the present one."
        }
        403 => "Use a token with that role; `ringpost whoami` shows the present one.",
        // What API Gateway says of a path that it does not have.
        404 if said == "Not Found" => {
            "This stage has no such request: it runs an older version, or the URL is wrong."
        }
        404 => "It is not here, or not yours. `ringpost whoami` shows whose it would have to be.",
        409 => "Look at its present state first.",
        429 => "Wait a minute, then try again.",
        500.. => "Send the same command again.",
        _ => "Correct the command; docs/openapi.yaml, which GET /api/docs shows, has every field.",
    };
    let kind = if status.is_server_error() {
        Kind::Network
    } else {
        Kind::Refused
    };
    Failure::new(kind, message, advice)
}
