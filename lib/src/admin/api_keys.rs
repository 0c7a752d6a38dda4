//! Keys of the Call Capture API: issuing, finding and revoking them.
//!
//! A key is stored under its hash, by which a caller's key is looked up. Its id is found by listing the
//! tenant's keys, whose number is limited: a revocation should not depend on a second item under the id.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use thiserror::Error;
use uuid::Uuid;

use crate::{
    crypto::random,
    domain::{directory::ApiKey, timestamp::Timestamp},
    store::{StoreError, directory::DirectoryTable},
};

/// Keys that a tenant may have. Simultaneous requests may exceed it by their number.
pub const MAX_KEYS: u32 = 100;

#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub tenant_id: String,
    /// The company whose calls the key submits.
    pub company_id: Uuid,
    pub name: String,
}

#[derive(Debug)]
pub enum IssueResult {
    /// The entry, and the key itself, which is shown only now.
    Issued(ApiKey, String),
    Full,
}

#[derive(Debug, Error)]
pub enum IssueError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no random bytes")]
    NoRandomness,
}

#[derive(Debug, Clone)]
pub struct ApiKeys {
    directory: DirectoryTable,
}

impl ApiKeys {
    pub fn new(directory: DirectoryTable) -> Self {
        Self { directory }
    }

    /// Makes a key of 256 random bits. On an error the key is not stored and cannot be used.
    pub async fn issue(&self, new: NewApiKey, now: Timestamp) -> Result<IssueResult, IssueError> {
        let existing = self
            .directory
            .list::<ApiKey>(&new.tenant_id, MAX_KEYS, None)
            .await?;
        if existing.entries.len() >= MAX_KEYS as usize {
            return Ok(IssueResult::Full);
        }
        let random = random::<32>().ok_or(IssueError::NoRandomness)?;
        let key = format!("{}{}", ApiKey::PREFIX, URL_SAFE_NO_PAD.encode(random));
        let entry = ApiKey {
            id: Uuid::new_v4(),
            sha256: ApiKey::hash(&key),
            tenant_id: new.tenant_id,
            company_id: new.company_id,
            name: new.name,
            created_at: now,
        };
        self.directory.put(&entry).await?;
        Ok(IssueResult::Issued(entry, key))
    }

    pub async fn find(&self, tenant_id: &str, id: Uuid) -> Result<Option<ApiKey>, StoreError> {
        let mut after = None;
        loop {
            let page = self
                .directory
                .list::<ApiKey>(tenant_id, MAX_KEYS, after.as_ref())
                .await?;
            if let Some(found) = page.entries.into_iter().find(|key| key.id == id) {
                return Ok(Some(found));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(None),
            }
        }
    }

    /// Revokes a key; false if the tenant has none of this id.
    pub async fn revoke(&self, tenant_id: &str, id: Uuid) -> Result<bool, StoreError> {
        match self.find(tenant_id, id).await? {
            Some(key) => {
                self.directory
                    .delete::<ApiKey>(tenant_id, &key.sha256)
                    .await
            }
            None => Ok(false),
        }
    }
}
