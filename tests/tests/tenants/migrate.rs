//! `make migrate`: a directory that 632eb00 filled, in the present layout.

use std::process::{Command, Output};

use aws_sdk_dynamodb::types::AttributeValue;
use ringpost::domain::directory::{Agent, Campaign};
use ringpost_tests::{
    aws::sdk,
    faults::Faults,
    livekit::unique,
    stack::{root, stack},
    world::World,
};

fn migrate(arguments: &[&str]) -> Output {
    let mut command = Command::new("python3");
    command.args(["-m", "local", "migrate", "local"]).args(arguments).current_dir(root());
    command.output().unwrap()
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
    let (world, unique) = (World::deployed().await, unique());
    let (tenant, id, agent) = (format!("t#{unique}"), format!("spring {unique}"), format!("agent_{unique}"));
    let entry =
        format!(r#"{{"id":"{id}","tenantId":"{tenant}","name":"Spring","agentName":"sofia","userId":"u"}}"#);
    put_as_before("campaign", &id, &tenant, entry).await;
    put_as_before("agent", &agent, &tenant, format!(r#"{{"agentId":"{agent}","tenantId":"{tenant}"}}"#))
        .await;
    let table = world.directory();
    let key = Campaign::key_of(&tenant, &id);
    assert_eq!(table.find::<Campaign>(&key).await.unwrap(), None, "in the earlier layout");

    let asked = migrate(&[]);
    assert!(!asked.status.success(), "there is no terminal to ask on");
    assert_eq!(table.find::<Campaign>(&key).await.unwrap(), None);
    for arguments in [&["--yes"][..], &["--yes"], &["--yes", "--remove"], &["--yes", "--remove"]] {
        let done = migrate(arguments);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let campaign: Campaign = table.find(&key).await.unwrap().unwrap();
        assert_eq!((campaign.tenant_id.as_str(), campaign.id.as_str()), (tenant.as_str(), id.as_str()));
        assert_eq!((campaign.agent_name.as_deref(), campaign.user_id.as_deref()), (Some("sofia"), Some("u")));
        assert!(table.find::<Agent>(&agent).await.unwrap().is_some());
    }
    let listed = table.list::<Campaign>(&tenant, 10, None).await.unwrap();
    assert_eq!(listed.entries.len(), 1, "the earlier one is gone");
}
