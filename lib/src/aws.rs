//! The AWS clients' common configuration.
//!
//! It is made from Lambda's environment: credentials, region, and in the local cloud an endpoint. The SDK's
//! default chain would add profiles, SSO and instance metadata to the binary and search them first. TLS is
//! rustls on ring (docs/adr/0003), and trusts Amazon's roots (docs/adr/0042).

pub mod json_api;
mod trust;

use std::time::Duration;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
pub use aws_types::SdkConfig;
use aws_types::{region::Region, sdk_config::StalledStreamProtectionConfig};

use crate::config::{ConfigError, Environment};

/// AWS answers in milliseconds, so a slow attempt is lost. Three attempts and their pauses fit into a
/// function's ten seconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 3;

/// The configuration from which every client is made; they share one pool of connections.
pub fn sdk_config(environment: &Environment) -> Result<SdkConfig, ConfigError> {
    let credentials = Credentials::new(
        environment.required("AWS_ACCESS_KEY_ID")?,
        environment.required("AWS_SECRET_ACCESS_KEY")?,
        environment.optional("AWS_SESSION_TOKEN"),
        None,
        "lambda",
    );
    let http_client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(trust::tls_context(environment)?)
        .build_https();
    let mut sdk = SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::v2026_01_12())
        .region(Region::new(environment.required("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client)
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        // Responses are small and attempts have a timeout, so watching a stream's throughput gains nothing.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        );
    sdk.set_endpoint_url(environment.optional("AWS_ENDPOINT_URL"));
    Ok(sdk.build())
}
