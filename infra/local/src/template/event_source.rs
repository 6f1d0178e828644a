//! What `template.yaml` says about the streams that invoke functions. Imports [`crate::template`].

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Template, kebab_case};

/// A table's stream and the function that it invokes: an event of the type `DynamoDB`.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSource {
    /// The function's binary.
    pub function: String,
    /// `tokens` for the logical id `TokensTable`.
    pub table: String,
    /// The most records in one call.
    pub batch_size: usize,
    /// For how long a record is tried.
    pub max_age_seconds: u64,
    /// A record has to match one of these, if there are any.
    patterns: Vec<Value>,
}

/// Every event source of every function, in the order of the logical ids.
///
/// # Errors
/// If one is not as the local stack can be one: it reports failures record by record, and its patterns are of known kinds.
pub fn event_sources(template: &Template) -> Result<Vec<EventSource>> {
    let mut sources = Vec::new();
    for (id, function) in template.resources("AWS::Serverless::Function") {
        let events = function.get("Events").and_then(Value::as_object).into_iter().flatten();
        for (name, event) in events.filter(|(_, event)| event.get("Type").is_some_and(|of| of == "DynamoDB")) {
            let properties = event.get("Properties").unwrap_or(&Value::Null);
            sources.push(source(kebab_case(id), properties).with_context(|| format!("the event {name} of {id}"))?);
        }
    }
    Ok(sources)
}

fn source(function: String, properties: &Value) -> Result<EventSource> {
    let stream = properties.pointer("/Stream/Fn::GetAtt").and_then(Value::as_str);
    let table = stream.and_then(|text| text.strip_suffix("Table.StreamArn")).context("has no Stream of a table")?;
    let reports = properties.pointer("/FunctionResponseTypes/0").is_some_and(|of| of == "ReportBatchItemFailures");
    if !reports {
        bail!("does not report failures record by record");
    }
    let number = |name: &str| properties.get(name).and_then(Value::as_u64).with_context(|| format!("has no {name}"));
    let filters = properties.pointer("/FilterCriteria/Filters").and_then(Value::as_array).into_iter().flatten();
    let patterns = filters.map(|filter| {
        let text = filter.get("Pattern").and_then(Value::as_str).context("has a filter without a Pattern")?;
        let pattern = serde_json::from_str(text)?;
        check(&pattern)?;
        Ok(pattern)
    });
    Ok(EventSource {
        function,
        table: kebab_case(table),
        batch_size: number("BatchSize")?.try_into()?,
        max_age_seconds: number("MaximumRecordAgeInSeconds")?,
        patterns: patterns.collect::<Result<_>>()?,
    })
}

/// Refuses what [`fits`] does not know.
fn check(pattern: &Value) -> Result<()> {
    match pattern {
        Value::Object(members) => members.values().try_for_each(check),
        Value::Array(rules) if rules.iter().all(|rule| rule.is_string() || rule.get("prefix").is_some_and(Value::is_string)) => Ok(()),
        _ => bail!("has a pattern that the local stack does not know: {pattern}"),
    }
}

impl EventSource {
    /// Whether the function is to see this record.
    #[must_use]
    pub fn picks(&self, record: &Value) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| fits(pattern, record))
    }
}

/// Whether `value` has what the pattern asks for: texts, and beginnings of texts.
fn fits(pattern: &Value, value: &Value) -> bool {
    match pattern {
        Value::Object(members) => members.iter().all(|(name, pattern)| value.get(name).is_some_and(|value| fits(pattern, value))),
        Value::Array(rules) => rules.iter().any(|rule| match rule.get("prefix").and_then(Value::as_str) {
            Some(prefix) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
            None => rule == value,
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(properties: &str) -> Template {
        Template::parse(&format!(
            "Resources: {{Mailer: {{Type: AWS::Serverless::Function, Properties: {{Events: {{Outbox: {{Type: DynamoDB, Properties: {{\
             Stream: !GetAtt TokensTable.StreamArn, BatchSize: 10, MaximumRecordAgeInSeconds: 60, {properties}}}}}}}}}}}}}"
        ))
        .unwrap()
    }

    #[test]
    fn a_source_picks_the_records_that_fit_one_of_its_patterns() {
        let pattern = r#"{"eventName":["INSERT","MODIFY"],"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"outbox#"}]}}}}"#;
        let properties =
            format!("FunctionResponseTypes: [ReportBatchItemFailures], FilterCriteria: {{Filters: [{{Pattern: '{pattern}'}}]}}");
        let [source] = event_sources(&template(&properties)).unwrap().try_into().unwrap();

        let record = |name: &str, pk: &str| json!({ "eventName": name, "dynamodb": { "Keys": { "pk": { "S": pk } } } });
        assert_eq!((source.function.as_str(), source.table.as_str(), source.batch_size), ("mailer", "tokens", 10));
        assert!(source.picks(&record("INSERT", "outbox#1")) && source.picks(&record("MODIFY", "outbox#1")));
        assert!(!source.picks(&record("REMOVE", "outbox#1")) && !source.picks(&record("INSERT", "user#1")) && !source.picks(&json!({})));
    }

    #[test]
    fn what_the_local_stack_can_not_be_is_refused() {
        for properties in [
            "FunctionResponseTypes: []",
            "FunctionResponseTypes: [ReportBatchItemFailures], FilterCriteria: {Filters: [{Pattern: '{\"a\":[{\"exists\":true}]}'}]}",
        ] {
            assert!(event_sources(&template(properties)).is_err(), "{properties}");
        }
    }
}
