//! How many requests a caller may make in a minute.
//!
//! A process counts in memory and adds its count to a table in steps of a fiftieth of the limit: most
//! requests cost nothing, and all processes together exceed the limit only slightly. A limit of at most
//! fifty is exact. While the table does not answer, every request is admitted.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use thiserror::Error;

use crate::{
    clock::Clock,
    domain::{due::Minute, timestamp::Timestamp},
    store::limits::LimitTable,
    telemetry,
};

/// A process reports to the table in steps of this fraction of the limit.
const STEPS: u64 = 50;
/// When a process keeps this many counters, it forgets all and starts again.
const MAX_COUNTERS: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("more than {most} requests in a minute")]
pub struct Exceeded {
    pub most: u64,
    /// In seconds.
    pub retry_after: u32,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    minute: Minute,
    /// The table's last answer.
    total: u64,
    /// Requests that the table does not count yet.
    unreported: u64,
}

#[derive(Debug)]
pub struct Limiter {
    table: LimitTable,
    /// Separates the counters of two limits.
    kind: &'static str,
    most: u64,
    clock: Clock,
    counted: Mutex<HashMap<String, Counted>>,
}

impl Limiter {
    /// Admits `most` requests per minute and name.
    pub fn new(table: LimitTable, kind: &'static str, most: u64, clock: Clock) -> Self {
        Self {
            table,
            kind,
            most,
            clock,
            counted: Mutex::default(),
        }
    }

    pub async fn admit(&self, name: &str) -> Result<(), Exceeded> {
        self.admit_as(name, 1).await
    }

    /// Counts a request that costs as much as several.
    pub async fn admit_as(&self, name: &str, requests: u64) -> Result<(), Exceeded> {
        let now = self.clock.now();
        let minute = Minute::of(now);
        let step = (self.most / STEPS).max(1);
        let report = {
            let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
            if counted.len() >= MAX_COUNTERS && !counted.contains_key(name) {
                counted.clear();
            }
            let new = Counted {
                minute,
                total: 0,
                unreported: 0,
            };
            let known = counted.entry(name.to_owned()).or_insert(new);
            if known.minute != minute {
                *known = new;
            }
            if known.total + known.unreported >= self.most {
                return Err(self.exceeded(now));
            }
            known.unreported += requests;
            if known.unreported < step {
                return Ok(());
            }
            std::mem::take(&mut known.unreported)
        };
        let counter = format!("{}#{name}", self.kind);
        match self.table.count(&counter, minute, report).await {
            Ok(total) => {
                let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(known) = counted.get_mut(name).filter(|known| known.minute == minute) {
                    known.total = known.total.max(total);
                }
                if total > self.most {
                    Err(self.exceeded(now))
                } else {
                    Ok(())
                }
            }
            Err(error) => {
                tracing::warn!(
                    cause = telemetry::chain(&error),
                    "requests not counted, and let pass"
                );
                Ok(())
            }
        }
    }

    fn exceeded(&self, now: Timestamp) -> Exceeded {
        let begun = now.as_seconds().rem_euclid(60);
        Exceeded {
            most: self.most,
            retry_after: u32::try_from(60 - begun).unwrap_or(60),
        }
    }
}
