//! `POST /api/webhooks/config/{id}/test`: posts a sample event to a subscription's endpoint now, once,
//! and returns what the endpoint answered.
//!
//! It is signed and sent as any delivery is, also for an inactive subscription: one tests before one
//! switches on. Its id alone, `evt_test_…`, says that it is a test. Where endpoints must prove themselves, it
//! brings a challenge, and an endpoint that answers with it is proven.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    admin::subscriptions::Subscriptions,
    auth::role::Role,
    delivery::{request::WebhookRequest, send::Sender},
    domain::{
        delivery::{Attempt, Message, TEST_PREFIX},
        subscription::{
            Subscription, Traits,
            endpoint_proof::{EndpointProof, repeats},
        },
        timestamp::Timestamp,
    },
    fan_out::samples::sample_data,
    http::{
        error::{ApiError, ErrorShape},
        json_body::{Fields, wrong},
        reply::Reply,
    },
    store::{
        history::HistoryTable,
        subscriptions::{StoredSubscription, SubscriptionTable},
    },
};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{failed, not_found, subscription_id};
use crate::{
    authenticator::Authenticator,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it reads subscriptions and sets them active, adds rows to `history`, posts
/// to endpoints, and reads the keys of user tokens.
pub struct Function {
    pub table: SubscriptionTable,
    pub proof: EndpointProof,
    pub history: HistoryTable,
    pub sender: Sender,
    pub authenticator: Authenticator,
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

#[derive(Serialize)]
struct Tested<'a> {
    success: bool,
    message: &'static str,
    details: Details<'a>,
}

#[serde_with::skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    status_code: Option<u16>,
    response_body: Option<&'a str>,
    /// In milliseconds.
    response_time: u64,
    event_id: &'a str,
    error: Option<&'a str>,
    /// Whether the endpoint has repeated its challenge, if it was to.
    endpoint_proven: Option<bool>,
}

impl Endpoint for Function {
    const NAME: &'static str = "webhook-test";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            table: wiring.subscriptions()?,
            proof: wiring.endpoint_proof(),
            history: wiring.history()?,
            sender: wiring.sender()?,
            authenticator: wiring.authenticator().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let tenant_id = self
            .authenticator
            .authorized(&request, Role::Developer)
            .await?
            .tenant_id();
        let id = subscription_id(&request)?.ok_or_else(not_found)?;
        let fields = Fields::parse(request.body())?;
        let found = self
            .table
            .find_with_secrets(&tenant_id, id)
            .await
            .map_err(failed)?;
        let StoredSubscription {
            subscription,
            secrets,
            ..
        } = found.ok_or_else(not_found)?;
        let now = self.authenticator.clock.now();
        let message = message(&subscription, &fields, now)?;
        let challenge = self
            .proof
            .is_missing(&subscription)
            .then(|| Uuid::new_v4().simple().to_string());
        let parcel = WebhookRequest::to(&subscription, &secrets, &message.id, &message.body, now);
        let attempt = self
            .sender
            .send(&WebhookRequest {
                challenge: challenge.as_deref(),
                ..parcel
            })
            .await;
        let is_proven =
            challenge.map(|challenge| attempt.succeeded() && repeats(&attempt.body, &challenge));
        if is_proven == Some(true) {
            let subscriptions = Subscriptions::new(self.table.clone(), self.proof);
            let proven = subscriptions.prove(&tenant_id, id, &subscription.url, now);
            proven.await.map_err(failed)?;
        }
        // A test that was answered stands in the history.
        self.history
            .record_test(&message, id, &attempt)
            .await
            .map_err(failed)?;
        log::event_key(&message.id);
        log::result(if attempt.succeeded() {
            "taken"
        } else {
            "not taken"
        });
        Ok(Reply::ok(&tested(&message, &attempt, is_proven)))
    }
}

/// The message that a request asks for.
fn message(
    subscription: &Subscription,
    fields: &Fields,
    now: Timestamp,
) -> Result<Message, ApiError> {
    let event_type = fields.required_name("eventType")?;
    if !subscription.event_types.contains(&event_type) {
        return Err(wrong(
            "eventType",
            "must be one of the eventTypes configured",
        ));
    }
    let data = match fields.get("testPayload") {
        None | Some(Value::Null) => sample_data(&event_type, subscription).into(),
        Some(payload @ Value::Object(_)) => payload.clone(),
        Some(_) => return Err(wrong("testPayload", "must be an object")),
    };
    let body = json!({ "type": event_type, "timestamp": now.to_string(), "data": data });
    Ok(Message {
        id: format!("{TEST_PREFIX}{}", Uuid::new_v4().simple()),
        tenant_id: subscription.tenant_id.clone(),
        event_type,
        occurred_at: now,
        announced_at: now,
        call_id: None,
        user_id: None,
        traits: Traits::default(),
        body: body.to_string().into(),
    })
}

fn tested<'a>(
    message: &'a Message,
    attempt: &'a Attempt,
    endpoint_proven: Option<bool>,
) -> Tested<'a> {
    let success = attempt.succeeded();
    Tested {
        success,
        message: if success {
            "Test webhook sent successfully"
        } else {
            "Test webhook failed"
        },
        details: Details {
            status_code: attempt.status_code,
            response_body: attempt.status_code.map(|_| attempt.body.as_str()),
            response_time: attempt.timing,
            event_id: &message.id,
            error: attempt.error.as_deref(),
            endpoint_proven,
        },
    }
}
