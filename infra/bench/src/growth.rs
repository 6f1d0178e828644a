//! Whether more data makes a call slower: the same calls against few rows and against many, in the same processes. Imports [`crate::operations`].
//!
//! The rows are copies of rows that the functions have written, put into the database directly.

use std::time::Instant;

use anyhow::{Context, Result};
use latchkey_local::console::say;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::Event;
use crate::operations::{FIRST_PASSWORD, Staff};
use crate::stand_ins::StandIns;
use crate::statistics::{Sample, rounded};

const FEW_USERS: usize = 1_000;
const MANY_USERS: usize = 1_000_000;
const KEYS: usize = 1_000;
const ENTITY_TOKENS: usize = 100_000;
/// Rows that are written at once.
const BATCH: usize = 50_000;
const TEMPLATE: &str = "growth-template";
const USERS: &str = "latchkey-users";
const TOKENS: &str = "latchkey-tokens";
const OPERATIONS: [&str; 4] = ["user-login", "introspect", "authentication-token-exchange", "entity-token-refresh"];

/// An operation's times against few rows and against many, in milliseconds.
#[derive(Clone, Debug)]
pub struct Growth {
    operation: &'static str,
    few: Sample,
    many: Sample,
}

/// Calls each operation `calls` times before the database has grown, and after it.
///
/// # Errors
/// If a call fails.
pub async fn measure(stand_ins: &StandIns, calls: usize) -> Result<Vec<Growth>> {
    let staff = Staff::start(stand_ins, &OPERATIONS).await?;
    stand_ins.add_user(TEMPLATE, FIRST_PASSWORD).await?;
    let user = Template::of_user(stand_ins)?;

    user.write(stand_ins, 0..FEW_USERS)?;
    let few = times(&staff, calls, FEW_USERS).await?;

    say(format!("Writing {MANY_USERS} users, {KEYS} keys of one user and {ENTITY_TOKENS} tokens of one entity"));
    user.write(stand_ins, FEW_USERS..MANY_USERS)?;
    for _ in 0..KEYS {
        staff.new_key().await?;
    }
    entity_tokens(stand_ins)?;
    let many = times(&staff, calls, MANY_USERS).await?;
    Ok(OPERATIONS.into_iter().zip(few.into_iter().zip(many)).map(|(operation, (few, many))| Growth { operation, few, many }).collect())
}

/// The times of each operation, interleaved.
async fn times(staff: &Staff, calls: usize, users: usize) -> Result<Vec<Sample>> {
    say(format!("{calls} calls of each operation with {users} users"));
    let mut samples = vec![Sample::default(); OPERATIONS.len()];
    for count in 0..=calls {
        for (operation, sample) in OPERATIONS.into_iter().zip(&mut samples) {
            let event = match operation {
                // A stride that visits the users all over the table.
                "user-login" => login(&format!("user-{}", (count * 7919) % users)),
                _ => staff.events(operation, 1).await?.and_then(|events| events.into_iter().next()).context("no event")?,
            };
            let start = Instant::now();
            staff.call(operation, &event).await?;
            // The first call of a process opens its connection.
            if count > 0 {
                sample.add(start.elapsed().as_secs_f64() * 1000.0);
            }
        }
    }
    Ok(samples)
}

fn login(username: &str) -> Value {
    Event::new("POST /user/login", &[]).body(&json!({ "username": username, "password": FIRST_PASSWORD })).json()
}

/// The rows of a user, as text in which name and id can be replaced.
struct Template {
    rows: Vec<String>,
    id: String,
}

impl Template {
    fn of_user(stand_ins: &StandIns) -> Result<Self> {
        let rows = stand_ins.rows(USERS)?;
        let rows: Vec<_> = rows.iter().filter(|row| row.to_string().contains(TEMPLATE)).collect();
        let id = rows.iter().find_map(|row| row.pointer("/user_id/S")?.as_str()).context("the user has no id")?;
        Ok(Self { id: id.to_owned(), rows: rows.iter().map(|row| row.to_string()).collect() })
    }

    fn write(&self, stand_ins: &StandIns, numbers: std::ops::Range<usize>) -> Result<()> {
        let numbers: Vec<_> = numbers.collect();
        for batch in numbers.chunks(BATCH) {
            let mut rows = Vec::with_capacity(batch.len() * self.rows.len());
            for number in batch {
                let (name, id) = (format!("user-{number}"), Uuid::new_v4().to_string());
                rows.extend(self.rows.iter().map(|row| row.replace(TEMPLATE, &name).replace(&self.id, &id)));
            }
            stand_ins.import(USERS, &rows)?;
        }
        Ok(())
    }
}

/// Tokens of the entity whose token is refreshed, each with a key of its own.
fn entity_tokens(stand_ins: &StandIns) -> Result<()> {
    let rows = stand_ins.rows(TOKENS)?;
    let key = |row: &Value| row.pointer("/pk/S").and_then(Value::as_str).filter(|key| key.starts_with("entity-token#")).map(str::to_owned);
    let (row, key) = rows.iter().find_map(|row| Some((row.to_string(), key(row)?))).context("there is no entity token")?;
    for _ in 0..ENTITY_TOKENS / BATCH {
        let copies: Vec<_> = (0..BATCH).map(|_| row.replace(&key, &format!("entity-token#{}", Uuid::new_v4().simple()))).collect();
        stand_ins.import(TOKENS, &copies)?;
    }
    Ok(())
}

/// The table, in Markdown.
pub fn table(growth: &[Growth]) -> String {
    let mut text = format!(
        "| | p50 ms, {FEW_USERS} users | p50 ms, {MANY_USERS} users, {KEYS} keys of one, {ENTITY_TOKENS} tokens of one entity | × | p99 ms | p99 ms | × |\n\
         |---|--:|--:|--:|--:|--:|--:|\n"
    );
    for Growth { operation, few, many } in growth {
        let [a, b, c, d] = [few.median(), many.median(), few.p99(), many.p99()];
        text.push_str(&format!("| {operation} | {a:.2} | {b:.2} | {:.2} | {c:.2} | {d:.2} | {:.2} |\n", b / a, d / c));
    }
    text
}

/// The figures, for `bench.json`.
pub fn json(growth: &[Growth]) -> Value {
    let one = |Growth { operation, few, many }: &Growth| {
        json!({
            "name": operation,
            "few_p50_ms": rounded(few.median(), 3),
            "many_p50_ms": rounded(many.median(), 3),
            "few_p99_ms": rounded(few.p99(), 3),
            "many_p99_ms": rounded(many.p99(), 3),
        })
    };
    growth.iter().map(one).collect()
}
