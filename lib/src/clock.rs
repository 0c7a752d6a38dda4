//! The only place that reads the time.

use std::{fmt, sync::Arc};

use crate::domain::timestamp::Timestamp;

#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn system() -> Self {
        Self::new(|| {
            #[expect(clippy::disallowed_methods, reason = "the one place that may")]
            let now = jiff::Timestamp::now();
            // Outside of 1970 to 9998 no signature would verify.
            Timestamp::from_millis(now.as_millisecond()).unwrap_or(Timestamp::EPOCH)
        })
    }

    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
