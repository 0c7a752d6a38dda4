//! The composition root: every function is made of what this makes from an environment and a
//! configuration of the AWS SDK. Tables and queues have the names that the template gives, secrets lie
//! under the stage's path.

mod calls;
mod delivery;
mod gates;
mod queues;
mod secrets;
mod tables;
mod users;

use std::sync::OnceLock;

use ringpost::{
    aws::{self, SdkConfig},
    config::Environment,
    queue, store,
};

/// Why a function cannot start.
pub type InitError = Box<dyn std::error::Error + Send + Sync>;

/// What functions are made from. The clients of AWS are made when the first is needed, so that a
/// function that needs none does not even link them.
pub struct Wiring {
    environment: Environment,
    sdk: OnceLock<SdkConfig>,
    database: OnceLock<store::Client>,
}

impl Wiring {
    /// The wiring of this process.
    pub fn from_env() -> Self {
        Self {
            environment: Environment::of_process(),
            sdk: OnceLock::new(),
            database: OnceLock::new(),
        }
    }

    pub fn of(environment: Environment, sdk: SdkConfig) -> Self {
        Self {
            environment,
            sdk: OnceLock::from(sdk),
            database: OnceLock::new(),
        }
    }

    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Opens the connection to DynamoDB by a read that finds nothing or is refused: either opens it.
    pub async fn warm_up(&self) -> Result<(), InitError> {
        const TABLES: [(&str, &str); 4] = [
            ("CALLS_TABLE", "id"),
            ("DIRECTORY_TABLE", "key"),
            ("EVENTS_TABLE", "key"),
            ("WEBHOOK_CONFIGS_TABLE", "tenantId"),
        ];
        let mut tables = TABLES
            .into_iter()
            .filter_map(|(variable, key)| Some((self.environment.optional(variable)?, key)));
        if let Some((table, key)) = tables.next() {
            store::connect(&self.database()?, &table, key).await;
        }
        Ok(())
    }

    fn sdk(&self) -> Result<&SdkConfig, InitError> {
        if let Some(sdk) = self.sdk.get() {
            return Ok(sdk);
        }
        let sdk = aws::sdk_config(&self.environment)?;
        Ok(self.sdk.get_or_init(|| sdk))
    }

    fn database(&self) -> Result<store::Client, InitError> {
        let sdk = self.sdk()?;
        let database = self.database.get_or_init(|| store::Client::new(sdk));
        Ok(database.clone())
    }

    fn queue(&self) -> Result<queue::Client, InitError> {
        Ok(queue::Client::new(self.sdk()?))
    }

    fn required(&self, name: &'static str) -> Result<String, InitError> {
        Ok(self.environment.required(name)?)
    }
}
