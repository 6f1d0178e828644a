//! Routes under /user.

pub mod forgot_password;
mod login;
mod logout;
mod password;
mod renew;
mod reset_password;
mod sessions;
mod throttles;
