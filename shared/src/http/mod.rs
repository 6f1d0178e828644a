//! What an operation sees of HTTP: a [`Request`] with checked fields in, an [`Answer`] or an [`ApiError`] out. Knows the types and
//! errors of `domain`, `credentials`, `store` and `caller`, which it gives their form; nothing of Lambda.

mod acl;
mod answer;
mod auth_header;
mod authentication_token;
mod body;
mod entity_token;
mod error;
mod fields;
mod login;
mod operation;
mod problem;
mod problem_type;
mod request;
mod session;
mod user;

pub use answer::{Answer, Link, SECURITY_HEADERS};
pub use auth_header::AuthHeaderView;
pub use authentication_token::AuthenticationTokenView;
pub use body::MalformedBody;
pub use entity_token::EntityTokenView;
pub use error::{ApiError, InvalidField, ProblemKind};
pub use fields::Fields;
pub use login::LoginView;
pub use operation::{Family, Operation, Route};
pub use problem::{ProblemTypes, problem};
pub use problem_type::ProblemType;
pub use request::Request;
pub use session::SessionView;
pub use user::UserView;
