//! AWS of which one service does not work.

use std::future::pending;

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};

/// How an AWS service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Well,
    /// Every connection breaks.
    Down,
    /// It takes requests and never answers.
    Silent,
}

/// A client for which DynamoDB and SQS do like this, and all else works.
pub fn outage(database: Health, queue: Health) -> SharedHttpClient {
    SharedHttpClient::new(Client {
        inner: aws_smithy_http_client::Builder::new().build_http(),
        database,
        queue,
    })
}

#[derive(Debug)]
struct Client {
    inner: SharedHttpClient,
    database: Health,
    queue: Health,
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    database: Health,
    queue: Health,
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
            database: self.database,
            queue: self.queue,
        })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let health = match target.split_once('.') {
            Some((service, _)) if service.starts_with("DynamoDB") => self.database,
            Some(("AmazonSQS", _)) => self.queue,
            _ => Health::Well,
        };
        match health {
            Health::Well => self.inner.call(request),
            Health::Down => {
                let reset = ConnectorError::io("connection reset".into());
                HttpConnectorFuture::ready(Err(reset))
            }
            Health::Silent => HttpConnectorFuture::new(pending()),
        }
    }
}
