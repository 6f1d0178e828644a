//! Entity tokens: one row, and so at most one live token, for each (entity, user).

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::rows::unix;
use super::schema::{self, EXPIRES_AT, Key, PK, n, s};
use super::transaction::{self, Outcome};
use super::{Database, StoreError};
use crate::domain::{EntityId, EntityUserId, Locator, RandomId, Timestamp};

/// The token of an (entity, user) pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntityTokenRow {
    /// The entity.
    pub entity_id: EntityId,
    /// The user whose token it is.
    pub entity_user_id: EntityUserId,
    /// Random at creation: a token that was deleted and made again is another one.
    pub token_id: RandomId,
    /// The generation that is live.
    pub generation: u32,
    /// The number of the token key that the live generation is sealed under.
    pub sealed_under: u8,
    /// When the live generation replaced the one before; absent before the first refresh.
    #[serde(default, with = "unix::option", skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
    /// When the generation before the live one replaced its own predecessor (the first refresh stands for both).
    #[serde(default, with = "unix::option", skip_serializing_if = "Option::is_none")]
    pub previously_rotated_at: Option<Timestamp>,
    /// Free texts of the caller.
    #[serde(default)]
    pub flags: Vec<String>,
    /// When it was made.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// From when on it is gone.
    #[serde(with = "unix")]
    pub expires_at: Timestamp,
}

impl EntityTokenRow {
    /// Whether the token has not expired; TTL sweeps late.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }
}

/// What a generation that a caller presents is to the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationState {
    /// The live one.
    Live,
    /// The one that the live one replaced, within the grace: its holder lost the answer.
    JustReplaced,
    /// An older one, while the token was rotated twice within the grace: of no use, and no proof of theft.
    Stale,
    /// Replaced before the grace, or nobody knows when: whoever presents it stole it or was stolen from (RFC 9700, 4.14).
    Reused,
}

impl EntityTokenRow {
    /// The state of generation `presented`; a replaced one is forgiven for `grace_seconds` after it was replaced.
    #[must_use]
    pub fn generation_state(&self, presented: u32, grace_seconds: u32, now: Timestamp) -> GenerationState {
        let within_grace = |at: Option<Timestamp>| at.is_some_and(|at| now.seconds_since(at) <= u64::from(grace_seconds));
        match self.generation.checked_sub(presented) {
            Some(0) => GenerationState::Live,
            Some(1) if within_grace(self.rotated_at) => GenerationState::JustReplaced,
            Some(2..) if within_grace(self.previously_rotated_at) => GenerationState::Stale,
            Some(_) => GenerationState::Reused,
            // A generation to come, as after the restore of an older table: this row knows nothing of it.
            None => GenerationState::Stale,
        }
    }
}

/// What a rotation found.
#[derive(Clone, Debug, PartialEq)]
pub enum Rotation {
    /// The row after this rotation, or after another's of the same generation.
    Rotated(EntityTokenRow),
    /// There is no live token of that id.
    Gone,
}

/// Writes entity tokens; they are read with a [`super::Batch`].
#[derive(Clone, Debug)]
pub struct EntityTokens(Database);

