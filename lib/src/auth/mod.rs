//! Who sends a request, from which address, and how often.

pub mod allow_list;
pub(crate) mod header;
pub mod limiter;
pub mod role;
pub mod token;
