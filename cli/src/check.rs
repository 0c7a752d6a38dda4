//! `check`: whether a stage has a provider's secret.
//!
//! An event that changes nothing is sent twice: signed right, which is to be accepted, and signed wrong, which is to be
//! refused. A stage that accepts everything fails the second.

use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    clock::now,
    environment::Environment,
    failure::{Failure, Kind},
    output::Output,
    reading::text,
    sample::{Encoding, SampleEvent},
    sign::{Provider, Signer},
    trigger::Sender,
};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Whose secret to check
    #[arg(value_enum)]
    provider: Provider,
    /// Send it to production: the event is about no call, and no customer receives it
    #[arg(long)]
    live: bool,
}

/// Runs `check`.
pub(crate) async fn run(
    check: &Check,
    environment: &Environment,
    output: Output,
) -> Result<(), Failure> {
    let stage = environment.stage()?;
    stage.allow_samples(check.live)?;
    let signer = Signer::of(check.provider, environment)?;
    let sender = Sender::new(&stage, environment, output)?;
    let (event, accepted) = harmless(check.provider, environment)?;
    let mut failed = None;
    for (how, signer, wanted) in [
        ("signed right", &signer, accepted),
        ("signed wrong", &signer.wrong(), 401),
    ] {
        let (status, answer) = sender.post(&event, signer).await?;
        let status = status.as_u16();
        let record = json!({ "provider": check.provider.name(), "signed": how, "wanted": wanted, "status": status, "answer": answer });
        let mark = if status == wanted { "✓" } else { "✗" };
        output.record(&record, || {
            format!("{mark} {how}: {status}, wanted {wanted}")
        });
        if status != wanted && failed.is_none() {
            failed = Some(explained(how, status, &answer));
        }
    }
    failed.map_or(Ok(()), Err)
}

/// An event about no call, and the status with which it is accepted. A dialer's submission would make a call: an
/// unreadable one is refused with 400, but only after its key was accepted.
fn harmless(provider: Provider, environment: &Environment) -> Result<(SampleEvent, u16), Failure> {
    let id = Uuid::new_v4().simple().to_string();
    let (path, accepted, body) = match provider {
        Provider::LiveKit => {
            let at = now().as_second().to_string();
            (
                "/api/webhooks/call_completed",
                200,
                json!({ "event": "ringpost_check", "id": format!("EV_{id}"), "createdAt": at }),
            )
        }
        Provider::SignalWire => (
            "/api/webhooks/signalwire",
            200,
            json!({ "event_type": "ringpost.check", "check_id": id }),
        ),
        Provider::ElevenLabs => (
            "/api/webhooks/elevenlabs",
            200,
            json!({ "type": "ringpost_check", "check_id": id }),
        ),
        Provider::Dialer => {
            let company = environment.required("CALL_CAPTURE_COMPANY_ID")?;
            (
                "/functions/v1/webhook-call-capture",
                400,
                json!({ "company_id": company, "duration_seconds": "a check" }),
            )
        }
    };
    Ok((
        SampleEvent {
            provider,
            name: "check".to_owned(),
            path,
            encoding: Encoding::Json,
            body,
        },
        accepted,
    ))
}

fn explained(how: &str, status: u16, answer: &Value) -> Failure {
    let said = ["message", "error"]
        .iter()
        .map(|name| text(answer, name))
        .find(|said| !said.is_empty())
        .unwrap_or_default();
    let message = format!(
        "The event {how} was answered {status} ({}).",
        crate::output::printable(&said)
    );
    match (how, status) {
        (_, 500..) => Failure::new(Kind::Network, message, "Send the same command again."),
        ("signed right", 401) => Failure::refused(
            message,
            "The secret in your environment is not one of the stage's: compare them with `make secrets`. SignalWire signs the URL too: it must be the one that the stage knows. An allow list may refuse your address.",
        ),
        ("signed right", _) => Failure::refused(
            message,
            "Look at the answer with --json, and at docs/API.md.",
        ),
        _ => Failure::refused(
            message,
            "This stage accepts what nobody signed. Store its secrets at once: `make secrets`.",
        ),
    }
}
