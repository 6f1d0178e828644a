//! Hands the records of a table's stream to the function that it invokes, as Lambda's event source mapping does. Imports [`crate::console`],
//! [`crate::data`], [`crate::tables`], [`crate::template`].
//!
//! Records go out in order and in batches. Of a batch that is not done, those from the first failed record on go out again, until they are
//! done or too old. How far a stream was read is kept in a file, so that what a killed stack had not handed over goes out at the next start.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use dynoxide::Database;
use latchkey::domain::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tokio::time::interval;

use crate::console::Console;
use crate::data::{self, write_private};
use crate::tables::{failure, name_of};
use crate::template::EventSource;

/// How often a stream is looked at. Lambda does so four times a second.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Time before a batch goes out again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A stream, as far as it was read.
#[derive(Clone)]
pub struct Stream {
    database: Database,
    source: EventSource,
    position: Option<String>,
}

impl Stream {
    /// The stream of `source` in `database`, from the record after `position` on, or from the beginning.
    #[must_use]
    pub fn new(database: Database, source: EventSource, position: Option<String>) -> Self {
        Self { database, source, position }
    }

    /// The next records, all of them, a thousand at most.
    ///
    /// # Errors
    /// If the table has no stream.
    pub fn records(&self) -> Result<Vec<Value>> {
        let table = name_of(&self.source.table);
        let streams = self.database.list_streams(serde_json::from_value(json!({ "TableName": table }))?).map_err(failure)?;
        let arn = streams.streams.into_iter().next().map(|stream| stream.stream_arn).unwrap_or_default();
        let described = self.database.describe_stream(serde_json::from_value(json!({ "StreamArn": arn }))?).map_err(failure)?;
        let mut records = Vec::new();
        for shard in described.stream_description.shards {
            let behind = self.position.as_ref().map_or("TRIM_HORIZON", |_| "AFTER_SEQUENCE_NUMBER");
            let request = json!({
                "StreamArn": arn, "ShardId": shard.shard_id, "ShardIteratorType": behind, "SequenceNumber": self.position,
            });
            let iterator = self.database.get_shard_iterator(serde_json::from_value(request)?).map_err(failure)?;
            let request = json!({ "ShardIterator": iterator.shard_iterator.unwrap_or_default() });
            for record in self.database.get_records(serde_json::from_value(request)?).map_err(failure)?.records {
                let Value::Object(mut record) = serde_json::to_value(record)? else { continue };
                record.insert("eventSourceARN".to_owned(), arn.as_str().into());
                records.push(record.into());
            }
        }
        Ok(records)
    }

    /// The batches that the function is to see of `records`, each with the sequence number of its last record.
    #[must_use]
    pub fn batches(&self, records: &[Value]) -> Vec<Vec<Value>> {
        let picked: Vec<_> = records.iter().filter(|record| self.source.picks(record)).cloned().collect();
        picked.chunks(self.source.batch_size.max(1)).map(<[Value]>::to_vec).collect()
    }

    /// Goes on behind `record`.
    pub fn pass(&mut self, record: &Value) {
        self.position = Some(number(record).to_owned());
    }

    /// Hands every record to `invoke`, from now on; returns with an error only. `invoke` gives the function's answer, or nothing if it
    /// failed. `file` keeps the position, and `console` is told what was given up.
    ///
    /// # Errors
    /// If the stream can't be read, or the position can't be kept.
    pub async fn follow<F>(mut self, file: PathBuf, console: Console, invoke: impl Fn(Vec<u8>) -> F + Send + Sync) -> Result<()>
    where
        F: Future<Output = Option<Value>> + Send,
    {
        let mut ticks = interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            let reader = self.clone();
            let records = spawn_blocking(move || reader.records()).await??;
            let Some(last) = records.last() else { continue };
            for batch in self.batches(&records) {
                self.hand_over(&batch, console, &invoke).await;
                if let Some(last) = batch.last() {
                    self.pass(last);
                    self.keep(&file)?;
                }
            }
            self.pass(last);
            self.keep(&file)?;
        }
    }

    async fn hand_over<F>(&self, batch: &[Value], console: Console, invoke: &(impl Fn(Vec<u8>) -> F + Send + Sync))
    where
        F: Future<Output = Option<Value>> + Send,
    {
        let mut left = batch;
        let mut pauses = interval(RETRY_AFTER);
        pauses.tick().await;
        loop {
            let event = json!({ "Records": left }).to_string().into_bytes();
            left = invoke(event).await.map_or(left, |answer| not_done(left, &answer));
            let Some((first, others)) = left.split_first() else { return };
            if self.is_too_old(first) {
                console.say(format!("{} did not take a record of {}: it was left out.", self.source.function, self.source.table));
                left = others;
            }
            if left.is_empty() {
                return;
            }
            pauses.tick().await;
        }
    }

    fn is_too_old(&self, record: &Value) -> bool {
        let created = record.pointer("/dynamodb/ApproximateCreationDateTime").and_then(Value::as_f64).unwrap_or_default();
        SystemClock.now().unix() as f64 - created > self.source.max_age_seconds as f64
    }

    fn keep(&self, file: &Path) -> Result<()> {
        write_private(file, self.position.as_deref().unwrap_or_default())
    }
}

