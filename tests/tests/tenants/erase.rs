//! `make erase`: everything about one person goes, whatever provider reported it and however the number is written,
//! and nothing about another person.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    process::Output,
};

use aws_sdk_dynamodb::types::AttributeValue;
use ringpost_tests::{
    commands::{operate, printed},
    livekit::unique,
    receiver::{Answer, Receiver},
    stack::eventually,
    world::World,
};
use serde_json::json;

use super::erase_tenant::{Person, Tenant};

const TABLES: [&str; 7] = [
    "events",
    "chunks",
    "calls",
    "history",
    "due",
    "webhookconfigs",
    "directory",
];

type Item = HashMap<String, AttributeValue>;

/// Items by their tables and keys, each attribute as it is stored.
type Items = BTreeMap<String, BTreeMap<String, String>>;

fn erase(arguments: &[&str]) -> Output {
    operate("erase", arguments)
}

pub(crate) fn word(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

/// Everything that an item says, its payload decompressed. A piece of a payload says nothing by itself.
pub(crate) fn text(item: &Item) -> String {
    let part = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.clone(),
        AttributeValue::B(bytes) => zstd::stream::decode_all(bytes.clone().into_inner().as_slice())
            .map_or_else(
                |_| String::new(),
                |payload| String::from_utf8_lossy(&payload).into_owned(),
            ),
        _ => String::new(),
    };
    item.values().map(part).collect::<Vec<_>>().join("\n")
}

/// The store: each item with its table, its text and, where it names a large payload, that payload's.
async fn store(world: &World) -> Vec<(&'static str, Item, String)> {
    let mut store = Vec::new();
    for table in TABLES {
        for item in world.items(table).await {
            let said = text(&item);
            store.push((table, item, said));
        }
    }
    let mut pieces: BTreeMap<(String, u64), Vec<u8>> = BTreeMap::new();
    for (_, item, _) in store.iter().filter(|(table, ..)| *table == "chunks") {
        let (of, piece) = (
            word(item, "of").unwrap(),
            item["piece"].as_b().unwrap().clone().into_inner(),
        );
        let nonce = of.split('#').next().unwrap().to_owned();
        pieces.insert(
            (nonce, item["index"].as_n().unwrap().parse().unwrap()),
            piece,
        );
    }
    let mut payloads: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for ((nonce, _), piece) in pieces {
        payloads.entry(nonce).or_default().extend(piece);
    }
    for (table, item, said) in &mut store {
        let nonce = match *table {
            "chunks" => word(item, "of").and_then(|of| of.split('#').next().map(str::to_owned)),
            "events" => word(item, "nonce"),
            _ => None,
        };
        if let Some(payload) = nonce.and_then(|nonce| payloads.get(&nonce)) {
            let payload = zstd::stream::decode_all(payload.as_slice()).unwrap_or_default();
            said.push_str(&String::from_utf8_lossy(&payload));
        }
    }
    store
}

/// What of the store is about a person: what names it or one of its events and calls.
async fn items_of(world: &World, person: &Person) -> Items {
    let store = store(world).await;
    let names = |said: &str| person.is_in(said) || said.contains(&person.unique);
    let calls: BTreeSet<String> = store
        .iter()
        .filter(|(table, item, said)| *table == "calls" && !item.contains_key("to") && names(said))
        .filter_map(|(_, item, _)| word(item, "id"))
        .collect();
    let leads = |item: &Item| {
        let to = ["to", "into", "callId", "reference"].map(|name| word(item, name));
        to.into_iter().flatten().any(|id| calls.contains(&id))
    };
    let about = store
        .into_iter()
        .filter(|(_, item, said)| names(said) || leads(item));
    let keyed = about.map(|(table, item, _)| {
        let key = [
            "key",
            "of",
            "index",
            "id",
            "tenantShard",
            "slot",
            "tenantId",
        ]
        .map(|name| item.get(name));
        let attributes = item
            .iter()
            .map(|(name, value)| (name.clone(), format!("{value:?}")))
            .collect();
        (format!("{table} {key:?}"), attributes)
    });
    keyed.collect()
}

fn tables(items: &Items) -> BTreeSet<&str> {
    items
        .keys()
        .filter_map(|key| key.split(' ').next())
        .collect()
}

