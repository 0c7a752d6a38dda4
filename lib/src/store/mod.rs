//! DynamoDB, concrete: one file per table, one type per table. Nothing else names the client.
//! Expected results are values; [`StoreError`] is for a database that fails or an item that cannot
//! be read. To repeat a request after an error is safe unless its function says otherwise. Every item has
//! an attribute `v`, the version of its layout.

mod batch;
pub mod call_list;
pub mod calls;
pub mod chunks;
pub mod counts;
pub mod directory;
pub mod due;
pub mod endpoints;
pub mod events;
pub mod history;
mod item;
pub mod leads;
pub mod limits;
mod list_position;
pub mod lookup;
mod payload;
pub mod recoveries;
mod retention;
pub mod subscriptions;
mod table;

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use thiserror::Error;

/// The client of all tables.
pub type Client = aws_sdk_dynamodb::Client;

pub use item::Item;
pub use retention::Retention;

/// Why a read or write did not happen.
#[derive(Debug, Error)]
pub enum StoreError {
    /// DynamoDB refused or did not answer; trying again may help.
    #[error("{operation} failed ({code})")]
    Unavailable {
        operation: String,
        /// DynamoDB's code, or the kind of the network's failure.
        code: String,
        source: Box<dyn Error + Send + Sync>,
    },
    /// An item that this version cannot read.
    #[error("unreadable item: {what}")]
    Corrupt {
        /// The attribute; never its value.
        what: &'static str,
    },
    /// Others kept changing the item; trying again will help.
    #[error("too many writers of one item")]
    Contended,
}

impl StoreError {
    fn unavailable<E>(operation: impl Into<String>) -> impl FnOnce(SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let operation = operation.into();
        move |error| {
            let code = match &error {
                SdkError::TimeoutError(_) => "timeout",
                SdkError::DispatchFailure(_) => "no connection",
                other => other.code().unwrap_or("unknown"),
            };
            Self::Unavailable {
                operation,
                code: code.to_owned(),
                source: Box::new(error),
            }
        }
    }
}

/// Opens the connection to DynamoDB, so that the first request does not wait for a TLS handshake. It
/// costs half a read unit per cold start; a failure shows again in the first request.
pub async fn connect(client: &Client, table: &str, key: &str) {
    let nothing = item::string("connect");
    let answer = client
        .get_item()
        .table_name(table)
        .key(key, nothing)
        .send()
        .await;
    if let Err(error) = answer {
        tracing::debug!(code = error.code(), "connection not opened early");
    }
}
