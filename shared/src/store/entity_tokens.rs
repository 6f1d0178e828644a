//! Entity tokens: one row, and therefore at most one live token, for each (entity, user).

use serde::{Deserialize, Serialize};

use super::expression::Condition;
use super::rows::unix;
use super::schema::{
    self, ENDED_BY, EXPIRES_AT, FLAGS, GENERATION, LIFE_SECONDS, PK, PREVIOUSLY_ROTATED_AT, ROTATED_AT, SEALED_UNDER, TOKEN_ID,
};
use super::update::Updated;
use super::{Database, StoreError, UserRow};
use crate::domain::{EntityId, EntityUserId, Locator, RandomId, Timestamp, UserId};

/// The token of an (entity, user) pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntityTokenRow {
    /// The entity.
    pub entity_id: EntityId,
    /// The user whose token it is.
    pub entity_user_id: EntityUserId,
    /// The user in whose name it was made. Absent in rows of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_id: Option<UserId>,
    /// Whether it was made for a user of this service, who was a member of the entity. Without that user's row it is void.
    #[serde(default)]
    pub for_member: bool,
    /// Random at creation: a token that is deleted and created again has another id.
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
    /// Texts of the caller's choice.
    #[serde(default)]
    pub flags: Vec<String>,
    /// When it was created.
    #[serde(with = "unix")]
    pub created_at: Timestamp,
    /// When it expires.
    #[serde(with = "unix")]
    pub expires_at: Timestamp,
    /// How long it was given to live, in seconds; a refresh gives it as long again. Absent in rows of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_seconds: Option<u32>,
    /// The write that deleted it, before it expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<RandomId>,
}

impl EntityTokenRow {
    /// Whether the token was not deleted and has not expired; TTL sweeps late.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_by.is_none() && self.expires_at > now
    }

    /// Whether `user`, who has the id of the entity's user, may still have it: a user must be active and a member of the
    /// entity. Nobody decides about an id of the caller's own.
    #[must_use]
    pub fn is_for(&self, user: Option<&UserRow>) -> bool {
        user.map_or(!self.for_member, |user| user.is_active_member_of(&self.entity_id))
    }

    /// The first generation of a new token, for nobody in particular.
    #[must_use]
    pub fn new(entity: &EntityId, user: &EntityUserId, now: Timestamp, expires_at: Timestamp) -> Self {
        Self {
            entity_id: entity.clone(),
            entity_user_id: user.clone(),
            issuer_id: None,
            for_member: false,
            token_id: RandomId::random(),
            generation: 0,
            sealed_under: 0,
            rotated_at: None,
            previously_rotated_at: None,
            flags: Vec::new(),
            created_at: now,
            expires_at,
            life_seconds: u32::try_from(expires_at.seconds_since(now)).ok(),
            ended_by: None,
        }
    }

    /// How long it was given to live, in seconds.
    #[must_use]
    pub fn life_seconds(&self) -> u32 {
        self.life_seconds.unwrap_or_else(|| u32::try_from(self.expires_at.seconds_since(self.created_at)).unwrap_or(u32::MAX))
    }
}

/// The row is that of token `id`, which was not deleted and has not expired.
fn is_live(id: RandomId, now: Timestamp) -> Condition {
    TOKEN_ID.is(id).and(ENDED_BY.is_absent()).and(EXPIRES_AT.is_after(now))
}

/// The state of a generation that a caller presents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationState {
    /// The live one.
    Live,
    /// The predecessor of the live one, within the grace period: its holder lost the answer.
    JustReplaced,
    /// An older one, of a token that was rotated twice within the grace period: useless, and no proof of theft.
    Stale,
    /// Replaced before the grace period, or at an unknown time: its holder is a thief or a victim (RFC 9700, section
    /// 4.14).
    Reused,
}

impl EntityTokenRow {
    /// The state of generation `presented`. The grace period begins when a generation is replaced.
    #[must_use]
    pub fn generation_state(&self, presented: u32, grace_seconds: u32, now: Timestamp) -> GenerationState {
        let is_within_grace = |at: Option<Timestamp>| at.is_some_and(|at| now.seconds_since(at) <= u64::from(grace_seconds));
        match self.generation.checked_sub(presented) {
            Some(0) => GenerationState::Live,
            Some(1) if is_within_grace(self.rotated_at) => GenerationState::JustReplaced,
            Some(2..) if is_within_grace(self.previously_rotated_at) => GenerationState::Stale,
            Some(_) => GenerationState::Reused,
            // A future generation, as after an older table was restored: this row knows nothing of it.
            None => GenerationState::Stale,
        }
    }
}

