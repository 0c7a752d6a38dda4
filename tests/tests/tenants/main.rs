//! Who may do what, and what one tenant's acts are to another.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod api_keys;
mod directory;
mod directory_deployed;
mod directory_refusals;
mod directory_table;
mod erase;
mod erase_tenant;
mod leads;
mod limits;
mod migrate;
mod ownership;
mod retention;
mod roles;
mod secrets;
