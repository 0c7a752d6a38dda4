//! `trigger`: a sample event, or a whole call, sent as the providers send it.

use std::{collections::BTreeSet, time::Duration};

use clap::Args;
use fastrand::Rng;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    api::{Api, answer, http_client},
    calls,
    clock::now,
    environment::Environment,
    failure::{Failure, Kind},
    output::{Output, printable},
    reading::text,
    sample::{Encoding, Outcome, SampleCall, SampleEvent, catalogue},
    sign::{Provider, Signer},
    stage::Stage,
};

/// The number of an event that no tenant owns: it is reserved for fiction.
const FICTION: &str = "+12025550199";
const WAIT_FOR_EVENTS: usize = 60;
const TIMEOUT: Duration = Duration::from_secs(30);

/// Arguments of `trigger`.
#[derive(Debug, Args)]
pub(crate) struct Trigger {
    /// An event such as livekit.participant_left, or `call` for a whole call; `list` prints all names
    what: String,
    /// How the call ends
    #[arg(long, value_enum, default_value = "completed")]
    outcome: Outcome,
    /// Send the events of the call out of order
    #[arg(long)]
    shuffle: bool,
    /// Send each event this many times
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=10))]
    repeat: u8,
    /// The order of --shuffle; by default a new one, which is printed
    #[arg(long)]
    seed: Option<u64>,
    /// Set a field of the event, for example room.name=test; can be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// The number that says whose call it is; by default the tenant's first one
    #[arg(long)]
    line: Option<String>,
    /// Send it to production
    #[arg(long)]
    live: bool,
}

/// Runs `trigger`.
pub(crate) async fn run(
    trigger: &Trigger,
    environment: &Environment,
    output: Output,
) -> Result<(), Failure> {
    if trigger.what == "list" {
        let names: Vec<Value> = catalogue(now(), FICTION)
            .iter()
            .map(|event| json!({ "event": event.full_name() }))
            .collect();
        names
            .iter()
            .for_each(|name| output.record(name, || text(name, "event")));
        return Ok(());
    }
    let stage = environment.stage()?;
    stage.allow_samples(trigger.live)?;
    let api = Api::new(&stage)?;
    let line = line(trigger, &api).await;
    let sender = Sender::new(&stage, environment, output)?;
    if trigger.what == "call" {
        let line = line.ok_or_else(|| {
            Failure::usage(
                "The tenant's numbers cannot be read.",
                "Name the number that says whose call it is with --line.",
            )
        })?;
        return call(trigger, &line, &sender, &api).await;
    }
    if line.is_none() {
        output.note(
            "· the tenant's numbers cannot be read: without --line the event belongs to no tenant",
        );
    }
    let mut event = named(trigger, line.as_deref().unwrap_or(FICTION))?;
    trigger
        .set
        .iter()
        .try_for_each(|assignment| event.set(assignment))?;
    for _ in 0..trigger.repeat {
        sender.send(&event).await?;
    }
    Ok(())
}

fn named(trigger: &Trigger, line: &str) -> Result<SampleEvent, Failure> {
    let found = catalogue(now(), line)
        .into_iter()
        .find(|event| event.full_name() == trigger.what);
    found.ok_or_else(|| {
        let message = format!("There is no sample {}.", printable(&trigger.what));
        Failure::usage(
            message,
            "`ringpost trigger list` prints the names; `call` sends a whole call.",
        )
    })
}

/// The number that says whose call it is. Only an administrator can read the tenant's numbers.
async fn line(trigger: &Trigger, api: &Api) -> Option<String> {
    if trigger.line.is_some() {
        return trigger.line.clone();
    }
    let numbers = api
        .list("/api/directory/phone-numbers", "items", &[], 1)
        .await
        .ok()?;
    numbers
        .first()
        .map(|number| text(number, "number"))
        .filter(|number| !number.is_empty())
}

/// Sends events to a stage, with the secrets of the environment.
pub(crate) struct Sender<'a> {
    http: reqwest::Client,
    stage: &'a Stage,
    environment: &'a Environment,
    output: Output,
}

impl<'a> Sender<'a> {
    /// A sender to this stage.
    pub(crate) fn new(
        stage: &'a Stage,
        environment: &'a Environment,
        output: Output,
    ) -> Result<Self, Failure> {
        Ok(Self {
            http: http_client(TIMEOUT, &stage.url)?,
            stage,
            environment,
            output,
        })
    }

    /// Signs an event now, sends it, and returns the answer.
    pub(crate) async fn post(
        &self,
        event: &SampleEvent,
        signer: &Signer,
    ) -> Result<(StatusCode, Value), Failure> {
        let url = format!("{}{}", self.stage.url, event.path);
        let body = event.bytes();
        let headers = match event.encoding {
            Encoding::Json => signer.json(&url, &body, now()),
            Encoding::Form => signer.form(&url, &body, now()),
        };
        let mut request = self.http.post(&url).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        answer(request).await
    }

