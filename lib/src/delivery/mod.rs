//! Getting messages to subscriptions' endpoints: where they may go, and how they are posted.

pub mod destination;
