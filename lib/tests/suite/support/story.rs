//! Whole calls by chance, and what really happened in them: one line per participant, written down by
//! an observer who knows nothing of events.

use proptest::{collection::vec, prelude::*, sample::select};
use ringpost::domain::call::outcome::Outcome;
use serde_json::Value;

use super::room::{Room, agent, caller, dialled, web};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Inbound,
    Outbound,
    Web,
}

/// One connection: from, to, whether a person was there, and whether it was only taken over.
#[derive(Debug, Clone)]
pub(crate) struct Stay {
    pub(crate) who: usize,
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) answered: bool,
    pub(crate) taken_over: bool,
    reason: &'static str,
}

/// A whole call: the persons it is for, and colleagues who are dialled in.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) kind: Kind,
    pub(crate) stays: Vec<Stay>,
    pub(crate) colleagues: Vec<Stay>,
    with_agent: bool,
    closed: i64,
}

fn missed() -> impl Strategy<Value = &'static str> {
    select(vec![
        "USER_REJECTED",
        "USER_UNAVAILABLE",
        "CLIENT_INITIATED",
    ])
}

/// Attempts of one person or number, one after another; of persons whose calls came about the last
/// attempt did, maybe with reloads.
fn stays(who: usize, kind: Kind) -> impl Strategy<Value = Vec<Stay>> {
    let misses = if kind == Kind::Inbound {
        0..1_usize
    } else {
        0..3
    };
    (
        1..40_i64,
        vec((2..30_i64, 1..20_i64, missed()), misses),
        any::<bool>(),
        20..90_i64,
        0..3_usize,
    )
        .prop_map(move |(start, misses, comes, talks, reloads)| {
            let (mut at, mut stays) = (start, Vec::new());
            for (rings, pause, reason) in misses {
                stays.push(Stay {
                    who,
                    from: at,
                    to: at + rings,
                    answered: false,
                    taken_over: false,
                    reason,
                });
                at += rings + pause;
            }
            if comes || kind == Kind::Inbound {
                for _ in 0..reloads {
                    // The newer connection is there a moment before the older one ends.
                    stays.push(Stay {
                        who,
                        from: at,
                        to: at + 8,
                        answered: true,
                        taken_over: true,
                        reason: "DUPLICATE_IDENTITY",
                    });
                    at += 7;
                }
                stays.push(Stay {
                    who,
                    from: at,
                    to: at + talks,
                    answered: true,
                    taken_over: false,
                    reason: "CLIENT_INITIATED",
                });
            }
            stays
        })
}

pub(crate) fn story() -> impl Strategy<Value = Story> {
    let kind = select(vec![Kind::Inbound, Kind::Outbound, Kind::Web]);
    kind.prop_flat_map(|kind| {
        let people = (stays(0, kind), stays(1, kind), any::<bool>());
        let colleagues = vec((0..30_i64, 5..60_i64, any::<bool>(), missed()), 0..3);
        (Just(kind), people, colleagues, any::<bool>(), 1..30_i64).prop_map(
            |(kind, (first, second, both), colleagues, with_agent, lasts)| {
                let mut stays = first;
                if both {
                    stays.extend(second);
                }
                let began = stays
                    .iter()
                    .filter(|stay| stay.answered)
                    .map(|stay| stay.from)
                    .min();
                // Colleagues are dialled into calls that a person is in; of an outbound call it is not
                // known from outside whether one who talks is a colleague, and there are none here.
                let dialled_in = began.filter(|_| kind != Kind::Outbound);
                let colleagues = colleagues.into_iter().enumerate().filter_map(
                    |(index, (after, lasts, answered, reason))| {
                        let from = dialled_in? + 1 + after;
                        let reason = if answered { "CLIENT_INITIATED" } else { reason };
                        Some(Stay {
                            who: 10 + index,
                            from,
                            to: from + lasts,
                            answered,
                            taken_over: false,
                            reason,
                        })
                    },
                );
                let colleagues: Vec<_> = colleagues.collect();
                let ends = stays
                    .iter()
                    .chain(&colleagues)
                    .map(|stay| stay.to)
                    .max()
                    .unwrap_or_default();
                Story {
                    kind,
                    stays,
                    colleagues,
                    with_agent,
                    closed: ends + lasts,
                }
            },
        )
    })
}

/// When something is reported, whether it is a leaving, who it is, and why he left and whether he never came.
type ParsedEvent = (i64, u8, Value, Option<(&'static str, bool)>);

impl Story {
    /// What LiveKit reports.
    pub(crate) fn events(&self) -> Vec<Value> {
        let mut reported: Vec<ParsedEvent> = Vec::new();
        let who = |stay: &Stay, ends: bool| {
            let status = match (stay.answered, ends) {
                (true, false) => "active",
                (true, true) => "hangup",
                (false, _) => "ringing",
            };
            match self.kind {
                _ if stay.who >= 10 => dialled(&stay.who.to_string(), status),
                Kind::Inbound => caller(&stay.who.to_string()),
                Kind::Outbound => dialled(&stay.who.to_string(), status),
                Kind::Web => web(&format!("web-{}", stay.who)),
            }
        };
        for stay in self.stays.iter().chain(&self.colleagues) {
            let is_web = self.kind == Kind::Web && stay.who < 10;
            if stay.answered || !is_web {
                reported.push((stay.from, 0, who(stay, false), None));
            }
            reported.push((
                stay.to,
                1,
                who(stay, true),
                Some((stay.reason, is_web && !stay.answered)),
            ));
        }
        let mut room = Room::new("RM_1");
        if self.with_agent {
            room.joined(0, agent());
        }
        reported.sort_by_key(|(at, ends, _, _)| (*at, *ends));
        for (at, _, who, leaves) in reported {
            match leaves {
                None => room.joined(at, who),
                Some((reason, true)) => room.aborted(at, who, reason),
                Some((reason, false)) => room.left(at, who, reason),
            }
        }
        if self.with_agent {
            room.left(self.closed - 1, agent(), "CLIENT_INITIATED");
        }
        room.finished(self.closed);
        room.events
    }

    /// When the person was gone for whom the call was, and what became of it.
    pub(crate) fn truth(&self) -> (i64, Outcome) {
        let talked = self
            .stays
            .iter()
            .filter(|stay| stay.answered && !stay.taken_over);
        if let Some(end) = talked.map(|stay| stay.to).max() {
            return (
                end,
                match end {
                    ..3 => Outcome::Failed,
                    3..10 => Outcome::NoAnswer,
                    _ => Outcome::Completed,
                },
            );
        }
        // An aborted attempt of a browser has no beginning that is reported.
        let began = |stay: &Stay| (self.kind != Kind::Web).then_some(stay.from);
        let last = self
            .stays
            .iter()
            .max_by_key(|stay| (stay.to, began(stay), stay.reason));
        match last {
            Some(last) => (
                last.to,
                match last.reason {
                    "USER_REJECTED" => Outcome::Busy,
                    _ if last.to < 3 && last.reason != "USER_UNAVAILABLE" => Outcome::Failed,
                    _ => Outcome::NoAnswer,
                },
            ),
            None if self.closed < 3 => (self.closed, Outcome::Failed),
            None => (self.closed, Outcome::NoAnswer),
        }
    }

    /// Whether a person whom the call is for is there just after this moment.
    pub(crate) fn is_there(&self, at: i64) -> bool {
        self.stays
            .iter()
            .any(|stay| stay.answered && stay.from <= at && at < stay.to)
    }
}
