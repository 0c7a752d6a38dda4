//! The command line `ringpost`: it reads and configures a stage through its API, sends events signed as the
//! providers sign them, and brings deliveries to a developer's own machine.
//!
//! It links neither the library of Ringpost nor an AWS client: what it can do, a customer can do with the documented
//! API and, for `trigger` and `check`, with the providers' secrets. Its tests hold its signatures to Ringpost's
//! verifiers.

mod api;
mod arguments;
mod calls;
mod check;
mod clock;
mod deliveries;
mod environment;
mod events;
mod failure;
mod listen;
mod login;
mod output;
mod profile;
mod reading;
mod sample;
mod sign;
mod stage;
mod subscriptions;
mod trigger;
mod variables;
mod verify;
mod why;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::{
    arguments::{Arguments, Verb},
    environment::Environment,
    failure::{Failure, Kind},
    output::Output,
};

/// Runs the command that the arguments name. The exit code says what kind of failure there was.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.place.json);
    let ran = runtime().and_then(|runtime| runtime.block_on(run(arguments, output)));
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.note(&failure.to_string());
            ExitCode::from(failure.kind.exit_code())
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(|error| {
        let message = format!("No asynchronous runtime could be started: {error}.");
        Failure::new(
            Kind::Network,
            message,
            "Close other programs and try again.",
        )
    })
}

async fn run(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let environment = Environment::read(&arguments.place)?;
    match arguments.verb {
        Verb::Login(login) => login::login(&login, &environment, output).await,
        Verb::Whoami => login::whoami(&environment, output).await,
        Verb::Trigger(trigger) => trigger::run(&trigger, &environment, output).await,
        Verb::Check(check) => check::run(&check, &environment, output).await,
        Verb::Listen(listen) => listen::run(&listen, &environment, output).await,
        Verb::Calls { verb } => calls::run(&verb, &environment.api()?, output).await,
        Verb::Deliveries { verb } => deliveries::run(&verb, &environment.api()?, output).await,
        Verb::Events { verb } => events::run(&verb, &environment.api()?, output).await,
        Verb::Subscriptions { verb } => {
            subscriptions::run(&verb, &environment.api()?, output).await
        }
        Verb::Verify(verify) => verify::run(&verify, output),
        Verb::Completions { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "ringpost", &mut std::io::stdout());
            Ok(())
        }
    }
}
