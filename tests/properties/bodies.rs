//! Bodies.

use std::collections::BTreeSet;

use latchkey::http::{ApiError, MalformedBody};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::json::Json;
use super::{cases, fields_of, request, text};

/// Any bytes, and those that JSON is made of in any order.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..200), vec(select(&b"{}[]\":,\\u0ntrue \xff"[..]), 0..60)]
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_bytes_are_fields_or_are_refused(body in bytes()) {
        let outcome = request(body).fields();

        prop_assert!(matches!(outcome, Ok(_) | Err(ApiError::MalformedBody(_))));
    }

    #[test]
    fn an_object_is_taken_exactly_if_no_key_stands_twice(object in Json::object()) {
        let outcome = request(object.text()).fields();

        if object.has_duplicates() {
            prop_assert!(matches!(outcome, Err(ApiError::MalformedBody(MalformedBody::DuplicateName))), "{}", object.text());
        } else {
            let mut fields = outcome.unwrap();
            for (key, value) in object.value().as_object().unwrap().iter().filter(|(_, value)| value.is_object()) {
                prop_assert_eq!(&json!(fields.claims(key).unwrap()), value, "nothing is lost or changed");
            }
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_found_at_any_depth(
        key in text(),
        value in Json::any(),
        depth in 0..100_usize,
        in_array in any::<bool>(),
    ) {
        let between = ("between".into(), Json::Array(Vec::new()));
        let twice = Json::Object(vec![(key.clone(), value), between, (key, Json::Leaf(Value::Null))]);
        let nest = |inner, _| if in_array { Json::Array(vec![inner]) } else { Json::Object(vec![("a".into(), inner)]) };
        let object = Json::Object(vec![("field".into(), (0..depth).fold(twice, nest))]);

        prop_assert!(matches!(request(object.text()).fields(), Err(ApiError::MalformedBody(MalformedBody::DuplicateName))));
    }

    #[test]
    fn a_name_in_both_cases_stands_twice(name in "[a-z][a-zA-Z]{0,5}", others in btree_set("[a-zA-Z]{1,3}", 0..4)) {
        let mut members: Map<_, _> = others.into_iter().map(|other| (other, 1.into())).collect();
        members.insert(name.clone(), "x".into());
        let in_one_case: BTreeSet<_> = members.keys().map(|key| key[..1].to_lowercase() + &key[1..]).collect();
        let each_once = in_one_case.len() == members.len();

        let outcome = fields_of(&members.clone().into()).unwrap().in_either_case();
        members.insert(name[..1].to_uppercase() + &name[1..], "y".into());
        let with_capital = fields_of(&members.clone().into()).unwrap().in_either_case();

        prop_assert_eq!(outcome.is_ok(), each_once);
        prop_assert_eq!(outcome.ok().and_then(|mut fields| fields.text(&name, 1)).is_some(), each_once);
        prop_assert!(matches!(with_capital, Err(ApiError::MalformedBody(MalformedBody::DuplicateName))));
    }
}
