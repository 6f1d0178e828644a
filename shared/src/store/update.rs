//! Updates: writes that change some attributes of a row.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{self, AttributeValue, ReturnValue, TransactWriteItem};
use serde::de::DeserializeOwned;

use super::StoreError;
use super::expression::{Stored, Values};
use super::schema::{Attribute, Key};
use super::table::{Table, read};
use super::write::{TransactionItem, Write, conditional, is_done};

/// Changes attributes of the row at a key.
#[derive(Clone, Debug)]
pub(super) struct Update {
    key: Key,
    set: Vec<String>,
    remove: Vec<String>,
    add: Vec<String>,
    delete: Vec<String>,
    values: Values,
}

/// How an update that reads its row ended.
#[derive(Debug)]
pub(super) enum Updated<T> {
    /// It is done. The row after it.
    Written(T),
    /// The condition failed. The row as it is, if there is one.
    Refused(Option<T>),
}

impl<'d> Table<'d> {
    /// Changes attributes of the row at `key`. DynamoDB makes the row where there is none, unless a condition forbids
    /// it.
    pub fn update(self, key: Key) -> Write<'d, Update> {
        Write::new(self, Update { key, set: vec![], remove: vec![], add: vec![], delete: vec![], values: Values::default() })
    }
}

impl Update {
    /// The key, the update's expression, and the values in it.
    fn into_parts(self) -> (Key, String, Values) {
        let sections = [("SET", self.set), ("REMOVE", self.remove), ("ADD", self.add), ("DELETE", self.delete)];
        let written = sections.into_iter().filter(|(_, changes)| !changes.is_empty());
        let expression = written.map(|(word, changes)| format!("{word} {}", changes.join(", "))).collect::<Vec<_>>().join(" ");
        (self.key, expression, self.values)
    }
}

impl Write<'_, Update> {
    pub fn set(mut self, attribute: Attribute, value: impl Stored) -> Self {
        let value = self.action.values.name(value.stored());
        self.action.set.push(format!("{attribute} = {value}"));
        self
    }

    /// Sets the attribute if there is a value, and otherwise leaves it as it is.
    pub fn set_some(self, attribute: Attribute, value: Option<impl Stored>) -> Self {
        match value {
            Some(value) => self.set(attribute, value),
            None => self,
        }
    }

    /// Sets the attribute if there is a value, and otherwise removes it.
    pub fn set_or_remove(self, attribute: Attribute, value: Option<impl Stored>) -> Self {
        match value {
            Some(value) => self.set(attribute, value),
            None => self.remove(attribute),
        }
    }

    /// Sets `attribute` to what `source` was before this update, or to `value` if `source` was absent.
    pub fn set_to_former(mut self, attribute: Attribute, source: Attribute, value: impl Stored) -> Self {
        let value = self.action.values.name(value.stored());
        self.action.set.push(format!("{attribute} = if_not_exists({source}, {value})"));
        self
    }

    /// Adds one to a number; an absent one counts as zero. Only in a transaction: an update that is sent twice would add twice.
    pub fn increment(mut self, attribute: Attribute) -> Self {
        let value = self.action.values.name(1_u32.stored());
        self.action.add.push(format!("{attribute} {value}"));
        self
    }

    pub fn remove(mut self, attribute: Attribute) -> Self {
        self.action.remove.push(attribute.to_string());
        self
    }

    /// Takes a member out of a set of texts, which vanishes with its last one.
    pub fn remove_member(mut self, attribute: Attribute, member: impl ToString) -> Self {
        let value = self.action.values.name(AttributeValue::Ss(vec![member.to_string()]));
        self.action.delete.push(format!("{attribute} {value}"));
        self
    }

    /// Adds a member to a set of texts; an absent one counts as empty. An update that is sent twice adds it once.
    pub fn add_member(mut self, attribute: Attribute, member: impl ToString) -> Self {
        let value = self.action.values.name(AttributeValue::Ss(vec![member.to_string()]));
        self.action.add.push(format!("{attribute} {value}"));
        self
    }

    /// One UpdateItem. `false` if the condition failed.
    pub async fn send(self) -> Result<bool, StoreError> {
        let (key, expression, values) = self.action.into_parts();
        let request = conditional!(self.table.client.update_item(), self, values).set_key(Some(key)).update_expression(expression);
        is_done(request.send().await, UpdateItemError::is_conditional_check_failed_exception)
    }

    /// One UpdateItem. Returns the row after it, or the row that made the condition fail.
    pub async fn send_and_read<T: DeserializeOwned>(self) -> Result<Updated<T>, StoreError> {
        let write = self.or_return_row();
        let (key, expression, values) = write.action.into_parts();
        let request = conditional!(write.table.client.update_item(), write, values).set_key(Some(key)).update_expression(expression);
        let error = match request.return_values(ReturnValue::AllNew).send().await {
            Ok(output) => return read(output.attributes)?.map(Updated::Written).ok_or_else(StoreError::answered_without_row),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Ok(Updated::Refused(read(failed.item.clone())?)),
            _ => Err(error.into()),
        }
    }
}

impl TransactionItem for Write<'_, Update> {
    fn into_item(self) -> Result<TransactWriteItem, BuildError> {
        let (key, expression, values) = self.action.into_parts();
        let update = conditional!(types::Update::builder(), self, values).set_key(Some(key)).update_expression(expression).build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::schema::{ATTEMPT_IDS, EPOCH, EXPIRES_AT, PASSWORD_EXPIRES_AT};
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn an_expression_has_one_section_for_each_kind_of_change() {
        let config = aws_sdk_dynamodb::Config::builder().behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest()).build();
        let table = Table { client: &aws_sdk_dynamodb::Client::from_conf(config), name: "t" };

        let update = table
            .update(HashMap::new())
            .set(EPOCH, 1_u64)
            .add_member(ATTEMPT_IDS, "a")
            .set_or_remove(PASSWORD_EXPIRES_AT, None::<Timestamp>)
            .set_some(EXPIRES_AT, Some(Timestamp::from_unix(9)));
        let (_, expression, values) = update.action.into_parts();

        assert_eq!(expression, "SET epoch = :v0, expires_at = :v2 REMOVE password_expires_at ADD attempt_ids :v1");
        assert_eq!(values.into_map().unwrap().len(), 3);
    }
}
