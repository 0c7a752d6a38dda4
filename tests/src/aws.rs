//! Clients of the local cloud, and of another implementation of AWS's APIs.

use std::env;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region, sdk_config::Builder};

use crate::{faults::Faults, own_tables::OwnTables, stack::Stack};

/// A configuration for the local cloud whose requests suffer `faults` and are tried a given number of times.
pub fn sdk(stack: &Stack, faults: &Faults, attempts: u32) -> SdkConfig {
    at(stack.value("AWS_ENDPOINT_URL"), stack, faults, attempts).build()
}

/// As [`sdk`], for tables and queues that a test makes for itself: the tables in a database of this process, unless
/// `RINGPOST_TEST_AWS` names another implementation of AWS's APIs, which has both then (`make second-database`).
#[expect(
    clippy::disallowed_methods,
    reason = "a choice of this test run, not a setting of a function"
)]
pub(crate) fn own_sdk(stack: &Stack, faults: &Faults, attempts: u32) -> SdkConfig {
    if let Ok(url) = env::var("RINGPOST_TEST_AWS") {
        return at(&url, stack, faults, attempts).build();
    }
    let cloud = at(stack.value("AWS_ENDPOINT_URL"), stack, faults, attempts);
    cloud.service_config(OwnTables).build()
}

fn at(url: &str, stack: &Stack, faults: &Faults, attempts: u32) -> Builder {
    let (id, secret) = (
        stack.value("AWS_ACCESS_KEY_ID"),
        stack.value("AWS_SECRET_ACCESS_KEY"),
    );
    SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::v2026_01_12())
        .region(Region::new(stack.value("AWS_REGION").to_owned()))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys(
            id, secret, None,
        )))
        .http_client(faults.client())
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .retry_config(RetryConfig::standard().with_max_attempts(attempts))
        .timeout_config(TimeoutConfig::builder().build())
}
