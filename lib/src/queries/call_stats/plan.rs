//! Which hours of a window are known, and which have to be counted.

use std::collections::{BTreeMap, HashMap};

use crate::{
    domain::{
        call::counts::Counts,
        hour::{Day, Hour},
    },
    store::{
        call_list::{ListPosition, Window},
        counts::KeptHour,
    },
};

/// The steps of a count, the newest hours first.
pub(super) enum Step {
    Kept(Hour, Counts),
    Count(Run),
}

/// Calls that are read one after the other.
pub(super) struct Run {
    pub(super) window: Window,
    /// Where an earlier count has stopped.
    pub(super) after: Option<ListPosition>,
    /// The hours whose counts are stored, with what is kept of them.
    pub(super) stored: BTreeMap<Hour, KeptHour>,
}

impl Run {
    /// The calls of a window, whose counts are not stored.
    pub(super) fn of(window: Window) -> Self {
        Self {
            window,
            after: None,
            stored: BTreeMap::new(),
        }
    }
}

/// The steps that count a window's hours of these days, which come newest first. Adjacent hours are read as
/// one run, for most hours of a small tenant are empty.
pub(super) fn steps(
    window: Window,
    days: &[Day],
    mut kept: HashMap<Hour, KeptHour>,
    may_store: impl Fn(Hour, &KeptHour) -> bool,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for hour in days.iter().flat_map(|day| day.newest_hours()) {
        let part = Window {
            from: hour.start().max(window.from),
            to: hour.end().min(window.to),
        };
        if part.from > part.to {
            continue;
        }
        let is_whole = (part.from, part.to) == (hour.start(), hour.end());
        let mut kept = kept.remove(&hour).unwrap_or_default();
        let known = kept.counts.take_if(|counts| counts.after.is_none());
        if let Some(counts) = known.filter(|_| is_whole) {
            steps.push(Step::Kept(hour, counts.counts));
            continue;
        }
        let is_stored = is_whole && may_store(hour, &kept);
        let after = kept.counts.as_ref().and_then(|counts| counts.after);
        let after = after.filter(|_| is_stored);
        let run = match steps.last_mut() {
            Some(Step::Count(run)) if after.is_none() => {
                run.window.from = part.from;
                run
            }
            _ => {
                steps.push(Step::Count(Run {
                    after,
                    ..Run::of(part)
                }));
                let Some(Step::Count(run)) = steps.last_mut() else {
                    continue;
                };
                run
            }
        };
        if is_stored {
            run.stored.insert(hour, kept);
        }
    }
    steps
}
