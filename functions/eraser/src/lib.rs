//! Finishes the deletion of users: finds the rows in the partitions of others that name their ids, which takes a scan, and deletes
//! them, and then the ids.
//!
//! A run that was interrupted leaves its orders, and the next one begins again. What it deletes twice is deleted.

use futures_util::future::try_join_all;
use latchkey::audit::{Act, Event, Gauge, Trail};
use latchkey::domain::{Timestamp, UserId};
use latchkey::runtime::{ConfigError, Setup, Table, Task, TaskError, Trigger};
use latchkey::store::directory::{Cursor, Page, Segment};
use latchkey::store::{Erasure, StoreError};

/// How long ago a user must have been deleted. A request that had read the user before has ended by then, and what it wrote is
/// found.
const SETTLED_SECONDS: u64 = 3600;
/// How many users one scan looks for; DynamoDB takes a hundred in one expression.
const USERS_AT_ONCE: usize = 50;
/// How many parts of a table are scanned at the same time.
const SEGMENTS: u16 = 4;

/// What the task needs.
pub struct Eraser {
    erasure: Erasure,
}

impl Task for Eraser {
    const NAME: &'static str = "eraser";

    fn start(setup: &Setup) -> Result<Self, ConfigError> {
        Ok(Self { erasure: Erasure::new(&setup.database(&[Table::Users, Table::Tokens, Table::Sessions])?) })
    }

    async fn run(&self, _: Trigger, now: Timestamp, trail: &Trail) -> Result<Vec<Gauge>, TaskError> {
        let orders = self.erasure.unfinished().await?;
        let settled = orders.iter().filter(|order| now.seconds_since(order.erased_at) >= SETTLED_SECONDS);
        let users: Vec<_> = settled.map(|order| order.user_id).collect();
        for users in users.chunks(USERS_AT_ONCE) {
            self.finish(users).await?;
            for user in users {
                trail.note(Event::of(Act::PersonForgotten).subject(user));
            }
        }
        Ok(Vec::new())
    }
}

impl Eraser {
    async fn finish(&self, users: &[UserId]) -> Result<(), StoreError> {
        let (erasure, subjects) = (&self.erasure, &users.iter().map(UserId::to_string).collect::<Vec<_>>());
        for user in users {
            erasure.delete_own_rows(*user, None).await?;
        }
        whole(|segment, from| erasure.sweep_sessions(subjects, segment, from)).await?;
        whole(|segment, from| erasure.sweep_tokens(subjects, segment, from)).await?;
        for user in users {
            erasure.finish(*user, None).await?;
        }
        Ok(())
    }
}

/// Goes through a whole table, its parts side by side.
async fn whole<T, P: Future<Output = Result<Page<T>, StoreError>>>(page: impl Fn(Segment, Option<Cursor>) -> P) -> Result<(), StoreError> {
    let page = &page;
    let segments = (0..SEGMENTS).map(|number| async move {
        let mut from = None;
        loop {
            from = page(Segment { number, of: SEGMENTS }, from).await?.next;
            if from.is_none() {
                return Ok::<_, StoreError>(());
            }
        }
    });
    try_join_all(segments).await.map(drop)
}