impl EntityTokens {
    /// The entity tokens in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Makes the token unless there is a live one other than `dead`; returns the one that is live then.
    ///
    /// Two callers at the same instant get the same token, and a retry that meets its own put gets its own.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn insert_or_find(
        &self,
        locator: &Locator,
        row: EntityTokenRow,
        dead: Option<RandomId>,
        now: Timestamp,
    ) -> Result<EntityTokenRow, StoreError> {
        let mut item: Key = serde_dynamo::to_item(&row)?;
        item.extend(schema::entity_token(locator));
        let request = self.0.client.put_item().table_name(&self.0.tables.tokens).set_item(Some(item));
        let request = request.condition_expression(format!("attribute_not_exists({PK}) OR {EXPIRES_AT} <= :now OR token_id = :dead"));
        let request = request.expression_attribute_values(":now", n(now.unix()));
        let request = request.expression_attribute_values(":dead", s(dead.map_or_else(|| "none".to_owned(), |id| id.to_string())));
        let Err(error) = request.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld).send().await else {
            return Ok(row);
        };
        match error.as_service_error() {
            Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed)) => {
                let existing = failed.item().cloned().ok_or_else(|| StoreError::corrupt("a failed condition came without the row"))?;
                Ok(serde_dynamo::from_item(existing)?)
            }
            _ => Err(error.into()),
        }
    }

    /// Replaces expiry and flags, where given, of the live token `id`; `None` if there is none (any more).
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn update(
        &self,
        locator: &Locator,
        id: RandomId,
        change: &Change,
        now: Timestamp,
    ) -> Result<Option<EntityTokenRow>, StoreError> {
        let mut sets = vec!["token_id = :id".to_owned()];
        let mut values = HashMap::from([(":id".to_owned(), s(id.to_string())), (":now".to_owned(), n(now.unix()))]);
        if let Some(expires_at) = change.expires_at {
            sets.push(format!("{EXPIRES_AT} = :expires_at"));
            values.insert(":expires_at".to_owned(), n(expires_at.unix()));
        }
        if let Some(flags) = &change.flags {
            sets.push("flags = :flags".to_owned());
            values.insert(":flags".to_owned(), AttributeValue::L(flags.iter().map(s).collect()));
        }
        let request = self.0.client.update_item().table_name(&self.0.tables.tokens).set_key(Some(schema::entity_token(locator)));
        let request = request.update_expression(format!("SET {}", sets.join(", "))).set_expression_attribute_values(Some(values));
        let request = request.condition_expression(format!("token_id = :id AND {EXPIRES_AT} > :now"));
        let result = request.return_values(ReturnValue::AllNew).send().await;
        let Err(error) = result.as_ref() else {
            return result?.attributes.map(serde_dynamo::from_item).transpose().map_err(StoreError::from);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
            _ => result.map(|_| None).map_err(StoreError::from),
        }
    }

    /// Replaces generation `from` of token `id` by its successor: one conditional write.
    ///
    /// Whoever else rotates the same generation at the same instant, and a retry that meets its own write, gets the row as the
    /// winner left it, from which the same successor derives. Whether that row may be used is the caller's to judge.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn rotate(
        &self,
        locator: &Locator,
        id: RandomId,
        from: u32,
        sealed_under: u8,
        now: Timestamp,
    ) -> Result<Rotation, StoreError> {
        let request = self.0.client.update_item().table_name(&self.0.tables.tokens).set_key(Some(schema::entity_token(locator)));
        let request = request.update_expression(
            "SET generation = :next, sealed_under = :key, rotated_at = :now, previously_rotated_at = if_not_exists(rotated_at, :now)",
        );
        let request = request.condition_expression(format!("token_id = :id AND generation = :from AND {EXPIRES_AT} > :now"));
        let request = request.expression_attribute_values(":next", n(from.saturating_add(1))).expression_attribute_values(":from", n(from));
        let request = request.expression_attribute_values(":key", n(sealed_under)).expression_attribute_values(":now", n(now.unix()));
        let request = request.expression_attribute_values(":id", s(id.to_string())).return_values(ReturnValue::AllNew);
        let result = request.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld).send().await;
        let row = match result {
            Ok(output) => output.attributes,
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => failed.item().cloned(),
                _ => return Err(error.into()),
            },
        };
        let row: Option<EntityTokenRow> = row.map(serde_dynamo::from_item).transpose()?;
        Ok(row.filter(|row| row.token_id == id && row.is_live(now)).map_or(Rotation::Gone, Rotation::Rotated))
    }

    /// Deletes token `id`; `false` if there is no such token. A transaction, so that a retry after a lost answer is told
    /// "deleted" too.
    ///
    /// # Errors
    /// [`StoreError`] if the table can not tell.
    pub async fn delete(&self, locator: &Locator, id: RandomId) -> Result<bool, StoreError> {
        let delete = Delete::builder().table_name(&self.0.tables.tokens).set_key(Some(schema::entity_token(locator)));
        let delete = delete.condition_expression("token_id = :id").expression_attribute_values(":id", s(id.to_string())).build()?;
        Ok(transaction::write(&self.0.client, [TransactWriteItem::builder().delete(delete)]).await? == Outcome::Committed)
    }
}

/// What [`EntityTokens::update`] replaces; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The new expiry.
    pub expires_at: Option<Timestamp>,
    /// The new flags, all of them.
    pub flags: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_is_forgiven_for_the_grace_after_it_was_replaced() {
        let at = Timestamp::from_unix;
        let row = EntityTokenRow {
            entity_id: "acme".parse().unwrap(),
            entity_user_id: "carol".parse().unwrap(),
            token_id: RandomId::random(),
            generation: 5,
            sealed_under: 1,
            rotated_at: Some(at(1000)),
            previously_rotated_at: Some(at(990)),
            flags: Vec::new(),
            created_at: at(0),
            expires_at: at(9999),
        };

        for (presented, now, judgement) in [
            (5, 1000, GenerationState::Live),
            (4, 1030, GenerationState::JustReplaced),
            (4, 1031, GenerationState::Reused),
            (3, 1020, GenerationState::Stale),
            (3, 1021, GenerationState::Reused),
            (2, 1020, GenerationState::Stale),
            (2, 1021, GenerationState::Reused),
            (6, 1000, GenerationState::Stale),
        ] {
            assert_eq!(row.generation_state(presented, 30, at(now)), judgement, "{presented} at {now}");
        }
    }
}
