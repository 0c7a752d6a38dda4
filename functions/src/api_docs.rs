//! `GET /api/docs` and `GET /api/openapi.json`: `docs/openapi.yaml` as a page and as JSON, both made by `build.rs`.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::http::{
    error::{ApiError, ErrorShape},
    reply::{Header, Reply},
};

use crate::{
    runtime::{self, Endpoint},
    wiring::{InitError, Wiring},
};

/// The document.
pub const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
/// The page.
pub const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/docs.html"));

const CACHE: Header = ("cache-control", "public, max-age=300");
const NO_SNIFFING: Header = ("x-content-type-options", "nosniff");
const AS_JSON: &[Header] = &[("content-type", "application/json"), CACHE, NO_SNIFFING];
const AS_PAGE: &[Header] = &[
    ("content-type", "text/html; charset=utf-8"),
    (
        "content-security-policy",
        concat!(
            "default-src 'none'; style-src 'sha256-",
            env!("DOCS_STYLE_SHA256"),
            "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    ),
    CACHE,
    NO_SNIFFING,
];

/// What this function may touch: nothing.
pub struct Function;

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "api-docs";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(_: &Wiring) -> Result<Self, InitError> {
        Ok(Self)
    }

    async fn warm_up(_: &Wiring) -> Result<(), InitError> {
        Ok(())
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let is_document = request.uri().path().ends_with("/openapi.json");
        Ok(if is_document {
            Reply::text(OPENAPI, AS_JSON)
        } else {
            Reply::text(PAGE, AS_PAGE)
        })
    }
}
