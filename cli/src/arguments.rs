//! The verbs and their arguments.

use clap::{Parser, Subcommand};

use crate::{
    calls::CallsVerb, check::Check, deliveries::DeliveriesVerb, environment::Place,
    events::EventsVerb, listen::Listen, login::Login, subscriptions::SubscriptionsVerb,
    trigger::Trigger, verify::Verify,
};

const EXIT_CODES: &str = "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no answer or 5xx (try again), 4 a target failed.
The stage comes from --env-file, RINGPOST_URL and RINGPOST_TOKEN, or the profile that `ringpost login` saved.";

/// The command line of Ringpost.
#[derive(Debug, Parser)]
#[command(name = "ringpost", version, about, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Save the URL and the token of a stage as a profile
    Login(Login),
    /// Show the stage, the user, the tenant and the role of the token
    Whoami,
    /// Send a sample event, or a whole call, signed as the providers sign it
    Trigger(Trigger),
    /// Test a provider's secret: an event signed right is accepted, one signed wrong is refused
    Check(Check),
    /// Bring deliveries to your own machine
    Listen(Listen),
    /// Read calls
    Calls {
        #[command(subcommand)]
        verb: CallsVerb,
    },
    /// Watch deliveries
    Deliveries {
        #[command(subcommand)]
        verb: DeliveriesVerb,
    },
    /// Read the history, resend a delivery, publish an event
    Events {
        #[command(subcommand)]
        verb: EventsVerb,
    },
    /// Manage webhook configurations
    Subscriptions {
        #[command(subcommand)]
        verb: SubscriptionsVerb,
    },
    /// Find out why a received webhook is not accepted
    Verify(Verify),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
