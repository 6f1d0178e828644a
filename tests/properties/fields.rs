//! The readers of fields.

use latchkey::domain::{Acl, CustomClaims, CustomerId, Locator, Timestamp};
use latchkey::http::{ApiError, Fields, InvalidField};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::{cases, fields_of, rings};
use crate::house::NOW;

/// Any JSON around a text and a number that no message may repeat.
fn marked() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        Just(7_262_626_i64.into()),
        "(hunter2){1,40}".prop_map(Value::from),
        ".{0,3}hunter2[/#?]?".prop_map(Value::from),
        "2[0-9]{3}-0[0-9]-1[0-9]T00:00:00Z( hunter2)?".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let names = ["scope", "permissions", "organizationId", "productId", "planId", "customFieldName", "other", "hunter2"];
        let object = vec((select(names.to_vec()), inner.clone()), 0..4).prop_map(Value::from_iter);
        prop_oneof![vec(inner, 0..4).prop_map(Value::from), object]
    })
}

/// Reads `value` with every reader there is: its name, whether it gave a value as it should be, what it found wrong.
fn read_with_all(value: &Value) -> Vec<(&'static str, bool, Vec<InvalidField>)> {
    let now = Timestamp::from_unix(NOW);
    let mut found = Vec::new();
    let mut run = |name, read: &dyn Fn(&mut Fields) -> bool| {
        let mut fields = fields_of(&json!({ "field": value })).unwrap();
        let given = read(&mut fields);
        let invalid = match fields.finish() {
            Ok(()) => Vec::new(),
            Err(ApiError::InvalidFields(invalid)) => invalid,
            Err(other) => panic!("{name}: {other:?}"),
        };
        found.push((name, given, invalid));
    };
    run("text", &|fields| fields.text("field", 20).is_some_and(|text| text.len() <= 20));
    run("required_text", &|fields| !fields.required_text("field", 20).is_empty());
    run("required_secret", &|fields| !fields.required_secret("field").expose().is_empty());
    run("boolean", &|fields| fields.boolean("field").is_some());
    run("number", &|fields| fields.number("field", 2..=20).is_some_and(|number| (2..=20).contains(&number)));
    run("cursor", &|fields| fields.cursor("field", Locator::of_list("users-list", ""), &rings()[0]).is_some());
    run("timestamp", &|fields| fields.timestamp("field").is_some());
    run("future", &|fields| fields.future("field", now).is_some_and(|at| at > now));
    run("expiry", &|fields| fields.expiry("field", now, 60).is_some_and(|at| at > now && at <= now.plus(60)));
    run("required_parsed", &|fields| fields.required_parsed::<CustomerId>("field").is_some());
    run("texts", &|fields| fields.texts("field", 2, 20).is_some_and(|texts| texts.len() <= 2 && texts.iter().all(|t| t.len() <= 20)));
    run("acl", &|fields| fields.acl("field").is_some());
    run("claims", &|fields| fields.claims("field").is_some());
    found
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn every_reader_gives_a_value_or_says_what_is_wrong_without_repeating_it(value in marked()) {
        for (reader, given, invalid) in read_with_all(&value) {
            let may_be_absent = value.is_null() && !reader.starts_with("required");

            prop_assert!(!given || invalid.is_empty(), "{} gave what it refused: {}", reader, value);
            prop_assert!(given || !invalid.is_empty() || may_be_absent, "{} dropped {}", reader, value);
            for InvalidField { field, message } in invalid {
                prop_assert!(field.starts_with("field"), "{}: {}", reader, field);
                prop_assert!(!message.contains("hunter") && !message.contains("7262626"), "{}: {}", reader, message);
            }
        }
    }

    #[test]
    fn claims_and_acl_are_taken_up_to_their_size_together(size in prop_oneof![0..5000_usize, 4000..4096_usize], items in 0..3_usize) {
        let claims = CustomClaims::new(Map::from_iter([("x".to_owned(), "y".repeat(size).into())]));
        let acl = Acl((0..items).flat_map(|_| Acl::everything().0).collect());
        let bytes = json!(claims).to_string().len() + json!(acl).to_string().len();

        prop_assert_eq!(claims.check_size_with(&acl).is_ok(), bytes <= CustomClaims::MAX_BYTES);
    }
}
