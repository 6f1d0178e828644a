//! Routes under /user.

pub mod forgot_password;
mod addresses;
mod email;
mod login;
mod logout;
mod password;
mod renew;
mod reset_password;
mod sessions;
mod sign_up;
mod throttles;
