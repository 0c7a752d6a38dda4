//! The verdict of an attempt on its endpoint, written only when it is news. A verdict about a subscription
//! whose owner has changed since where deliveries go is dropped.

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder, types::ReturnValue,
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
        StoreError,
        item::{find_string, number, string, time},
        table::{Write, Wrote},
    },
};

/// The endpoint and the beginning of an attempt.
#[derive(Debug, Clone, Copy)]
pub struct AttemptContext<'a> {
    pub at: &'a SubscriptionRef,
    /// When the subscription's owner had last changed it, as far as the attempt knew.
    pub configured_at: Timestamp,
    pub began: Timestamp,
}

/// The consequence of a throttle.
#[derive(Debug, Clone, Copy)]
pub struct Throttle {
    /// The pace from now on.
    pub learned: Learned,
    /// Nothing is sent before.
    pub pause_until: Timestamp,
}

const OF_THIS_CONFIGURATION: &str = "(attribute_not_exists(freshAt) OR freshAt <= :configured)";

impl EndpointTable {
    /// Counts a failed attempt; `known` is the health before. Returns the health now; `None` when the
    /// attempt was not made at the present configuration.
    ///
    /// # Errors
    /// The failure may have been counted.
    pub async fn fail(
        &self,
        attempt: &AttemptContext<'_>,
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
            .verdict(attempt, update, None)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", time(now))
            // From its beginning: an endpoint that hangs would otherwise miss every second minute.
            .expression_attribute_values(":probe", time(attempt.began.plus_millis(PROBE_MILLIS)));
        self.health_after(request).await
    }

    /// Slows down a subscription whose endpoint refuses deliveries as too many, and cancels every slot that
    /// was booked before. Once for all attempts that were on their way together: `None` as well when
    /// another one was faster.
    pub async fn refuse(
        &self,
        attempt: &AttemptContext<'_>,
        known: Option<&Health>,
        throttle: Throttle,
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
        let next = throttle.pause_until.as_millis().saturating_mul(1_000);
        let request = self
            .verdict(
                attempt,
                &update,
                Some("(attribute_not_exists(learnedAt) OR learnedAt < :began)"),
            )
            .expression_attribute_values(":began", time(attempt.began))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":micros", number(throttle.learned.micros))
            .expression_attribute_values(":learned", time(throttle.learned.at))
            .expression_attribute_values(":until", time(throttle.pause_until))
            .expression_attribute_values(":next", number(next));
        self.health_after(request).await
    }

    /// Forgets the failures before a success. An endpoint that was down gets what waits for it at the pace
    /// `release`.
    pub async fn clear_failures(
        &self,
        attempt: &AttemptContext<'_>,
        release: Option<Learned>,
    ) -> Result<(), StoreError> {
        let remove = "REMOVE failures, failingSince, lastFailureAt, probeAt, probeBy";
        let set = "SET learnedMicros = :micros, learnedAt = :learned";
        let update = if release.is_some() {
            format!("{set} {remove}")
        } else {
            remove.to_owned()
        };
        let mut request = self.verdict(attempt, &update, Some("attribute_exists(failingSince)"));
        if let Some(Learned { micros, at }) = release {
            request = request
                .expression_attribute_values(":micros", number(micros))
                .expression_attribute_values(":learned", time(at));
        }
        self.configs.conditional(request).await.map(drop)
    }

    /// Remembers that an endpoint is slow.
    pub async fn slow_down(
        &self,
        attempt: &AttemptContext<'_>,
        slow: Slow,
    ) -> Result<(), StoreError> {
        // An attempt that saw a quicker answer must not make it seem quicker.
        let slower =
            "(attribute_not_exists(slowUntil) OR slowUntil < :began OR slowMillis <= :millis)";
        let request = self
            .verdict(
                attempt,
                "SET slowUntil = :until, slowMillis = :millis",
                Some(slower),
            )
            .expression_attribute_values(":began", time(attempt.began))
            .expression_attribute_values(":until", time(slow.until))
            .expression_attribute_values(":millis", number(slow.millis));
        self.configs.conditional(request).await.map(drop)
    }

    /// Lets the delivery `by` through an open breaker. False when another got through within the last
    /// minute, or the breaker is closed meanwhile.
    pub async fn claim_probe(
        &self,
        endpoint: &SubscriptionRef,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let claim = self
            .change(endpoint, "SET probeAt = :next, probeBy = :by")
            .condition_expression("failures >= :open AND probeAt <= :now")
            .expression_attribute_values(":open", number(FAILURES_THAT_OPEN))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":next", time(now.plus_millis(PROBE_MILLIS)))
            .expression_attribute_values(":by", string(by))
            .returning_old();
        Ok(match self.configs.conditional(claim).await? {
            Wrote::Done(_) => true,
            // Ours was written though its answer was lost: the SDK tried again.
            Wrote::Refused(old) => {
                old.is_some_and(|held| find_string(&held, "probeBy") == Some(by))
            }
        })
    }

    fn verdict(
        &self,
        attempt: &AttemptContext<'_>,
        update: &str,
        also: Option<&str>,
    ) -> UpdateItemFluentBuilder {
        let conditions: Vec<&str> = std::iter::once(OF_THIS_CONFIGURATION).chain(also).collect();
        self.change(attempt.at, update)
            .condition_expression(conditions.join(" AND "))
            .expression_attribute_values(":configured", time(attempt.configured_at))
    }
    /// The health once the change is made; `None` when its condition does not hold.
    async fn health_after(
        &self,
        request: UpdateItemFluentBuilder,
    ) -> Result<Option<Health>, StoreError> {
        let request = request.return_values(ReturnValue::AllNew);
        match self.configs.conditional(request).await? {
            Wrote::Done(answer) => read_health(&answer.attributes.unwrap_or_default()),
            Wrote::Refused(_) => Ok(None),
        }
    }
}
