//! A service of AWS that speaks its JSON protocol, called on the SDK's own runtime (docs/adr/0043).
//!
//! The SDK's client for SSM has 150 operations. To compile it took a fifth of a first build, for one of them.

use std::fmt;

use aws_runtime::{
    auth::{
        SigV4OperationSigningConfig,
        sigv4::{SCHEME_ID, SigV4AuthScheme},
    },
    retries::classifiers::AwsErrorCodeClassifier,
};
use aws_smithy_runtime::client::{
    orchestrator::operation::Operation,
    retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{AuthSchemeOptionResolverParams, static_resolver::StaticAuthSchemeOptionResolver},
        orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
        result::SdkError,
        runtime_components::RuntimeComponentsBuilder,
        runtime_plugin::StaticRuntimePlugin,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::Layer, error::ErrorMetadata};
use aws_types::{
    SdkConfig, SigningName,
    region::{Region, SigningRegion},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

/// A client of one service. It signs, retries, times out and connects as the configuration says.
pub struct JsonApi {
    operation: Operation<Call, Answer, ErrorMetadata>,
    prefix: &'static str,
}

/// Its text has AWS's code and message, never a body.
#[derive(Debug, Error)]
pub enum JsonApiError {
    #[error("the request cannot be written")]
    Request(#[source] serde_json::Error),
    #[error(transparent)]
    Aws(#[from] Box<SdkError<ErrorMetadata, HttpResponse>>),
    #[error("the answer cannot be read")]
    Answer,
}

/// Without a derived debug form, which the SDK would log: bodies hold secrets.
struct Call {
    target: String,
    body: Vec<u8>,
}

struct Answer(Bytes);

impl JsonApi {
    /// `service` is the name in its host and its signatures (`ssm`), `prefix` the one before an operation in
    /// `X-Amz-Target` (`AmazonSSM`).
    pub fn new(sdk: &SdkConfig, service: &'static str, prefix: &'static str) -> Self {
        let operation = Operation::builder()
            .service_name(service)
            .operation_name(prefix)
            .endpoint_url(&endpoint(sdk, service))
            .runtime_plugin(runtime(sdk, service))
            .with_connection_poisoning()
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .serializer(request)
            .deserializer(answer)
            .build();
        Self { operation, prefix }
    }

    /// Calls an operation, for instance `GetParameters`.
    pub async fn call<T: DeserializeOwned>(
        &self,
        operation: &str,
        input: &impl Serialize,
    ) -> Result<T, JsonApiError> {
        let call = Call {
            target: format!("{}.{operation}", self.prefix),
            body: serde_json::to_vec(input).map_err(JsonApiError::Request)?,
        };
        let answer = self.operation.invoke(call).await.map_err(Box::new)?;
        serde_json::from_slice(&answer.0).map_err(|_| JsonApiError::Answer)
    }
}

/// What the SDK's clients set up for each service, without telemetry.
fn runtime(sdk: &SdkConfig, service: &'static str) -> StaticRuntimePlugin {
    let mut config = Layer::new(service);
    config.store_put(AuthSchemeOptionResolverParams::new(()));
    config.store_put(SigV4OperationSigningConfig::default());
    config.store_put(SigningName::from_static(service));
    config.store_or_unset(sdk.region().cloned().map(SigningRegion::from));
    config.store_or_unset(sdk.retry_config().cloned());
    config.store_or_unset(sdk.timeout_config().cloned());
    config.store_or_unset(sdk.stalled_stream_protection());
    let components = RuntimeComponentsBuilder::new(service)
        .with_http_client(sdk.http_client())
        .with_sleep_impl(sdk.sleep_impl())
        .with_time_source(sdk.time_source())
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![
            SCHEME_ID,
        ])));
    let components = match sdk.credentials_provider() {
        Some(credentials) => components.with_identity_resolver(SCHEME_ID, credentials),
        None => components,
    };
    StaticRuntimePlugin::new()
        .with_config(config.freeze())
        .with_runtime_components(components)
}

/// Where the service is: in a local cloud, or in the partition of the region.
fn endpoint(sdk: &SdkConfig, service: &str) -> String {
    let region = sdk.region().map_or("", Region::as_ref);
    match sdk.endpoint_url() {
        Some(url) => url.to_owned(),
        None => format!("https://{service}.{region}.{}", domain(region)),
    }
}

/// The domain of the partition that the region is in. Those of American intelligence services are missing.
fn domain(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

fn request(call: Call) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(call.body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.try_insert("content-type", "application/x-amz-json-1.1")?;
    headers.try_insert("x-amz-target", call.target)?;
    Ok(request)
}

fn answer(response: &HttpResponse) -> Result<Answer, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        Ok(Answer(Bytes::copy_from_slice(body)))
    } else {
        Err(OrchestratorError::operation(refusal(body)))
    }
}

/// AWS's reason, empty where the body has none. The code is what stands behind a `#`.
fn refusal(body: &[u8]) -> ErrorMetadata {
    #[derive(Deserialize, Default)]
    struct Reason {
        #[serde(rename = "__type")]
        code: Option<String>,
        #[serde(alias = "Message")]
        message: Option<String>,
    }
    let reason: Reason = serde_json::from_slice(body).unwrap_or_default();
    let mut metadata = ErrorMetadata::builder();
    if let Some(code) = &reason.code {
        metadata = metadata.code(code.rsplit('#').next().unwrap_or(code));
    }
    if let Some(message) = reason.message {
        metadata = metadata.message(message);
    }
    metadata.build()
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_in_the_partition_of_its_region() {
        let hosts = [
            ("eu-central-1", "https://ssm.eu-central-1.amazonaws.com"),
            ("us-gov-west-1", "https://ssm.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "https://ssm.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "https://ssm.eusc-de-east-1.amazonaws.eu"),
        ];
        for (region, host) in hosts {
            let sdk = SdkConfig::builder().region(Region::new(region));
            assert_eq!(endpoint(&sdk.build(), "ssm"), host);
        }
        let local = SdkConfig::builder().endpoint_url("http://127.0.0.1:4566");
        assert_eq!(endpoint(&local.build(), "ssm"), "http://127.0.0.1:4566");
    }

    #[test]
    fn a_refusal_has_awss_code_and_message() {
        let bodies = [
            (
                r#"{"__type":"ThrottlingException","message":"slow"}"#,
                Some("ThrottlingException"),
                Some("slow"),
            ),
            (
                r#"{"__type":"com.amazonaws.ssm#InvalidKeyId","Message":"key"}"#,
                Some("InvalidKeyId"),
                Some("key"),
            ),
            ("{}", None, None),
            ("<html>", None, None),
            ("", None, None),
        ];
        for (body, code, message) in bodies {
            let refusal = refusal(body.as_bytes());
            assert_eq!(
                (refusal.code(), refusal.message()),
                (code, message),
                "{body}"
            );
        }
    }
}
