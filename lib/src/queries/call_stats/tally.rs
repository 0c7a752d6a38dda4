//! Counts in the making, as a whole and by bucket.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::Serialize;

use crate::{
    domain::{
        call::counts::{Counted, Counts},
        hour::{self, Hour},
        timestamp::Timestamp,
    },
    store::call_list::Window,
};

/// Reasons are free text of up to 2 KB each; only the most frequent are returned.
const MAX_REASONS: usize = 100;

/// How long a bucket is, in hours or days of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Span {
    Hour,
    Day,
}

impl Span {
    /// The first hour of the bucket that this hour is in.
    fn begin(self, hour: Hour) -> Hour {
        match self {
            Self::Hour => hour,
            Self::Day => hour.day().hour(0),
        }
    }

    /// The first hour of the next bucket.
    fn next(self, begin: Hour) -> Hour {
        match self {
            Self::Hour => begin.plus(1),
            Self::Day => begin.plus(hour::OF_DAY),
        }
    }
}

/// The counts of a window.
#[derive(Debug)]
pub struct CallStats {
    pub counts: Counts,
    /// The most frequent first.
    pub by_failure_reason: Vec<Reason>,
    /// The oldest first, as far as calls are counted; none without a [`Span`].
    pub buckets: Option<Vec<Bucket>>,
    /// How many calls were read, also those that the caller may not read.
    pub examined: usize,
    /// How many hours were looked up instead.
    pub kept_hours: usize,
    /// From when on calls are counted, if there are older ones.
    pub cut_at: Option<Timestamp>,
}

#[derive(Debug)]
pub struct Bucket {
    pub window: Window,
    pub counts: Counts,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The provider's words.
    pub reason: String,
    pub count: usize,
    /// Its share of all counted calls.
    pub rate: f64,
}

#[derive(Debug)]
pub(super) struct Tally {
    by: Option<Span>,
    total: Counts,
    /// By the first hour of each.
    buckets: BTreeMap<Hour, Counts>,
    pub(super) kept_hours: usize,
}

impl Tally {
    pub(super) fn new(by: Option<Span>) -> Self {
        Self {
            by,
            total: Counts::default(),
            buckets: BTreeMap::new(),
            kept_hours: 0,
        }
    }

    /// Adds a call that was created in this hour.
    pub(super) fn add(&mut self, hour: Hour, call: &Counted<'_>) {
        self.total.add(call);
        if let Some(bucket) = self.bucket(hour) {
            bucket.add(call);
        }
    }

    /// Adds calls that were created in this hour.
    pub(super) fn add_all(&mut self, hour: Hour, counts: &Counts) {
        self.total.add_all(counts);
        if let Some(bucket) = self.bucket(hour) {
            bucket.add_all(counts);
        }
    }

    fn bucket(&mut self, hour: Hour) -> Option<&mut Counts> {
        let begin = self.by?.begin(hour);
        Some(self.buckets.entry(begin).or_default())
    }

    pub(super) fn stats(
        mut self,
        window: Window,
        examined: usize,
        cut_at: Option<Timestamp>,
    ) -> CallStats {
        let counted = Window {
            from: cut_at.map_or(window.from, |cut_at| cut_at.max(window.from)),
            to: window.to,
        };
        let reasons = std::mem::take(&mut self.total.by_failure_reason);
        CallStats {
            by_failure_reason: most_frequent(reasons, self.total.calls),
            buckets: self.by.map(|by| self.all_buckets(by, counted)),
            counts: self.total,
            examined,
            kept_hours: self.kept_hours,
            cut_at,
        }
    }

    /// Also the empty ones.
    fn all_buckets(&mut self, by: Span, window: Window) -> Vec<Bucket> {
        let first = by.begin(Hour::of(window.from));
        let begins = std::iter::successors(Some(first), |begin| Some(by.next(*begin)));
        let last = Hour::of(window.to);
        begins
            .take_while(|begin| *begin <= last && window.from <= window.to)
            .map(|begin| Bucket {
                window: Window {
                    from: begin.start().max(window.from),
                    to: by.next(begin).plus(-1).end().min(window.to),
                },
                counts: self.buckets.remove(&begin).unwrap_or_default(),
            })
            .collect()
    }
}

/// The share of a whole, 0 of nothing.
pub fn rate(part: usize, whole: usize) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "no tenant has as many calls as f64 has integers"
    )]
    match whole {
        0 => 0.0,
        _ => part as f64 / whole as f64,
    }
}

fn most_frequent(by_reason: BTreeMap<String, usize>, calls: usize) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = by_reason
        .into_iter()
        .map(|(reason, count)| Reason {
            reason,
            count,
            rate: rate(count, calls),
        })
        .collect();
    reasons.sort_by_key(|reason| Reverse(reason.count));
    reasons.truncate(MAX_REASONS);
    reasons
}
