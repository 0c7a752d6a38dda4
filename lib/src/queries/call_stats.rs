//! Counting the calls of a window by how they ended.
//!
//! ```text
//! an hour whose counts are kept ── add them
//! the hours between those ── read their calls, add them, keep the counts of the hours that are closed
//! ```
//!
//! One answer reads a bounded number of calls, the newest first. Since it keeps what it counted, the next one
//! gets further. A caller who may read only some of the tenant's calls has all of them read.

mod plan;
mod tally;

use std::collections::BTreeMap;

use futures::{StreamExt, stream};

pub use self::tally::{Bucket, CallStats, Reason, Span, rate};
use self::{
    plan::{Run, Step},
    tally::Tally,
};
use super::call::readable;
use crate::{
    auth::token::Caller,
    clock::Clock,
    domain::{
        call::counts::Counted,
        hour::{Day, Hour},
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        call_list::{CallCursor, CallList, ListPosition, Window},
        counts::{CountTable, HourCounts, KeptHour, NewCounts},
    },
    telemetry,
};

/// Calls that are read at once.
const STRIDE: usize = 400;
/// Days whose counts are stored at once.
const CONCURRENCY: usize = 16;

#[derive(Debug, Clone)]
pub struct CallCounter {
    pub list: CallList,
    pub counts: CountTable,
    pub clock: Clock,
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub struct StatsQuery {
    pub window: Window,
    /// How long a bucket is, if there are any.
    pub by: Option<Span>,
}

/// One answer in the making.
struct Counting<'a> {
    caller: &'a Caller,
    tenant_id: String,
    tally: Tally,
    examined: usize,
    at_most: usize,
}

impl CallCounter {
    /// Counts the window's calls that the caller may read, the newest first. It reads at most `at_most` calls.
    pub async fn count(
        &self,
        caller: &Caller,
        query: StatsQuery,
        at_most: usize,
    ) -> Result<CallStats, StoreError> {
        let mut counting = Counting {
            caller,
            tenant_id: caller.tenant_id(),
            tally: Tally::new(query.by),
            examined: 0,
            at_most,
        };
        let cut_at = match caller.reads_all_calls() {
            true => self.count_hours(&mut counting, query.window).await?,
            false => {
                let run = Run::of(query.window);
                self.count_run(&mut counting, run).await?
            }
        };
        Ok(counting
            .tally
            .stats(query.window, counting.examined, cut_at))
    }

    /// The moment from which on calls are counted, if there are older ones.
    async fn count_hours(
        &self,
        counting: &mut Counting<'_>,
        window: Window,
    ) -> Result<Option<Timestamp>, StoreError> {
        let Some(oldest) = self.list.oldest(&counting.tenant_id, window).await? else {
            return Ok(None);
        };
        // Hours without any call need not be looked up.
        let window = Window {
            from: window.from.max(Hour::of(oldest).start()),
            to: window.to.min(Hour::of(self.clock.now()).plus(1).end()),
        };
        let (first, last) = (Hour::of(window.from).day(), Hour::of(window.to).day());
        let days: Vec<Day> = last.back_to(first).collect();
        for days in days.chunks(CountTable::DAYS) {
            let now = self.clock.now();
            let kept = self.counts.read(&counting.tenant_id, days, now).await?;
            let may_store = |hour, kept: &KeptHour| self.counts.may_store(hour, kept, now);
            for step in plan::steps(window, days, kept, may_store) {
                match step {
                    Step::Kept(hour, counts) => {
                        counting.tally.kept_hours += 1;
                        counting.tally.add_all(hour, &counts);
                    }
                    Step::Count(run) => {
                        if let Some(cut_at) = self.count_run(counting, run).await? {
                            return Ok(Some(cut_at));
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    /// As [`CallCounter::count_hours`], reading the calls.
    async fn count_run(
        &self,
        counting: &mut Counting<'_>,
        run: Run,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (window, mut reached) = (run.window, run.after);
        let mut hours: BTreeMap<Hour, (KeptHour, HourCounts)> = BTreeMap::new();
        for (hour, mut read) in run.stored {
            let begun = read.counts.take().unwrap_or_default();
            counting.tally.add_all(hour, &begun.counts);
            hours.insert(hour, (read, begun));
        }
        let tenant_id = counting.tenant_id.clone();
        let mut cursor = self.list.newest(&tenant_id, window, run.after);
        let is_whole = counting
            .read_on(&mut cursor, &mut hours, &mut reached)
            .await?;
        let passed = reached.map(|position| position.at);
        let complete = hours.into_iter().filter_map(|(hour, (read, mut counts))| {
            counts.after = match passed.map(Hour::of) {
                _ if is_whole => None,
                Some(last) if hour > last => None,
                Some(last) if hour == last => reached,
                _ => return None,
            };
            Some(NewCounts { hour, read, counts })
        });
        self.keep(&tenant_id, complete).await;
        let from = passed.unwrap_or_else(|| window.to.plus_millis(1));
        Ok(Some(from).filter(|_| !is_whole))
    }

    /// Without them the next answer has to count again, and this one is right.
    async fn keep(&self, tenant_id: &str, hours: impl Iterator<Item = NewCounts>) {
        let mut days: BTreeMap<Day, Vec<NewCounts>> = BTreeMap::new();
        for counted in hours {
            days.entry(counted.hour.day()).or_default().push(counted);
        }
        let stores = days.iter().map(async |(day, hours)| {
            let stored = self.counts.store(tenant_id, *day, hours).await;
            if let Err(error) = stored {
                tracing::warn!(%day, cause = telemetry::chain(&error), "counts not kept");
            }
        });
        let stores: Vec<_> = stores.collect();
        stream::iter(stores)
            .buffer_unordered(CONCURRENCY)
            .collect::<()>()
            .await;
    }
}

impl Counting<'_> {
    /// Counts the calls of a list; true at its end, false where no more may be read.
    async fn read_on(
        &mut self,
        cursor: &mut CallCursor<'_>,
        hours: &mut BTreeMap<Hour, (KeptHour, HourCounts)>,
        reached: &mut Option<ListPosition>,
    ) -> Result<bool, StoreError> {
        loop {
            let left = self.at_most - self.examined;
            if left == 0 {
                // Reads one more call, because it must be known whether all are counted.
                return Ok(cursor.is_at_end() || cursor.next(1).await?.is_empty());
            }
            let listed = cursor.next(STRIDE.min(left)).await?;
            if listed.is_empty() {
                return Ok(true);
            }
            self.examined += listed.len();
            for entry in listed {
                *reached = Some(entry.after);
                let call = entry.call.and_then(|call| readable(self.caller, call));
                let Some(counted) = call.as_ref().and_then(|(call, _)| Counted::of(call)) else {
                    continue;
                };
                let hour = Hour::of(entry.created_at);
                self.tally.add(hour, &counted);
                if let Some((_, counts)) = hours.get_mut(&hour) {
                    counts.counts.add(&counted);
                }
            }
        }
    }
}
