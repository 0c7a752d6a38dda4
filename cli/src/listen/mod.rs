//! `listen`: deliveries on a developer's own machine, without a tunnel.
//!
//! The local stage posts to this machine: `listen` subscribes a port of its own there and passes on what arrives, byte
//! for byte, with its headers; the target's status goes back to the stage, which retries as it always does. Every other
//! stage is read: `listen` follows the history, builds each delivery again and signs it with a secret of the session.
//! It changes nothing in such a stage.

mod event_types;
mod options;
mod own_port;
mod poll;
mod position;
mod session;
mod target;

use std::sync::Arc;

pub(crate) use options::Listen;

use crate::{environment::Environment, failure::Failure, output::Output};
use session::Session;
use target::Targets;

/// Runs `listen`, until Ctrl-C or `--max`.
pub(crate) async fn run(
    listen: &Listen,
    environment: &Environment,
    output: Output,
) -> Result<(), Failure> {
    let stage = environment.stage()?;
    let targets = Targets::new(&listen.forward_to, &listen.map)?;
    let session = Arc::new(Session::new(targets, output)?);
    let api = environment.api()?;
    if stage.is_local() && !listen.poll && listen.since.is_none() && listen.subscription.is_none() {
        own_port::run(listen, &api, &session).await?;
    } else {
        poll::run(listen, &api, &session).await?;
    }
    session.end()
}
