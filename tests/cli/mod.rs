//! The operator's program, through its own entry, on a world's tables and key sets.

mod addresses;
mod aws;
mod doctor;
mod forget;
mod journal;
mod key;
mod keys;
mod operator;
mod place;
mod races;
mod rotation;
mod session;
mod transfer;
mod user;
pub mod wire;

pub use operator::{Operator, Said};