#[tokio::test]
async fn everything_about_one_person_goes_and_nothing_about_another() {
    let (tenant, person, other) = (Tenant::new().await, Person::new(), Person::new());
    let (takes, fails) = (Receiver::start(), Receiver::answering(Answer::Status(500)));
    tenant
        .subscribe(&takes.url("/"), &["call.completed", "campaign.started"])
        .await;
    tenant
        .subscribe(&fails.url("/"), &["campaign.completed"])
        .await;
    tenant
        .subscribe(&takes.url("/"), &["campaign.completed"])
        .await;
    for caller in [&person, &other] {
        tenant.called_by(caller).await;
        tenant.dialled(caller).await;
        tenant.remembers(caller).await;
    }
    // The first spelling as JSON escapes it; and an id of the other's that merely contains the digits.
    let [_, dotted] = person.forms();
    // Its body is so large that both subscriptions share it.
    let noise: String = (0..200).map(|_| unique()).collect();
    let updated = format!(
        r#"{{"eventType":"campaign.completed","payload":{{"a":"\u002b1\u0020{dotted}","b":"{}","c":"{noise}"}}}}"#,
        person.number()
    );
    tenant.post("/api/events", &updated).await;
    let longer = json!({ "id": format!("98765{}43210", person.national), "phone": other.number() });
    let started = json!({ "eventType": "campaign.started", "payload": longer });
    tenant.post("/api/events", &started.to_string()).await;

    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    let settled = BTreeMap::from([
        (pair("call.completed", "delivered 1"), 4),
        (pair("campaign.started", "delivered 1"), 1),
        (pair("campaign.completed", "delivered 1"), 1),
        (pair("campaign.completed", "pending 1"), 1),
        // Nine of LiveKit's events, SignalWire's and the dialer's, of each.
        (pair("inbound", "processed"), 22),
    ]);
    eventually("every row", async || {
        (tenant.rows().await == settled).then_some(())
    })
    .await;
    let mut before = Items::new();
    let others = eventually("a store at rest", async || {
        let now = items_of(&tenant.world, &other).await;
        let rests = now == before;
        before.clone_from(&now);
        rests.then_some(now)
    })
    .await;
    let belongs = items_of(&tenant.world, &person).await;
    for items in [&belongs, &others] {
        let tables = tables(items);
        for table in ["events", "chunks", "calls", "history", "directory"] {
            assert!(tables.contains(table), "{table} of {tables:?}");
        }
    }
    let waits = async || {
        let tenant_id = format!(r#""tenantId":"{}""#, tenant.name);
        let due = tenant.world.items("due").await.into_iter();
        let is_ours = |item: &Item| {
            word(item, "reference").is_some_and(|reported| reported.contains(&tenant_id))
        };
        due.filter(|item| word(item, "kind").as_deref() == Some("delivery") && is_ours(item))
            .count()
    };
    assert_eq!(
        waits().await,
        1,
        "the delivery that failed is tried again in two hours"
    );

    let number = person.number();
    let dry = erase(&["--phone", &number]);
    assert!(
        dry.status.success() && printed(&dry).contains("Nothing was removed"),
        "{}",
        printed(&dry)
    );
    assert_eq!(
        items_of(&tenant.world, &person).await,
        belongs,
        "a dry run removes nothing"
    );
    let done = erase(&["--phone", &number, "--yes"]);
    assert!(
        done.status.success() && printed(&done).contains("about it now: 0."),
        "{}",
        printed(&done)
    );
    for output in [&dry, &done] {
        assert!(
            !printed(output).contains(&person.national),
            "the number stands in {}",
            printed(output)
        );
    }

    assert_eq!(items_of(&tenant.world, &person).await, Items::new());
    assert_eq!(waits().await, 0);
    assert!(
        store(&tenant.world)
            .await
            .iter()
            .all(|(_, _, said)| !person.is_in(said))
    );
    assert_eq!(
        items_of(&tenant.world, &other).await,
        others,
        "byte for byte"
    );
    let rows = tenant.rows().await;
    assert_eq!(
        (rows.get(&pair("inbound", "processed")), rows.len()),
        (Some(&11), 3),
        "{rows:?}"
    );
    let again = erase(&["--phone", &number, "--yes"]);
    assert!(
        again.status.success() && printed(&again).contains("nothing to remove"),
        "{}",
        printed(&again)
    );
}

#[tokio::test]
async fn a_tenants_line_and_what_is_no_whole_number_are_refused() {
    let tenant = Tenant::new().await;
    for (phone, reason) in [
        (tenant.line.as_str(), "is a tenant's line"),
        ("5551234567", "must be a whole number"),
        ("+1 555 123 4567", "must be a whole number"),
        ("", "must be a whole number"),
    ] {
        let refused = erase(&["--phone", phone, "--yes"]);
        assert!(
            !refused.status.success() && printed(&refused).contains(reason),
            "{phone}: {}",
            printed(&refused)
        );
    }
}
