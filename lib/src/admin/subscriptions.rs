//! Creating and changing subscriptions, and rotating their secrets. A change applies to the stored item and
//! starts over when another writer was faster.

use thiserror::Error;

use crate::{
    crypto::random,
    domain::{
        delivery::signature::{GENERATED_BYTES, SigningSecret},
        subscription::{
            SigningSecrets, Subscription,
            change::{NewSubscription, SubscriptionChange},
            endpoint_proof::EndpointProof,
        },
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        subscriptions::{MAX_PER_TENANT, SubscriptionTable},
    },
};

const TRIES: usize = 10;

#[derive(Debug)]
pub enum CreateResult {
    Created(Box<(Subscription, SigningSecrets)>),
    Full,
}

#[derive(Debug, Error)]
pub enum SubscriptionError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no random bytes")]
    NoRandomness,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// `None` for a generated one.
    pub secret: Option<SigningSecret>,
    /// How long the present secret also signs.
    pub overlap_seconds: u32,
}

#[derive(Debug, Clone)]
pub struct Subscriptions {
    table: SubscriptionTable,
    proof: EndpointProof,
}

impl Subscriptions {
    pub fn new(table: SubscriptionTable, proof: EndpointProof) -> Self {
        Self { table, proof }
    }

    /// Creates a subscription, with a generated secret unless the tenant chose one. Simultaneous requests may
    /// exceed [`MAX_PER_TENANT`] by their number. On an error the subscription may exist.
    pub async fn create(
        &self,
        tenant_id: String,
        new: NewSubscription,
        now: Timestamp,
    ) -> Result<CreateResult, SubscriptionError> {
        if self.table.list(&tenant_id).await?.len() >= MAX_PER_TENANT {
            return Ok(CreateResult::Full);
        }
        let id = self.table.next_id(&tenant_id).await?;
        let (mut subscription, secrets) = new.begin(tenant_id, id, generated()?, now);
        self.proof.hold_back(&mut subscription, None, now);
        self.table.create(&subscription, &secrets).await?;
        Ok(CreateResult::Created(Box::new((subscription, secrets))))
    }

    /// `None` when the tenant has no subscription of this id. An edit without effect writes nothing.
    pub async fn change(
        &self,
        tenant_id: &str,
        id: u64,
        change: &SubscriptionChange,
        now: Timestamp,
    ) -> Result<Option<(Subscription, SigningSecrets)>, StoreError> {
        let changed = self.edit(tenant_id, id, now, |subscription, secrets| {
            let before = subscription.clone();
            change.apply(subscription, secrets);
            self.proof
                .hold_back(subscription, before.disabled.as_ref(), now);
            if change.is_a_fresh_start() && *subscription != before {
                subscription.routed_at = Some(now);
            }
        });
        let changed = changed.await?;
        if let Some((changed, _)) = changed.as_ref().filter(|_| change.is_a_fresh_start()) {
            self.table.start_afresh(changed).await?;
        }
        Ok(changed)
    }

    /// `None` when the tenant has no subscription of this id. After an error the subscription may have a
    /// generated secret that was not returned: rotate again.
    pub async fn rotate(
        &self,
        tenant_id: &str,
        id: u64,
        rotation: Rotation,
        now: Timestamp,
    ) -> Result<Option<(Subscription, SigningSecrets)>, SubscriptionError> {
        let secret = rotation.secret.map_or_else(generated, Ok)?;
        let rotated = self.edit(tenant_id, id, now, |_, secrets| {
            secrets.rotate(&secret, rotation.overlap_seconds, now);
        });
        Ok(rotated.await?)
    }

    /// Records that this URL has passed the endpoint proof, and activates a subscription that waited for it.
    /// A subscription with another URL stays unchanged.
    pub async fn prove(
        &self,
        tenant_id: &str,
        id: u64,
        url: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.edit(tenant_id, id, now, |subscription, _| {
            subscription.prove(url);
        })
        .await
        .map(drop)
    }

    async fn edit(
        &self,
        tenant_id: &str,
        id: u64,
        now: Timestamp,
        edit: impl Fn(&mut Subscription, &mut SigningSecrets),
    ) -> Result<Option<(Subscription, SigningSecrets)>, StoreError> {
        for _ in 0..TRIES {
            let Some(read) = self.table.find_with_secrets(tenant_id, id).await? else {
                return Ok(None);
            };
            let (mut edited, mut secrets) = (read.subscription.clone(), read.secrets.clone());
            edit(&mut edited, &mut secrets);
            if edited == read.subscription && secrets == read.secrets {
                return Ok(Some((edited, secrets)));
            }
            edited.updated_at = now;
            if self.table.replace(&read, &edited, &secrets).await? {
                return Ok(Some((edited, secrets)));
            }
        }
        Err(StoreError::Contended)
    }
}

fn generated() -> Result<SigningSecret, SubscriptionError> {
    let random = random::<GENERATED_BYTES>().ok_or(SubscriptionError::NoRandomness)?;
    Ok(SigningSecret::of_random(&random))
}
