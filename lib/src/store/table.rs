//! What all tables have in common: their requests, and the outcome of a write that has a condition.

use std::{error::Error, future::Future};

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        delete_item::{DeleteItemError, DeleteItemOutput, builders::DeleteItemFluentBuilder},
        put_item::{PutItemError, PutItemOutput, builders::PutItemFluentBuilder},
        query::builders::QueryFluentBuilder,
        update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemFluentBuilder},
    },
    types::{ReturnValuesOnConditionCheckFailure, builders::KeysAndAttributesBuilder},
};

use super::{Client, StoreError, batch, item::Item};

#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
    /// The name in errors.
    label: &'static str,
}

impl Table {
    pub(super) fn new(client: Client, name: String, label: &'static str) -> Self {
        Self {
            client,
            name,
            label,
        }
    }

    /// The error of an operation on this table.
    pub(super) fn failed<E>(
        &self,
        operation: &str,
    ) -> impl FnOnce(SdkError<E>) -> StoreError + use<E>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        StoreError::unavailable(format!("{operation} {}", self.label))
    }

    /// The item of this key, as the last write left it.
    pub(super) async fn get(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.name);
        let answer = get.set_key(Some(key)).consistent_read(true).send().await;
        Ok(answer.map_err(self.failed("GetItem"))?.item)
    }

    /// See [`batch::read`].
    pub(super) async fn read_batch(
        &self,
        keys: KeysAndAttributesBuilder,
    ) -> Result<Vec<Item>, StoreError> {
        let operation = format!("BatchGetItem {}", self.label);
        batch::read(&self.client, &self.name, keys, &operation).await
    }

    pub(super) fn query(&self, condition: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.name);
        query.key_condition_expression(condition)
    }

    /// All items of a query, page after page.
    pub(super) async fn query_all(
        &self,
        query: QueryFluentBuilder,
    ) -> Result<Vec<Item>, StoreError> {
        let items: Result<Vec<Item>, _> = query.into_paginator().items().send().collect().await;
        items.map_err(self.failed("Query"))
    }

    pub(super) fn put(&self, item: Item) -> PutItemFluentBuilder {
        let put = self.client.put_item().table_name(&self.name);
        put.set_item(Some(item))
    }

    pub(super) fn update(&self, key: Item, expression: &str) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.name);
        update.set_key(Some(key)).update_expression(expression)
    }

    pub(super) fn delete(&self, key: Item) -> DeleteItemFluentBuilder {
        let delete = self.client.delete_item().table_name(&self.name);
        delete.set_key(Some(key))
    }

    /// Makes a write that has no condition.
    pub(super) async fn write<W: Write>(&self, write: W) -> Result<W::Answer, StoreError> {
        write.send().await.map_err(self.failed(W::OPERATION))
    }

    /// Makes a write that has a condition.
    pub(super) async fn conditional<W: Write>(
        &self,
        write: W,
    ) -> Result<Wrote<W::Answer>, StoreError> {
        match write.send().await {
            Ok(answer) => Ok(Wrote::Done(answer)),
            Err(SdkError::ServiceError(error)) if W::is_refusal(error.err()) => {
                Ok(Wrote::Refused(W::old_item(error.into_err())))
            }
            Err(error) => Err(self.failed(W::OPERATION)(error)),
        }
    }
}

/// The outcome of a write that has a condition.
#[derive(Debug)]
pub(super) enum Wrote<T> {
    Done(T),
    /// The condition did not hold, for this item if the request asked for it and there is one.
    Refused(Option<Item>),
}

impl<T> Wrote<T> {
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    pub(super) fn map<U>(self, with: impl FnOnce(T) -> U) -> Wrote<U> {
        match self {
            Self::Done(answer) => Wrote::Done(with(answer)),
            Self::Refused(old) => Wrote::Refused(old),
        }
    }
}

/// A request that writes an item.
pub(super) trait Write: Sized {
    const OPERATION: &'static str;
    type Answer;
    type Failure: ProvideErrorMetadata + Error + Send + Sync + 'static;

    /// Asks for the item for which the condition does not hold.
    fn returning_old(self) -> Self;
    fn send(self) -> impl Future<Output = Result<Self::Answer, SdkError<Self::Failure>>> + Send;
    fn is_refusal(failure: &Self::Failure) -> bool;
    fn old_item(failure: Self::Failure) -> Option<Item>;
}

macro_rules! write_request {
    ($operation:literal, $request:ty, $answer:ty, $failure:ident) => {
        impl Write for $request {
            const OPERATION: &'static str = $operation;
            type Answer = $answer;
            type Failure = $failure;

            fn returning_old(self) -> Self {
                self.return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
            }

            fn send(self) -> impl Future<Output = Result<$answer, SdkError<$failure>>> + Send {
                <$request>::send(self)
            }

            fn is_refusal(failure: &$failure) -> bool {
                failure.is_conditional_check_failed_exception()
            }

            fn old_item(failure: $failure) -> Option<Item> {
                match failure {
                    $failure::ConditionalCheckFailedException(refusal) => refusal.item,
                    _ => None,
                }
            }
        }
    };
}

write_request!("PutItem", PutItemFluentBuilder, PutItemOutput, PutItemError);
write_request!(
    "UpdateItem",
    UpdateItemFluentBuilder,
    UpdateItemOutput,
    UpdateItemError
);
write_request!(
    "DeleteItem",
    DeleteItemFluentBuilder,
    DeleteItemOutput,
    DeleteItemError
);
