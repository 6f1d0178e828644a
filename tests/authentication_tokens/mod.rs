//! Routes under /authentication-tokens.

mod create;
mod exchange;
mod otp;
