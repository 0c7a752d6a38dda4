//! Who owns an event, and whether it may enter a call.

use crate::{
    domain::{
        call::{
            Call, CallUpdate,
            owner::{Certainty, Owner},
        },
        directory::Campaign,
    },
    store::{
        StoreError,
        directory::{DirectoryTable, may_be_id},
        lookup::CallLookup,
    },
};

/// Whether the call's campaign is looked up. A sender that waits for an answer does not wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Campaigns {
    Now,
    Later,
}

#[derive(Debug, Clone)]
pub(super) struct Owners {
    pub(super) directory: DirectoryTable,
    pub(super) default: Option<Owner>,
}

impl Owners {
    /// The event's owner, completed from the tenant's campaign. The event that brings the owner also
    /// looks up a campaign that was named before, so that the order does not matter.
    pub(super) async fn find(
        &self,
        update: &CallUpdate,
        found: &CallLookup,
        call: Option<&Call>,
        campaigns: Campaigns,
    ) -> Result<Option<Owner>, StoreError> {
        let tenant = self.tenant(update, found, call);
        if campaigns == Campaigns::Later {
            return Ok(tenant);
        }
        let known = call.and_then(|call| call.owner.as_ref());
        let earlier = call
            .filter(|_| known.is_none())
            .and_then(|call| call.facts.campaign_id.get());
        let campaign_id = update
            .facts
            .campaign_id
            .get()
            .or(earlier)
            .filter(|id| may_be_id(id));
        let Some((owner, campaign_id)) = tenant.as_ref().or(known).zip(campaign_id) else {
            return Ok(tenant);
        };
        let mut owners = tenant.iter().chain(known);
        if owners.any(|owner| !owner.may_learn_from(campaign_id)) {
            return Ok(tenant);
        }
        let key = Campaign::key_of(&owner.tenant_id, campaign_id);
        let Some(campaign) = self.directory.find::<Campaign>(&key).await? else {
            return Ok(tenant);
        };
        let mut owner = tenant.unwrap_or_else(|| campaign.owner());
        owner.fill_in(&campaign.owner());
        Ok(Some(owner))
    }

    /// The reported owner, else the default tenant. The default tenant has to wait while an event may
    /// still name the owner.
    fn tenant(
        &self,
        update: &CallUpdate,
        found: &CallLookup,
        call: Option<&Call>,
    ) -> Option<Owner> {
        let reported = reported_owner(update, found);
        if reported.is_some() || call.is_some_and(|call| call.owner.is_some()) {
            return reported;
        }
        let may_learn = || {
            call.is_none_or(|call| call.facts.may_learn_owner()) && update.facts.may_learn_owner()
        };
        self.default
            .clone()
            .filter(|_| update.facts.names_owner() || !may_learn())
    }
}

/// The owner by the event's own tenant, or by its number, agent or campaign.
pub(super) fn reported_owner(update: &CallUpdate, found: &CallLookup) -> Option<Owner> {
    // A colleague may be dialled from another number than the call's own.
    let is_dialled = update.facts.legs.iter().any(|(_, leg)| leg.dialled);
    let mut known = found.owner.clone();
    if is_dialled {
        known = known.map(|owner| owner.at_most(Certainty::Dialling));
    }
    let Some(tenant_id) = &update.tenant_id else {
        return known;
    };
    let mut owner = Owner::tenant(tenant_id);
    if let Some(known) = &known {
        owner.fill_in(known);
    }
    Some(owner)
}

/// Whether the call may hold an event of this owner: both have the same tenant, as far as it is known.
pub(super) fn may_hold(call: &Call, owner: Option<&Owner>) -> bool {
    let tenants = call.owner.as_ref().zip(owner);
    tenants.is_none_or(|(of_call, of_event)| of_call.tenant_id == of_event.tenant_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::{facts::Facts, tests::update};

    #[test]
    fn a_call_holds_events_of_its_tenant_and_of_none() {
        let call = |tenant_id: Option<&str>| {
            let owner = tenant_id.map(Owner::tenant);
            Call::begin(&update("CA1", 1, Facts::default()), owner.as_ref())
        };
        let (acme, other) = (Owner::tenant("acme"), Owner::tenant("other"));
        assert!(may_hold(&call(Some("acme")), Some(&acme)));
        assert!(!may_hold(&call(Some("acme")), Some(&other)));
        assert!(may_hold(&call(Some("acme")), None));
        assert!(may_hold(&call(None), Some(&acme)) && may_hold(&call(None), None));
    }
}
