//! Passwords from a prompt or standard input, never from an argument, and their hashes. Imports [`crate::connection`].

use clap::builder::RangedI64ValueParser;
use clap::{Args, value_parser};
use latchkey::credentials::{PasswordHash, PasswordHasher, PasswordRules, is_same_password};
use latchkey::domain::Secret;
use latchkey::runtime::settings::{NumberSetting, PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH};
use uuid::Uuid;

use crate::Failure;
use crate::connection::Connection;

/// Where a new password comes from, and what it must be.
#[derive(Debug, Args)]
pub struct PasswordArguments {
    /// Read the password from standard input; one line's end is cut off
    #[arg(long, conflicts_with = "generate")]
    password_stdin: bool,
    /// Make a password, and print it this once
    #[arg(long)]
    generate: bool,
    /// The fewest characters that are taken
    #[arg(long, value_name = "CHARACTERS", default_value_t = PASSWORD_MIN_LENGTH.default, value_parser = range(&PASSWORD_MIN_LENGTH))]
    min_length: u32,
    /// The most characters that are taken
    #[arg(long, value_name = "CHARACTERS", default_value_t = PASSWORD_MAX_LENGTH.default, value_parser = range(&PASSWORD_MAX_LENGTH))]
    max_length: u32,
}

/// A new password, and its hash.
pub struct NewPassword {
    /// The hash for the row.
    pub hash: PasswordHash,
    /// The password itself, if the program made it: nobody else knows it.
    pub made: Option<Secret>,
}

impl PasswordArguments {
    /// The password that the operator gives for somebody who is called `names`.
    ///
    /// # Errors
    /// [`Failure::Usage`] for one that the rules refuse, and if there is nobody to ask.
    pub async fn take(&self, connection: &Connection, names: &[&str]) -> Result<NewPassword, Failure> {
        let password = if self.generate { made() } else { self.given(connection)? };
        let rules = PasswordRules { min_chars: self.min_length, max_chars: self.max_length };
        rules.check(&password, names).map_err(|weakness| Failure::Usage(format!("The password {weakness}.")))?;
        let hash = hasher(connection)?.hash(&password).map_err(anyhow::Error::from)?;
        Ok(NewPassword { hash, made: self.generate.then_some(password) })
    }

    fn given(&self, connection: &Connection) -> Result<Secret, Failure> {
        let terminal = &connection.output.terminal;
        if self.password_stdin {
            let text = terminal.read_all()?;
            let text = text.expose();
            let line = text.strip_suffix('\n').unwrap_or(text);
            return Ok(Secret::new(line.strip_suffix('\r').unwrap_or(line)));
        }
        let nobody = || Failure::Usage("There is nobody to ask for a password: give it to --password-stdin, or --generate one.".into());
        let first = terminal.ask_password("Password:")?.ok_or_else(nobody)?;
        let second = terminal.ask_password("The same again:")?.ok_or_else(nobody)?;
        if is_same_password(&first, &second) { Ok(first) } else { Err(Failure::Usage("The two passwords are not the same.".into())) }
    }
}

/// The setting's own range.
fn range(setting: &NumberSetting) -> RangedI64ValueParser<u32> {
    value_parser!(u32).range(i64::from(*setting.range.start())..=i64::from(*setting.range.end()))
}

/// 122 random bits of the operating system, in letters and digits that no shell reads.
fn made() -> Secret {
    Secret::new(bs58::encode(Uuid::new_v4().as_bytes()).into_string())
}

/// Under the functions' own variables and defaults; under others the first login hashes again.
fn hasher(connection: &Connection) -> Result<PasswordHasher, Failure> {
    connection.environment.password_hasher().map_err(|error| Failure::Usage(error.to_string()))
}
