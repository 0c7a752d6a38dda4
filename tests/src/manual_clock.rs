//! A clock that is set by hand.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ringpost::{clock::Clock, domain::timestamp::Timestamp};

/// Shows what it was set to.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows this moment.
    pub fn at(text: &str) -> Self {
        let hand = Self(Arc::default());
        hand.set(text);
        hand
    }

    /// A clock that stopped now.
    pub fn stopped() -> Self {
        Self(Arc::new(AtomicI64::new(Clock::system().now().as_millis())))
    }

    /// Sets it.
    pub fn set(&self, text: &str) {
        self.set_to(Timestamp::parse_rfc3339(text).expect("a time"));
    }

    /// Sets it.
    pub fn set_to(&self, time: Timestamp) {
        self.0.store(time.as_millis(), Ordering::SeqCst);
    }

    /// Moves it on.
    pub fn advance(&self, seconds: u64) {
        self.set_to(self.now().plus_millis(seconds * 1_000));
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst)).expect("a time")
    }

    /// The clock of a function.
    pub fn clock(&self) -> Clock {
        let hand = self.clone();
        Clock::new(move || hand.now())
    }
}
