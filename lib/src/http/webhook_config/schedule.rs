//! `retryConfig`: what it leaves out is the default's.

use serde_json::Value;

use crate::{
    domain::delivery::retry::RetryConfig,
    http::{
        error::ApiError,
        json_body::wrong,
        webhook_config::values::{object, whole_number},
    },
};

const MAX_ATTEMPTS: u32 = 20;
/// A day, in seconds.
const LONGEST: u32 = 86_400;
const MAX_FACTOR: f64 = 10.0;

pub(super) fn read(value: &Value) -> Result<RetryConfig, ApiError> {
    let fields = object("retryConfig", value)?;
    let given = |name: &str| fields.get(name).filter(|value| !value.is_null());
    let number = |name: &str, most: u32, default: u32| {
        given(name).map_or(Ok(default), |value| {
            whole_number(&format!("retryConfig.{name}"), value, 1..=most)
        })
    };
    let default = RetryConfig::default();
    let config = RetryConfig {
        max_attempts: number("maxAttempts", MAX_ATTEMPTS, default.max_attempts)?,
        initial_delay: number("initialDelay", LONGEST, default.initial_delay)?,
        max_delay: number("maxDelay", LONGEST, default.max_delay)?,
        backoff_factor: given("backoffFactor").map_or(Ok(default.backoff_factor), factor)?,
    };
    if config.max_delay < config.initial_delay {
        let why = format!(
            "must not be less than initialDelay: it is {}, and initialDelay {}",
            config.max_delay, config.initial_delay
        );
        return Err(wrong("retryConfig.maxDelay", &why));
    }
    Ok(config)
}

fn factor(value: &Value) -> Result<f64, ApiError> {
    let factor = value
        .as_f64()
        .filter(|factor| (1.0..=MAX_FACTOR).contains(factor));
    factor.ok_or_else(|| {
        wrong(
            "retryConfig.backoffFactor",
            &format!("must be a number from 1 to {MAX_FACTOR}"),
        )
    })
}
