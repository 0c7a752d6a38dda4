//! How many requests somebody may make in a minute.
//!
//! A process counts for itself and adds what it counted to a table, a fiftieth of the limit at a time: below
//! that a request costs nothing, and all processes together let pass hardly more than the limit. A limit of at
//! most fifty is exact. While the table does not answer nobody is refused.

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

/// A limit is counted in so many steps.
const STEPS: u64 = 50;
/// Counters that a process keeps; then it begins anew.
const MAX_COUNTERS: usize = 10_000;

/// More requests than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("more than {most} requests in a minute")]
pub struct Exceeded {
    /// How many are allowed.
    pub most: u64,
    /// Seconds until more are.
    pub retry_after: u32,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    minute: Minute,
    /// What the table said last.
    total: u64,
    /// What it does not know yet.
    unreported: u64,
}

/// Lets so many requests pass in a minute for each name.
#[derive(Debug)]
pub struct Limiter {
    table: LimitTable,
    /// What is counted, so that two limits do not share a counter.
    kind: &'static str,
    most: u64,
    clock: Clock,
    counted: Mutex<HashMap<String, Counted>>,
}

impl Limiter {
    /// Lets `most` requests of a kind pass in a minute, for each name.
    #[must_use]
    pub fn new(table: LimitTable, kind: &'static str, most: u64, clock: Clock) -> Self {
        Self {
            table,
            kind,
            most,
            clock,
            counted: Mutex::default(),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`Exceeded`] when it is one too many.
    pub async fn admit(&self, name: &str) -> Result<(), Exceeded> {
        self.admit_as(name, 1).await
    }

    /// Counts a request that takes as much as so many others.
    ///
    /// # Errors
    /// [`Exceeded`] when that is too many.
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
