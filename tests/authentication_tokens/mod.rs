//! Routes under /authentication-tokens.

mod create;
mod delete;
mod exchange;
mod otp;
mod verify;
