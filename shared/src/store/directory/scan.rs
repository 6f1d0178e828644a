//! The only scans. They read a page at a time, so that a table of any size needs the memory of one page.

use super::Directory;
use crate::domain::UserId;
use crate::store::expression::{Condition, Values};
use crate::store::schema::{
    self, CUSTOMER_ID, ENTITY_TOKEN_PREFIX, ENTITY_USER_ID, ERASED_AT, ID_PREFIX, IDEMPOTENCY_PREFIX, ISSUER_ID, Item, KIND, Key,
    NAME_PREFIX, PK, SUBJECT, USER_ID,
};
use crate::store::table::Table;
use crate::store::{EntityTokenRow, OneTimeTokenRow, SessionKind, SessionRow, StoreError, UserRow};

/// Which of a user's two rows a scan reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserRows {
    /// The rows under the name, with the password's hash.
    ByName,
    /// The rows under the id, without it.
    ById,
}

/// A part of a table. Several can be scanned in parallel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The part's number, from 0.
    pub number: u16,
    /// The number of parts.
    pub of: u16,
}

impl Segment {
    /// The whole table.
    pub const WHOLE: Self = Self { number: 0, of: 1 };
}

/// Where a scan continues.
#[derive(Clone, Debug)]
pub struct Cursor(Key);

/// A page of a scan. An empty page need not be the last.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows that match.
    pub rows: Vec<T>,
    /// How many rows were read to find them.
    pub scanned: usize,
    /// Where to continue; `None` at the end.
    pub next: Option<Cursor>,
}

/// A row of the tokens that a scan found.
#[derive(Clone, Debug)]
pub struct FoundToken {
    /// Its key.
    pub key: Key,
    /// The token, if the row is an entity token. Otherwise it is what an `Idempotency-Key` made, or a one-time token of an
    /// earlier release.
    pub row: Option<EntityTokenRow>,
}

/// A row of the sessions that a scan found.
#[derive(Clone, Debug)]
pub enum FoundSession {
    /// A session that has begun.
    Session(SessionRow),
    /// A one-time token that was not exchanged.
    OneTimeToken(OneTimeTokenRow),
    /// A row of an earlier release, which no function reads any more.
    Former(Key),
}

impl FoundSession {
    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Self::Session(row) => schema::session(row.id()),
            Self::OneTimeToken(row) => schema::session(row.id()),
            Self::Former(key) => key.clone(),
        }
    }
}

impl Directory {
    /// A page of users, without those who were erased; a Scan that reads consistently.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row cannot be read as a user.
    pub async fn users(&self, rows: UserRows, segment: Segment, from: Option<Cursor>) -> Result<Page<UserRow>, StoreError> {
        let prefix = match rows {
            UserRows::ByName => NAME_PREFIX,
            UserRows::ById => ID_PREFIX,
        };
        let Page { rows, scanned, next } = scan(self.0.users(), PK.begins_with(prefix).and(ERASED_AT.is_absent()), segment, from).await?;
        Ok(Page { rows: serde_dynamo::from_items(rows)?, scanned, next })
    }

    /// A page of the entity tokens of `subjects`, of those that were made in their names, and of what the idempotency keys of users of
    /// those ids made.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row cannot be read as what it is.
    pub async fn tokens_about(&self, subjects: &[String], segment: Segment, from: Option<Cursor>) -> Result<Page<FoundToken>, StoreError> {
        let is_made = USER_ID.is_any_of(subjects).and(PK.begins_with(IDEMPOTENCY_PREFIX));
        // Earlier releases kept one-time tokens here.
        let is_issued = ISSUER_ID.is_any_of(subjects).or(CUSTOMER_ID.is_any_of(subjects));
        let is_about = ENTITY_USER_ID.is_any_of(subjects).or(is_made).or(is_issued);
        let Page { rows, scanned, next } = scan(self.0.tokens(), is_about, segment, from).await?;
        Ok(Page { rows: rows.into_iter().map(found_token).collect::<Result<_, _>>()?, scanned, next })
    }

    /// A page of the sessions and one-time tokens of `subjects`, and of those that were made in their names.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row cannot be read as what it is.
    pub async fn sessions_about(
        &self,
        subjects: &[String],
        segment: Segment,
        from: Option<Cursor>,
    ) -> Result<Page<FoundSession>, StoreError> {
        // Earlier releases keyed sessions by the subject's id itself, and had no `customer_id` in them.
        let issued_by: Vec<_> = subjects.iter().map(|subject| format!("issued-by#{subject}")).collect();
        let is_former = SUBJECT.is_any_of(subjects).or(SUBJECT.is_any_of(&issued_by));
        let is_about = CUSTOMER_ID.is_any_of(subjects).or(ISSUER_ID.is_any_of(subjects)).or(is_former);
        let Page { rows, scanned, next } = scan(self.0.sessions(), is_about, segment, from).await?;
        Ok(Page { rows: rows.into_iter().map(found_session).collect::<Result<_, _>>()?, scanned, next })
    }

    /// A page of the sessions that were made in the name of `issuer`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a row cannot be read as a session.
    pub async fn sessions_issued_by(&self, issuer: UserId, segment: Segment, from: Option<Cursor>) -> Result<Page<SessionRow>, StoreError> {
        let is_issued = ISSUER_ID.is(issuer).and(KIND.is(SessionKind::Exchange)).and(CUSTOMER_ID.exists());
        let Page { rows, scanned, next } = scan(self.0.sessions(), is_issued, segment, from).await?;
        Ok(Page { rows: serde_dynamo::from_items(rows)?, scanned, next })
    }
}

pub(super) async fn scan(table: Table<'_>, filter: Condition, segment: Segment, from: Option<Cursor>) -> Result<Page<Item>, StoreError> {
    let mut values = Values::default();
    let request = table
        .client
        .scan()
        .table_name(table.name)
        .consistent_read(true)
        .filter_expression(filter.into_text(&mut values))
        .set_expression_attribute_values(values.into_map())
        .set_exclusive_start_key(from.map(|cursor| cursor.0))
        .segment(segment.number.into())
        .total_segments(segment.of.max(1).into());
    let page = request.send().await?;
    Ok(Page {
        rows: page.items.unwrap_or_default(),
        scanned: usize::try_from(page.scanned_count).unwrap_or_default(),
        next: page.last_evaluated_key.map(Cursor),
    })
}

fn found_token(item: Item) -> Result<FoundToken, StoreError> {
    let key = schema::token_key(item.clone());
    let is_entity = key.get(PK.name()).and_then(|pk| pk.as_s().ok()).is_some_and(|pk| pk.starts_with(ENTITY_TOKEN_PREFIX));
    let row = if is_entity { Some(serde_dynamo::from_item(item)?) } else { None };
    Ok(FoundToken { key, row })
}

fn found_session(item: Item) -> Result<FoundSession, StoreError> {
    if !item.contains_key(KIND.name()) || !item.contains_key(CUSTOMER_ID.name()) {
        return Ok(FoundSession::Former(schema::session_key(item)));
    }
    let session: SessionRow = serde_dynamo::from_item(item.clone())?;
    match session.kind {
        SessionKind::Pending => Ok(FoundSession::OneTimeToken(serde_dynamo::from_item(item)?)),
        SessionKind::Login | SessionKind::Exchange => Ok(FoundSession::Session(session)),
    }
}
