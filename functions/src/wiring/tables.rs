//! The tables.

use ringpost::{
    auth::limiter::Limiter,
    clock::Clock,
    store::{
        Retention, call_list::CallList, calls::CallTable, chunks::ChunkTable, counts::CountTable,
        directory::DirectoryTable, due::DueTable, endpoints::EndpointTable, events::EventTable,
        history::HistoryTable, leads::LeadTable, limits::LimitTable, lookup::Lookup,
        recoveries::RecoveryTable, subscriptions::SubscriptionTable,
    },
};

use super::{InitError, Wiring};

impl Wiring {
    pub fn events(&self) -> Result<EventTable, InitError> {
        let database = self.database()?;
        let chunks = ChunkTable::new(database.clone(), self.required("CHUNKS_TABLE")?);
        let days = self.environment.retention_days()?;
        let events = self.required("EVENTS_TABLE")?;
        Ok(EventTable::new(database, events, chunks, days))
    }

    pub fn calls(&self) -> Result<CallTable, InitError> {
        let calls = CallTable::new(
            self.database()?,
            self.required("CALLS_TABLE")?,
            Clock::system(),
        );
        Ok(calls.kept_for(self.call_retention()?))
    }

    pub fn call_list(&self) -> Result<CallList, InitError> {
        let name = self.required("CALLS_TABLE")?;
        Ok(CallList::new(self.database()?, name))
    }

    pub fn counts(&self) -> Result<CountTable, InitError> {
        let name = self.required("CALLS_TABLE")?;
        let kept = self.call_retention()?;
        Ok(CountTable::new(self.database()?, name, kept))
    }

    pub fn history(&self) -> Result<HistoryTable, InitError> {
        let days = self.environment.retention_days()?;
        let name = self.required("HISTORY_TABLE")?;
        Ok(HistoryTable::new(self.database()?, name, days))
    }

    pub fn directory(&self) -> Result<DirectoryTable, InitError> {
        let name = self.required("DIRECTORY_TABLE")?;
        Ok(DirectoryTable::new(self.database()?, name))
    }

    pub(super) fn leads(&self) -> Result<LeadTable, InitError> {
        let leads = LeadTable::new(self.database()?, self.required("DIRECTORY_TABLE")?);
        Ok(leads.kept_for(self.call_retention()?))
    }

    pub fn lookup(&self) -> Result<Lookup, InitError> {
        let (calls, directory) = (self.calls()?, self.directory()?);
        Ok(Lookup::new(self.database()?, calls, directory))
    }

    pub fn subscriptions(&self) -> Result<SubscriptionTable, InitError> {
        let name = self.required("WEBHOOK_CONFIGS_TABLE")?;
        Ok(SubscriptionTable::new(self.database()?, name))
    }

    pub fn endpoints(&self) -> Result<EndpointTable, InitError> {
        let configs = self.required("WEBHOOK_CONFIGS_TABLE")?;
        let history = self.required("HISTORY_TABLE")?;
        Ok(EndpointTable::new(self.database()?, configs, history))
    }

    pub(super) fn recovery_table(&self) -> Result<RecoveryTable, InitError> {
        let name = self.required("WEBHOOK_CONFIGS_TABLE")?;
        Ok(RecoveryTable::new(self.database()?, name))
    }

    pub fn due(&self) -> Result<DueTable, InitError> {
        Ok(DueTable::new(self.database()?, self.required("DUE_TABLE")?))
    }

    /// The limit that a variable sets for each name of a kind; none where it is 0.
    pub fn limiter(
        &self,
        kind: &'static str,
        variable: &'static str,
    ) -> Result<Option<Limiter>, InitError> {
        let most = u64::from(self.environment.count(variable)?);
        let table = LimitTable::new(self.database()?, self.required("LIMITS_TABLE")?);
        Ok((most > 0).then(|| Limiter::new(table, kind, most, Clock::system())))
    }

    fn call_retention(&self) -> Result<Retention, InitError> {
        Ok(Retention::days(self.environment.call_retention_days()?))
    }
}
