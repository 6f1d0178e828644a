//! Routes under /user.

mod login;
