//! The tables of template.yaml, as far as the functions depend on them.

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    },
};

/// A table: its partition key is a string.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) partition: &'static str,
    pub(super) sort: Option<Sort>,
    pub(super) index: Option<Index>,
}

/// A sort key.
#[derive(Clone, Copy)]
pub(super) enum Sort {
    Number(&'static str),
    Text(&'static str),
}

/// The index `by-tenant`; whole entries or keys only. Its sort key is the table's partition key or a
/// number.
pub(super) struct Index {
    pub(super) partition: &'static str,
    pub(super) sort: &'static str,
    pub(super) whole: bool,
}

impl Table {
    pub(super) async fn create(&self, database: &Client, name: String) {
        let mut table = database
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key(self.partition, KeyType::Hash))
            .attribute_definitions(attribute(self.partition, ScalarAttributeType::S));
        if let Some(sort) = self.sort {
            let (name, kind) = match sort {
                Sort::Number(name) => (name, ScalarAttributeType::N),
                Sort::Text(name) => (name, ScalarAttributeType::S),
            };
            table = table
                .key_schema(key(name, KeyType::Range))
                .attribute_definitions(attribute(name, kind));
        }
        if let Some(index) = &self.index {
            let projected = if index.whole {
                ProjectionType::All
            } else {
                ProjectionType::KeysOnly
            };
            let by_tenant = GlobalSecondaryIndex::builder()
                .index_name("by-tenant")
                .key_schema(key(index.partition, KeyType::Hash))
                .key_schema(key(index.sort, KeyType::Range))
                .projection(Projection::builder().projection_type(projected).build());
            table = table
                .global_secondary_indexes(by_tenant.build().expect("an index"))
                .attribute_definitions(attribute(index.partition, ScalarAttributeType::S));
            if index.sort != self.partition {
                table = table.attribute_definitions(attribute(index.sort, ScalarAttributeType::N));
            }
        }
        table.send().await.expect("a table can be made");
    }
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .expect("a key")
}

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()
        .expect("an attribute")
}
