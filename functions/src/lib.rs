//! The Lambda functions: each module is one endpoint or worker, each binary runs one module.
//!
//! A module's `Function` is what its function may touch; its role in template.yaml says the same.
//! Everything is compiled here, so that a binary is a link and nothing more.

pub mod api_docs;
pub mod authenticator;
pub mod calls;
pub mod console;
pub mod directory;
pub mod health;
pub mod ingest;
mod limits;
pub mod publishing;
mod request;
pub mod runtime;
pub mod webhooks;
pub mod wiring;
pub mod workers;
