//! Routes under /user.

mod login;
mod logout;
mod password;
mod renew;
mod sessions;
mod throttles;