    /// Sends an event and shows the answer.
    async fn send(&self, event: &SampleEvent) -> Result<(), Failure> {
        let mut event = event.clone();
        if event.provider == Provider::Dialer {
            event.set(&format!(
                "company_id=\"{}\"",
                self.environment.required("CALL_CAPTURE_COMPANY_ID")?
            ))?;
        }
        let (status, body) = self
            .post(&event, &Signer::of(event.provider, self.environment)?)
            .await?;
        let record =
            json!({ "event": event.full_name(), "status": status.as_u16(), "answer": body });
        let said = printable(&text(&body, "message"));
        self.output.record(&record, || {
            format!("{:<36} → {} {said}", event.full_name(), status.as_u16())
        });
        if status.is_success() {
            return Ok(());
        }
        let kind = if status.is_server_error() {
            Kind::Network
        } else {
            Kind::Refused
        };
        let advice = match status.as_u16() {
            401 => format!(
                "The secret in your environment is not one of the stage's: `ringpost check {}` tells.",
                event.provider.name()
            ),
            500.. => "Send the same command again.".to_owned(),
            _ => "Correct what you set with --set.".to_owned(),
        };
        Err(Failure::new(
            kind,
            format!(
                "{} was not accepted ({}).",
                event.full_name(),
                status.as_u16()
            ),
            advice,
        ))
    }
}

async fn call(
    trigger: &Trigger,
    line: &str,
    sender: &Sender<'_>,
    api: &Api,
) -> Result<(), Failure> {
    if !trigger.set.is_empty() {
        return Err(Failure::usage(
            "The events of a call have no common fields to set.",
            "Use --set with one event.",
        ));
    }
    let call = SampleCall::ended_at(now(), trigger.outcome, line);
    let mut events = call.events();
    events.retain(|event| Signer::of(event.provider, sender.environment).is_ok());
    let providers: BTreeSet<Provider> = events.iter().map(|event| event.provider).collect();
    for missing in [
        Provider::LiveKit,
        Provider::SignalWire,
        Provider::ElevenLabs,
    ]
    .iter()
    .filter(|one| !providers.contains(one))
    {
        sender.output.note(&format!(
            "· without {}: its secret is not in the environment",
            missing.name()
        ));
    }
    if events.is_empty() {
        return Err(Failure::usage(
            "There is no provider's secret.",
            "Name a file that has one with --env-file.",
        ));
    }
    let distinct = events.len();
    for event in planned(trigger, events, sender.output) {
        sender.send(&event).await?;
    }
    let id = settled(api, &call, distinct).await?;
    let explanation = calls::explain(api, &id, sender.output).await?;
    let outcome = text(&explanation, "outcome");
    if outcome == trigger.outcome.word() {
        return Ok(());
    }
    let message = format!(
        "The call was to end as {}, and its outcome is {outcome:?}.",
        trigger.outcome.word()
    );
    Err(Failure::refused(
        message,
        format!("Look at what came: `ringpost calls timeline {id}`."),
    ))
}

/// The events in the order in which they are sent.
fn planned(trigger: &Trigger, events: Vec<SampleEvent>, output: Output) -> Vec<SampleEvent> {
    let repeated = events
        .into_iter()
        .flat_map(|event| std::iter::repeat_n(event, trigger.repeat.into()));
    let mut planned: Vec<_> = repeated.collect();
    if trigger.shuffle {
        let seed = trigger.seed.unwrap_or_else(|| fastrand::u64(..));
        output.note(&format!("· shuffled with --seed {seed}"));
        Rng::with_seed(seed).shuffle(&mut planned);
    }
    planned
}

/// The id of the call, once the history has all of its events. The records of the providers are one by then.
async fn settled(api: &Api, call: &SampleCall, events: usize) -> Result<String, Failure> {
    let numbers = [("phoneNumber", Some(call.other.clone()))];
    for _ in 0..WAIT_FOR_EVENTS {
        let calls = api.list("/api/calls", "calls", &numbers, 100).await?;
        let found = calls
            .iter()
            .find(|found| text(found, "callSid") == call.call_sid())
            .map(|found| text(found, "id"));
        if let Some(id) = found
            && calls::count_events(api, &id).await? >= events
        {
            return Ok(id);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let message = format!(
        "The call {} has not all of its events after half a minute.",
        call.call_sid()
    );
    Err(Failure::new(
        Kind::Network,
        message,
        "Look at the log of fan-out, then at `ringpost calls list`. Is --line a number of your tenant?",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_order_and_nothing_is_lost() {
        let trigger = |seed| Trigger {
            what: "call".to_owned(),
            outcome: Outcome::Busy,
            shuffle: true,
            repeat: 2,
            seed: Some(seed),
            set: Vec::new(),
            line: None,
            live: false,
        };
        let events = SampleCall::ended_at(now(), Outcome::Busy, FICTION).events();
        let order = |seed| {
            let planned = planned(&trigger(seed), events.clone(), Output::new(true));
            planned.iter().map(SampleEvent::bytes).collect::<Vec<_>>()
        };
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
        let mut sent = order(7);
        sent.sort();
        let mut wanted: Vec<_> = events
            .iter()
            .flat_map(|event| [event.bytes(), event.bytes()])
            .collect();
        wanted.sort();
        assert_eq!(sent, wanted);
    }
}
