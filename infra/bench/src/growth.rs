//! Whether more data makes a call slower: the same calls on a small database and on a big one, in turns. Imports [`crate::operations`].
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
/// With the staff's own, as many as a user may have but a few.
const KEYS: usize = 990;
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

/// A database, and the processes that work on it.
struct World {
    stand_ins: StandIns,
    staff: Staff,
    users: usize,
}

/// Calls each operation `calls` times on a small database and on a big one, in turns, so that a busy moment of the machine hits both.
///
/// # Errors
/// If a call fails.
pub async fn measure(calls: usize) -> Result<Vec<Growth>> {
    let few = World::start(FEW_USERS).await?;
    let many = World::start(MANY_USERS).await?;
    for _ in 0..KEYS {
        many.staff.new_key().await?;
    }
    // An entity token to refresh, and to copy.
    many.staff.events("entity-token-refresh", 1).await?;
    entity_tokens(&many.stand_ins)?;

    let mut growth = OPERATIONS.map(|operation| Growth { operation, few: Sample::default(), many: Sample::default() });
    say(format!("{calls} calls of each operation on each database"));
    for count in 0..=calls {
        for Growth { operation, few: of_few, many: of_many } in &mut growth {
            for (world, sample) in [(&few, of_few), (&many, of_many)] {
                let milliseconds = world.call(operation, count).await?;
                // The first call of a process opens its connection.
                if count > 0 {
                    sample.add(milliseconds);
                }
            }
        }
    }
    Ok(growth.into())
}

impl World {
    async fn start(users: usize) -> Result<Self> {
        say(format!("Writing {users} users"));
        let stand_ins = StandIns::start(&format!("{users}-users")).await?;
        let staff = Staff::start(&stand_ins, &OPERATIONS).await?;
        stand_ins.add_user(TEMPLATE, FIRST_PASSWORD).await?;
        Template::of_user(&stand_ins)?.write(&stand_ins, users)?;
        Ok(Self { stand_ins, staff, users })
    }

    /// How many milliseconds a call takes.
    async fn call(&self, operation: &str, count: usize) -> Result<f64> {
        let event = match operation {
            // A stride that visits the users all over the table.
            "user-login" => login(&format!("user-{}", (count * 7919) % self.users)),
            _ => self.staff.events(operation, 1).await?.and_then(|events| events.into_iter().next()).context("no event")?,
        };
        let start = Instant::now();
        self.staff.call(operation, &event).await?;
        Ok(start.elapsed().as_secs_f64() * 1000.0)
    }
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

    fn write(&self, stand_ins: &StandIns, users: usize) -> Result<()> {
        let numbers: Vec<_> = (0..users).collect();
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
