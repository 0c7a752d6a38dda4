//! The table of the directory: each entry belongs to its tenant, and a list shows only that tenant's entries.

use http::Method;
use ringpost::{
    domain::directory::{Agent, Campaign, Settings},
    store::directory::{DirectoryTable, Put},
};
use ringpost_tests::{
    ask::{admin, ask},
    world::World,
};
use serde_json::json;

use super::directory::endpoint;

#[tokio::test]
async fn a_list_comes_in_pages_of_the_tenants_own_entries() {
    let world = World::new(None).await;
    let (endpoint, table) = (endpoint::<Campaign>(&world).await, world.directory());
    for (tenant_id, count) in [("acme", 5), ("acm", 3), ("other", 3)] {
        for number in 0..count {
            put_campaign(&table, tenant_id, &format!("{tenant_id}-{number}")).await;
        }
    }
    let page = async |tenant_id: &str, cursor: Option<&str>| {
        let mut query = vec![("limit", "2")];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let answer = ask(Method::GET, None)
            .query(&query)
            .of(&endpoint, &admin(tenant_id))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let ids: Vec<_> = answer.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].clone())
            .collect();
        assert_eq!(answer.body["count"], ids.len());
        (ids, answer.body["nextCursor"].as_str().map(str::to_owned))
    };
    let (first, next) = page("acme", None).await;
    assert_eq!(first, ["acme-0", "acme-1"]);
    let next = next.unwrap();
    // The place stays good when the entry that marks it goes.
    assert!(
        table
            .delete::<Campaign>("acme", &Campaign::key_of("acme", "acme-1"))
            .await
            .unwrap()
    );
    let (second, after) = page("acme", Some(&next)).await;
    assert_eq!(second, ["acme-2", "acme-3"]);
    let (third, end) = page("acme", after.as_deref()).await;
    assert_eq!((third, end), (vec![json!("acme-4")], None));
    // Another tenant's cursor shows the tenant's own entries and no other.
    let (others, _) = page("other", Some(&next)).await;
    assert_eq!(others, ["other-0", "other-1"]);
}

async fn put_campaign(table: &DirectoryTable, tenant_id: &str, id: &str) {
    let campaign = Campaign {
        id: id.to_owned(),
        tenant_id: tenant_id.to_owned(),
        name: id.to_owned(),
        agent_name: None,
        user_id: None,
    };
    assert_eq!(table.put(&campaign).await.unwrap(), Put::Done);
}

#[tokio::test]
async fn the_table_keeps_an_entry_for_its_tenant() {
    let world = World::new(None).await;
    let table = world.directory();
    let agent = |tenant_id: &str| Agent {
        agent_id: "a#b".to_owned(),
        tenant_id: tenant_id.to_owned(),
        name: None,
        user_id: None,
    };
    assert_eq!(
        table.replace(&agent("acme")).await.unwrap(),
        Put::Refused,
        "no tenant has it"
    );
    assert_eq!(table.put(&agent("acme")).await.unwrap(), Put::Done);
    assert_eq!(table.put(&agent("acme")).await.unwrap(), Put::Done);
    assert_eq!(table.replace(&agent("acme")).await.unwrap(), Put::Done);
    for refused in [
        table.put(&agent("other")).await,
        table.replace(&agent("other")).await,
    ] {
        assert_eq!(refused.unwrap(), Put::Refused);
    }
    assert!(!table.delete::<Agent>("other", "a#b").await.unwrap());
    assert!(
        table.find::<Settings>("a#b").await.unwrap().is_none(),
        "a key is unique for its kind only"
    );
    assert_eq!(
        table
            .list::<Agent>("other", 10, None)
            .await
            .unwrap()
            .entries,
        []
    );
    assert_eq!(
        table
            .list::<Agent>("acme", 10, None)
            .await
            .unwrap()
            .entries
            .len(),
        1
    );
    assert!(table.delete::<Agent>("acme", "a#b").await.unwrap());
    assert!(!table.delete::<Agent>("acme", "a#b").await.unwrap());
    assert!(table.find::<Agent>("a#b").await.unwrap().is_none());
}

#[tokio::test]
async fn campaigns_of_two_tenants_never_meet() {
    let world = World::new(None).await;
    let table = world.directory();
    // Ids that would make one key if they were only put side by side.
    let long = "#".repeat(256);
    let owners = [
        ("a", "b#c"),
        ("a#b", "c"),
        ("3:a", "b#c"),
        ("b", "b#c"),
        (&long, &long),
    ];
    for (tenant_id, id) in owners {
        put_campaign(&table, tenant_id, id).await;
    }
    for (tenant_id, id) in owners {
        let found: Campaign = table
            .find(&Campaign::key_of(tenant_id, id))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.tenant_id.as_str(), found.id.as_str()),
            (tenant_id, id)
        );
    }
}
