//! An act and whom it concerns.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::Act;
use crate::domain::{EmailAddress, Locator, Username};

/// Something that happened. Ids and hashes only: no name, no address of a person, no token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// What happened.
    #[serde(rename = "event")]
    pub act: Act,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<Locator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_hash: Option<Locator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox: Option<Locator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl Event {
    /// The event that `act` happened.
    #[must_use]
    pub fn of(act: Act) -> Self {
        Self {
            act,
            subject: None,
            actor: None,
            credential: None,
            entity: None,
            row: None,
            name_hash: None,
            mail: None,
            mailbox: None,
            reason: None,
        }
    }

    /// Whom it happened to: a user's id, a customer's, or the user of an entity.
    #[must_use]
    pub fn subject(self, id: impl ToString) -> Self {
        Self { subject: Some(id.to_string()), ..self }
    }

    /// Who did it, if that is somebody else: a user's id.
    #[must_use]
    pub fn actor(self, id: impl ToString) -> Self {
        Self { actor: Some(id.to_string()), ..self }
    }

    /// The API key or the session, under the name that tells neither's id.
    #[must_use]
    pub fn credential(self, place: Locator) -> Self {
        Self { credential: Some(place), ..self }
    }

    /// The entity whose token it is about.
    #[must_use]
    pub fn entity(self, id: impl ToString) -> Self {
        Self { entity: Some(id.to_string()), ..self }
    }

    /// The row that it is about, as in the log.
    #[must_use]
    pub fn row(self, id: impl ToString) -> Self {
        Self { row: Some(id.to_string()), ..self }
    }

    /// The name that was tried, hashed: people type passwords into the wrong field.
    #[must_use]
    pub fn name(self, name: &Username) -> Self {
        Self { name_hash: Some(Locator::of_name(name)), ..self }
    }

    /// The kind of the mail.
    #[must_use]
    pub fn mail(self, kind: &'static str) -> Self {
        Self { mail: Some(kind), ..self }
    }

    /// The address of a mail, hashed.
    #[must_use]
    pub fn mailbox(self, address: &EmailAddress) -> Self {
        Self { mailbox: Some(address.place()), ..self }
    }

    /// Why, in words that are fixed.
    #[must_use]
    pub fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }
}

/// What has happened during a request, in order.
#[derive(Debug, Default)]
pub struct Trail(Mutex<Vec<Event>>);

impl Trail {
    /// Notes `event`.
    pub fn note(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// What has been noted; the trail is empty then.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
