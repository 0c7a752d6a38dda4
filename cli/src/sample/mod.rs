//! Events as the providers send them, about a call that never was.

mod bodies;
mod call;
mod event;

pub(crate) use call::{Outcome, SampleCall, catalogue};
pub(crate) use event::{Encoding, SampleEvent};
