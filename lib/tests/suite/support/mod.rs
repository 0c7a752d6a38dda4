//! What the tests share.

pub(crate) mod busy_call;
pub(crate) mod calls;
pub(crate) mod elevenlabs;
pub(crate) mod events;
pub(crate) mod folding;
pub(crate) mod keys;
pub(crate) mod left;
pub(crate) mod one_call;
pub(crate) mod room;
pub(crate) mod sample;
pub(crate) mod signalwire;
pub(crate) mod signing;
pub(crate) mod story;
