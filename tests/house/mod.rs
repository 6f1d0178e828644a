//! What tests are made of: a [`World`] with tables, keys and a clock of its own, the people in it, and a spy between it and
//! DynamoDB.

mod call;
pub mod contract;
mod door;
mod hashes;
pub mod http_file;
pub mod measured_costs;
mod people;
mod run_log;
pub mod secrets_manager;
mod spy;
pub mod used_rights;
mod world;

pub use call::{Call, Mask, Reply};
pub use door::Door;
pub use hashes::Hashes;
pub use people::{Person, acl};
pub use spy::{Spy, canceled};
pub use world::{NOW, World, plain_client, root, session_id, template};

/// Answers every path of a new address on loopback with `handler`; the address.
pub async fn serve(handler: axum::routing::MethodRouter) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handler)).await });
    address
}
