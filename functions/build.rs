//! Makes of `docs/openapi.yaml` what `api-docs` serves: the document as JSON, and a page for readers.
//! Both are made here, so that the function embeds them and neither parses nor renders anything.
//! Gathers the built console, which `console` serves.

use std::{env, error::Error, fs, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use yaml_serde::Value;

#[path = "build/console.rs"]
mod console;
#[path = "build/curl.rs"]
mod curl;
#[path = "build/document.rs"]
mod document;
#[path = "build/html.rs"]
mod html;
#[path = "build/page.rs"]
mod page;
#[path = "build/schema.rs"]
mod schema;

const SOURCE: &str = "../docs/openapi.yaml";
const STYLE: &str = "build/style.css";

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script its place by the environment"
)]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed={SOURCE}");
    let document: Value = yaml_serde::from_str(&fs::read_to_string(SOURCE)?)?;
    let style = fs::read_to_string(STYLE)?;
    let made = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(made.join("openapi.json"), serde_json::to_string(&document)?)?;
    fs::write(made.join("docs.html"), page::render(&document, &style))?;
    console::gather(&made.join("console"))?;
    // The page may use this one style and nothing else: no script, no other host.
    let digest = STANDARD.encode(Sha256::digest(style.as_bytes()));
    println!("cargo::rustc-env=DOCS_STYLE_SHA256={digest}");
    Ok(())
}
