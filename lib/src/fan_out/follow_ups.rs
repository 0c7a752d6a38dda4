//! Noting what a call wants to have done later.

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

    /// Notes the call's follow-up, if the event tells of one; noting it again is harmless. What was
    /// noted before and is no longer wanted is dropped when its time comes.
    pub async fn note(&self, update: &CallUpdate, call: &Call) -> Result<(), StoreError> {
        if update.facts.follow_up.get().is_none_or(Option::is_none) {
            return Ok(());
        }
        match automatic_follow_up(call) {
            Some(follow_up) => {
                self.due
                    .file(&Due::follow_up(call.id, follow_up.due_at), self.clock.now())
                    .await
            }
            None => Ok(()),
        }
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
