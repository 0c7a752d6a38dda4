//! The region of a tenant's national phone numbers.

use crate::{
    domain::{
        directory::Settings,
        phone::{PhoneNumber, Region},
    },
    store::{StoreError, directory::DirectoryTable},
};

/// The region of the tenant's settings, by which national numbers among `texts` are read. Texts without
/// a national number cost no request.
pub async fn region_for(
    directory: &DirectoryTable,
    tenant_id: &str,
    mut texts: impl Iterator<Item = &str>,
) -> Result<Option<Region>, StoreError> {
    if !texts.any(PhoneNumber::is_national) {
        return Ok(None);
    }
    let settings: Option<Settings> = directory.find(tenant_id).await?;
    Ok(settings.and_then(|settings| settings.default_region))
}
