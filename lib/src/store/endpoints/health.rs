//! What an attempt says of its endpoint: written only when that is news. A verdict about a subscription
//! that its owner has changed since, in where deliveries go, is dropped.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{EndpointTable, SubscriptionRef, read_health};
use crate::{
    domain::{
        delivery::{
            endpoint_health::{FAILURES_THAT_OPEN, Health, PROBE_MILLIS},
            pace::{Learned, Slow},
        },
        timestamp::Timestamp,
    },
    store::{
        StoreError, applied,
        item::{number, string, time},
    },
};

/// Whose endpoint an attempt was made at.
#[derive(Debug, Clone, Copy)]
pub struct AttemptContext<'a> {
    /// The subscription.
    pub at: &'a SubscriptionRef,
    /// When its owner had last changed it, as far as the attempt knew.
    pub configured_at: Timestamp,
    /// When the attempt began.
    pub began: Timestamp,
}

/// What a refusal leads to.
#[derive(Debug, Clone, Copy)]
pub struct Throttle {
    /// The pace from now on.
    pub learned: Learned,
    /// Nothing goes before.
    pub pause_until: Timestamp,
}

const OF_THIS_CONFIGURATION: &str = "(attribute_not_exists(freshAt) OR freshAt <= :configured)";

impl EndpointTable {
    /// Counts a failed attempt; `known` is what was known before. Tells how the endpoint does now; `None`
    /// when the attempt says nothing of where deliveries go now.
    ///
    /// # Errors
    /// When the database fails; the failure may have been counted.
    pub async fn fail(
        &self,
        tried: &AttemptContext<'_>,
        known: Option<&Health>,
        now: Timestamp,
    ) -> Result<Option<Health>, StoreError> {
        let anew = known.is_some_and(|health| health.is_forgotten(now));
        let update = if anew {
            "SET failures = :one, failingSince = :now, lastFailureAt = :now, probeAt = :probe"
        } else {
            "SET failingSince = if_not_exists(failingSince, :now), lastFailureAt = :now, probeAt = :probe \
             ADD failures :one"
        };
        let request = self
            .verdict(tried, update, None)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", time(now))
            // From its beginning: whoever hangs would otherwise miss every second minute.
            .expression_attribute_values(":probe", time(tried.began.plus_millis(PROBE_MILLIS)));
        health_after(request).await
    }

    /// Slows a subscription down whose endpoint says that it takes too much, and makes every place void that
    /// was given away before. Once for all attempts that were on their way together: `None` as well when
    /// another one was faster.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refuse(
        &self,
        tried: &AttemptContext<'_>,
        known: Option<&Health>,
        refusal: Throttle,
        now: Timestamp,
    ) -> Result<Option<Health>, StoreError> {
        let anew = known.is_some_and(|health| health.is_forgotten(now));
        let since = if anew {
            ":now"
        } else {
            "if_not_exists(failingSince, :now)"
        };
        let update = format!(
            "SET failingSince = {since}, lastFailureAt = :now, learnedMicros = :micros, learnedAt = :learned, \
             pausedUntil = :until, rateNext = :next"
        );
        let next = refusal.pause_until.as_millis().saturating_mul(1_000);
        let request = self
            .verdict(
                tried,
                &update,
                Some("(attribute_not_exists(learnedAt) OR learnedAt < :began)"),
            )
            .expression_attribute_values(":began", time(tried.began))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":micros", number(refusal.learned.micros))
            .expression_attribute_values(":learned", time(refusal.learned.at))
            .expression_attribute_values(":until", time(refusal.pause_until))
            .expression_attribute_values(":next", number(next));
        health_after(request).await
    }

    /// Forgets what came before a success. An endpoint that was down gets what waits for it at the pace
    /// `release`.
    ///
    /// # Errors
    /// When the database fails; forgetting again is safe.
    pub async fn clear_failures(
        &self,
        tried: &AttemptContext<'_>,
        release: Option<Learned>,
    ) -> Result<(), StoreError> {
        let remove = "REMOVE failures, failingSince, lastFailureAt, probeAt, probeBy";
        let set = "SET learnedMicros = :micros, learnedAt = :learned";
        let update = if release.is_some() {
            format!("{set} {remove}")
        } else {
            remove.to_owned()
        };
        let mut request = self.verdict(tried, &update, Some("attribute_exists(failingSince)"));
        if let Some(Learned { micros, at }) = release {
            request = request
                .expression_attribute_values(":micros", number(micros))
                .expression_attribute_values(":learned", time(at));
        }
        applied(request, "UpdateItem webhook-configs")
            .await
            .map(drop)
    }

    /// Remembers that an endpoint is slow.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn slow_down(
        &self,
        tried: &AttemptContext<'_>,
        slow: Slow,
    ) -> Result<(), StoreError> {
        // Whoever saw a quicker answer must not make it seem quicker.
        let slower =
            "(attribute_not_exists(slowUntil) OR slowUntil < :began OR slowMillis <= :millis)";
        let request = self
            .verdict(
                tried,
                "SET slowUntil = :until, slowMillis = :millis",
                Some(slower),
            )
            .expression_attribute_values(":began", time(tried.began))
            .expression_attribute_values(":until", time(slow.until))
            .expression_attribute_values(":millis", number(slow.millis));
        applied(request, "UpdateItem webhook-configs")
            .await
            .map(drop)
    }

    /// Lets one delivery through an open breaker, which `by` names. False when another got through within
    /// the last minute, or the breaker is closed meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_probe(
        &self,
        endpoint: &SubscriptionRef,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let by = string(by);
        let request = self
            .change(endpoint, "SET probeAt = :next, probeBy = :by")
            .condition_expression("failures >= :open AND probeAt <= :now")
            .expression_attribute_values(":open", number(FAILURES_THAT_OPEN))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":next", time(now.plus_millis(PROBE_MILLIS)))
            .expression_attribute_values(":by", by.clone())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = request.send().await else {
            return Ok(true);
        };
        match error.as_service_error() {
            // Ours was written though its answer was lost: the SDK tried again.
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(failed.item().and_then(|held| held.get("probeBy")) == Some(&by))
            }
            _ => Err(StoreError::unavailable("UpdateItem webhook-configs")(error)),
        }
    }

    fn verdict(
        &self,
        tried: &AttemptContext<'_>,
        update: &str,
        also: Option<&str>,
    ) -> UpdateItemFluentBuilder {
        let conditions: Vec<&str> = std::iter::once(OF_THIS_CONFIGURATION).chain(also).collect();
        self.change(tried.at, update)
            .condition_expression(conditions.join(" AND "))
            .expression_attribute_values(":configured", time(tried.configured_at))
    }
}

/// How the endpoint does once the change is made; `None` when its condition does not hold.
async fn health_after(request: UpdateItemFluentBuilder) -> Result<Option<Health>, StoreError> {
    match request.return_values(ReturnValue::AllNew).send().await {
        Ok(answer) => Ok(answer
            .attributes
            .as_ref()
            .map(read_health)
            .transpose()?
            .flatten()),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
            _ => Err(StoreError::unavailable("UpdateItem webhook-configs")(error)),
        },
    }
}
