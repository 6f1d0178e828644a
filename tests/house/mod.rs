//! What tests are made of: a [`World`] with tables, keys and a clock of its own, the people in it, and a spy between it and
//! DynamoDB.

mod call;
mod people;
pub mod secrets_manager;
mod spy;
pub mod used_rights;
mod world;

pub use call::{Call, Mask, Reply};
pub use people::Person;
pub use spy::Spy;
pub use world::{NOW, World, plain_client, root, template};

/// Answers every path of a new address on loopback with `handler`; the address.
pub async fn serve(handler: axum::routing::MethodRouter) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handler)).await });
    address
}

/// One line for each operation: runs `$suite!(Type)` for all of them.
#[macro_export]
macro_rules! each_operation {
    ($suite:ident) => {
        $suite!(user_login::UserLogin);
        $suite!(user_renew::UserRenew);
        $suite!(user_logout::UserLogout);
        $suite!(authheader_add::AuthheaderAdd);
        $suite!(authheader_list::AuthheaderList);
        $suite!(authheader_delete::AuthheaderDelete);
        $suite!(entity_token_get::EntityTokenGet);
        $suite!(entity_token_create::EntityTokenCreate);
        $suite!(entity_token_update::EntityTokenUpdate);
        $suite!(entity_token_delete::EntityTokenDelete);
        $suite!(entity_token_refresh::EntityTokenRefresh);
        $suite!(authentication_token_create::AuthenticationTokenCreate);
        $suite!(authentication_token_verify::AuthenticationTokenVerify);
        $suite!(authentication_token_delete::AuthenticationTokenDelete);
        $suite!(authentication_token_exchange::AuthenticationTokenExchange);
        $suite!(jwks::Jwks);
        $suite!(user_password::UserPassword);
        $suite!(session_get::SessionGet);
        $suite!(session_delete::SessionDelete);
        $suite!(introspect::Introspect);
        $suite!(authorizer_sample::AuthorizerSample);
    };
}
