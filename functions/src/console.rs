//! `GET /console` and `GET /console/{file}`: the console, a page whose data comes from the API of the same origin.
//!
//! `make console` builds its files, each also as brotli and gzip; `build.rs` gathers them, and this embeds them. The
//! names of all but `index.html` change with their content, so that browsers keep them for good. `config.json` says
//! where a user signs in, if the stage has an identity provider.

use std::process::ExitCode;

use http::{
    HeaderMap, Uri,
    header::{ACCEPT_ENCODING, CONTENT_SECURITY_POLICY},
};
use include_dir::{Dir, include_dir};
use lambda_http::Request;
use ringpost::http::{
    error::{ApiError, ErrorShape, ErrorStatus},
    reply::{Header, Reply},
};
use serde::Serialize;

use crate::{
    request::path_text,
    runtime::{self, Endpoint},
    wiring::{InitError, Wiring},
};

static FILES: Dir = include_dir!("$OUT_DIR/console");

const INDEX: &str = "index.html";
const CONFIG: &str = "config.json";
/// From `/console`, whatever lies before it.
const LOCATION: &str = "console/index.html";
/// The encodings that the files have, the smaller one first, with the ends of their names.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
/// Headers of every answer. A token may lie in the address of the page for a moment: it must reach no other host.
const ALWAYS: &[Header] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("vary", "accept-encoding"),
];

/// What this function may touch: nothing.
pub struct Function {
    config: Config,
    policy: String,
}

/// `config.json`
#[derive(Debug, Serialize)]
struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    oidc: Option<Oidc>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Oidc {
    issuer: String,
    client_id: String,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "console";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        let environment = wiring.environment();
        let issuer = environment.optional("CONSOLE_OIDC_ISSUER");
        let client_id = environment.optional("CONSOLE_OIDC_CLIENT_ID");
        let oidc = issuer
            .zip(client_id)
            .map(|(issuer, client_id)| Oidc { issuer, client_id });
        let policy = policy(oidc.as_ref())?;
        Ok(Self {
            config: Config { oidc },
            policy,
        })
    }

    async fn warm_up(_: &Wiring) -> Result<(), InitError> {
        Ok(())
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let reply = match path_text(&request, "file") {
            None => Reply::found(LOCATION),
            Some(CONFIG) => {
                Reply::ok(&self.config).with_header("cache-control", "no-cache".to_owned())
            }
            Some(name) => file(name, request.headers())
                .ok_or_else(|| ApiError::new(ErrorStatus::NotFound, "Not found"))?,
        };
        Ok(reply.with_header(CONTENT_SECURITY_POLICY.as_str(), self.policy.clone()))
    }
}

/// What the page may load: its own files, and the identity provider's answers. Everything else is refused, so that a
/// text in a payload can do nothing.
fn policy(oidc: Option<&Oidc>) -> Result<String, InitError> {
    let provider = match oidc {
        Some(oidc) => format!(" {}", origin(&oidc.issuer)?),
        None => String::new(),
    };
    Ok(format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'{provider}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ))
}

/// The scheme and the host of a URL: what a policy names.
fn origin(url: &str) -> Result<String, InitError> {
    let parsed: Uri = url.parse()?;
    let (Some(scheme), Some(authority)) = (parsed.scheme_str(), parsed.authority()) else {
        return Err(format!("CONSOLE_OIDC_ISSUER is no URL: {url}").into());
    };
    Ok(format!("{scheme}://{authority}"))
}

/// A file in the smallest encoding that the browser takes.
fn file(name: &str, headers: &HeaderMap) -> Option<Reply> {
    // To a path `index.html/` is the same file; to a browser it is another name.
    let plain = FILES
        .get_file(name)
        .filter(|file| file.path().to_str() == Some(name))?;
    let encoded = ENCODINGS.iter().find_map(|(encoding, end)| {
        let file = FILES.get_file(format!("{name}{end}"))?;
        accepts(headers, encoding).then_some((*encoding, file))
    });
    let bytes = encoded.map_or(plain, |(_, file)| file).contents();
    let reply = Reply::bytes(bytes, ALWAYS)
        .with_header("content-type", content_type(name).to_owned())
        .with_header("cache-control", cache_control(name).to_owned());
    Some(match encoded {
        Some((encoding, _)) => reply.with_header("content-encoding", encoding.to_owned()),
        None => reply,
    })
}

/// Whether `Accept-Encoding` names the encoding without refusing it (`br;q=0`).
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let given = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let mut named = given.map(|each| each.split_once(';').unwrap_or((each, "")));
    named.any(|(name, weight)| {
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|weight| weight.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn cache_control(name: &str) -> &'static str {
    if name == INDEX {
        "no-cache"
    } else {
        "public, max-age=31536000, immutable"
    }
}
