//! Routes under /authheader.

mod add;
mod delete;
mod list;
