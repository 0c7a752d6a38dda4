//! The keys, ids and owners of the directory's entries.

use super::*;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn number(number: &str) -> PhoneNumber {
    PhoneNumber::parse(number).unwrap()
}

fn line() -> PhoneNumberEntry {
    PhoneNumberEntry {
        number: number("+15105550100"),
        tenant_id: "acme".to_owned(),
        kind: None,
        user_id: text("ann"),
        campaign_id: text("spring"),
        agent_config_id: text("agent_1"),
    }
}

fn campaign(tenant_id: &str, id: &str) -> Campaign {
    Campaign {
        id: id.to_owned(),
        tenant_id: tenant_id.to_owned(),
        name: "Spring".to_owned(),
        agent_name: None,
        user_id: text("bob"),
    }
}

fn agent() -> Agent {
    Agent {
        agent_id: "agent_1".to_owned(),
        tenant_id: "acme".to_owned(),
        name: None,
        user_id: text("cid"),
    }
}

fn lead(campaign_id: Option<&str>) -> Lead {
    Lead {
        tenant_id: "acme".to_owned(),
        campaign_id: campaign_id.map(str::to_owned),
        phone_number: number("+15551234567"),
        name: "Inbound Caller +15551234567".to_owned(),
        status: LeadStatus::Calling,
        created_at: Timestamp::EPOCH,
        last_call_at: Timestamp::EPOCH,
        last_call_id: CallId::parse("00000000-0000-0000-0000-000000000001").unwrap(),
        last_call_started_at: Timestamp::EPOCH,
        created_by: EventKey::of("livekit", "EV_1"),
    }
}

/// Another key would orphan what is stored.
#[test]
fn every_entry_is_kept_under_its_key_for_its_tenant() {
    fn kept<E: Entry>(entry: &E) -> (&'static str, String, &str) {
        (E::KIND, entry.key(), entry.tenant_id())
    }
    let settings = Settings {
        tenant_id: "acme".to_owned(),
        name: None,
        default_agent_name: None,
        default_region: None,
    };
    let api_key = ApiKey {
        id: Uuid::nil(),
        sha256: ApiKey::hash("rpk_x"),
        tenant_id: "acme".to_owned(),
        company_id: Uuid::nil(),
        name: "dialer".to_owned(),
        created_at: Timestamp::EPOCH,
    };
    let (line, campaign, agent, lead) = (
        line(),
        campaign("acme", "spring"),
        agent(),
        lead(Some("spring")),
    );
    let hash = "bbc34ed9de079da2f94c52c9c1c38cd578a32a38129e3632b892dbb1af807147";
    let lead_id = "29425d93-c1e2-51ba-ba7f-456703620e5d";
    for ((kind, key, tenant_id), expected) in [
        (kept(&line), ("number", "+15105550100")),
        (kept(&campaign), ("campaign", "4:acme#spring")),
        (kept(&agent), ("agent", "agent_1")),
        (kept(&settings), ("settings", "acme")),
        (kept(&api_key), ("api-key", hash)),
        (kept(&lead), ("lead", lead_id)),
    ] {
        assert_eq!((kind, key.as_str()), expected);
        assert_eq!(tenant_id, "acme", "{kind}");
    }
}

#[test]
fn no_name_of_a_campaign_reaches_another_tenants() {
    assert_ne!(campaign("a", "b#c").key(), campaign("a#b", "c").key());
}

#[test]
fn ids_of_numbers_and_leads_are_derived_from_their_names_for_ever() {
    assert_eq!(
        line().id().to_string(),
        "e0e2eab0-f307-5ba1-9849-bf5e9a58bb3b"
    );
    assert_eq!(
        lead(None).id().to_string(),
        "d651e66b-8ace-5edc-af8e-0eb1ce066b82"
    );
    assert_ne!(lead(None).id(), lead(Some("spring")).id());
}

#[test]
fn an_entry_adds_what_it_knows_of_the_owner_as_surely_as_its_kind_is() {
    let owner = line().owner();
    assert_eq!(owner.tenant_id, "acme");
    assert_eq!(
        [owner.user_id, owner.agent_config_id, owner.campaign_id],
        [text("ann"), text("agent_1"), text("spring")]
    );
    assert_eq!(owner.certainty, [Certainty::OurNumber; 3]);
    let owner = campaign("acme", "spring").owner();
    assert_eq!(
        [owner.user_id, owner.agent_config_id, owner.campaign_id],
        [text("bob"), None, text("spring")]
    );
    assert_eq!(owner.certainty, [Certainty::Campaign; 3]);
    let owner = agent().owner();
    assert_eq!(
        [owner.user_id, owner.agent_config_id, owner.campaign_id],
        [text("cid"), None, None]
    );
    assert_eq!(owner.certainty, [Certainty::Agent; 3]);
}

#[test]
fn an_api_key_is_its_prefix_and_43_characters_of_base64url() {
    let key = |body: &str| format!("rpk_{body}");
    assert!(ApiKey::may_be(&key(&"aZ0-_".repeat(9)[..43])));
    for wrong in [
        key(&"a".repeat(42)),
        key(&"a".repeat(44)),
        key(&format!("{}+", "a".repeat(42))),
        key(&format!("{}=", "a".repeat(42))),
        format!("rpk-{}", "a".repeat(43)),
        "a".repeat(43),
        String::new(),
    ] {
        assert!(!ApiKey::may_be(&wrong), "{wrong}");
    }
}
