//! The database of the tables that tests make for themselves: a DynamoDB in the test's own process, in memory.
//!
//! The local cloud's answers the deployed functions. It took nearly as much of the processor as the tests themselves
//! (docs/adr/0044).

use std::{net::TcpListener, sync::OnceLock, thread};

use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use dynoxide::{Database, server::serve_on};
use tokio::runtime::Builder;

/// The settings with which an SDK finds this database; everything else stays where it is.
#[derive(Debug)]
pub(crate) struct OwnTables;

impl LoadServiceConfig for OwnTables {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let is_url = (key.service_id(), key.env()) == ("DynamoDB", "AWS_ENDPOINT_URL");
        is_url.then(|| url().to_owned())
    }
}

fn url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        listener
            .set_nonblocking(true)
            .expect("a socket need not block");
        let address = listener.local_addr().expect("it has an address");
        thread::spawn(|| serve(listener));
        format!("http://{address}")
    })
}

fn serve(listener: TcpListener) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = listener.try_into().expect("a listener");
        let database = Database::memory().expect("a database");
        serve_on(listener, database).await;
    });
}
