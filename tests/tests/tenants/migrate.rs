//! `make migrate`: a directory that 632eb00 filled, in the present layout.

use std::process::Output;

use aws_sdk_dynamodb::types::AttributeValue;
use ringpost::domain::directory::{Agent, Campaign};
use ringpost_tests::{
    aws::sdk, commands::operate, faults::Faults, livekit::unique, stack::stack, world::World,
};
use serde_json::json;
use tokio::sync::Mutex;

/// A migration moves what every test has put.
static ALONE: Mutex<()> = Mutex::const_new(());

fn migrate(arguments: &[&str]) -> Output {
    operate("migrate", arguments)
}

/// Puts an entry exactly as 632eb00 wrote it.
async fn put_as_before(kind: &str, id: &str, tenant_id: &str, entry: String) {
    let text = |text: String| AttributeValue::S(text);
    let client = aws_sdk_dynamodb::Client::new(&sdk(stack(), &Faults::none(), 3));
    let put = client
        .put_item()
        .table_name(stack().deployed_table("directory").await)
        .item("key", text(format!("{kind}#{id}")))
        .item("v", AttributeValue::N("1".to_owned()))
        .item("tenantKind", text(format!("{kind}#{tenant_id}")))
        .item("entry", text(entry));
    put.send().await.unwrap();
}

#[tokio::test]
async fn what_an_earlier_version_wrote_is_found_and_nothing_else_changes() {
    let _alone = ALONE.lock().await;
    let (world, unique) = (World::deployed().await, unique());
    let (tenant, id, agent) = (
        format!("t#{unique}"),
        format!("spring {unique}"),
        format!("agent_{unique}"),
    );
    let entry = format!(
        r#"{{"id":"{id}","tenantId":"{tenant}","name":"Spring","agentName":"sofia","userId":"u"}}"#
    );
    put_as_before("campaign", &id, &tenant, entry).await;
    put_as_before(
        "agent",
        &agent,
        &tenant,
        format!(r#"{{"agentId":"{agent}","tenantId":"{tenant}"}}"#),
    )
    .await;
    let table = world.directory();
    let key = Campaign::key_of(&tenant, &id);
    assert_eq!(
        table.find::<Campaign>(&key).await.unwrap(),
        None,
        "in the earlier layout"
    );

    let asked = migrate(&[]);
    assert!(!asked.status.success(), "there is no terminal to ask on");
    assert_eq!(table.find::<Campaign>(&key).await.unwrap(), None);
    for arguments in [
        &["--yes"][..],
        &["--yes"],
        &["--yes", "--remove"],
        &["--yes", "--remove"],
    ] {
        let done = migrate(arguments);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let campaign: Campaign = table.find(&key).await.unwrap().unwrap();
        assert_eq!(
            (campaign.tenant_id.as_str(), campaign.id.as_str()),
            (tenant.as_str(), id.as_str())
        );
        assert_eq!(
            (campaign.agent_name.as_deref(), campaign.user_id.as_deref()),
            (Some("sofia"), Some("u"))
        );
        assert!(table.find::<Agent>(&agent).await.unwrap().is_some());
    }
    let listed = table.list::<Campaign>(&tenant, 10, None).await.unwrap();
    assert_eq!(listed.entries.len(), 1, "the earlier one is gone");
}

#[tokio::test]
async fn the_secrets_of_a_configuration_move_into_their_own_attribute() {
    let _alone = ALONE.lock().await;
    let (world, tenant) = (World::deployed().await, unique());
    let config = json!({
        "tenantId": tenant, "id": 1, "name": "CRM", "url": "https://crm.example.com/in", "secret": "webhooksecret123",
        "retiredSecret": { "secret": "webhooksecret000", "validUntil": 1_767_312_000_000_i64 },
        "eventTypes": ["call.completed"], "status": "inactive", "metadata": { "rate": 1.5, "count": 9_007_199_254_740_993_i64 },
        "createdAt": 1_767_312_000_000_i64, "updatedAt": 1_767_312_000_000_i64
    });
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: &str| AttributeValue::N(number.to_owned());
    let client = aws_sdk_dynamodb::Client::new(&sdk(stack(), &Faults::none(), 3));
    let name = stack().deployed_table("webhookconfigs").await;
    let put = client
        .put_item()
        .table_name(&name)
        .item("tenantId", text(&tenant))
        .item("id", number("1"));
    let put = put
        .item("v", number("1"))
        .item("version", number("7"))
        .item("config", text(&config.to_string()));
    put.send().await.unwrap();

    let table = world.subscriptions(&Faults::none());
    let before = table.find_with_secrets(&tenant, 1).await.unwrap().unwrap();
    assert_eq!(
        before.secrets.present.as_str(),
        "webhooksecret123",
        "read where an earlier version put it"
    );
    assert!(migrate(&["--yes"]).status.success());
    let get = client
        .get_item()
        .table_name(&name)
        .key("tenantId", text(&tenant))
        .key("id", number("1"));
    assert!(
        !get.clone()
            .send()
            .await
            .unwrap()
            .item
            .unwrap()
            .contains_key("secrets"),
        "not before the deployment"
    );
    for _ in 0..2 {
        let done = migrate(&["--yes", "--remove"]);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert_eq!(
            table.find_with_secrets(&tenant, 1).await.unwrap().unwrap(),
            before
        );
        let item = get.clone().send().await.unwrap().item.unwrap();
        assert!(
            !item["config"]
                .as_s()
                .unwrap()
                .to_lowercase()
                .contains("secret")
        );
    }
}