/// How a rotation ended.
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

    /// Creates the token unless there is a live one other than `dead`. Returns the live one.
    ///
    /// Two callers at the same instant get the same token, and a retry that meets its own put gets its own.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn insert_or_find(
        &self,
        locator: &Locator,
        row: EntityTokenRow,
        dead: Option<RandomId>,
        now: Timestamp,
    ) -> Result<EntityTokenRow, StoreError> {
        // A retry must not bring back the token that it made and that somebody has deleted since.
        let is_anothers_tombstone = ENDED_BY.exists().and(TOKEN_ID.is_not(row.token_id));
        let is_free = PK.is_absent().or(EXPIRES_AT.is_not_after(now)).or(is_anothers_tombstone);
        let is_free = match dead {
            Some(dead) => is_free.or(TOKEN_ID.is(dead)),
            None => is_free,
        };
        let put = self.0.tokens().put(schema::entity_token(locator), &row)?;
        Ok(put.only_if(is_free).send_or_find().await?.unwrap_or(row))
    }

    /// Applies `change` to the live token `id`; `None` if there is none.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn update(
        &self,
        locator: &Locator,
        id: RandomId,
        change: &EntityTokenChange,
        now: Timestamp,
    ) -> Result<Option<EntityTokenRow>, StoreError> {
        // An update must set something.
        let update = self
            .0
            .tokens()
            .update(schema::entity_token(locator))
            .set(TOKEN_ID, id)
            .set_some(EXPIRES_AT, change.expires_at)
            .set_some(LIFE_SECONDS, change.expires_at.map(|end| u32::try_from(end.seconds_since(now)).unwrap_or(u32::MAX)))
            .set_some(FLAGS, change.flags.as_deref())
            .only_if(is_live(id, now));
        match update.send_and_read().await? {
            Updated::Written(row) => Ok(Some(row)),
            Updated::Refused(_) => Ok(None),
        }
    }

    /// Replaces the generation that was `read` by its successor, which expires at `expires_at`: one conditional write, for as long as
    /// the expiry and the life are as read, too. If they are not, the row comes back in the generation that was read.
    ///
    /// If several callers rotate the same generation, or a retry meets its own write, all get the row as the winner
    /// left it, from which the same successor derives. The caller must check whether that row is still good.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn rotate(
        &self,
        locator: &Locator,
        read: &EntityTokenRow,
        sealed_under: u8,
        (expires_at, now): (Timestamp, Timestamp),
    ) -> Result<Rotation, StoreError> {
        // Somebody who shortens the life at the same instant was told that it is short.
        let has_life = read.life_seconds.map_or_else(|| LIFE_SECONDS.is_absent(), |life| LIFE_SECONDS.is(life));
        let is_as_read = GENERATION.is(read.generation).and(EXPIRES_AT.is(read.expires_at)).and(has_life);
        let update = self
            .0
            .tokens()
            .update(schema::entity_token(locator))
            .set(GENERATION, read.generation.saturating_add(1))
            .set(SEALED_UNDER, sealed_under)
            .set(EXPIRES_AT, expires_at)
            .set(ROTATED_AT, now)
            .set_to_former(PREVIOUSLY_ROTATED_AT, ROTATED_AT, now)
            .only_if(is_live(read.token_id, now).and(is_as_read));
        let row: Option<EntityTokenRow> = match update.send_and_read().await? {
            Updated::Written(row) => Some(row),
            Updated::Refused(row) => row,
        };
        Ok(row.filter(|row| row.token_id == read.token_id && row.is_live(now)).map_or(Rotation::Gone, Rotation::Rotated))
    }

    /// Deletes the live token `id`; `false` if there is none. It stays as a tombstone, which the next token of the pair
    /// overwrites: one UpdateItem, which a retry after a lost answer recognises as its own.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn delete(&self, locator: &Locator, id: RandomId, now: Timestamp) -> Result<bool, StoreError> {
        let attempt = RandomId::random();
        let update = self.0.tokens().update(schema::entity_token(locator)).set(ENDED_BY, attempt);
        update.only_if(is_live(id, now).or(ENDED_BY.is(attempt))).send().await
    }
}

/// What [`EntityTokens::update`] replaces; an absent value stays as it is.
#[derive(Clone, Debug, Default)]
pub struct EntityTokenChange {
    /// The new expiry.
    pub expires_at: Option<Timestamp>,
    /// The new flags, all of them.
    pub flags: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_generation_is_accepted_during_the_grace_period() {
        let at = Timestamp::from_unix;
        let row = EntityTokenRow {
            entity_id: "acme".parse().unwrap(),
            entity_user_id: "carol".parse().unwrap(),
            issuer_id: None,
            for_member: false,
            token_id: RandomId::random(),
            generation: 5,
            sealed_under: 1,
            rotated_at: Some(at(1000)),
            previously_rotated_at: Some(at(990)),
            flags: Vec::new(),
            created_at: at(0),
            expires_at: at(9999),
            life_seconds: None,
            ended_by: None,
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
