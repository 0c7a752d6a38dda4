//! The answers about subscriptions, as the Webhook API document has them.

use ringpost::http::webhook_config::{Details, Summary};
use serde::Serialize;

/// `{success, webhooks}`
#[derive(Serialize)]
pub(super) struct List<'a> {
    success: bool,
    webhooks: Vec<Summary<'a>>,
}

impl<'a> List<'a> {
    pub(super) fn new(webhooks: Vec<Summary<'a>>) -> Self {
        Self {
            success: true,
            webhooks,
        }
    }
}

/// `{success, message?, webhook, secret?}`
#[serde_with::skip_serializing_none]
#[derive(Serialize)]
pub(super) struct One<'a> {
    success: bool,
    message: Option<&'static str>,
    webhook: Details<'a>,
    secret: Option<&'a str>,
}

impl<'a> One<'a> {
    pub(super) fn new(webhook: Details<'a>) -> Self {
        Self {
            success: true,
            message: None,
            webhook,
            secret: None,
        }
    }

    pub(super) fn message(self, message: &'static str) -> Self {
        Self {
            message: Some(message),
            ..self
        }
    }

    pub(super) fn secret(self, secret: Option<&'a str>) -> Self {
        Self { secret, ..self }
    }
}

/// `{success, message}`
#[derive(Serialize)]
pub(super) struct Done {
    success: bool,
    message: &'static str,
}

impl Done {
    pub(super) fn new(message: &'static str) -> Self {
        Self {
            success: true,
            message,
        }
    }
}
