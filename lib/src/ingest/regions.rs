//! Where a tenant's national numbers are from.

use crate::{
    domain::{
        directory::Settings,
        phone::{PhoneNumber, Region},
    },
    store::{StoreError, directory::DirectoryTable},
};

/// The region in which the national numbers among `texts` are read: the one of the tenant's settings.
/// These are read only if there is such a number, so that who writes `+` pays for no request.
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
