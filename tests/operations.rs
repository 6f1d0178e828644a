//! The operations, compiled from their folders; `build.rs` lists them.

include!(concat!(env!("OUT_DIR"), "/operations.rs"));
