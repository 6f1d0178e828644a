//! What a caller can write as JSON, duplicate keys and all.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::text;

#[derive(Clone, Debug)]
pub enum Json {
    Leaf(Value),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn any() -> impl Strategy<Value = Self> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            // Fractions of few digits: of others serde_json can miss the last one.
            any::<i32>().prop_map(|eighths| (f64::from(eighths) / 8.0).into()),
            text().prop_map(Value::from),
        ];
        leaf.prop_map(Self::Leaf).prop_recursive(5, 32, 5, |inner| {
            let key = prop_oneof!["[a-c]?", text()];
            prop_oneof![vec(inner.clone(), 0..5).prop_map(Self::Array), vec((key, inner), 0..5).prop_map(Self::Object)]
        })
    }

    pub fn object() -> impl Strategy<Value = Self> {
        vec(("[a-c]?", Self::any()), 0..4).prop_map(Self::Object)
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// Each key is written in one of the two ways that JSON has.
    fn write(&self, out: &mut String) {
        match self {
            Self::Leaf(value) => *out += &value.to_string(),
            Self::Array(items) => {
                *out += "[";
                for (at, item) in items.iter().enumerate() {
                    *out += if at == 0 { "" } else { " , " };
                    item.write(out);
                }
                *out += "]";
            }
            Self::Object(members) => {
                *out += "{";
                for (at, (key, value)) in members.iter().enumerate() {
                    *out += if at == 0 { "" } else { ",\n" };
                    let escaped = || key.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
                    *out += &if at % 2 == 1 { format!("\"{}\"", escaped()) } else { Value::from(key.as_str()).to_string() };
                    *out += ":";
                    value.write(out);
                }
                *out += "}";
            }
        }
    }

    pub fn has_duplicates(&self) -> bool {
        match self {
            Self::Leaf(_) => false,
            Self::Array(items) => items.iter().any(Self::has_duplicates),
            Self::Object(members) => {
                let keys: BTreeSet<_> = members.iter().map(|(key, _)| key).collect();
                keys.len() < members.len() || members.iter().any(|(_, value)| value.has_duplicates())
            }
        }
    }

    /// The value that is meant, if no key stands twice.
    pub fn value(&self) -> Value {
        match self {
            Self::Leaf(value) => value.clone(),
            Self::Array(items) => items.iter().map(Self::value).collect(),
            Self::Object(members) => members.iter().map(|(key, value)| (key.clone(), value.value())).collect::<Map<_, _>>().into(),
        }
    }
}
