//! Conditions and filters, written with the attributes of [`super::schema`] and never with their names.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::SessionKind;
use super::schema::Attribute;
use crate::domain::{AttemptId, Locator, RandomId, Timestamp, UserId};

/// A value that an attribute can hold, written as the rows' serializers write it.
pub(super) trait Stored {
    fn stored(self) -> AttributeValue;
}

macro_rules! stored {
    ($variant:ident: $($type:ty),*) => {
        $(impl Stored for $type {
            fn stored(self) -> AttributeValue {
                AttributeValue::$variant(self.to_string())
            }
        })*
    };
}

stored!(N: u8, u32, u64);
stored!(S: &str, String, AttemptId, Locator, RandomId, UserId);

impl Stored for SessionKind {
    fn stored(self) -> AttributeValue {
        <&str>::from(self).stored()
    }
}

impl Stored for Timestamp {
    fn stored(self) -> AttributeValue {
        AttributeValue::N(self.unix().to_string())
    }
}

impl Stored for AttributeValue {
    fn stored(self) -> AttributeValue {
        self
    }
}

impl Stored for &[String] {
    fn stored(self) -> AttributeValue {
        AttributeValue::L(self.iter().map(|text| text.as_str().stored()).collect())
    }
}

/// Stands in a condition's text for its next value.
const VALUE: char = '?';

/// A condition on one row. What it compares with is a value of its own and never a part of the text.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    text: String,
    values: Vec<AttributeValue>,
}

impl Condition {
    fn new(text: String) -> Self {
        Self { text, values: Vec::new() }
    }

    fn with(text: String, value: impl Stored) -> Self {
        Self { text, values: vec![value.stored()] }
    }

    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        self.joined("AND", other)
    }

    /// At least one holds.
    pub fn or(self, other: Self) -> Self {
        let either = self.joined("OR", other);
        Self { text: format!("({})", either.text), ..either }
    }

    fn joined(mut self, word: &str, other: Self) -> Self {
        self.values.extend(other.values);
        Self { text: format!("{} {word} {}", self.text, other.text), values: self.values }
    }

    /// The condition as DynamoDB reads it; its values are added to `values`.
    pub fn into_text(self, values: &mut Values) -> String {
        let mut parts = self.text.split(VALUE);
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (value, part) in self.values.into_iter().zip(parts) {
            text.push_str(&values.name(value));
            text.push_str(part);
        }
        text
    }
}

impl Attribute {
    pub(super) fn exists(self) -> Condition {
        Condition::new(format!("attribute_exists({self})"))
    }

    pub(super) fn is_absent(self) -> Condition {
        Condition::new(format!("attribute_not_exists({self})"))
    }

    pub(super) fn is(self, value: impl Stored) -> Condition {
        Condition::with(format!("{self} = {VALUE}"), value)
    }

    pub(super) fn is_not(self, value: impl Stored) -> Condition {
        Condition::with(format!("{self} <> {VALUE}"), value)
    }

    /// It is below another attribute of the row.
    pub(super) fn is_less_than(self, other: Self) -> Condition {
        Condition::new(format!("{self} < {other}"))
    }

    /// It is one of `values`, of which there is at least one and at most a hundred.
    pub(super) fn is_any_of(self, values: &[String]) -> Condition {
        let places: Vec<_> = values.iter().map(|_| VALUE.to_string()).collect();
        let text = format!("{self} IN ({})", places.join(", "));
        Condition { text, values: values.iter().map(|value| value.as_str().stored()).collect() }
    }

    pub(super) fn is_after(self, instant: Timestamp) -> Condition {
        Condition::with(format!("{self} > {VALUE}"), instant)
    }

    pub(super) fn is_not_after(self, instant: Timestamp) -> Condition {
        Condition::with(format!("{self} <= {VALUE}"), instant)
    }

    pub(super) fn begins_with(self, prefix: &str) -> Condition {
        Condition::with(format!("begins_with({self}, {VALUE})"), prefix)
    }

    /// The set has `member`.
    pub(super) fn contains(self, member: impl Stored) -> Condition {
        Condition::with(format!("contains({self}, {VALUE})"), member)
    }

    /// The set lacks `member`, or there is none.
    pub(super) fn lacks(self, member: impl Stored) -> Condition {
        Condition::with(format!("NOT contains({self}, {VALUE})"), member)
    }

    /// The set has `count` members.
    pub(super) fn has_exactly(self, count: u32) -> Condition {
        Condition::with(format!("size({self}) = {VALUE}"), count)
    }

    /// The set has fewer than `count` members.
    pub(super) fn has_fewer_than(self, count: u32) -> Condition {
        Condition::with(format!("size({self}) < {VALUE}"), count)
    }
}

/// The values of one request, by the names that its expressions give them.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(HashMap<String, AttributeValue>);

impl Values {
    /// Adds `value` and returns its name.
    pub fn name(&mut self, value: AttributeValue) -> String {
        let name = format!(":v{}", self.0.len());
        self.0.insert(name.clone(), value);
        name
    }

    /// The values for the request; DynamoDB refuses an empty map.
    pub fn into_map(self) -> Option<HashMap<String, AttributeValue>> {
        Some(self.0).filter(|values| !values.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::{EPOCH, EXPIRES_AT, PK};
    use super::*;

    #[test]
    fn a_condition_names_its_values_and_keeps_alternatives_together() {
        let expired = PK.is_absent().or(EXPIRES_AT.is_not_after(Timestamp::from_unix(7)));
        let mut values = Values::default();

        let text = EPOCH.is(3_u64).and(expired).into_text(&mut values);

        assert_eq!(text, "epoch = :v0 AND (attribute_not_exists(pk) OR expires_at <= :v1)");
        let n = |text: &str| AttributeValue::N(text.to_owned());
        assert_eq!(values.into_map(), Some([(":v0".to_owned(), n("3")), (":v1".to_owned(), n("7"))].into()));
    }

    #[test]
    fn no_values_are_no_map() {
        assert_eq!(Values::default().into_map(), None);
    }
}
