//! What works on calls and their events.

use ringpost::{
    clock::Clock,
    fan_out::{
        FanOut,
        follow_ups::FollowUps,
        publish::Publisher,
        unfinished::{CallCloser, SilenceLimit, UnfinishedCalls},
    },
    ingest::{agent_choice::AgentChoice, dispatch::Dispatch, fold::Fold},
    providers::elevenlabs::client::{ConversationApi, Timeouts},
    queries::{agent_call_status::AgentCalls, call_stats::CallCounter},
    sweep::Sweep,
};

use super::{InitError, Wiring};

impl Wiring {
    pub fn fold(&self) -> Result<Fold, InitError> {
        let default_tenant = self.environment.optional("DEFAULT_TENANT");
        let (calls, directory) = (self.calls()?, self.directory()?);
        Ok(Fold::new(calls, directory, default_tenant.as_deref()))
    }

    pub fn fan_out(&self) -> Result<FanOut, InitError> {
        Ok(FanOut {
            lookup: self.lookup()?,
            fold: self.fold()?,
            history: self.history()?,
            retry: self.fan_out_retries()?,
            leads: self.leads()?,
            follow_ups: FollowUps::new(self.due()?, Clock::system()),
            unfinished: UnfinishedCalls::new(self.due()?, self.silence()?, Clock::system()),
            transcripts: self.transcripts()?,
            publisher: Publisher {
                subscriptions: self.subscriptions()?,
                history: self.history()?,
                deliveries: self.deliveries()?,
                clock: Clock::system(),
            },
        })
    }

    /// What answers inbound calls.
    pub fn dispatch(&self) -> Result<Dispatch, InitError> {
        let default_tenant = self.environment.optional("DEFAULT_TENANT");
        let default_agent = self.required("DEFAULT_AGENT_NAME")?;
        let agents = AgentChoice::new(self.directory()?, default_agent, default_tenant);
        Ok(Dispatch::new(
            self.events()?,
            self.deferred_events()?,
            agents,
        ))
    }

    pub fn sweep(&self) -> Result<Sweep, InitError> {
        Ok(Sweep {
            due: self.due()?,
            calls: self.calls()?,
            events: self.events()?,
            queue: self.deliveries()?,
            endpoints: self.endpoints()?,
            closer: CallCloser {
                list: self.call_list()?,
                calls: self.calls()?,
                events: self.events()?,
                due: self.due()?,
                silence: self.silence()?,
            },
            clock: Clock::system(),
        })
    }

    pub fn agent_calls(&self, timeouts: Timeouts) -> Result<AgentCalls, InitError> {
        let fresh_seconds = self.environment.seconds("STATUS_FRESH_SECONDS")?;
        Ok(AgentCalls {
            calls: self.calls()?,
            events: self.events()?,
            lookup: self.lookup()?,
            fold: self.fold()?,
            api: self.conversations(timeouts)?,
            fresh_millis: u64::from(fresh_seconds) * 1_000,
            limiter: self.limiter("question", "QUESTIONS_PER_MINUTE")?,
        })
    }

    pub fn call_counter(&self) -> Result<CallCounter, InitError> {
        Ok(CallCounter {
            list: self.call_list()?,
            counts: self.counts()?,
            clock: Clock::system(),
        })
    }

    pub fn conversations(&self, timeouts: Timeouts) -> Result<ConversationApi, InitError> {
        let url = self.required("ELEVENLABS_API_URL")?;
        Ok(ConversationApi::new(url, timeouts)?)
    }

    /// How long nothing must have been heard of a call before it is closed.
    fn silence(&self) -> Result<SilenceLimit, InitError> {
        let hours = self.environment.hours("UNFINISHED_AFTER_HOURS")?;
        Ok(SilenceLimit { hours })
    }
}
