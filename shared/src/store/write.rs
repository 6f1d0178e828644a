//! Writes to one row, each with the condition under which it is done. A write is described once, and then sent alone or
//! as an item of a [`Transaction`](super::transaction::Transaction).

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{self, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;
use super::expression::{Condition, Values};
use super::schema::{Item, Key};
use super::table::{Table, read};

/// A write to one row of a table.
#[derive(Clone, Debug)]
pub(super) struct Write<'d, Action> {
    pub table: Table<'d>,
    pub action: Action,
    pub condition: Option<Condition>,
    pub on_refusal: Option<ReturnValuesOnConditionCheckFailure>,
}

/// Writes the whole row.
#[derive(Clone, Debug)]
pub(super) struct Put(pub Item);

/// Deletes the row.
#[derive(Clone, Debug)]
pub(super) struct Delete(pub Key);

/// Leaves the row as it is: a condition for a transaction.
#[derive(Clone, Debug)]
pub(super) struct Check(pub Key);

impl<'d> Table<'d> {
    /// Writes the whole row at `key`, which is added to the fields of `row`.
    pub fn put(self, key: Key, row: &impl Serialize) -> Result<Write<'d, Put>, StoreError> {
        let mut item: Item = serde_dynamo::to_item(row)?;
        item.extend(key);
        Ok(self.put_item(item))
    }

    /// Writes a whole row that has its key.
    pub fn put_item(self, item: Item) -> Write<'d, Put> {
        Write::new(self, Put(item))
    }

    /// Deletes the row at `key`, if there is one.
    pub fn delete(self, key: Key) -> Write<'d, Delete> {
        Write::new(self, Delete(key))
    }

    /// Writes nothing: a condition on the row at `key` for a transaction.
    pub fn check(self, key: Key) -> Write<'d, Check> {
        Write::new(self, Check(key))
    }
}

impl<'d, Action> Write<'d, Action> {
    /// Does `action` in `table`, whatever the row is.
    pub fn new(table: Table<'d>, action: Action) -> Self {
        Self { table, action, condition: None, on_refusal: None }
    }

    /// Does it only if `condition` holds at that instant.
    pub fn only_if(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// Returns the row as it is if the condition fails.
    pub fn or_return_row(self) -> Self {
        Self { on_refusal: Some(ReturnValuesOnConditionCheckFailure::AllOld), ..self }
    }
}

/// Fills in what requests and items of transactions have in common: the table, and the condition with its values.
macro_rules! conditional {
    ($builder:expr, $write:ident, $values:expr) => {{
        let mut values = $values;
        let condition = $write.condition.map(|condition| condition.into_text(&mut values));
        $builder
            .table_name($write.table.name)
            .set_condition_expression(condition)
            .set_expression_attribute_values(values.into_map())
            .set_return_values_on_condition_check_failure($write.on_refusal)
    }};
}

pub(super) use conditional;

impl Write<'_, Put> {
    /// One PutItem. `false` if the condition failed.
    pub async fn send(self) -> Result<bool, StoreError> {
        let request = conditional!(self.table.client.put_item(), self, Values::default()).set_item(Some(self.action.0));
        is_done(request.send().await, PutItemError::is_conditional_check_failed_exception)
    }

    /// One PutItem. Returns the row that made the condition fail, `None` if the put is done.
    pub async fn send_or_find<T: DeserializeOwned>(self) -> Result<Option<T>, StoreError> {
        let write = self.or_return_row();
        let request = conditional!(write.table.client.put_item(), write, Values::default()).set_item(Some(write.action.0));
        let Err(error) = request.send().await else { return Ok(None) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                read(failed.item.clone())?.map(Some).ok_or_else(StoreError::answered_without_row)
            }
            _ => Err(error.into()),
        }
    }
}

impl Write<'_, Delete> {
    /// One DeleteItem. `false` if the condition failed; a row that is not there is deleted.
    pub async fn send(self) -> Result<bool, StoreError> {
        let request = conditional!(self.table.client.delete_item(), self, Values::default()).set_key(Some(self.action.0));
        is_done(request.send().await, DeleteItemError::is_conditional_check_failed_exception)
    }
}

/// `false` for an error that is a failed condition.
pub(super) fn is_done<O, E, R>(sent: Result<O, SdkError<E, R>>, is_refusal: impl Fn(&E) -> bool) -> Result<bool, StoreError>
where
    StoreError: From<SdkError<E, R>>,
{
    match sent {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(is_refusal) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A write that can be an item of a transaction.
pub(super) trait TransactionItem {
    fn into_item(self) -> Result<TransactWriteItem, BuildError>;
}

impl TransactionItem for Write<'_, Put> {
    fn into_item(self) -> Result<TransactWriteItem, BuildError> {
        let put = conditional!(types::Put::builder(), self, Values::default()).set_item(Some(self.action.0)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

impl TransactionItem for Write<'_, Delete> {
    fn into_item(self) -> Result<TransactWriteItem, BuildError> {
        let delete = conditional!(types::Delete::builder(), self, Values::default()).set_key(Some(self.action.0)).build()?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

impl TransactionItem for Write<'_, Check> {
    fn into_item(self) -> Result<TransactWriteItem, BuildError> {
        let check = conditional!(types::ConditionCheck::builder(), self, Values::default()).set_key(Some(self.action.0)).build()?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
