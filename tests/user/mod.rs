//! Routes under /user.

mod addresses;
mod email;
mod login;
mod logout;
mod password;
mod renew;
mod sessions;
mod sign_up;
mod throttles;
