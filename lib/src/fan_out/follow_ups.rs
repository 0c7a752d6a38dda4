//! Scheduling a call's follow-up.

use crate::{
    clock::Clock,
    domain::{
        call::{Call, CallUpdate},
        due::Due,
        follow_up::FollowUp,
    },
    store::{StoreError, due::DueTable},
};

#[derive(Debug, Clone)]
pub struct FollowUps {
    due: DueTable,
    clock: Clock,
}

impl FollowUps {
    pub fn new(due: DueTable, clock: Clock) -> Self {
        Self { due, clock }
    }

    /// Schedules the call's follow-up if the event reports one; repeating is harmless. The sweep drops an
    /// earlier follow-up that is no longer wanted.
    pub async fn schedule(&self, update: &CallUpdate, call: &Call) -> Result<(), StoreError> {
        let is_reported = update.facts.follow_up.get().is_some_and(Option::is_some);
        let Some(follow_up) = automatic_follow_up(call).filter(|_| is_reported) else {
            return Ok(());
        };
        let due = Due::follow_up(call.id, follow_up.due_at);
        self.due.file(&due, self.clock.now()).await
    }
}

/// The call's follow-up, if it is to be announced.
pub(crate) fn automatic_follow_up(call: &Call) -> Option<&FollowUp> {
    call.facts
        .follow_up
        .get()?
        .as_ref()
        .filter(|follow_up| follow_up.automatic)
}
