//! The rules of the product: no I/O, no clock, no AWS.

pub mod bounded;
pub mod call;
pub mod contact_id;
pub mod delivery;
pub mod directory;
pub mod due;
pub mod event;
pub mod event_type;
pub mod follow_up;
pub mod hour;
pub mod key;
pub mod lead;
pub mod name;
pub mod phone;
pub mod placeholder;
pub mod result_name;
pub mod scalar;
pub mod subscription;
pub mod summary;
pub mod timestamp;
