//! Finding a tenant's leads.

use crate::{
    domain::{
        directory::{Lead, LeadStatus},
        phone::PhoneNumber,
    },
    store::{
        StoreError,
        directory::{DirectoryTable, Page, Position},
    },
};

/// Leads read for one page, so that a filter that few leads match has a bounded cost.
const MAX_EXAMINED: u32 = 1_000;
/// Leads read at once when a filter may reject some.
const CHUNK: u32 = 250;

#[derive(Debug, Clone, Default)]
pub struct LeadFilter {
    pub campaign_id: Option<String>,
    pub phone_number: Option<PhoneNumber>,
    pub status: Option<LeadStatus>,
}

impl LeadFilter {
    fn matches(&self, lead: &Lead) -> bool {
        let of_campaign = self.campaign_id.is_none() || self.campaign_id == lead.campaign_id;
        let of_number = self
            .phone_number
            .as_ref()
            .is_none_or(|number| *number == lead.phone_number);
        of_campaign && of_number && self.status.is_none_or(|status| status == lead.status)
    }

    fn is_empty(&self) -> bool {
        self.campaign_id.is_none() && self.phone_number.is_none() && self.status.is_none()
    }
}

/// At most `limit` of the tenant's matching leads, sorted by id. A page may have fewer, even none, without
/// being the last one.
pub async fn find_leads(
    directory: &DirectoryTable,
    tenant_id: &str,
    filter: &LeadFilter,
    limit: u32,
    after: Option<Position>,
) -> Result<Page<Lead>, StoreError> {
    // Both together identify one lead.
    if let (Some(campaign_id), Some(number)) = (&filter.campaign_id, &filter.phone_number) {
        let id = Lead::id_of(tenant_id, Some(campaign_id), number).to_string();
        let lead = directory.find::<Lead>(&id).await?;
        let ours = lead.filter(|lead| lead.tenant_id == tenant_id && filter.matches(lead));
        return Ok(Page {
            entries: ours.into_iter().collect(),
            next: None,
        });
    }
    let chunk = if filter.is_empty() { limit } else { CHUNK };
    let (mut entries, mut next, mut left) = (Vec::new(), after, MAX_EXAMINED);
    loop {
        let page = directory
            .list::<Lead>(tenant_id, chunk.min(left), next.as_ref())
            .await?;
        for lead in page.entries {
            left = left.saturating_sub(1);
            if filter.matches(&lead) {
                entries.push(lead);
            }
            if let Some(last) = entries.last().filter(|_| entries.len() >= limit as usize) {
                // The rest of what was read belongs to the next page.
                let next = Some(Position::of(last));
                return Ok(Page { entries, next });
            }
        }
        next = page.next;
        if next.is_none() || left == 0 {
            return Ok(Page { entries, next });
        }
    }
}
