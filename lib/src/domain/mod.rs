//! The rules of the product: no I/O, no clock, no AWS.

pub mod agent_status;
pub mod announcement;
pub mod call;
pub mod call_filter;
pub mod delivery;
pub mod directory;
pub mod due;
pub mod event;
pub mod event_type;
pub mod facts;
pub mod follow_up;
pub mod key;
pub mod lead;
pub mod occurrence;
pub mod outcome;
pub mod owner;
pub mod phone;
pub mod recovery;
pub mod register;
pub mod result_name;
pub mod retry;
pub mod signature;
pub mod subscription;
pub mod subscription_change;
pub mod summary;
pub mod timestamp;
