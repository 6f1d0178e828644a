//! `/user/sessions`

mod end;
mod list;
