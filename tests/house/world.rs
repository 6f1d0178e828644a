//! A world of its own for each test.

use std::collections::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::Database;
use latchkey::credentials::{Algorithm, generate};
use latchkey::domain::{Clock, SessionId, Timestamp, Username};
use latchkey::runtime::{ConsumerService, Environment, Service, Setup, Start};
use latchkey::store::schema::{self, LISTED_USERS};
use latchkey_local::streams::Stream;
use latchkey_local::{tables, template};
use serde_json::{Value, json};

use super::{Call, Door, Reply, Spy};
use crate::operations::Mailer;

/// When every world begins: 2030-03-17T17:46:40Z.
pub const NOW: i64 = 1_900_000_000;

/// Tables, keys, a clock and a mailbox that no other test sees.
pub struct World {
    pub setup: Setup,
    pub spy: Spy,
    pub folder: PathBuf,
    pub dynamodb: aws_sdk_dynamodb::Client,
    clock: Arc<TestClock>,
    outbox: Mutex<Stream>,
}

/// The id of the session in `row`.
pub fn session_id(row: &HashMap<String, AttributeValue>) -> SessionId {
    let part = |name: &str| row[name].as_s().unwrap();
    SessionId { subject: part("subject").parse().unwrap(), id: part("session_id").parse().unwrap() }
}

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

impl World {
    /// A world at [`NOW`] with empty tables. A hash costs the least that a function starts with.
    pub async fn new() -> Self {
        Self::with([]).await
    }

    /// The same with some variables of its own.
    pub async fn with<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let folder = std::env::temp_dir().join(format!("latchkey-tests-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let database = Database::memory().unwrap();
        let mut environment = Environment::from([
            ("AWS_REGION", "local"),
            // A storm of one test must not starve on a machine that runs others beside it.
            ("AWS_CALL_TIMEOUT_SECONDS", "60"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", serve_tables(&database).await.as_str()),
            ("USERS_TABLE", "latchkey-users"),
            ("TOKENS_TABLE", "latchkey-tokens"),
            ("SESSIONS_TABLE", "latchkey-sessions"),
            ("ISSUER", "https://auth.example.com"),
            ("AUDIENCE", "https://api.example.com"),
            ("MAIL_FROM", "auth@example.com"),
            ("APP_URL", "https://app.example.com/account"),
            ("MAIL_TRANSPORT", &format!("directory:{}", folder.join("mail").display())),
            ("ARGON2_MEMORY_KIB", "7168"),
            ("ARGON2_ITERATIONS", "1"),
            ("SIGNING_KEYS", &write_keys(&folder, "signing", &keys().signing)),
            ("VERIFICATION_KEYS", &write_keys(&folder, "verification", &keys().verification)),
            ("TOKEN_KEYS", &write_keys(&folder, "token", &keys().token)),
        ]);
        environment.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));

        let (spy, clock) = (Spy::default(), Arc::new(TestClock(AtomicI64::new(NOW))));
        let mut setup = Setup::new(environment, clock.clone(), Some(spy.client())).unwrap();
        setup.events = setup.events.keep();
        let dynamodb = plain_client(&setup.environment.required("AWS_ENDPOINT_URL_DYNAMODB").unwrap());
        let outbox = Mutex::new(Stream::new(database, template::event_sources(template()).unwrap().remove(0), None));
        Self { setup, spy, folder, dynamodb, clock, outbox }
    }

    /// Lets `seconds` pass.
    pub fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The surroundings of the function `name`, which is watched. Of the key sets it is told those that the template tells it, since it reads
    /// all that it knows of.
    pub fn setup_of(&self, name: &'static str) -> Setup {
        static GIVEN: OnceLock<BTreeMap<String, BTreeSet<String>>> = OnceLock::new();
        let given = GIVEN.get_or_init(|| template::variables(template())).get(name);
        let mut environment = self.setup.environment.clone();
        for set in ["SIGNING_KEYS", "VERIFICATION_KEYS", "TOKEN_KEYS"] {
            if given.is_some_and(|given| !given.contains(set)) {
                // An empty text counts as none.
                environment.extend([(set.to_owned(), String::new())]);
            }
        }
        let mut setup = Setup::new(environment, self.clock.clone(), Some(self.spy.client_of(name))).unwrap();
        setup.events = self.setup.events.clone();
        setup
    }

    /// The operation `O`, started in this world.
    pub async fn start<O: Start>(&self) -> Service<O> {
        Service::start(&self.setup_of(O::NAME)).await.unwrap()
    }

    /// One request to a freshly started `O`; the spy sees only this request.
    pub async fn call<O: Start>(&self, call: Call) -> Reply {
        // Boxed: the futures of a test that calls many operations would not fit on its stack.
        let service = Box::pin(self.start::<O>()).await;
        self.spy.take();
        service.reply(call).await
    }

