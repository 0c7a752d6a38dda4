//! Subscriptions: making, changing and rotating them. A change is made on what is stored at that
//! moment, and made again when somebody else was faster.

use thiserror::Error;

use crate::{
    crypto::random,
    domain::{
        signature::{GENERATED_BYTES, SigningSecret},
        subscription::Subscription,
        subscription_change::{NewSubscription, SubscriptionChange},
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        subscriptions::{MAX_PER_TENANT, SubscriptionTable},
    },
};

/// How often a change is tried on what others keep changing.
const TRIES: usize = 10;

/// What became of the wish for a subscription.
#[derive(Debug)]
pub enum Created {
    /// It is there.
    Made(Box<Subscription>),
    /// The tenant has as many as it may have.
    Full,
}

/// Why a subscription could not be made or rotated.
#[derive(Debug, Error)]
pub enum SubscriptionError {
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine has no random bytes.
    #[error("no random bytes")]
    NoRandomness,
}

/// Which secret a rotation is to, and how long the old one stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The new secret; `None` for a generated one.
    pub secret: Option<SigningSecret>,
    /// For so many seconds the present one signs along.
    pub overlap_seconds: u32,
}

/// The tenants' subscriptions.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    table: SubscriptionTable,
}

impl Subscriptions {
    /// Keeps them in this table.
    #[must_use]
    pub fn new(table: SubscriptionTable) -> Self {
        Self { table }
    }

    /// Makes a subscription, with a generated secret unless its owner chose one. Makers that race may
    /// exceed [`MAX_PER_TENANT`] by their number.
    ///
    /// # Errors
    /// When the database fails, it may have been made.
    pub async fn create(
        &self,
        tenant_id: String,
        new: NewSubscription,
        now: Timestamp,
    ) -> Result<Created, SubscriptionError> {
        if self.table.list(&tenant_id).await?.len() >= MAX_PER_TENANT {
            return Ok(Created::Full);
        }
        let id = self.table.next_id(&tenant_id).await?;
        let subscription = new.begin(tenant_id, id, generated()?, now);
        self.table.create(&subscription).await?;
        Ok(Created::Made(Box::new(subscription)))
    }

    /// Changes a subscription and returns it; `None` when the tenant has none of this id. A change that
    /// changes nothing writes nothing.
    ///
    /// # Errors
    /// When the database fails or others keep changing it; repeating the change is safe.
    pub async fn change(
        &self,
        tenant_id: &str,
        id: u64,
        change: &SubscriptionChange,
        now: Timestamp,
    ) -> Result<Option<Subscription>, StoreError> {
        let changed = self.edit(tenant_id, id, now, |subscription| {
            let before = subscription.clone();
            change.apply(subscription);
            if change.is_a_fresh_start() && *subscription != before {
                subscription.routed_at = Some(now);
            }
        });
        let changed = changed.await?;
        if let Some(changed) = changed.as_ref().filter(|_| change.is_a_fresh_start()) {
            self.table.start_afresh(changed).await?;
        }
        Ok(changed)
    }

    /// Rotates the secret of a subscription and returns it; `None` when the tenant has none of this id.
    ///
    /// # Errors
    /// When the database fails or others keep changing it. A rotation to a generated secret may then
    /// have happened, and nobody knows it: rotate again.
    pub async fn rotate(
        &self,
        tenant_id: &str,
        id: u64,
        rotation: Rotation,
        now: Timestamp,
    ) -> Result<Option<Subscription>, SubscriptionError> {
        let secret = rotation.secret.map_or_else(generated, Ok)?;
        let rotated = self.edit(tenant_id, id, now, |subscription| {
            subscription.rotate_secret(&secret, rotation.overlap_seconds, now);
        });
        Ok(rotated.await?)
    }

    async fn edit(
        &self,
        tenant_id: &str,
        id: u64,
        now: Timestamp,
        edit: impl Fn(&mut Subscription),
    ) -> Result<Option<Subscription>, StoreError> {
        for _ in 0..TRIES {
            let Some(read) = self.table.find(tenant_id, id).await? else { return Ok(None) };
            let mut edited = read.subscription.clone();
            edit(&mut edited);
            if edited == read.subscription {
                return Ok(Some(edited));
            }
            edited.updated_at = now;
            if self.table.replace(&read, &edited).await? {
                return Ok(Some(edited));
            }
        }
        Err(StoreError::Contended)
    }
}

/// A secret that nobody can guess.
fn generated() -> Result<SigningSecret, SubscriptionError> {
    let random = random::<GENERATED_BYTES>().ok_or(SubscriptionError::NoRandomness)?;
    Ok(SigningSecret::of_random(&random))
}
