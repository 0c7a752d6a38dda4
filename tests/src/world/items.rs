//! Items of a world's tables, changed behind everybody's back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::World;
use crate::faults::Faults;

impl World {
    /// Sets an attribute of every item of a table.
    pub async fn set_everywhere(&self, table: &str, attribute: &str, value: AttributeValue) {
        let database = self.database(&Faults::none());
        for mut item in self.items(table).await {
            item.insert(attribute.to_owned(), value.clone());
            let put = database
                .put_item()
                .table_name(self.name(table))
                .set_item(Some(HashMap::from_iter(item)));
            put.send().await.expect("an item can be written");
        }
    }
}