    /// The audit events since the last time.
    pub fn told(&self) -> Vec<Value> {
        self.setup.events.take().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// All rows of a table, for asserting on what is (not) there; without the list of users, the counts of their API keys, and the
    /// requests for mails that tell of a key, which stand among the tokens.
    pub async fn rows(&self, table: &str) -> Vec<HashMap<String, AttributeValue>> {
        let mut rows = self.whole_table(table).await;
        let is = |row: &HashMap<_, _>, name: &str, text: &str| row.get(name) == Some(&AttributeValue::S(text.to_owned()));
        let tells_of_key = |row: &HashMap<String, AttributeValue>| {
            row.get("sk").is_some_and(|sk| sk.as_s().is_ok_and(|sk| sk.starts_with("api-key-added#")))
        };
        rows.retain(|row| !is(row, "pk", LISTED_USERS) && !is(row, "sk", "allowance") && !tells_of_key(row));
        rows
    }

    /// The same with the list, the counts and the requests.
    pub async fn whole_table(&self, table: &str) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.dynamodb.scan().table_name(format!("latchkey-{table}")).consistent_read(true);
        scan.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
    }

    /// Takes a user out of the list, as if an earlier release had made them.
    pub async fn unlist(&self, name: &str) {
        let key = schema::listed_user(&Username::normalised(name));
        self.dynamodb.delete_item().table_name("latchkey-tokens").set_key(Some(key)).send().await.unwrap();
    }

    /// How many sessions there are of a user or customer: begun, and not ended.
    pub async fn sessions_of(&self, subject: &str) -> usize {
        let subject = AttributeValue::S(subject.to_owned());
        let pending = AttributeValue::S("pending".to_owned());
        let is_counted = |row: &&HashMap<String, AttributeValue>| {
            row.get("customer_id") == Some(&subject) && row.get("kind") != Some(&pending) && !row.contains_key("ended_by")
        };
        self.rows("sessions").await.iter().filter(is_counted).count()
    }

    /// The ids of all sessions, ended ones and one-time tokens too.
    pub async fn session_ids(&self) -> Vec<SessionId> {
        self.rows("sessions").await.iter().map(session_id).collect()
    }

    /// The batches of records that the outbox's stream would hand over now; they are not handed over again.
    pub fn records(&self) -> Vec<Vec<Value>> {
        let mut outbox = self.outbox.lock().unwrap();
        let mut records = outbox.records().unwrap();
        for record in &mut records {
            record["dynamodb"]["ApproximateCreationDateTime"] = self.clock.0.load(Ordering::SeqCst).into();
        }
        records.last().iter().for_each(|last| outbox.pass(last));
        outbox.batches(&records)
    }

    /// Hands `batch` to a freshly started mailer. Its answer.
    pub async fn hand_over(&self, batch: &[Value]) -> Value {
        let mailer = Box::pin(ConsumerService::<Mailer>::start(&self.setup_of("mailer"))).await.unwrap();
        Box::pin(mailer.call(json!({ "Records": batch }), "lambda-1")).await.unwrap()
    }

    /// Has the mailer send what is in the outbox, which it must be able to. The mails that were sent so far, oldest first.
    pub async fn mails(&self) -> Vec<String> {
        for batch in self.records() {
            assert_eq!(self.hand_over(&batch).await, json!({ "batchItemFailures": [] }));
        }
        self.sent()
    }

    /// The mails that were sent so far, oldest first.
    pub fn sent(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.folder.join("mail")) else { return Vec::new() };
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn plain_client(endpoint: &str) -> aws_sdk_dynamodb::Client {
    let credentials = aws_sdk_dynamodb::config::Credentials::for_tests();
    let config = aws_sdk_dynamodb::Config::builder().behavior_version_latest().endpoint_url(endpoint).credentials_provider(credentials);
    let config = config.region(aws_sdk_dynamodb::config::Region::new("local"));
    aws_sdk_dynamodb::Client::from_conf(config.http_client(aws_smithy_http_client::Builder::new().build_http()).build())
}

/// Makes the template's tables in `database` and serves it; its address.
async fn serve_tables(database: &Database) -> String {
    tables::create(database, &template::tables(template()).unwrap()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(latchkey_local::dynamodb::serve(listener, database.clone()));
    format!("http://{address}")
}

/// The real template, read once.
pub fn template() -> &'static template::Template {
    static TEMPLATE: OnceLock<template::Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| template::Template::read(&root().join("template.yaml")).unwrap())
}

/// The project's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

struct Keys {
    signing: String,
    verification: String,
    token: String,
}

/// Key sets of this run: making them anew for each test would prove nothing more.
fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let signing = generate::signing_keys(Algorithm::ES256).unwrap();
        Keys { verification: generate::public_half(&signing).unwrap(), signing, token: generate::token_keys().unwrap() }
    })
}

fn write_keys(folder: &std::path::Path, name: &str, json: &str) -> String {
    let path = folder.join(name).with_extension("json");
    std::fs::write(&path, json).unwrap();
    format!("file:{}", path.display())
}

impl World {
    /// What an operator does to rotate the keys of opaque tokens: number 1 retires, number 2 is current from the next start on.
    pub fn rotate_token_keys(&self) {
        let path = self.folder.join("token.json");
        let mut ring: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let mut next = ring["keys"][0].clone();
        (next["kid"], next["k"]) = ("2".into(), "A".repeat(43).into());
        ring["keys"][0]["status"] = "retired".into();
        ring["keys"].as_array_mut().unwrap().push(next);
        std::fs::write(path, ring.to_string()).unwrap();
    }

    /// The number of the key that an opaque token is sealed under.
    pub fn key_number(token: &str) -> u8 {
        bs58::decode(&token[6..]).into_vec().unwrap()[0]
    }
}
