//! Typed configuration from environment variables, read once at start. An error names the variable.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use thiserror::Error;

use crate::credentials::{PasswordError, PasswordHasher, PasswordParameters};

use super::settings::{ARGON2_ITERATIONS, ARGON2_MEMORY_KIB, ARGON2_PARALLELISM, NumberSetting, TextDefault, TextSetting};

/// Why a function cannot start.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A required variable is absent or empty.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A variable has a wrong value.
    #[error("{name} {problem}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What is wrong with it. Never its value.
        problem: String,
    },
    /// No password can be hashed here.
    #[error("no password can be hashed: {0}")]
    Hash(PasswordError),
}

impl ConfigError {
    /// The error of variable `name`.
    pub fn invalid(name: &'static str, problem: impl Display) -> Self {
        Self::Invalid { name, problem: problem.to_string() }
    }
}

/// The variables of a process, or of a test.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The variables of this process.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is where configuration is read")]
    pub fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// A text that is required.
    ///
    /// # Errors
    /// [`ConfigError::Missing`].
    pub fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    /// A text that may be absent. An empty one counts as absent.
    #[must_use]
    pub fn optional(&self, name: &'static str) -> Option<String> {
        self.find(name)
    }

    /// The same for a name that is not known at compile time.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// The value of `setting`, or its default, if it has one.
    #[must_use]
    pub fn text(&self, setting: &TextSetting) -> Option<String> {
        self.optional(setting.name).or(match setting.default {
            TextDefault::Value(value) => Some(value.to_owned()),
            TextDefault::Required | TextDefault::Absent => None,
        })
    }

    /// The value of `setting`, or its default.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a text that is not a number in the setting's range.
    pub fn number(&self, setting: &NumberSetting) -> Result<u32, ConfigError> {
        self.number_up_to(setting, *setting.range.end())
    }

    /// The value of `setting`, which must not exceed `limit` either: what another setting says.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a text that is not a number in that range, and for a default above `limit`.
    pub fn number_up_to(&self, setting: &NumberSetting, limit: u32) -> Result<u32, ConfigError> {
        let range = *setting.range.start()..=limit.min(*setting.range.end());
        let number = self.optional(setting.name).map_or(Ok(setting.default), |text| u32::from_str(&text));
        let number = number.ok().filter(|number| range.contains(number));
        number.ok_or_else(|| ConfigError::invalid(setting.name, format!("must be a number from {} to {}", range.start(), range.end())))
    }
}

impl Environment {
    /// The hasher of `ARGON2_MEMORY_KIB`, `ARGON2_ITERATIONS` and `ARGON2_PARALLELISM`.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the variable that is wrong; [`ConfigError::Hash`] if a known hash comes out wrong.
    pub fn password_hasher(&self) -> Result<PasswordHasher, ConfigError> {
        let parameters = PasswordParameters {
            memory_kib: self.number(&ARGON2_MEMORY_KIB)?,
            iterations: self.number(&ARGON2_ITERATIONS)?,
            parallelism: self.number(&ARGON2_PARALLELISM)?,
        };
        PasswordHasher::new(parameters).map_err(|error| match error {
            PasswordError::Parameters => ConfigError::invalid(ARGON2_MEMORY_KIB.name, error),
            error => ConfigError::Hash(error),
        })
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

impl Extend<(String, String)> for Environment {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, variables: I) {
        self.0.extend(variables);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: NumberSetting = NumberSetting { name: "TTL", default: 3600, range: 60..=86_400, meaning: "" };

    fn read(variables: [(&str, &str); 1], limit: u32) -> Result<u32, String> {
        Environment::from(variables).number_up_to(&TTL, limit).map_err(|error| error.to_string())
    }

    #[test]
    fn an_error_names_the_variable_and_hides_its_value() {
        let environment = Environment::from([("ISSUER", ""), ("TTL", "soon")]);

        assert_eq!(environment.required("ISSUER").unwrap_err().to_string(), "ISSUER is not set");
        assert_eq!(environment.number(&TTL).unwrap_err().to_string(), "TTL must be a number from 60 to 86400");
    }

    #[test]
    fn a_number_lies_in_the_range_of_its_setting_and_below_the_limit() {
        assert_eq!(read([("TTL", "60")], u32::MAX), Ok(60));
        assert_eq!(read([("TTL", "86400")], u32::MAX), Ok(86_400));
        assert_eq!(read([("TTL", "")], 3600), Ok(3600));
        for wrong in ["59", "86401", "-60", "60.0", " 60"] {
            assert_eq!(read([("TTL", wrong)], u32::MAX), Err("TTL must be a number from 60 to 86400".to_owned()));
        }
        for above in ["601", ""] {
            assert_eq!(read([("TTL", above)], 600), Err("TTL must be a number from 60 to 600".to_owned()));
        }
    }
}
