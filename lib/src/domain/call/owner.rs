//! The owner of a call.

use serde::{Deserialize, Serialize};

/// How reliable a source of the owner is. The line of the call is the most reliable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum Certainty {
    /// The metadata names the campaign.
    Campaign,
    /// ElevenLabs names the agent.
    Agent,
    /// The line that dialled, which may have dialled a leg into another call.
    Dialling,
    /// The line of the call; records of earlier versions have no other.
    #[default]
    OurNumber,
}

/// The tenant that owns a call, its events and its deliveries. It is fixed when the call gets its
/// first owner: nothing later moves a call to another tenant. The tenant's user, agent and campaign
/// come from the most reliable source, in any order of events.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    pub tenant_id: String,
    pub user_id: Option<String>,
    pub agent_config_id: Option<String>,
    pub campaign_id: Option<String>,
    /// How reliable each of these three is.
    #[serde(default, rename = "sure", skip_serializing_if = "is_certain")]
    pub certainty: [Certainty; 3],
}

fn is_certain(certainty: &[Certainty; 3]) -> bool {
    *certainty == [Certainty::OurNumber; 3]
}

impl From<u8> for Certainty {
    fn from(rank: u8) -> Self {
        match rank {
            0 => Self::Campaign,
            1 => Self::Agent,
            2 => Self::Dialling,
            _ => Self::OurNumber,
        }
    }
}

impl From<Certainty> for u8 {
    fn from(certainty: Certainty) -> Self {
        certainty as Self
    }
}

impl Owner {
    /// A tenant without further details: single-tenant use, without a directory.
    pub fn tenant(tenant_id: &str) -> Self {
        Self {
            tenant_id: tenant_id.to_owned(),
            user_id: None,
            agent_config_id: None,
            campaign_id: None,
            certainty: [Certainty::OurNumber; 3],
        }
    }

    /// Lowers the certainty to at most this one.
    pub fn at_most(mut self, certainty: Certainty) -> Self {
        self.certainty = self.certainty.map(|sure| sure.min(certainty));
        self
    }

    /// Whether the campaign of this id may add something: not if the user and the campaign are
    /// known as reliably, or by this very campaign.
    pub fn may_learn_from(&self, campaign_id: &str) -> bool {
        let [of_user, _, of_campaign] = self.certainty;
        let by_this_one = self.campaign_id.as_deref() == Some(campaign_id);
        let is_settled = |sure| by_this_one || sure > Certainty::Campaign;
        let knows_user = self.user_id.is_some() && is_settled(of_user);
        let knows_campaign = self.campaign_id.is_some() && is_settled(of_campaign);
        !(knows_user && knows_campaign)
    }

    /// The user, or the tenant if no user is known.
    pub fn user_id(&self) -> &str {
        self.user_id.as_deref().unwrap_or(&self.tenant_id)
    }

    /// Adds what another source knows of the same tenant. Of two equally reliable values the lesser
    /// text stays, so that the order does not matter. An owner of another tenant is ignored.
    pub fn fill_in(&mut self, other: &Self) {
        if self.tenant_id != other.tenant_id {
            return;
        }
        let ours = [
            &mut self.user_id,
            &mut self.agent_config_id,
            &mut self.campaign_id,
        ];
        let theirs = [&other.user_id, &other.agent_config_id, &other.campaign_id];
        let certainty = self.certainty.iter_mut().zip(other.certainty);
        for ((ours, theirs), (ours_sure, theirs_sure)) in
            ours.into_iter().zip(theirs).zip(certainty)
        {
            let wins = match (&ours, theirs) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(known), Some(new)) => (*ours_sure, new) < (theirs_sure, known),
            };
            if wins {
                ours.clone_from(theirs);
                *ours_sure = theirs_sure;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_never_changes_hands() {
        let mut owner = Owner::tenant("acme");
        let user = |tenant: &str, user: &str| Owner {
            user_id: Some(user.to_owned()),
            ..Owner::tenant(tenant)
        };
        owner.fill_in(&user("other", "mallory"));
        assert_eq!(owner.user_id(), "acme");
        owner.fill_in(&user("acme", "alice"));
        owner.fill_in(&user("acme", "bob"));
        assert_eq!(owner.user_id(), "alice");
    }

    #[test]
    fn the_surest_source_names_the_user_in_any_order() {
        let known = |user: &str, certainty| {
            Owner {
                user_id: Some(user.to_owned()),
                ..Owner::tenant("acme")
            }
            .at_most(certainty)
        };
        let reporters = [
            known("of-campaign", Certainty::Campaign),
            known("of-agent", Certainty::Agent),
            known("of-colleague", Certainty::Dialling),
            known("of-line", Certainty::OurNumber),
            known("of-other-line", Certainty::OurNumber),
        ];
        for first in 0..reporters.len() {
            for second in 0..reporters.len() {
                let mut order = reporters.clone();
                order.swap(0, first);
                order.swap(1, second);
                let mut owner = Owner::tenant("acme");
                order.iter().for_each(|other| owner.fill_in(other));
                assert_eq!(owner.user_id(), "of-line", "{first}, {second}");
                let stored = serde_json::to_string(&owner).unwrap();
                assert_eq!(serde_json::from_str::<Owner>(&stored).unwrap(), owner);
            }
        }
    }

    #[test]
    fn the_certainty_is_stored_only_where_it_is_less_than_the_lines() {
        let stored = |owner: &Owner| serde_json::to_value(owner).unwrap();
        let of_line = Owner::tenant("acme");
        assert_eq!(stored(&of_line), serde_json::json!({ "tenantId": "acme" }));
        let of_agent = Owner::tenant("acme").at_most(Certainty::Agent);
        let json = stored(&of_agent);
        assert_eq!(
            json,
            serde_json::json!({ "tenantId": "acme", "sure": [1, 1, 1] })
        );
        let read: Owner = serde_json::from_value(json).unwrap();
        assert_eq!(read, of_agent);
    }

    #[test]
    fn a_campaign_is_asked_only_while_the_user_or_the_campaign_is_less_sure() {
        let owner = |user: Option<&str>, campaign: Option<&str>, certainty| {
            Owner {
                user_id: user.map(str::to_owned),
                campaign_id: campaign.map(str::to_owned),
                ..Owner::tenant("acme")
            }
            .at_most(certainty)
        };
        for (known, may_learn) in [
            (owner(None, None, Certainty::OurNumber), true),
            (owner(Some("ann"), None, Certainty::OurNumber), true),
            (owner(None, Some("autumn"), Certainty::OurNumber), true),
            (
                owner(Some("ann"), Some("autumn"), Certainty::OurNumber),
                false,
            ),
            (owner(Some("ann"), Some("autumn"), Certainty::Agent), false),
            (
                owner(Some("ann"), Some("autumn"), Certainty::Campaign),
                true,
            ),
            (
                owner(Some("ann"), Some("spring"), Certainty::Campaign),
                false,
            ),
            (owner(None, Some("spring"), Certainty::Campaign), true),
        ] {
            assert_eq!(known.may_learn_from("spring"), may_learn, "{known:?}");
        }
    }

    #[test]
    fn a_certainty_is_read_as_it_is_written() {
        for (rank, certainty) in [
            (0, Certainty::Campaign),
            (1, Certainty::Agent),
            (2, Certainty::Dialling),
            (3, Certainty::OurNumber),
        ] {
            assert_eq!(u8::from(certainty), rank);
            assert_eq!(Certainty::from(rank), certainty);
        }
    }
}
