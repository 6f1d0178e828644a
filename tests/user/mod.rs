//! Routes under /user.

mod login;
mod logout;
mod renew;
