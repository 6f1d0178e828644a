//! New passwords, from a prompt or standard input and never from an argument, and their hashes. Imports
//! [`crate::connection`].

use clap::builder::RangedI64ValueParser;
use clap::{Args, value_parser};
use latchkey::credentials::{PasswordHash, PasswordHasher, PasswordRules, is_same_password};
use latchkey::domain::Secret;
use latchkey::runtime::settings::{NumberSetting, PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH};
use uuid::Uuid;

use crate::Failure;
use crate::connection::Connection;

/// Where a new password comes from, and how long it must be.
#[derive(Debug, Args)]
pub struct PasswordArguments {
    /// Read the password from standard input; one trailing newline is ignored
    #[arg(long, conflicts_with = "generate")]
    password_stdin: bool,
    /// Generate a password, and print it once
    #[arg(long)]
    generate: bool,
    /// The minimum length
    #[arg(long, value_name = "CHARACTERS", default_value_t = PASSWORD_MIN_LENGTH.default, value_parser = range(&PASSWORD_MIN_LENGTH))]
    min_length: u32,
    /// The maximum length
    #[arg(long, value_name = "CHARACTERS", default_value_t = PASSWORD_MAX_LENGTH.default, value_parser = range(&PASSWORD_MAX_LENGTH))]
    max_length: u32,
}

/// A new password, and its hash.
pub struct NewPassword {
    /// The hash for the row.
    pub hash: PasswordHash,
    /// The password itself, if the program generated it: nobody else knows it.
    pub generated: Option<Secret>,
}

impl PasswordArguments {
    /// Takes the password that the operator gives to a person with these `names`.
    ///
    /// # Errors
    /// [`Failure::Usage`] if the rules refuse it, or if there is nobody to ask.
    pub async fn take(&self, connection: &Connection, names: &[&str]) -> Result<NewPassword, Failure> {
        let password = if self.generate { generate() } else { self.given(connection)? };
        let rules = PasswordRules { min_chars: self.min_length, max_chars: self.max_length };
        rules.check(&password, names).map_err(|weakness| Failure::Usage(format!("The password {weakness}.")))?;
        let hash = hasher(connection)?.hash(&password).map_err(anyhow::Error::from)?;
        Ok(NewPassword { hash, generated: self.generate.then_some(password) })
    }

    fn given(&self, connection: &Connection) -> Result<Secret, Failure> {
        let terminal = &connection.output.terminal;
        if self.password_stdin {
            let text = terminal.read_all()?;
            let text = text.expose();
            let line = text.strip_suffix('\n').unwrap_or(text);
            return Ok(Secret::new(line.strip_suffix('\r').unwrap_or(line)));
        }
        let nobody = || Failure::Usage("There is nobody to ask for a password. Use --password-stdin or --generate.".into());
        let first = terminal.ask_password("Password:")?.ok_or_else(nobody)?;
        let second = terminal.ask_password("The same password again:")?.ok_or_else(nobody)?;
        if is_same_password(&first, &second) { Ok(first) } else { Err(Failure::Usage("The two passwords differ.".into())) }
    }
}

/// The setting's own range.
fn range(setting: &NumberSetting) -> RangedI64ValueParser<u32> {
    value_parser!(u32).range(i64::from(*setting.range.start())..=i64::from(*setting.range.end()))
}

/// 122 random bits from the operating system, as letters and digits that no shell interprets.
fn generate() -> Secret {
    Secret::new(bs58::encode(Uuid::new_v4().as_bytes()).into_string())
}

/// Takes the functions' own variables and defaults. With other parameters, the first login hashes again.
fn hasher(connection: &Connection) -> Result<PasswordHasher, Failure> {
    connection.environment.password_hasher().map_err(|error| Failure::Usage(error.to_string()))
}