/// The position that `file` keeps.
///
/// # Errors
/// If it is there and can't be read.
pub fn position(file: &Path) -> Result<Option<String>> {
    Ok(data::read(file)?.filter(|text| !text.is_empty()))
}

/// The records from the first that the answer names as failed. An answer that names none of them means that all are done.
#[must_use]
pub fn not_done<'r>(records: &'r [Value], answer: &Value) -> &'r [Value] {
    let failures = answer.get("batchItemFailures").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let failed =
        |record: &Value| failures.iter().any(|failure| failure.get("itemIdentifier").and_then(Value::as_str) == Some(number(record)));
    let first = records.iter().position(failed).unwrap_or(records.len());
    records.get(first..).unwrap_or_default()
}

fn number(record: &Value) -> &str {
    record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::tables;
    use crate::template::{Template, event_sources, tables as tables_of};

    const TEMPLATE: &str = "
Resources:
  Mailer:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Outbox:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt TokensTable.StreamArn
            BatchSize: 2
            MaximumRecordAgeInSeconds: 60
            FunctionResponseTypes: [ReportBatchItemFailures]
            FilterCriteria: {Filters: [{Pattern: '{\"dynamodb\":{\"Keys\":{\"pk\":{\"S\":[{\"prefix\":\"outbox#\"}]}}}}'}]}
  TokensTable:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
";

    fn stream() -> Stream {
        let template = Template::parse(TEMPLATE).unwrap();
        let database = Database::memory().unwrap();
        tables::create(&database, &tables_of(&template).unwrap()).unwrap();
        Stream::new(database, event_sources(&template).unwrap().remove(0), None)
    }

    fn put(stream: &Stream, keys: &[&str]) {
        for key in keys {
            let item = json!({ "TableName": "latchkey-tokens", "Item": { "pk": { "S": key } } });
            stream.database.put_item(serde_json::from_value(item).unwrap()).unwrap();
        }
    }

    fn keys(records: &[Value]) -> Vec<&str> {
        records.iter().map(|record| record.pointer("/dynamodb/NewImage/pk/S").unwrap().as_str().unwrap()).collect()
    }

    #[test]
    fn records_come_in_order_once_and_in_batches_of_those_that_are_picked() {
        let mut stream = stream();
        put(&stream, &["outbox#1", "user#1", "outbox#2", "outbox#3"]);

        let records = stream.records().unwrap();
        let batches = stream.batches(&records);
        stream.pass(records.last().unwrap());
        put(&stream, &["outbox#4"]);

        assert_eq!(batches.iter().map(|batch| keys(batch)).collect::<Vec<_>>(), [vec!["outbox#1", "outbox#2"], vec!["outbox#3"]]);
        assert_eq!(keys(&stream.records().unwrap()), ["outbox#4"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_goes_out_again_with_what_follows_it_and_the_position_is_kept() {
        let stream = stream();
        put(&stream, &["outbox#1", "outbox#2"]);
        let file = std::env::temp_dir().join(format!("latchkey-local-stream-{}", uuid::Uuid::new_v4()));
        let seen = Mutex::new(Vec::new());
        let invoke = |event: Vec<u8>| {
            let event: Value = serde_json::from_slice(&event).unwrap();
            let records = event["Records"].as_array().unwrap();
            let mut seen = seen.lock().unwrap();
            seen.push(keys(records).join(" "));
            std::future::ready(match seen.len() {
                1 => None,
                2 => Some(json!({ "batchItemFailures": [{ "itemIdentifier": records[1]["dynamodb"]["SequenceNumber"] }] })),
                _ => Some(json!({ "batchItemFailures": [] })),
            })
        };

        let again = stream.clone();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.follow(file.clone(), Console::default(), invoke)).await;

        assert_eq!(*seen.lock().unwrap(), ["outbox#1 outbox#2", "outbox#1 outbox#2", "outbox#2"]);
        let again = Stream { position: position(&file).unwrap(), ..again };
        assert_eq!(again.records().unwrap(), Vec::<Value>::new());
        std::fs::remove_file(file).unwrap();
    }
}
