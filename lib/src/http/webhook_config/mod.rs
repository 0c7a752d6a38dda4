//! Bodies and views of subscriptions, which the Webhook API document calls webhook configurations.
//!
//! A field that is missing or wrong is a 400 that names it by its path. `null` stands for the default of
//! a field that has one. Unknown fields are let pass, but not unknown filters: one that is ignored
//! would let too much out.

mod filters;
mod headers;
mod read;
mod schedule;
#[cfg(test)]
mod tests;
mod values;
mod view;

pub use read::{change, new_subscription, rotation};
pub use view::{Details, Summary};
