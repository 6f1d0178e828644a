//! Routes under /user.

mod addresses;
mod email;
pub mod forgot_password;
mod login;
mod logout;
mod made_up_links;
mod password;
mod renew;
mod reset_password;
mod sessions;
mod sign_up;
mod throttles;
