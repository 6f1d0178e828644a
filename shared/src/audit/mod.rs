//! What a security team asks about: one line of JSON for each act, with a stable name and schema and no secret. Imports `domain`.
//!
//! docs/events.md lists the acts. What happens during a request is noted on its [`Trail`] and written when the answer is known.

mod act;
mod event;
mod gauge;
mod line;

pub use act::Act;
pub use event::{Event, Trail};
pub use gauge::Gauge;
pub use line::{Line, Metrics, Origin};
